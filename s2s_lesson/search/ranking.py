"""Ranking: logits in, the likeliest tokens and their log-probabilities out."""

from typing import Any

import numpy as np

from s2s_lesson.search.arrays import adapter_of
from s2s_lesson.search.greatest import CHUNK_BYTES, Blocks, greatest

FEW = 16  # so many tokens that are ruled out everywhere are ranked with the others, and then left out


def rank(
    logits: Any,
    count: int,
    allowed: np.ndarray | None = None,
    extra_ids: np.ndarray | None = None,
    normalise: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
    """Turn logits into the likeliest tokens of each row. Tensors are ranked where they are, by their engine.

    Args:
        logits: float (rows, vocab_size).
        count: int, at most vocab_size.
        allowed: bool (rows, vocab_size), (1, vocab_size) or None. False rules a token out; what the others
            get stays as it is.
        extra_ids: int (rows, extras) or None. Tokens to look up whatever their rank.
        normalise: bool. False leaves out the sum over the vocabulary, which costs most: what comes back in
            place of log-probabilities is how far logits lie below the highest of their row.

    Returns:
        ids: int (rows, count), likeliest first, of equal ones the smaller first.
        log_probs: float32 (rows, count); -inf where ruled out.
        extra_log_probs: float32 (rows, extras) or None; -inf where ruled out.
        usable: bool (rows,). False where the logits give no probabilities: NaN, infinity, -infinity alone.
    """
    if adapter := adapter_of(logits):
        return adapter.rank(logits, count, allowed, extra_ids, normalise)
    ruled_out = _few_ruled_out(allowed)
    if Blocks.suit(logits.shape[-1], count + len(ruled_out)):
        return _rank_in_blocks(np.asarray(logits), count, allowed, extra_ids, normalise, ruled_out)
    values, normaliser = _normalised(logits, normalise)
    usable = np.isfinite(normaliser[:, 0])
    if allowed is not None:
        values = np.where(allowed, values, -np.inf)
    if not usable.all():
        values = np.where(usable[:, None], values, 0)
    ids = greatest(values, count)
    log_probs = np.take_along_axis(values, ids, axis=-1) - normaliser
    extra_log_probs = None
    if extra_ids is not None:
        extra_log_probs = np.take_along_axis(values, extra_ids, axis=-1) - normaliser
    return ids, log_probs, extra_log_probs, usable


def log_softmax(logits: Any) -> tuple[np.ndarray, np.ndarray]:
    """Turn logits into log-probabilities of the whole vocabulary.

    Args:
        logits: float (rows, vocab_size).

    Returns:
        log_probs: float32 (rows, vocab_size).
        usable: bool (rows,), as in ``rank``.
    """
    if adapter := adapter_of(logits):
        return adapter.log_softmax(logits)
    values, normaliser = _normalised(logits)
    with np.errstate(invalid="ignore"):
        return values - normaliser, np.isfinite(normaliser[:, 0])


def check_usable(usable: np.ndarray, needed: np.ndarray) -> None:
    """Raise an error where a row that is needed has logits that give no probabilities.

    Args:
        usable: bool (rows,).
        needed: bool (rows,).

    Raises:
        ValueError: a row is needed and not usable.
    """
    if not usable[needed].all():
        raise ValueError(
            "Expected finite logits from step; received NaN, infinity, or a row of nothing but -infinity. "
            "Did the training diverge? To forbid a token, give it -infinity and leave others possible."
        )


def _normalised(logits, normalise=True):
    """Logits in float32, and the logarithm of the sum of their exponentials, or the highest: (rows, 1)."""
    values = np.asarray(logits, "float32")
    highest = values.max(axis=-1, keepdims=True)
    return values, _normaliser(values, highest, np.empty_like(values)) if normalise else highest


def _normaliser(values, highest, scratch):
    """The logarithm of the sum of the exponentials, (rows, 1), made in ``scratch``, (rows, vocab_size)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        np.subtract(values, highest, out=scratch)
        np.exp(scratch, out=scratch)
        return highest + np.log(scratch.sum(axis=-1, keepdims=True))


def _few_ruled_out(allowed):
    """The columns that are ruled out in every row, where these are few and no others are; else none."""
    if allowed is None or len(allowed) > 1:
        return ()
    columns = np.flatnonzero(~allowed[0])
    return columns if len(columns) <= FEW else ()


def _rank_in_blocks(logits, count, allowed, extra_ids, normalise, ruled_out):
    """As ``rank``, for long rows, a few at a time."""
    rows, width = logits.shape
    masked = allowed is not None and not len(ruled_out)
    blocks = Blocks(rows, width, count + len(ruled_out))  # in case that all of these are among the greatest
    normaliser = np.empty((rows, 1), "float32")
    at_a_time = max(1, CHUNK_BYTES // (4 * width))
    chunks = [slice(start, min(start + at_a_time, rows)) for start in range(0, rows, at_a_time)]
    scratch = np.empty((at_a_time, width), "float32")

    def read(which):
        return np.ascontiguousarray(logits[which], "float32")

    def rule_out(values, which):
        return np.where(allowed if len(allowed) == 1 else allowed[which], values, np.float32(-np.inf))

    for here in chunks:
        values = read(here)
        of_blocks, highest = blocks.highest(values)
        normaliser[here] = _normaliser(values, highest, scratch[: len(values)]) if normalise else highest
        if masked:
            values = rule_out(values, here)
            of_blocks, _ = blocks.highest(values)
        blocks.add(here, values, np.isfinite(normaliser[here, 0]), of_blocks)
    usable = np.isfinite(normaliser[:, 0])
    looked_at = blocks.values
    if len(ruled_out):
        looked_at = np.where(np.take(allowed[0], blocks.columns), looked_at, np.float32(-np.inf))
    looked_at[~usable] = 0
    places = greatest(looked_at, count)
    ids, best = (np.take_along_axis(of, places, axis=-1) for of in (blocks.columns, looked_at))
    tied = np.flatnonzero(blocks.tied & usable)
    for some in np.array_split(tied, -(-len(tied) // at_a_time)) if len(tied) else ():
        values = read(some) if allowed is None else rule_out(read(some), some)
        ids[some] = greatest(values, count)
        best[some] = np.take_along_axis(values, ids[some], axis=-1)
    ids[~usable] = np.arange(count)
    extra_log_probs = None
    if extra_ids is not None:
        extra = np.take_along_axis(logits, extra_ids, axis=-1).astype("float32")
        if allowed is not None:
            shape = (rows, width)
            extra = np.where(
                np.take_along_axis(np.broadcast_to(allowed, shape), extra_ids, -1), extra, -np.inf
            )
        with np.errstate(invalid="ignore"):
            extra_log_probs = (extra - normaliser).astype("float32")
    return ids, best - normaliser, extra_log_probs, usable
