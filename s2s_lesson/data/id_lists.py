"""IdLists: many lists of ids in one array, as compact as can be."""

from collections.abc import Sequence
from typing import overload

import numpy as np


class IdLists(Sequence[np.ndarray]):
    """Lists of ids one behind the other: a list is a view of one array, and costs 8 bytes beside its ids.

    Args:
        ids: int32 (ids,), those of all lists.
        lengths: int (lists,), of each list.

    Raises:
        ValueError: the lengths do not add up to the ids.

    >>> lists = IdLists(np.array([5, 6, 3, 7, 3], "int32"), np.array([3, 2]))
    >>> [ids.tolist() for ids in lists]
    [[5, 6, 3], [7, 3]]
    """

    def __init__(self, ids: np.ndarray, lengths: np.ndarray):
        self.ids, self.lengths = ids, lengths
        self._ends = np.cumsum(lengths, dtype="int64")
        if lengths.sum() != len(ids):
            raise ValueError(
                f"Expected lengths that add up to {len(ids)} ids; received {lengths.sum()}."
                " Give ids and lengths of the same lists."
            )

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, row: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, row: slice) -> list[np.ndarray]: ...

    def __getitem__(self, row):
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        end = self._ends[row]
        return self.ids[end - self.lengths[row] : end]

    def chosen(self, rows: np.ndarray) -> "IdLists":
        """Choose some lists.

        Args:
            rows: bool (lists,); True = chosen.

        Returns:
            ``IdLists``, these ones if all are chosen.
        """
        if rows.all():
            return self
        return IdLists(self.ids[np.repeat(rows, self.lengths)], self.lengths[rows])

    def are_last(self) -> np.ndarray:
        """Tell which ids are the last of their lists: bool (ids,); the lists may not be empty."""
        last = np.zeros(len(self.ids), bool)
        last[self._ends - 1] = True
        return last
