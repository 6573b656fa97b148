"""Averages of weights: one model of the weights that a training had after several of its epochs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from s2s_lesson.data.whole_files import readable, write_at_once
from s2s_lesson.training.run_folder import EPOCHS, writable_folder


def average_weights(several: Iterable[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """Average the weights that a model had at several times of one training, number by number.

    Means are computed in float64. What is no float, such as a count of steps, is taken of the last.

    Args:
        several: of each time a list of arrays, as ``keras.Model.get_weights`` gives them. They are gone
            through one after the other, so a generator need not hold them all.

    Returns:
        list of arrays, of the types that they had.

    Raises:
        ValueError: there are none, or they differ in their shapes.

    Sources: Junczys-Dowmunt et al. 2016, arXiv:1605.04809; Vaswani et al. 2017, section 6.1,
    arXiv:1706.03762.

    >>> average_weights([[np.array([1.0, 2.0])], [np.array([2.0, 4.0])]])
    [array([1.5, 3. ])]
    """
    sums: list[np.ndarray] = []
    latest: list[np.ndarray] = []
    count = 0
    for weights in several:
        latest, count = [np.asarray(weight) for weight in weights], count + 1
        sums = sums or [np.zeros(weight.shape) for weight in latest]
        if [weight.shape for weight in latest] != [total.shape for total in sums]:
            raise ValueError(
                "Expected the weights of one model at several times; received arrays of other shapes. "
                "Average what one training left."
            )
        for total, weight in zip(sums, latest, strict=True):
            total += weight
    if not count:
        raise ValueError(
            "Expected the weights of at least one time; received none. Give those of one epoch or more."
        )
    return [
        (total / count).astype(weight.dtype) if weight.dtype.kind == "f" else weight
        for total, weight in zip(sums, latest, strict=True)
    ]


class EpochWeights:
    """The weights of some epochs of a run: a file each in its folder, or in memory where it has none.

    Args:
        folder: Path, or None.
        run: str, which run it is; files of another one are refused.

    >>> kept = EpochWeights(None)
    >>> for epoch in (1, 2, 3):
    ...     kept.add(epoch, [np.array([float(epoch)])])
    >>> kept.keep_only([2, 3])
    >>> kept.epochs(), kept.average([2, 3])
    ([2, 3], [array([2.5])])
    """

    def __init__(self, folder: Path | None, run: str = ""):
        self.folder, self.run = None if folder is None else folder / EPOCHS, run
        self.in_memory: dict[int, list[np.ndarray]] = {}

    def add(self, epoch: int, weights: list[np.ndarray]) -> None:
        """Keep the weights of an epoch, counted from 1."""
        if self.folder is None:
            self.in_memory[epoch] = weights
            return
        writable_folder(self.folder)
        write_at_once(self._path(epoch), lambda path: np.savez(path, *weights, run=np.array(self.run)))

    def epochs(self) -> list[int]:
        """The epochs whose weights are kept, in order."""
        if self.folder is None:
            return sorted(self.in_memory)
        return sorted(int(path.stem.removeprefix("epoch-")) for path in self.folder.glob("epoch-*.npz"))

    def held_in_memory(self) -> "EpochWeights":
        """The same weights, read from their files."""
        read = EpochWeights(None)
        read.in_memory = {epoch: self._weights(epoch) for epoch in self.epochs()}
        return read

    def keep_only(self, epochs: Sequence[int]) -> None:
        """Delete the weights of all other epochs."""
        for epoch in set(self.epochs()) - set(epochs):
            if self.folder is None:
                del self.in_memory[epoch]
            else:
                self._path(epoch).unlink()

    def average(self, epochs: Sequence[int]) -> list[np.ndarray]:
        """As ``average_weights``, of some of the epochs, in order; one after the other is read."""
        return average_weights(self._weights(epoch) for epoch in sorted(epochs))

    def _weights(self, epoch):
        if self.folder is None:
            return self.in_memory[epoch]
        remedy = "Put back the right file, or train anew in another folder."
        path = self._path(epoch)
        with (
            readable(path, f"weights of epoch {epoch} of this run", remedy),
            np.load(path, allow_pickle=False) as arrays,
        ):
            if str(arrays["run"]) != self.run:
                raise ValueError(f"it is of the run {arrays['run']}, not of {self.run}")
            return [arrays[f"arr_{index}"] for index in range(len(arrays.files) - 1)]

    def _path(self, epoch):
        return self.folder / f"epoch-{epoch:04}.npz"
