"""Masks: bool arrays in which True means a real token, one that may be seen."""

from keras import backend, ops

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.engine import Tensor


@checked
def padding_mask(ids: Tensor, pad_id: NonNegativeInt = 0) -> Tensor:
    """Mark the real tokens.

    Args:
        ids: int (batch, length).
        pad_id: int.

    Returns:
        bool (batch, length); True = real token.
    """
    return ops.not_equal(ids, pad_id)


@checked
def look_ahead_mask(length: NonNegativeInt | Tensor) -> Tensor:
    """Let every position see itself and what stands before it, and nothing later.

    Args:
        length: int.

    Returns:
        bool (length, length), queries first; True = may be seen.
    """
    positions = ops.arange(length)
    return positions[None, :] <= positions[:, None]


@checked
def combined_mask(ids: Tensor, pad_id: NonNegativeInt = 0) -> Tensor:
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


def with_first_position(mask: Tensor) -> Tensor:
    """Let every row read its first position, for fused kernels on a GPU reject rows without any real token.

    Args:
        mask: bool (batch, length); True = real token.

    Returns:
        bool (batch, length).
    """
    return ops.concatenate([ops.ones_like(mask[:, :1]), mask[:, 1:]], axis=1)


def hide(scores: Tensor, mask: Tensor | bool) -> Tensor:
    """Give masked entries the lowest score that softmax and the dtype bear: -1e30, or -6e4 in float16.

    Args:
        scores: float (..., length).
        mask: bool, broadcastable to ``scores``; True = may be seen.

    Returns:
        float (..., length).
    """
    lowest = -6e4 if backend.standardize_dtype(scores.dtype) == "float16" else -1e30
    return ops.where(mask, scores, ops.cast(lowest, scores.dtype))


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
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
    weights = ops.softmax(hide(scores, mask), axis=-1)
    return ops.where(mask, weights, ops.zeros_like(weights))
