"""Masks: bool arrays in which True means a real token."""

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
