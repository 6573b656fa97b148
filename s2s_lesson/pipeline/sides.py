"""Pairs of both sides: which of them can be learned from, and batches of them."""

import warnings
from collections.abc import Iterable, Sequence

from s2s_lesson.data.expected import PositiveInt, Seed
from s2s_lesson.data.incoming import plain_list
from s2s_lesson.data.noise import Noise
from s2s_lesson.data.sides import Sides, Source
from s2s_lesson.training.batches import PairBatches


class PairedSides(Sides[Source]):
    """Sides whose pairs become batches: what learning needs beside all that writing needs.

    ``Texts`` takes pairs of texts, and ``Sequences`` those of an array and a text.

    >>> from s2s_lesson.pipeline import Sequences, Texts
    >>> issubclass(Texts, PairedSides) and issubclass(Sequences, PairedSides)
    True
    """

    def accepts(self, source: Source, target: str) -> bool:
        """Tell whether ``fit`` and ``log_probabilities`` can take a pair: no side is empty or too long."""
        ((source, target),) = self.plain_pairs([(source, target)])
        return bool(self._fit(len(self.source_side(source)), len(self.target_side(target))))

    def plain_pairs(
        self, pairs: Iterable[tuple[Source, str]], name: str = "pairs"
    ) -> list[tuple[Source, str]]:
        """Put pairs into a list, both sides of each checked; ``name`` is for errors."""
        raise NotImplementedError

    def references(self, pairs: Iterable[tuple[Source, str]]) -> tuple[list[Source], list[list[str]]]:
        """What is to be read once, and all that counts as right for each: sources, and lists of targets."""
        raise NotImplementedError

    def batches(
        self,
        pairs: Iterable[tuple[Source, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
        progress: bool = True,
        noise: Noise | None = None,
    ) -> PairBatches:
        """Turn pairs into batches; those with a side that is empty or too long are left out."""
        raise NotImplementedError

    def _fit(self, source_lengths, target_lengths):
        """Whether pairs of these lengths are accepted; NumPy arrays of them, or two numbers."""
        source_fits = (source_lengths > 0) & (source_lengths <= self.max_source_length)
        return source_fits & (target_lengths > 0) & (target_lengths < self.max_output_length)

    def _warn_of_left_out(self, fit):
        """Warn of pairs that are not accepted: bool (pairs,). Where none is, raise an error."""
        left_out = int(len(fit) - fit.sum())
        why = (
            f"a side was empty, the source had more than {self.max_source_length} {self.parts}, or the "
            f"target {self.max_output_length} or more."
        )
        if left_out and left_out == len(fit):
            raise ValueError(
                f"Expected pairs that the model can read and write; received {left_out}, none of them "
                f"such: {why} "
                "Raise max_source_length or max_output_length; or look at cleaning, which may leave nothing."
            )
        if left_out:
            warnings.warn(f"{left_out} of {len(fit)} pairs were left out: {why}", stacklevel=3)


def weights_of(weights: Sequence[float] | None, count: int) -> list[float] | None:
    """Put the weights of pairs into a list, one for each pair.

    Args:
        weights: list of float, or None.
        count: int, pairs.

    Returns:
        list of float, or None.

    Raises:
        ValueError: there are more or fewer.

    >>> weights_of((1.0, 0.5), 2)
    [1.0, 0.5]
    """
    if weights is None:
        return None
    weights = plain_list(weights, "weights")
    if len(weights) != count:
        raise ValueError(
            f"Expected one weight for each of {count} pairs; received {len(weights)}."
            " Give as many weights as pairs."
        )
    return weights
