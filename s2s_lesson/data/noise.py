"""Noise: what may happen to the words of a source before a model in training reads them."""

from dataclasses import dataclass

import numpy as np

from s2s_lesson.data.expected import PositiveInt, Share, checked
from s2s_lesson.data.vocabulary import Vocabulary


@checked
@dataclass(frozen=True)
class Noise:
    """Drops, moves and blanks words of sources, so that a model learns not to lean on any one of them.

    A source keeps at least one word, and its end token and its padding as they are.

    Args:
        drop: float from 0 to 1. Share of the words that are left out.
        swap: float from 0 to 1. Share of the words that let others pass: each gets a place that is up to
            ``distance`` later, drawn at random, and all words are sorted by their places.
        blank: float from 0 to 1. Share of the words that become the unknown token.
        distance: int. How many places a word may move, at most, to either side.

    Sources: drop and swap: Lample et al. 2018, section 2.3, arXiv:1711.00043, where every word gets a new
    place (a swap of 1); blank: Xie et al. 2017, arXiv:1703.02573.

    >>> ids = np.array([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0]])
    >>> noise = Noise(drop=0.5, distance=2)
    >>> places = noise.places(ids, np.random.default_rng(0))
    >>> noise.read(ids, places, np.random.default_rng(0)).tolist()
    [[5, 3, 0, 0, 0], [9, 3, 0, 0, 0]]
    """

    drop: Share = 0.0
    swap: Share = 0.0
    blank: Share = 0.0
    distance: PositiveInt = 3

    def __bool__(self) -> bool:
        """Whether it does anything."""
        return max(self.drop, self.swap, self.blank) > 0

    def places(self, ids: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Choose which words stay, and in which order.

        Args:
            ids: int (batch, length), padded on the right.
            generator: ``numpy.random.Generator``.

        Returns:
            int (batch, length): where each token is taken from; -1 for padding, on the right.
        """
        words, length = _words(ids), ids.shape[1]
        staying, moving, further = generator.random((3, *ids.shape))
        staying = np.where(words, staying, -1)
        kept = words & (staying >= self.drop)
        kept |= words & (staying == staying.max(axis=1, keepdims=True))  # one of them, at least
        later = np.where(moving < self.swap, further * (self.distance + 1), 0)
        places = np.where(kept, np.arange(length) + later, np.inf)
        places[ids == Vocabulary.eos_id] = length + self.distance + 1  # after all words
        order = np.argsort(places, axis=1, kind="stable")
        return np.where(np.isfinite(np.take_along_axis(places, order, axis=1)), order, -1)

    def read(self, ids: np.ndarray, places: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Take sources in the order that ``places`` chose, and blank words.

        Args:
            ids: int (batch, length), padded on the right.
            places: int (batch, length), from ``places``.
            generator: ``numpy.random.Generator``.

        Returns:
            int (batch, length).
        """
        moved = taken(ids, places)
        blanked = _words(moved) & (generator.random(ids.shape) < self.blank)
        return np.where(blanked, Vocabulary.unk_id, moved).astype(ids.dtype)


def taken(ids: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Take ids from places, and padding where a place is -1: both int (batch, length)."""
    from_places = np.take_along_axis(ids, np.maximum(places, 0), axis=1)
    return np.where(places < 0, Vocabulary.pad_id, from_places).astype(ids.dtype)


def without_lost_words(targets: np.ndarray, copy_ids: np.ndarray, first: int) -> np.ndarray:
    """Make words unknown that only copying could write, and that stand in the source no more.

    Args:
        targets: int (batch, target_length).
        copy_ids: int (batch, source_length), of the sources as they are read.
        first: int. From this id on, words can only be copied: the size of the target vocabulary.

    Returns:
        int (batch, target_length).

    >>> without_lost_words(np.array([[12, 13, 5, 3]]), np.array([[5, 12, 3]]), first=12).tolist()
    [[12, 1, 5, 3]]
    """
    there = (targets[:, :, None] == copy_ids[:, None]).any(axis=2)
    return np.where((targets >= first) & ~there, Vocabulary.unk_id, targets).astype(targets.dtype)


def _words(ids):
    return (ids != Vocabulary.pad_id) & (ids != Vocabulary.eos_id)
