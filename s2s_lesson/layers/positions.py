"""sinusoids: what tells attention the order of a sequence."""

import numpy as np
from keras import ops

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.memory import expect_memory
from s2s_lesson.engine import Tensor


@checked
def sinusoids(length: PositiveInt, units: PositiveInt) -> np.ndarray:
    """Encode positions by sines and cosines of ``units / 2`` wavelengths, from 2 pi to 10,000 times 2 pi.

    Args:
        length: int.
        units: int, even.

    Returns:
        float32 (length, units): the sines, then the cosines.

    Raises:
        ValueError: ``units`` is odd.

    Source: Vaswani et al. 2017, section 3.5, arXiv:1706.03762, which interleaves sines and cosines.
    """
    if units % 2:
        raise ValueError(f"Expected an even number of units; received {units}. Add or take one.")
    expect_memory("length", length, 16 * length * units)
    rates = 10_000.0 ** (-np.arange(units // 2) / (units / 2))
    angles = np.arange(length)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1).astype("float32")


def with_positions(vectors: Tensor, positions: np.ndarray) -> Tensor:
    """Add their positions to vectors.

    Args:
        vectors: float (batch, length, units).
        positions: float (at least length, units), from ``sinusoids``.

    Returns:
        float (batch, length, units).
    """
    return vectors + ops.convert_to_tensor(positions, vectors.dtype)[: ops.shape(vectors)[1]]
