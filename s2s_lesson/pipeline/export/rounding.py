"""Rounding: what is stored of a weight, and what is left of it."""

import numpy as np

from s2s_lesson.deployed.manifest import Weights


def stored_form(
    array: np.ndarray, weights: Weights, by_row: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """What is stored of a weight.

    int8 holds ``round(array / scale)`` with ``scale = max |array| / 127``, of each column, or of each row.
    Vectors stay in float16: there is little to gain from them.

    Args:
        array: float array.
        weights: "float32", "float16" or "int8".
        by_row: bool.

    Returns:
        stored: array of the same shape, float32, float16 or int8.
        scale: float32 array that it is multiplied by, or None.
    """
    array = np.asarray(array, "float32")
    if weights == "float32":
        return array, None
    if weights == "float16" or array.ndim < 2:
        return np.clip(array, -65504, 65504).astype("float16"), None
    axis = -1 if by_row else tuple(range(array.ndim - 1))
    scale = np.abs(array).max(axis=axis, keepdims=True).astype("float32") / np.float32(127)
    scale = np.where(scale == 0, np.float32(1), scale)
    return np.rint(array / scale).astype("int8"), scale


def rounded(array: np.ndarray, weights: Weights, by_row: bool = False) -> np.ndarray:
    """What is left of a weight that was stored: float32 array.

    >>> rounded(np.array([[0.5, 127.0], [1.0, 0.4]]), "int8").astype(float).round(3).tolist()
    [[0.504, 127.0], [1.0, 0.0]]
    """
    stored, scale = stored_form(array, weights, by_row)
    restored = stored.astype("float32")
    return restored if scale is None else restored * scale
