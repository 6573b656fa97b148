"""Sequences: pairs of sequences of vectors, such as signals, and of texts, as batches to learn from."""

from collections.abc import Iterable, Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveInt, Seed, checked
from s2s_lesson.data.noise import Noise
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vector_sides import VectorSides
from s2s_lesson.data.vectors import vector_pairs
from s2s_lesson.pipeline.sides import PairedSides, weights_of
from s2s_lesson.training.batches import PairBatches


class Sequences(VectorSides, PairedSides[np.ndarray]):
    """Sequences of vectors and their texts, read, written and made into batches to learn from.

    Args:
        target_vocab: ``Vocabulary``.
        **options: ``standardisation``, ``target_tokens``, ``normalisation``, ``cleaning``,
            ``max_source_length``, ``max_output_length``, as in ``data.VectorSides``.

    Raises:
        ValueError: a tokenizer is unknown.

    >>> from s2s_lesson.data import Standardisation, Vocabulary
    >>> standardisation = Standardisation(mean=(0.5,), scale=(2.0,))
    >>> sequences = Sequences(Vocabulary("ab"), standardisation, target_tokens="characters")
    >>> sequences.accepts(np.array([[0.5], [4.5]]), "ba"), sequences.accepts(np.empty((0, 1)), "ba")
    (True, False)
    """

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

    @checked
    def batches(
        self,
        pairs: Iterable[tuple[np.ndarray, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
        progress: bool = True,
        noise: Noise | None = None,
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
            noise: None: only words can be dropped, swapped and blanked.

        Returns:
            ``PairBatches``.

        Raises:
            TypeError: the pairs are no pairs of an array and a string.
            ValueError: no pair is left, a source or the weights cannot be used, or there is to be noise: see
                ``PairBatches``.
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
            noise=noise,
        )
