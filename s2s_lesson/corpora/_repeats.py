"""Find held-out pairs that were seen before: word for word, or but for one word."""

import hashlib
from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ._corpus import Pair, comparable

MIN_WORDS = 6
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_SEPARATOR, _ANY_WORD = 0xD1B54A32D192ED03, 0x8CB92BA72F3D8DD7


class _Fingerprints(NamedTuple):
    """Hashes of some pairs, uint64; the hash of words w is the sum of w[k] * _BASE**k, modulo 2**64."""

    size: np.ndarray  # (pairs,), words
    whole: np.ndarray  # (pairs,)
    row: np.ndarray  # (words,), the pair that a word is of
    masked: np.ndarray  # (words,), of the pair with _ANY_WORD in place of that word
    shortened: np.ndarray  # (words,), of the pair without that word


def drop_repeats(splits: dict[str, list[Pair]]) -> tuple[dict[str, list[Pair]], dict[str, int]]:
    """Drop the pairs of dev that stand in train, and the pairs of test that stand in train or dev.

    Two pairs are the same if both their sources and their targets have the same words (`comparable`: case,
    blanks and punctuation do not count). They are nearly the same if one becomes the other when one word is
    inserted, deleted or replaced; this counts for held-out pairs of `MIN_WORDS` words or more, source and
    target together. Repeats within a split stay. Pairs are compared by hashes of 64 bits: of a million
    pairs, less than one is dropped by mistake.

    Args:
        splits: "train", "dev" and "test".

    Returns:
        The splits, and counts of what was dropped: duplicates and near_duplicates.
    """
    kept, counts = dict(splits), {"duplicates": 0, "near_duplicates": 0}
    words = _WordIds()
    earlier = [_fingerprints(splits["train"], words)]
    for name in ("dev", "test"):
        later = _fingerprints(splits[name], words)
        same = np.any([_among(later.whole, other.whole) for other in earlier], axis=0)
        near = np.any([_nearly_among(later, other) for other in earlier], axis=0)
        near &= ~same & (later.size >= MIN_WORDS)
        kept[name] = [pair for pair, seen in zip(splits[name], same | near, strict=True) if not seen]
        counts["duplicates"] += int(same.sum())
        counts["near_duplicates"] += int(near.sum())
        earlier.append(later)
    return kept, counts


class _WordIds(dict):
    """For every text a number for each of its words, the same on every machine."""

    def __init__(self):
        self.ids = {}

    def __missing__(self, text):
        words = comparable(text).split()
        for word in words:
            if word not in self.ids:
                digest = hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest()
                self.ids[word] = int.from_bytes(digest, "big")
        self[text] = array("Q", map(self.ids.__getitem__, words))
        return self[text]


def _fingerprints(pairs: Iterable[Pair], words: _WordIds) -> _Fingerprints:
    flat, sizes = array("Q"), array("q")
    for source, target in pairs:
        before = len(flat)
        flat.extend(words[source])
        flat.append(_SEPARATOR)
        flat.extend(words[target])
        sizes.append(len(flat) - before)
    values, size = np.array(flat, "uint64"), np.array(sizes, "int64")
    starts = np.cumsum(size) - size
    row = np.repeat(np.arange(len(size)), size)
    powers = np.full(size.max(initial=1), _BASE, "uint64")
    powers[0] = 1
    power = np.cumprod(powers)[np.arange(len(values)) - starts[row]]
    terms = values * power
    up_to = np.cumsum(terms)  # with all pairs before
    before_pair = np.concatenate([np.zeros(1, "uint64"), up_to])[starts]
    whole = np.concatenate([np.zeros(1, "uint64"), up_to])[starts + size] - before_pair
    before = up_to - terms - before_pair[row]
    after = whole[row] - before - terms
    is_word = values != _SEPARATOR
    masked = before + np.uint64(_ANY_WORD) * power + after
    shortened = before + after * np.uint64(pow(_BASE, -1, 2**64))
    return _Fingerprints(size - 1, whole, row[is_word], masked[is_word], shortened[is_word])


def _nearly_among(later: _Fingerprints, earlier: _Fingerprints) -> np.ndarray:
    """Tell which pairs become an earlier one when one word is inserted, replaced or deleted."""
    found = _among(later.whole, earlier.shortened)
    found[later.row[_among(later.masked, earlier.masked)]] = True
    found[later.row[_among(later.shortened, earlier.whole)]] = True
    return found


def _among(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Do what `np.isin` does, in a fraction of the time."""
    if not len(others):
        return np.zeros(len(values), bool)
    others = np.sort(others)
    places = np.searchsorted(others, values)
    return others[np.minimum(places, len(others) - 1)] == values
