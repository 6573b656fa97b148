"""The greatest values of rows, by NumPy: short rows are partitioned, long ones looked at in blocks."""

import numpy as np

LONG = 1_024  # from this width on, blocks are worth it
BLOCK = 32  # values of each
CHUNK_BYTES = 2**19  # so much is worked on at a time that it stays in a core's cache


def greatest(values: np.ndarray, count: int) -> np.ndarray:
    """Find the greatest values of each row, in order; of equal ones the first comes first.

    Args:
        values: float (rows, width), without NaN.
        count: int, at most width.

    Returns:
        int (rows, count). Their places.

    >>> greatest(np.array([[0.5, 2.0, 0.5, 1.0]]), 3).tolist()
    [[1, 3, 0]]
    """
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


class Blocks:
    """A few columns of each row that surely hold its greatest values.

    Column c belongs to block c modulo the number of blocks. The ``count`` blocks with the greatest values
    hold the ``count`` greatest of all, unless more blocks than these hold one that is equal to the least of
    them: then there is a tie, and nothing is said of which comes first.

    Args:
        rows: int.
        width: int.
        count: int.

    >>> blocks = Blocks(rows=1, width=70, count=2)
    >>> values = np.arange(70, dtype="float32")[None]
    >>> blocks.add(slice(0, 1), values, np.array([True]), blocks.highest(values)[0])
    >>> blocks.columns.shape, blocks.tied.tolist(), 69 in blocks.columns, 68 in blocks.columns
    ((1, 70), [False], True, True)
    """

    def __init__(self, rows: int, width: int, count: int):
        self.blocks, self.count, self.width = width // BLOCK, count, width
        self.in_blocks = self.blocks * BLOCK  # the columns after these are looked at in any case
        looked_at = BLOCK * count + width - self.in_blocks
        self.values, self.columns = np.empty((rows, looked_at), "float32"), np.empty((rows, looked_at), int)
        self.columns[:, BLOCK * count :] = np.arange(self.in_blocks, width)
        self.tied = np.zeros(rows, bool)
        self._first = np.arange(BLOCK)[:, None] * self.blocks

    @staticmethod
    def suit(width: int, count: int) -> bool:
        """Whether rows are long enough for blocks to save work."""
        return width >= LONG and 4 * BLOCK * count <= width

    def highest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the highest value of each block and of each row.

        Args:
            values: float32 (rows, width).

        Returns:
            of_blocks: float32 (rows, blocks).
            of_rows: float32 (rows, 1).
        """
        shape = len(values), BLOCK, self.blocks
        highest = values[:, : self.in_blocks].reshape(shape).max(axis=1)
        last = values[:, self.in_blocks :].max(axis=-1, keepdims=True, initial=-np.inf)
        return highest, np.maximum(highest.max(axis=-1, keepdims=True), last)

    def add(self, rows: slice, values: np.ndarray, usable: np.ndarray, of_blocks: np.ndarray) -> None:
        """Look at some rows.

        Args:
            rows: slice. Which of all they are.
            values: float32 (rows, width).
            usable: bool (rows,). False where there are NaNs; nothing is said of such rows.
            of_blocks: float32 (rows, blocks), the highest value of each. It may be written into.
        """
        of_blocks[~usable] = 0
        least = np.partition(of_blocks, -self.count, axis=-1)[:, -self.count, None]
        taken = of_blocks >= least
        chosen = np.flatnonzero(taken)
        if len(chosen) > self.count * len(values):
            self.tied[rows] = taken.sum(axis=-1) > self.count
            chosen = np.flatnonzero(taken & (taken.cumsum(axis=-1) <= self.count))
        of_each = (chosen % self.blocks).reshape(len(values), 1, self.count)
        columns = (self._first + of_each).reshape(len(values), -1)  # in ascending order
        self.columns[rows, : columns.shape[1]] = columns
        self.values[rows, : columns.shape[1]] = np.take_along_axis(values, columns, axis=-1)
        self.values[rows, columns.shape[1] :] = values[:, self.in_blocks :]
