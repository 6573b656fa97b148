"""Ranking: logits in, the likeliest tokens and their log-probabilities out."""

from typing import Any

import numpy as np

from s2s_lesson.search.arrays import adapter_of


def rank(
    logits: Any, count: int, allowed: np.ndarray | None = None, extra_ids: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
    """Turn logits into the likeliest tokens of each row. Tensors are ranked where they are, by their engine.

    Args:
        logits: float (rows, vocab_size).
        count: int, at most vocab_size.
        allowed: bool (rows, vocab_size) or None. False rules a token out; what the others get stays as it is.
        extra_ids: int (rows, extras) or None. Tokens to look up whatever their rank.

    Returns:
        ids: int (rows, count), likeliest first, of equal ones the smaller first.
        log_probs: float32 (rows, count); -inf where ruled out.
        extra_log_probs: float32 (rows, extras) or None; -inf where ruled out.
        usable: bool (rows,). False where the logits give no probabilities: NaN, infinity, -infinity alone.
    """
    if adapter := adapter_of(logits):
        return adapter.rank(logits, count, allowed, extra_ids)
    values, normaliser = _normalised(logits)
    usable = np.isfinite(normaliser[:, 0])
    if allowed is not None:
        values = np.where(allowed, values, -np.inf)
    if not usable.all():
        values = np.where(usable[:, None], values, 0)
    ids = _greatest(values, count)
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


def _normalised(logits: Any) -> tuple[np.ndarray, np.ndarray]:
    """Logits in float32, and the logarithm of the sum of their exponentials: (rows, 1)."""
    values = np.asarray(logits, "float32")
    with np.errstate(invalid="ignore", divide="ignore"):
        highest = values.max(axis=-1, keepdims=True)
        return values, highest + np.log(np.exp(values - highest).sum(axis=-1, keepdims=True))


def _greatest(values: np.ndarray, count: int) -> np.ndarray:
    """Places of the greatest values of each row, in order; of equal ones the first comes first."""
    least = np.partition(values, -count, axis=-1)[:, -count, None]  # of those to be taken
    taken = values >= least
    places = np.flatnonzero(taken)
    if len(places) > count * len(values):  # several are equal to the least: the first of them have the room
        equal = values == least
        room = count - (taken & ~equal).sum(axis=-1, keepdims=True)
        places = np.flatnonzero(taken & (~equal | (equal.cumsum(axis=-1) <= room)))
    ids = (places % values.shape[1]).reshape(len(values), count)
    order = np.argsort(-np.take_along_axis(values, ids, axis=-1), axis=-1, kind="stable")
    return np.take_along_axis(ids, order, axis=-1)
