"""Ranking: logits in, the likeliest tokens and their log-probabilities out."""

import functools

import numpy as np
from keras import ops

from s2s_lesson import engine


def rank(logits, count, allowed=None, extra_ids=None):
    """Turn logits into the likeliest tokens of each row.

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
    found = _ranking(count)(logits, allowed, extra_ids)
    return tuple(None if array is None else ops.convert_to_numpy(array) for array in found)


def log_softmax(logits):
    """Turn logits into log-probabilities of the whole vocabulary.

    Args:
        logits: float (rows, vocab_size).

    Returns:
        log_probs: float32 (rows, vocab_size).
        usable: bool (rows,), as in ``rank``.
    """
    log_probs, normaliser = (ops.convert_to_numpy(array) for array in _log_softmax()(logits))
    return log_probs, np.isfinite(normaliser[:, 0])


def check_usable(usable, needed):
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


@functools.cache
def _ranking(count):
    def ranking(logits, allowed, extra_ids):
        logits, normaliser = _normalised(logits)
        if allowed is not None:
            logits = ops.where(allowed, logits, -np.inf)
        log_probs, ids = engine.top_k(logits, count)
        extra_log_probs = None
        if extra_ids is not None:
            extra_log_probs = ops.take_along_axis(logits, extra_ids, axis=-1) - normaliser
        return ids, log_probs - normaliser, extra_log_probs, ops.isfinite(normaliser[:, 0])

    return engine.compile_function(ranking)


@functools.cache
def _log_softmax():
    def log_softmax(logits):
        logits, normaliser = _normalised(logits)
        return logits - normaliser, normaliser

    return engine.compile_function(log_softmax)


def _normalised(logits):
    """Logits in float32, and the logarithm of the sum of their exponentials: (rows, 1)."""
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    return logits, ops.logsumexp(logits, axis=-1, keepdims=True)
