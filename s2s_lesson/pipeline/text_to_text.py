"""TextToText: text in, text and attention out."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from s2s_lesson.corpora import Corpus
from s2s_lesson.corpora.files import Layout
from s2s_lesson.corpora.own import Files
from s2s_lesson.data.expected import PositiveInt, Seed, check, checked, expect
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.deployed import writing
from s2s_lesson.layers.config import Seq2SeqConfig, VocabSize
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline import embeddings, fine_tuning, fitting, predicting
from s2s_lesson.pipeline.texts import Learnable, Texts, learned, sides
from s2s_lesson.pipeline.to_text import ToText, begin_with_frequencies
from s2s_lesson.pipeline.token_cache import TokenCache


class TextToText(Texts, ToText[str]):
    """A model together with all that turns text into its ids and back.

    Args:
        model: a ``Seq2Seq``.
        source_vocab: a ``Vocabulary``.
        target_vocab: a ``Vocabulary``.
        **options: ``source_tokens``, ``target_tokens``, ``normalisation``, ``cleaning``,
            ``max_source_length``, ``max_output_length``, as in ``data.TextSides``.

    Raises:
        ValueError: a tokenizer is unknown; model and vocabularies differ in size; or the model has a shared
            embedding, and the vocabularies differ.

    >>> pairs = [("one", "1"), ("two", "2")]
    >>> pipeline = TextToText.from_pairs(pairs, source_tokens="characters", target_tokens="characters")
    >>> history = pipeline.fit(pairs, pairs, epochs=15, learning_rate=0.03, progress=False)
    >>> [prediction.text for prediction in pipeline.predict(["two", "one"])]
    ['2', '1']

    Training goes on with other pairs, in a copy; what they bring that is new joins the vocabularies:

    >>> tuned, history = pipeline.fine_tune(
    ...     [("ten", "10")], pairs, old_validation_data=pairs, epochs=1, progress=False
    ... )
    >>> pipeline.target_vocab.tokens[4:], tuned.target_vocab.tokens[4:]
    (('1', '2'), ('1', '2', '0'))
    """

    def __init__(self, model: Seq2Seq, source_vocab: Vocabulary, target_vocab: Vocabulary, **options: Any):
        super().__init__(source_vocab, target_vocab, copies=model.config.copy, **options)
        sizes = model.config.source_vocab_size, model.config.target_vocab_size
        if sizes != (len(source_vocab), len(target_vocab)):
            raise ValueError(
                f"Expected vocabularies of {sizes[0]} and {sizes[1]} tokens, as the model has them; "
                f"received {len(source_vocab)} and {len(target_vocab)}."
                " Take the vocabularies of the model's own pipeline."
            )
        if model.config.shared_embedding and source_vocab != target_vocab:
            raise ValueError(
                "Expected one vocabulary for both sides, as the model has a shared embedding; received two. "
                "Make the pipeline with shared_vocab=True."
            )
        self._hold(model)

    use_embeddings = embeddings.use_embeddings

    # Of ``ToText``; named here so that they stand in the documentation of this class.
    fit = fitting.fit
    fine_tune = fine_tuning.fine_tune
    predict = writing.predict
    sample = writing.sample
    log_probabilities = predicting.log_probabilities

    @classmethod
    @checked
    def from_pairs(
        cls,
        pairs: Iterable[tuple[str, str]],
        *,
        source_tokens: Learnable = "words",
        target_tokens: Learnable = "words",
        normalisation: bool = True,
        cleaning: dict[str, bool] | None = None,
        min_count: PositiveInt = 1,
        max_vocab_size: VocabSize | None = None,
        shared_vocab: bool = False,
        max_source_length: PositiveInt = 100,
        max_output_length: PositiveInt = 100,
        progress: bool = True,
        **model_options: Any,
    ) -> "TextToText":
        """Make an untrained pipeline whose vocabularies come from pairs.

        The bias of its output layer is the logarithm of each target token's frequency: the model begins
        with what can be known without reading, and training with what depends on the source.

        Args:
            pairs: (source, target) texts, those of the training split, as ``data.plain_pairs`` takes them: a
                list, a generator, or a table of two columns.
            source_tokens, target_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``; or "bpe" or
                "unigram", to train ``Subwords`` on the texts of that side.
            normalisation, cleaning, max_source_length, max_output_length: as in ``data.TextSides``.
            min_count: int. Tokens that are rarer become unknown; no subword does.
            max_vocab_size: int or None, of each side, the special tokens included. Training of subwords needs
                a number.
            shared_vocab: bool. One tokenizer and one vocabulary, of the texts of both sides, serve both.
            progress: bool. Show a progress bar in a terminal or notebook, where tokenising takes long.
            **model_options: the fields of ``Seq2SeqConfig`` other than the vocabulary sizes.

        Returns:
            A ``TextToText``.

        Raises:
            TypeError: the pairs are no pairs of strings; the error names the row.
            ValueError: there is no text to learn tokens from, or an option is out of its range.
        """
        shared = model_options.get("shared_embedding", False)
        what = "with shared_vocab=True alone, for ids of both sides look up one table"
        expect("shared_embedding", shared, shared_vocab or not shared, what)
        check(Seq2SeqConfig, **model_options)
        cache = TokenCache()

        as_it_is = Preparation("characters", normalisation, cleaning)

        def split(texts, tokens):
            return cache.tokens(texts, replace(as_it_is, tokens=tokens), progress)

        def learn(texts, tokens):
            return learned(texts, tokens, min_count, max_vocab_size, as_it_is.text, split)

        sources, targets = sides(plain_pairs(pairs))
        if shared_vocab:
            if source_tokens != target_tokens:
                raise ValueError(
                    f"Expected one tokenizer for a shared vocabulary; received {source_tokens!r} and "
                    f"{target_tokens!r}. Give source_tokens and target_tokens the same, or pass "
                    "shared_vocab=False and shared_embedding=False."
                )
            both = learn([sources, targets], source_tokens)
            (source_tokens, source_vocab), (target_tokens, target_vocab) = both, both
        else:
            source_tokens, source_vocab = learn([sources], source_tokens)
            target_tokens, target_vocab = learn([targets], target_tokens)
        options = {"max_target_length": max_output_length, **model_options}
        model = Seq2Seq(Seq2SeqConfig(len(source_vocab), len(target_vocab), **options))
        begin_with_frequencies(model, split(targets, target_tokens).encoded(target_vocab).ids)
        pipeline = cls(
            model,
            source_vocab,
            target_vocab,
            source_tokens=source_tokens,
            target_tokens=target_tokens,
            normalisation=normalisation,
            cleaning=cleaning,
            max_source_length=max_source_length,
            max_output_length=max_output_length,
        )
        pipeline.token_cache = cache  # the same pairs are what it will be trained on
        return pipeline

    @classmethod
    @checked
    def from_file(
        cls,
        files: Files,
        target_files: Files | None = None,
        *,
        layout: Layout | None = None,
        strict: bool = False,
        seed: Seed = 0,
        **options: Any,
    ) -> "tuple[TextToText, Corpus]":
        """Make an untrained pipeline for files of pairs, with the options that are recommended for them.

        Args:
            files: a path or paths of pairs, as ``corpora.own.read`` takes them.
            target_files: as many, where ``files`` hold sources alone.
            layout: ``corpora.files.Layout``; None finds out how the files are laid out.
            strict: bool. A row that cannot be used is an error; else it is left out, and counted.
            seed: int, of the weights and of dropout.
            **options: of ``from_pairs``, in place of what is recommended.

        Returns:
            pipeline: ``TextToText``.
            corpus: ``Corpus``, the pairs in their splits, for ``fit`` and ``evaluate``.

        Raises:
            OSError, ValueError: as ``corpora.own.read`` and ``from_pairs``.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     rows = [f"{number}\\t{number:b}\\n" for number in range(97)]
        ...     _ = Path(folder, "pairs.tsv").write_text("".join(rows), encoding="utf-8")
        ...     pipeline, corpus = TextToText.from_file(Path(folder, "pairs.tsv"))
        >>> pipeline.target_tokens, list(corpus.splits)
        ('characters', ['train', 'dev', 'test'])
        """
        from s2s_lesson.pipeline import options_in, prepare

        laid_out = {} if layout is None else asdict(layout)
        data = {"files": files, "target_files": target_files, "strict": strict, **laid_out}
        texts = {name: value for name, value in options.items() if name in options_in("texts")}
        model = {name: value for name, value in options.items() if name not in texts}
        recipe = prepare({"run": {"seed": seed}, "data": data, "texts": texts, "model": model})
        return recipe.pipeline, recipe.corpus
