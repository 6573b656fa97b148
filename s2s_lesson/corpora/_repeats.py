"""Find held-out pairs that were seen before: word for word, or but for one word."""

from array import array
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from s2s_lesson.corpora._corpus import Pair, comparable_words

MIN_WORDS = 6
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_SEPARATOR, _ANY_WORD = 0x51B54A32D192ED03, 0x0CB92BA72F3D8DD7


class _Fingerprints(NamedTuple):
    """Hashes of some pairs, uint64; the hash of words w is the sum of w[k] * _BASE**k, modulo 2**64."""

    size: np.ndarray  # (pairs,), words
    whole: np.ndarray  # (pairs,)
    row: np.ndarray  # (words,), the pair that a word is of
    masked: np.ndarray  # (words,), of the pair with _ANY_WORD in place of that word
    shortened: np.ndarray  # (words,), of the pair without that word


def drop_repeats(splits: dict[str, list[Pair]]) -> tuple[dict[str, list[Pair]], dict[str, int]]:
    """Drop the pairs of dev that stand in train, and the pairs of test that stand in train or dev.

    Two pairs are the same if both their sources and their targets have the same words (``comparable_words``:
    case, blanks and punctuation do not count). They are nearly the same if one becomes the other when one
    word is inserted, deleted or replaced; this counts for held-out pairs of ``MIN_WORDS`` words or more,
    source and target together. Repeats within a split stay. Pairs are compared by hashes of 64 bits: of a
    million pairs, less than one is dropped by mistake.

    Args:
        splits: "train", "dev" and "test".

    Returns:
        The splits, and counts of what was dropped: duplicates and near_duplicates.
    """
    kept, counts = dict(splits), {"duplicates": 0, "near_duplicates": 0}
    words = _WordHashes()
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


class _WordHashes(dict):
    """For every text the hashes of its words, int64: each text is taken apart once."""

    def __missing__(self, text):
        self[text] = hashes = array("q", map(hash, comparable_words(text)))
        return hashes


def _fingerprints(pairs: Iterable[Pair], words: _WordHashes) -> _Fingerprints:
    flat, sizes = array("q"), array("q")
    for source, target in pairs:
        before = len(flat)
        flat.extend(words[source])
        flat.append(_SEPARATOR)
        flat.extend(words[target])
        sizes.append(len(flat) - before)
    values, size = np.asarray(flat).view("uint64"), np.asarray(sizes)
    starts = np.cumsum(size) - size
    row = np.repeat(np.arange(len(size)), size)
    powers = np.full(size.max(initial=1), _BASE, "uint64")
    powers[0] = 1
    power = np.cumprod(powers)[np.arange(len(values)) - starts[row]]
    terms = values * power
    whole = np.add.reduceat(terms, starts) if len(starts) else np.zeros(0, "uint64")
    before = np.cumsum(terms) - terms - (np.cumsum(whole) - whole)[row]  # the sum of the terms before a word
    after = whole[row] - before - terms
    is_word = values != _SEPARATOR
    masked = before + after + np.uint64(_ANY_WORD) * power
    shortened = before + after * np.uint64(pow(_BASE, -1, 2**64))
    return _Fingerprints(size - 1, whole, row[is_word], masked[is_word], shortened[is_word])


def _nearly_among(later: _Fingerprints, earlier: _Fingerprints) -> np.ndarray:
    """Tell which pairs become an earlier one when one word is inserted, replaced or deleted."""
    repeated = _among(later.whole, earlier.shortened)
    repeated[later.row[_among(later.masked, earlier.masked)]] = True
    repeated[later.row[_among(later.shortened, earlier.whole)]] = True
    return repeated


def _among(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Do what ``np.isin`` does, in a fraction of the time."""
    among = np.zeros(len(values), bool)
    if len(others):
        others, order = np.sort(others), np.argsort(values)
        in_order = values[order]
        places = np.searchsorted(others, in_order)  # fast for values in order
        among[order] = others[np.minimum(places, len(others) - 1)] == in_order
    return among
