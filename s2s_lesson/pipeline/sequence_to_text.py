"""SequenceToText: sequences of vectors in, such as the frames of a signal; text and attention out."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from s2s_lesson.data.expected import PositiveInt, check, checked
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vectors import Standardisation, vector_pairs
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.deployed import writing
from s2s_lesson.layers.config import Seq2SeqConfig, VocabSize
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline import fitting, predicting
from s2s_lesson.pipeline.sequences import Sequences
from s2s_lesson.pipeline.texts import Learnable, learned
from s2s_lesson.pipeline.to_text import ToText, begin_with_frequencies


class SequenceToText(Sequences, ToText[np.ndarray]):
    """A model of sequences of vectors, with all that standardises these and turns its ids into text.

    ``fit``, ``predict``, ``sample``, ``log_probabilities``, ``save`` and ``load`` are as those of
    ``TextToText``, but that a source is an array, float (length, features). A ``Prediction`` labels the
    columns of its attention weights with the places of the vectors, counted from 0.

    Args:
        model: a ``Seq2Seq`` with ``source_features``.
        target_vocab: a ``Vocabulary``.
        **options: ``standardisation``, ``target_tokens``, ``normalisation``, ``cleaning``,
            ``max_source_length``, ``max_output_length``, as in ``data.VectorSides``.

    Raises:
        ValueError: a tokenizer is unknown, or the model has other sizes than vocabulary and standardisation.

    >>> import numpy as np
    >>> up = np.linspace(0, 1, 3)[:, None]
    >>> down = up[::-1]
    >>> pairs = [(up, "up"), (down, "down")]
    >>> pipeline = SequenceToText.from_pairs(pairs, encoder_units=8, decoder_units=8)
    >>> history = pipeline.fit(pairs, pairs, epochs=6, learning_rate=0.1, progress=False)
    >>> [prediction.text for prediction in pipeline.predict([down, up])]
    ['down', 'up']
    """

    reads_vectors = True

    def __init__(self, model: Seq2Seq, target_vocab: Vocabulary, **options: Any):
        super().__init__(target_vocab, **options)
        sizes = model.config.source_features, model.config.target_vocab_size
        received = len(self.standardisation.mean), len(target_vocab)
        if sizes != received:
            raise ValueError(
                f"Expected a standardisation of {sizes[0]} features and a vocabulary of {sizes[1]} tokens, "
                f"as the model has them; received {received[0]} and {received[1]}."
                " Take the two of the model's own pipeline."
            )
        self._hold(model)

    # Of ``ToText``; named here so that they stand in the documentation of this class.
    fit = fitting.fit
    predict = writing.predict
    sample = writing.sample
    log_probabilities = predicting.log_probabilities

    @classmethod
    @checked
    def from_pairs(
        cls,
        pairs: Iterable[tuple[np.ndarray, str]],
        *,
        target_tokens: Learnable = "words",
        normalisation: bool = True,
        cleaning: dict[str, bool] | None = None,
        min_count: PositiveInt = 1,
        max_vocab_size: VocabSize | None = None,
        max_source_length: PositiveInt = 1000,
        max_output_length: PositiveInt = 100,
        **model_options: Any,
    ) -> "SequenceToText":
        """Make an untrained pipeline whose standardisation and vocabulary come from pairs.

        Each feature gets a mean of 0 and a standard deviation of 1 over all vectors of the pairs' sources, so
        that units and loudness do not matter. The bias of the output layer is as in
        ``TextToText.from_pairs``.

        Args:
            pairs: (source, target) pairs, those of the training split: float (length, features), of any
                length and one number of features, and a text.
            target_tokens: as in ``data.VectorSides``; or "bpe" or "unigram", to train ``Subwords`` on the
                texts.
            normalisation, cleaning, max_source_length, max_output_length: as in ``data.VectorSides``.
            min_count: int. Tokens that are rarer become unknown; no subword does.
            max_vocab_size: int or None, the special tokens included. Training of subwords needs a number.
            **model_options: the fields of ``Seq2SeqConfig`` other than the sizes of source and target.

        Returns:
            A ``SequenceToText``.

        Raises:
            TypeError: the pairs are no pairs of an array and a string; the error names the row.
            ValueError: there is nothing to learn from, a source holds NaN or infinity, or an option is out of
                its range.
        """
        check(Seq2SeqConfig, **model_options)
        pairs = vector_pairs(pairs)
        standardisation = Standardisation.learned([source for source, _ in pairs])
        texts = [text for _, text in pairs]
        as_it_is = Preparation("characters", normalisation, cleaning)

        def split(texts, tokens):
            return TokenLists.of(texts, replace(as_it_is, tokens=tokens))

        target_tokens, target_vocab = learned(
            [texts], target_tokens, min_count, max_vocab_size, as_it_is.text, split
        )
        options = {"max_target_length": max_output_length, **model_options}
        features = len(standardisation.mean)
        model = Seq2Seq(Seq2SeqConfig(None, len(target_vocab), source_features=features, **options))
        begin_with_frequencies(model, split(texts, target_tokens).encoded(target_vocab).ids)
        return cls(
            model,
            target_vocab,
            standardisation=standardisation,
            target_tokens=target_tokens,
            normalisation=normalisation,
            cleaning=cleaning,
            max_source_length=max_source_length,
            max_output_length=max_output_length,
        )
