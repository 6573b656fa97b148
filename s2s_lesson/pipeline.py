"""TextToText: text in, text and attention out."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from tqdm.auto import tqdm

from s2s_lesson import engine, training
from s2s_lesson.batching import PairBatches, pad
from s2s_lesson.losses import sequence_log_prob
from s2s_lesson.model import Seq2Seq, Seq2SeqConfig
from s2s_lesson.prediction import empty_prediction, read_predictions
from s2s_lesson.run import BEST_MODEL, run_folder, writable_folder
from s2s_lesson.run_log import write_at_once
from s2s_lesson.schedules import LearningRate
from s2s_lesson.search import beam_search, sample
from s2s_lesson.storage import read_description, write_description
from s2s_lesson.strategies import StrategicModel
from s2s_lesson.subwords import KINDS, Subwords
from s2s_lesson.text import TOKENIZERS, clean, tokenize
from s2s_lesson.vocab import SPECIAL_TOKENS, ExtendedVocabulary, Vocabulary


class TextToText:
    """A model together with all that turns text into its ids and back.

    Args:
        model: a ``Seq2Seq``.
        source_vocab: a ``Vocabulary``.
        target_vocab: a ``Vocabulary``.
        source_tokens: name of a tokenizer in ``s2s_lesson.text``, or a ``Subwords``.
        target_tokens: likewise.
        cleaning: options for ``text.clean``, used on sources and targets; None cleans nothing.
        max_source_length: int. The longest source to accept, in tokens.
        max_output_length: int. The longest target to train on and to write, in tokens.

    Raises:
        ValueError: a tokenizer is unknown, or model and vocabularies differ in size.
    """

    def __init__(
        self,
        model,
        source_vocab,
        target_vocab,
        *,
        source_tokens,
        target_tokens,
        cleaning=None,
        max_source_length=100,
        max_output_length=100,
    ):
        for tokens in (source_tokens, target_tokens):
            if tokens not in TOKENIZERS and not isinstance(tokens, Subwords):
                raise ValueError(
                    f"Expected a tokenizer among {', '.join(TOKENIZERS)}, or a Subwords; received {tokens!r}."
                )
        sizes = model.config.source_vocab_size, model.config.target_vocab_size
        if sizes != (len(source_vocab), len(target_vocab)):
            raise ValueError(
                f"Expected vocabularies of {sizes[0]} and {sizes[1]} tokens, as the model has them; "
                f"received {len(source_vocab)} and {len(target_vocab)}."
            )
        self.model, self.source_vocab, self.target_vocab = model, source_vocab, target_vocab
        self.source_tokens, self.target_tokens, self.cleaning = source_tokens, target_tokens, cleaning
        self.max_source_length, self.max_output_length = max_source_length, max_output_length
        self.copies = model.config.copy
        self._encode = engine.compile_function(model.encode, model)
        self._score = engine.compile_function(
            lambda inputs, targets: sequence_log_prob(targets, model(inputs)), model
        )

    @classmethod
    def from_pairs(
        cls,
        pairs,
        *,
        source_tokens="words",
        target_tokens="words",
        cleaning=None,
        min_count=1,
        max_vocab_size=None,
        shared_vocab=False,
        max_source_length=100,
        max_output_length=100,
        **model_options,
    ):
        """Make an untrained pipeline whose vocabularies come from pairs.

        The bias of its output layer is the logarithm of each target token's frequency: the model begins
        with what can be known without reading, and training with what depends on the source.

        Args:
            pairs: list of (source, target) texts, those of the training split.
            source_tokens, target_tokens: as in the class; or "bpe" or "unigram", to train ``Subwords`` on the
                texts of that side.
            cleaning, max_source_length, max_output_length: as in the class.
            min_count: int. Tokens that are rarer become unknown; no subword does.
            max_vocab_size: int or None, of each side, the special tokens included. Training of subwords needs
                a number.
            shared_vocab: bool. One tokenizer and one vocabulary, of the texts of both sides, serve both.
            **model_options: the fields of ``Seq2SeqConfig`` other than the vocabulary sizes.

        Returns:
            A ``TextToText``.

        Raises:
            ValueError: there is no text to learn tokens from, or an option is out of its range.
        """
        sources = [_clean(source, cleaning) for source, _ in pairs]
        targets = [_clean(target, cleaning) for _, target in pairs]
        if shared_vocab:
            if source_tokens != target_tokens:
                raise ValueError(
                    "Expected one tokenizer for a shared vocabulary; "
                    f"received {source_tokens!r} and {target_tokens!r}."
                )
            source_tokens, source_vocab = _learned(
                sources + targets, source_tokens, min_count, max_vocab_size
            )
            target_tokens, target_vocab = source_tokens, source_vocab
        else:
            source_tokens, source_vocab = _learned(sources, source_tokens, min_count, max_vocab_size)
            target_tokens, target_vocab = _learned(targets, target_tokens, min_count, max_vocab_size)
        options = {"max_target_length": max_output_length, **model_options}
        model = Seq2Seq(Seq2SeqConfig(len(source_vocab), len(target_vocab), **options))
        target_ids = np.concatenate([target_vocab.encode(tokenize(text, target_tokens)) for text in targets])
        counts = np.bincount(target_ids, minlength=len(target_vocab)) + 1
        model.decoder.output_layer.bias.assign(np.log(counts / counts.sum()))
        return cls(
            model,
            source_vocab,
            target_vocab,
            source_tokens=source_tokens,
            target_tokens=target_tokens,
            cleaning=cleaning,
            max_source_length=max_source_length,
            max_output_length=max_output_length,
        )

    def batches(self, pairs, batch_size=64, shuffle=False, seed=0):
        """Turn pairs of texts into batches of ids.

        A pair with a side that is empty, or longer than the maximum, is left out, and a warning says how
        many were.

        Args:
            pairs: list of (source, target) texts.
            batch_size: int.
            shuffle: bool. Draw the batches anew for every epoch.
            seed: int.

        Returns:
            ``PairBatches``.

        Raises:
            ValueError: no pair is left.
        """
        source_ids, target_ids, copy_ids = [], [], []
        for source, target in pairs:
            source_side = self._source_side(source)
            target_side = self.target_side(target)
            if self._fits(source_side, target_side):
                words = (
                    ExtendedVocabulary(self.target_vocab, source_side) if self.copies else self.target_vocab
                )
                source_ids.append(self.source_vocab.encode(source_side))
                target_ids.append(words.encode(target_side))
                if self.copies:
                    copy_ids.append(words.copy_ids())
        if left_out := len(pairs) - len(source_ids):
            warnings.warn(
                f"{left_out} of {len(pairs)} pairs were left out: a side was empty, the source had more than "
                f"{self.max_source_length} tokens or the target {self.max_output_length} or more.",
                stacklevel=2,
            )
        return PairBatches(source_ids, target_ids, batch_size, shuffle, seed, copy_ids=copy_ids or None)

    def fit(
        self,
        train_pairs,
        dev_pairs,
        *,
        epochs,
        batch_size=64,
        learning_rate=1e-3,
        decay="cosine",
        warmup_steps=0,
        label_smoothing=0.0,
        clip_norm=1.0,
        accumulation=1,
        strategies=(),
        folder=None,
        seed=0,
        resume=False,
        **options,
    ):
        """Train, and keep the weights that did best on the development pairs, by teacher forcing.

        Args:
            train_pairs: list of (source, target) texts.
            dev_pairs: likewise.
            epochs: int.
            batch_size: int.
            learning_rate: float. The highest one; with "linear" and "cosine" decay it falls to a twentieth.
            decay, warmup_steps: as in ``schedules.LearningRate``.
            label_smoothing: float from 0 to below 1.
            clip_norm: float or None. Gradients whose common norm is greater are scaled down to it.
            accumulation: int. Batches whose mean gradient makes one update.
            strategies: list of ``strategies.Strategy``. None of them means teacher forcing.
            folder: str, Path or None. Where the pipeline and the checkpoints are written.
            seed: int, of the order of the batches and of what the strategies draw.
            resume: bool. Go on with the run in the folder, where there is one.
            **options: ``patience``, ``checkpoint_every``, ``log_every``, ``tensorboard``, ``progress``: see
                ``training.fit``.

        Returns:
            The history: see ``training.fit``.

        Raises:
            ValueError: labels are to be smoothed for a model that copies: most of what it could copy
                stands in no source.
        """
        if self.copies and label_smoothing:
            raise ValueError(
                f"Expected label_smoothing 0 for a model that copies; received {label_smoothing}."
            )
        if folder is not None:
            folder = run_folder(folder, resume)
            if (folder / BEST_MODEL).exists() and read_description(folder) != self._description():
                raise ValueError(
                    f"Expected the vocabularies and options that the run in {folder} began with; received "
                    "others. Resume with the same ones, or choose another folder."
                )
            write_description(folder, *self._description())
        train_batches = self.batches(train_pairs, batch_size, shuffle=True, seed=seed)
        dev_batches = self.batches(dev_pairs, batch_size)
        updates = epochs * len(train_batches) // accumulation
        rate = LearningRate(learning_rate, max(updates, warmup_steps + 1), decay, warmup_steps)
        trained = StrategicModel(self.model, strategies, seed) if strategies else self.model
        training.compile_model(trained, rate, label_smoothing, clip_norm, accumulation)
        return training.fit(
            trained, train_batches, dev_batches, epochs=epochs, folder=folder, resume=resume, **options
        )

    def predict(
        self, texts, beam_size=5, n_best=1, *, batch_size=64, truncate=False, progress=False, **options
    ):
        """Write an output for each text, by beam search.

        Blanks around a text are ignored. A blank text is answered with an empty one, at log-probability 0.

        Args:
            texts: list of str.
            beam_size: int. 1 is greedy search.
            n_best: int, at most ``beam_size``. Fewer come back where fewer outputs are possible.
            batch_size: int. Texts decoded at once; it changes the speed and nothing else.
            truncate: bool. Cut texts that are too long, instead of raising an error.
            progress: bool. Show a progress bar.
            **options: of ``search.beam_search``, such as ``length_penalty``. ``prefix`` and ``required``
                are texts here, one for all or a list of one for each; so is ``forbidden``, one for all.

        Returns:
            list of ``Prediction``, one for each text, in order.

        Raises:
            TypeError: ``texts`` is one string.
            ValueError: a text is longer than ``max_source_length`` tokens and ``truncate`` is false, or an
                option is out of range.
        """
        options |= {"beam_size": beam_size, "n_best": n_best}
        return self._predict(beam_search, texts, batch_size, truncate, progress, options)

    def sample(self, texts, n_samples=1, *, seed=0, batch_size=64, truncate=False, progress=False, **options):
        """Draw outputs for each text at random.

        Args:
            texts, batch_size, truncate, progress: as in ``predict``.
            n_samples: int.
            seed: int. Each text draws from ``seed`` and its place in ``texts``, whatever the batches.
            **options: of ``search.sample``, such as ``temperature``; texts where ``predict`` has texts.

        Returns:
            list of ``Prediction``, one for each text, in order: the sample drawn first, the others among its
            ``alternatives``.

        Raises:
            TypeError, ValueError: as ``predict``.
        """
        options |= {"n_samples": n_samples, "seed": seed}
        return self._predict(sample, texts, batch_size, truncate, progress, options)

    def accepts(self, source, target):
        """Tell whether ``fit`` and ``log_probabilities`` can take a pair.

        Args:
            source: str.
            target: str.

        Returns:
            bool. False where a side is empty or too long.
        """
        return self._fits(self._source_side(source), self.target_side(target))

    def source_length(self, text):
        """Count the tokens of a source text, the end token not included: int."""
        return len(self._source_side(text))

    def log_probabilities(self, pairs, batch_size=64):
        """Tell how likely the model finds each target, given its source and the true past of every token.

        Args:
            pairs: list of (source, target) texts.
            batch_size: int. Pairs read at once; it changes the speed and nothing else.

        Returns:
            list of float, log p(target | source) in nats, the end token included, in order.

        Raises:
            ValueError: a side of a pair is empty or too long.
        """
        for index, (source, target) in enumerate(pairs):
            if not self.accepts(source, target):
                lengths = self.source_length(source), len(self.target_side(target))
                raise ValueError(
                    f"Expected pairs of 1 to {self.max_source_length} source tokens and 1 to "
                    f"{self.max_output_length - 1} target tokens; pair {index} has {lengths[0]} and "
                    f"{lengths[1]}. Leave out the pairs that accepts() refuses."
                )
        if not pairs:
            return []
        batches = self.batches(pairs, batch_size)
        found = np.zeros(len(pairs))
        for index in range(len(batches)):
            found[batches.rows(index)] = keras.ops.convert_to_numpy(self._score(*batches[index]))
        return found.tolist()

    def save(self, folder):
        """Write the pipeline to a folder: model, vocabularies and options.

        Args:
            folder: str or Path.
        """
        folder = writable_folder(folder)
        write_description(folder, *self._description())
        write_at_once(folder / BEST_MODEL, self.model.save)

    @classmethod
    def load(cls, folder):
        """Read a pipeline that ``save`` or ``fit`` wrote.

        Args:
            folder: str or Path.

        Returns:
            A ``TextToText``.

        Raises:
            FileNotFoundError: the folder holds no pipeline, or no model yet.
            ValueError: the folder was written in another format.
        """
        source_vocab, target_vocab, options = read_description(folder)
        model = keras.saving.load_model(Path(folder) / BEST_MODEL, compile=False)
        return cls(model, source_vocab, target_vocab, **options)

    def _description(self):
        """All but the model: source vocabulary, target vocabulary, options."""
        names = ("source_tokens", "target_tokens", "cleaning", "max_source_length", "max_output_length")
        return self.source_vocab, self.target_vocab, {name: getattr(self, name) for name in names}

    def _source_side(self, text):
        """The tokens of a source text; a blank text has none."""
        return tokenize(_clean(text, self.cleaning).strip(), self.source_tokens)

    def target_side(self, text):
        """The tokens of a target text."""
        return tokenize(_clean(text, self.cleaning), self.target_tokens)

    def _fits(self, source_side, target_side):
        return (
            0 < len(source_side) <= self.max_source_length and 0 < len(target_side) < self.max_output_length
        )

    def _predict(self, search, texts, batch_size, truncate, progress, options):
        if isinstance(texts, str):
            raise TypeError("Expected a list of texts; received one string. Write [text].")
        sources = [self._source_side(text) for text in texts]
        for index, tokens in enumerate(sources):
            if len(tokens) > self.max_source_length and not truncate:
                raise ValueError(
                    f"Expected texts of at most {self.max_source_length} tokens; text {index} has "
                    f"{len(tokens)}. Shorten it, or pass truncate=True to cut it."
                )
        sources = [tokens[: self.max_source_length] for tokens in sources]
        predictions = [empty_prediction(text) for text in texts]
        full = [index for index, tokens in enumerate(sources) if tokens]
        full.sort(key=lambda index: -len(sources[index]))  # the longest first, so that threads end together
        batches = [full[start : start + batch_size] for start in range(0, len(full), batch_size)]

        def decode(rows):
            words = [ExtendedVocabulary(self.target_vocab, sources[row]) for row in rows]
            found = search(
                self.model.step,
                self._encoded(words),
                bos_id=self.target_vocab.bos_id,
                eos_id=self.target_vocab.eos_id,
                max_output_length=self.max_output_length,
                return_attention=True,
                **self._in_ids(options, rows, words, len(texts)),
            )
            batch = [texts[row] for row in rows]
            return read_predictions(found, batch, words, self.source_vocab, self.target_tokens)

        bar = tqdm(total=len(batches), desc="decoding", disable=not progress, leave=False)
        with bar, ThreadPoolExecutor(engine.batches_at_once()) as pool:
            for rows, found in zip(batches, pool.map(decode, batches), strict=True):
                bar.update()
                for row, prediction in zip(rows, found, strict=True):
                    predictions[row] = prediction
        return predictions

    def _encoded(self, words):
        source_ids = pad([self.source_vocab.encode(extended.source_tokens) for extended in words])
        if not self.copies:
            return self._encode(source_ids)
        return self._encode(source_ids, pad([extended.copy_ids() for extended in words]))

    def _in_ids(self, options, rows, words, count):
        """The options of a search for some of the texts, with ids in place of texts."""
        options = dict(options)
        for name in {"prefix", "required"} & options.keys():
            texts = [options[name]] * count if isinstance(options[name], str) else options[name]
            if len(texts) != count:
                raise ValueError(
                    f"Expected {name} as one text, or one for each of {count}; received {len(texts)}."
                )
            sides = [self.target_side(texts[row]) for row in rows]
            vocabs = words if self.copies else [self.target_vocab] * len(rows)
            options[name] = [vocab.encode(side)[:-1] for vocab, side in zip(vocabs, sides, strict=True)]
        if "forbidden" in options:
            options["forbidden"] = self.target_vocab.encode(self.target_side(options["forbidden"]))[:-1]
        if "seed" in options:
            options["seed"] = [[options["seed"], row] for row in rows]
        return options


def _learned(texts, tokens, min_count, max_vocab_size):
    """The tokenizer and the vocabulary of one side."""
    if tokens in KINDS:
        if max_vocab_size is None:
            raise ValueError(
                f"Expected max_vocab_size with the tokenizer {tokens!r}; received None. Pass a number."
            )
        tokens = Subwords.train(texts, max_vocab_size - len(SPECIAL_TOKENS), tokens)
    if isinstance(tokens, Subwords):
        return tokens, Vocabulary(piece for piece in tokens.pieces if piece not in SPECIAL_TOKENS)
    token_lists = [tokenize(text, tokens) for text in texts]
    return tokens, Vocabulary.from_tokens(token_lists, min_count, max_vocab_size)


def _clean(text, cleaning):
    return text if cleaning is None else clean(text, **cleaning)
