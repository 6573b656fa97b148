"""Masks: bool arrays in which True means a real token, one that may be seen."""

from keras import backend, ops


def padding_mask(ids, pad_id=0):
    """Mark the real tokens.

    Args:
        ids: int (batch, length).
        pad_id: int.

    Returns:
        bool (batch, length); True = real token.
    """
    return ops.not_equal(ids, pad_id)


def look_ahead_mask(length):
    """Let every position see itself and what stands before it, and nothing later.

    Args:
        length: int.

    Returns:
        bool (length, length), queries first; True = may be seen.
    """
    positions = ops.arange(length)
    return positions[None, :] <= positions[:, None]


def combined_mask(ids, pad_id=0):
    """Let every position see the real tokens among itself and what stands before it.

    The two masks are joined by "and", since True means "may be seen". Where masks mark what is hidden, they
    are joined by the maximum.

    Args:
        ids: int (batch, length).
        pad_id: int.

    Returns:
        bool (batch, length, length), queries in the middle; True = may be seen.
    """
    return ops.logical_and(look_ahead_mask(ops.shape(ids)[1]), padding_mask(ids, pad_id)[:, None])


def masked_softmax(scores, mask=None):
    """Softmax over the last axis in which masked entries get exactly 0.

    A row without any real token gets weights of 0 throughout, never NaN.

    Args:
        scores: float (..., length).
        mask: bool, broadcastable to ``scores``; True = real token. None masks nothing.

    Returns:
        float (..., length); rows sum to 1 where they hold a real token.
    """
    if mask is None:
        return ops.softmax(scores, axis=-1)
    lowest = -6e4 if backend.standardize_dtype(scores.dtype) == "float16" else -1e30
    weights = ops.softmax(ops.where(mask, scores, ops.cast(lowest, scores.dtype)), axis=-1)
    return ops.where(mask, weights, ops.zeros_like(weights))
