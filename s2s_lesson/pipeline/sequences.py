"""Sequences: what makes what a model reads of sequences of vectors, such as signals, and ids of texts."""

from collections.abc import Iterable, Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveInt, Seed, checked
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vectors import Standardisation, pad_vectors, vector_arrays, vector_pairs
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.pipeline.sides import Options, Sides, weights_of
from s2s_lesson.training.batches import PairBatches


class Sequences(Sides[np.ndarray]):
    """Standardisation of sources, tokenizer and vocabulary of targets, and the lengths that are accepted.

    Args:
        target_vocab: a ``Vocabulary``.
        standardisation: ``Standardisation`` of the sources' features.
        target_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``.
        normalisation: bool. Whether targets go through ``data.text.normalise`` first.
        cleaning: options for ``data.text.clean``, used on targets; None cleans nothing.
        max_source_length: int. The longest source to accept, in time steps.
        max_output_length: int. The longest target to train on and to write, in tokens.

    >>> standardisation = Standardisation(mean=(0.5,), scale=(2.0,))
    >>> sequences = Sequences(Vocabulary("ab"), standardisation, target_tokens="characters")
    >>> sequences.source_side(np.array([[0.5], [4.5]])).tolist()
    [[0.0], [2.0]]
    """

    kind, parts = "sequence", "vectors"

    @checked
    def __init__(
        self,
        target_vocab: Vocabulary,
        standardisation: Standardisation,
        *,
        target_tokens: TokenizerName | Subwords,
        normalisation: bool = False,
        cleaning: dict[str, bool] | None = None,
        max_source_length: PositiveInt = 1000,
        max_output_length: PositiveInt = 100,
    ):
        super().__init__(
            target_vocab, target_tokens, normalisation, cleaning, max_source_length, max_output_length
        )
        self.standardisation = standardisation

    def plain_sources(self, sources: Iterable[np.ndarray]) -> list[np.ndarray]:
        """As ``data.vectors.vector_arrays``, and of as many features as the standardisation has."""
        arrays = vector_arrays(sources)
        self._expect_features(arrays)
        return arrays

    def plain_pairs(
        self, pairs: Iterable[tuple[np.ndarray, str]], name: str = "pairs"
    ) -> list[tuple[np.ndarray, str]]:
        """As ``data.vectors.vector_pairs``, and of as many features as the standardisation has."""
        pairs = vector_pairs(pairs, name)
        self._expect_features([source for source, _ in pairs])
        return pairs

    def references(self, pairs: Iterable[tuple[np.ndarray, str]]) -> tuple[list[np.ndarray], list[list[str]]]:
        """The sources as they are, and the target of each: no two measurements are the same."""
        pairs = self.plain_pairs(pairs)
        return [source for source, _ in pairs], [[target] for _, target in pairs]

    def source_side(self, source: np.ndarray) -> np.ndarray:
        """A standardised source: float (length, features) -> float32 (length, features)."""
        return self.standardisation(source)

    def source_words(self, side: np.ndarray) -> list[str]:
        """The places of the time steps, counted from 0."""
        return [str(place) for place in range(len(side))]

    def source_inputs(self, sides: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """As ``data.vectors.pad_vectors``."""
        return pad_vectors(sides)

    @checked
    def batches(
        self,
        pairs: Iterable[tuple[np.ndarray, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
        progress: bool = True,
    ) -> PairBatches:
        """Turn pairs of sources and texts into batches of vectors and ids.

        A pair with a side that is empty, or longer than the maximum, is left out, and a warning says how
        many were.

        Args:
            pairs: (source, target): float (length, features), and a text.
            batch_size: int.
            shuffle: bool. Draw the batches anew for every epoch.
            seed: int.
            weights: list of float, 0 or greater: how much each pair counts. None: all alike.
            progress: bool. Show a progress bar in a terminal or notebook, where it takes long.

        Returns:
            ``PairBatches``.

        Raises:
            TypeError: the pairs are no pairs of an array and a string.
            ValueError: no pair is left, a source or the weights cannot be used: see ``PairBatches``.
        """
        pairs = self.plain_pairs(pairs)
        weights = weights_of(weights, len(pairs))
        targets = TokenLists.of([text for _, text in pairs], self.prepare_target, progress)
        fit = self._fit(np.array([len(source) for source, _ in pairs], "int64"), targets.lengths)
        self._warn_of_left_out(fit)
        rows = np.flatnonzero(fit)
        return PairBatches(
            [self.source_side(pairs[row][0]) for row in rows],
            targets.chosen(fit).encoded(self.target_vocab),
            batch_size,
            shuffle,
            seed,
            weights=None if weights is None else [weights[row] for row in rows],
        )

    def description(self) -> tuple[None, Vocabulary, Options]:
        """As ``Sides.description``; there is no source vocabulary."""
        names = ("target_tokens", "normalisation", "cleaning", "max_source_length", "max_output_length")
        options = {name: getattr(self, name) for name in ("standardisation", *names)}
        return None, self.target_vocab, options

    def _expect_features(self, arrays):
        expected = len(self.standardisation.mean)
        if arrays and arrays[0].shape[1] != expected:
            raise ValueError(
                f"Expected vectors of {expected} features, as the pipeline has learned them; received "
                f"{arrays[0].shape[1]}."
            )
