"""PointerBatches: sources of vectors, and the positions to point at, as padded arrays."""

from collections.abc import Callable, Sequence

import keras
import numpy as np

from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, Seed, checked
from s2s_lesson.data.padding import id_arrays, pad, shift_right
from s2s_lesson.data.vectors import pad_vectors
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.models.pointer_network import FIRST_ID


class PointerBatches(keras.utils.PyDataset):
    """Batches of a task that draws as many examples as it is asked for, so that none is seen twice.

    What batch ``index`` of an epoch holds is a function of ``seed``, ``epoch`` and ``index`` alone. All
    batches have one shape.

    Args:
        task: ``task(size, seed) -> vectors, positions``; see ``pointer_batch`` for both, and
            ``s2s_lesson.corpora.points`` for some tasks.
        length: int. Elements in the longest source.
        batch_size: int.
        steps: int. Batches in an epoch.
        seed: int.

    >>> from s2s_lesson.corpora import points
    >>> from s2s_lesson.models import PointerBatches
    >>> batches = PointerBatches(lambda size, seed: points.sorting(size, 3, seed), 3, batch_size=2, steps=5)
    >>> inputs, targets = batches[0]
    >>> inputs["source_vectors"].shape, targets.shape
    ((2, 3, 1), (2, 4))
    """

    @checked
    def __init__(
        self,
        task: Callable,
        length: PositiveInt,
        batch_size: PositiveInt = 128,
        steps: PositiveInt = 100,
        seed: Seed = 0,
    ):
        super().__init__()
        self.task, self.length, self.batch_size, self.steps = task, length, batch_size, steps
        self.seed, self.epoch = seed, 0

    def told(self) -> dict[str, object]:
        """What the batches depend on, beside the task: dict of names and what JSON can hold."""
        return {name: getattr(self, name) for name in ("length", "batch_size", "steps", "seed")}

    @checked
    def set_epoch(self, epoch: NonNegativeInt) -> None:
        """Go to an epoch, counted from 0."""
        self.epoch = epoch

    def on_epoch_end(self) -> None:
        """Go to the next epoch; ``keras.Model.fit`` calls this."""
        self.epoch += 1

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return pointer_batch(*self.task(self.batch_size, (self.seed, self.epoch, index)), self.length)


@checked
def pointer_batch(
    vectors: Sequence[np.ndarray], positions: Sequence[Sequence[int]], length: PositiveInt | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Put examples into padded arrays.

    Args:
        vectors: list of float (source_length, input_dim), the elements of each source.
        positions: list of sequences of int, the positions to point at in their order, counted from 0.
        length: int or None. Sources are padded to it, and targets to one more, for the end. None takes the
            longest source and the longest target.

    Returns:
        inputs: dict of ``source_vectors`` float32 (batch, length, input_dim), ``source_mask``
            bool (batch, length) and ``decoder_inputs`` int32 (batch, target_length).
        targets: int32 (batch, target_length); the end token closes each row, then padding.

    Raises:
        TypeError: a position is no whole number.
        ValueError: a position lies outside its source.
    """
    for row, (elements, chosen) in enumerate(zip(vectors, positions, strict=True)):
        if len(chosen) and not 0 <= min(chosen) <= max(chosen) < len(elements):
            raise ValueError(
                f"Expected positions from 0 to {len(elements) - 1} for the {len(elements)} elements of "
                f"source {row}; received {list(chosen)}. Count positions from 0."
            )
    ids = [[*(FIRST_ID + chosen), Vocabulary.eos_id] for chosen in id_arrays(positions, "positions")]
    targets = pad(ids, None if length is None else length + 1)
    return {**pad_vectors(vectors, length), "decoder_inputs": shift_right(targets)}, targets
