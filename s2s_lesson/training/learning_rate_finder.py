"""range_test: what the loss does while the learning rate rises, and which rate that suggests."""

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import keras
from keras import ops
from keras.optimizers.schedules import ExponentialDecay

from s2s_lesson import engine
from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Range, ShareBelowOne, checked, expect
from s2s_lesson.training.batches import PairBatches
from s2s_lesson.training.loop import compile_model

LINES = 12  # of a report


@checked
@dataclass(frozen=True)
class RangeTest:
    """What the loss did while the learning rate rose.

    Attributes:
        rates: of each update, in order.
        losses: of the same updates' batches, before the update.
        smoothed: the mean of the losses so far, in which older ones count less and less.
        diverged: bool. Whether the loss rose so far that the test ended before the highest rate.

    >>> test = RangeTest((0.001, 0.01, 0.1, 1.0), (3.0, 2.0, 1.0, 8.0), (3.0, 2.4, 1.7, 5.0), True)
    >>> round(test.suggestion, 6)
    0.01
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: bool

    @property
    def lowest(self) -> int:
        """The place of the lowest smoothed loss, from 0."""
        return self.smoothed.index(min(self.smoothed))

    @property
    def suggestion(self) -> float | None:
        """A tenth of the rate at which the smoothed loss is lowest; None where no rate lowered it."""
        return self.rates[self.lowest] / 10 if self.lowest else None

    def report(self) -> str:
        """A table of rates and losses, and the suggestion: str."""
        shown = range(0, len(self.rates), math.ceil(len(self.rates) / LINES))
        lines = ["learning rate    loss   smoothed"]
        for place in sorted({*shown, self.lowest, len(self.rates) - 1}):
            mark = "  lowest" if place == self.lowest else ""
            loss, smoothed = self.losses[place], self.smoothed[place]
            lines.append(f"{self.rates[place]:13.2e} {loss:7.3f} {smoothed:10.3f}{mark}")
        if not self.diverged:
            lines.append(f"The loss did not diverge up to a rate of {self.rates[-1]:.2g}.")
        if self.suggestion is None:
            return "\n".join([*lines, "No rate lowered the loss: no suggestion. Begin with a lower one."])
        return "\n".join(
            [*lines, f"suggestion: {self.suggestion:.2g}, a tenth of the rate of the lowest loss"]
        )


@checked
def range_test(
    model: keras.Model,
    batches: PairBatches,
    *,
    lowest: PositiveFloat = 1e-6,
    highest: PositiveFloat = 1.0,
    steps: Annotated[int, Range(2)] = 100,
    smoothing: ShareBelowOne = 0.8,
    divergence: Annotated[float, Range(1, above=True)] = 4.0,
    label_smoothing: ShareBelowOne = 0.0,
    clip_norm: PositiveFloat | None = 1.0,
    accumulation: PositiveInt = 1,
) -> RangeTest:
    """Train for a few updates with a learning rate that rises at each by the same factor, and put all back.

    Afterwards the weights, the random states and the place in the batches are what they were. The model is
    compiled anew: compile it again before training goes on.

    Args:
        model: as for ``compile_model``, a ``Seq2Seq`` for example.
        batches: ``PairBatches`` to learn from.
        lowest, highest: float above 0. The first and the last learning rate.
        steps: int. Updates from the lowest to the highest rate.
        smoothing: float from 0 to below 1. How much of the smoothed loss so far counts in the next one.
        divergence: float above 1. The test ends where the smoothed loss is so many times the lowest one, or
            where the loss is not finite.
        label_smoothing, clip_norm, accumulation: as in ``compile_model``.

    Returns:
        ``RangeTest``.

    Raises:
        ValueError: an option is out of range, or the highest rate is not above the lowest; or as
            ``compile_model``.

    Source: Smith 2017, section 3.3, arXiv:1506.01186; the rates rise exponentially, as in fast.ai.
    """
    expect("highest", highest, highest > lowest, f"above lowest={lowest}")
    growth = highest / lowest
    rates = [lowest * growth ** (step / (steps - 1)) for step in range(steps)]
    losses: list[float] = []
    smoothed: list[float] = []
    with _put_back(model, batches):
        rising = ExponentialDecay(lowest, decay_steps=steps - 1, decay_rate=growth)
        compile_model(model, rising, label_smoothing, clip_norm, accumulation)
        endless = _endless(batches)
        mean = 0.0
        for step in range(1, steps + 1):
            loss = (
                sum(_loss(model, batch) for batch in itertools.islice(endless, accumulation)) / accumulation
            )
            if not math.isfinite(loss):
                break
            mean = smoothing * mean + (1 - smoothing) * loss
            losses.append(loss)
            smoothed.append(mean / (1 - smoothing**step))
            if smoothed[-1] > divergence * min(smoothed):
                break
        else:
            return RangeTest(tuple(rates), tuple(losses), tuple(smoothed), diverged=False)
    expect("the loss of the first update", loss, losses, "as a finite number")
    return RangeTest(tuple(rates[: len(losses)]), tuple(losses), tuple(smoothed), diverged=True)


def _loss(model, batch):
    """Train on a batch; its loss before."""
    inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
    model.reset_metrics()
    return float(model.train_on_batch(inputs, targets, weights, return_dict=True)["loss"])


def _endless(batches) -> Iterator[tuple]:
    """The batches of one epoch after the other."""
    for epoch in itertools.count():
        batches.set_epoch(epoch)
        yield from (batches[index] for index in range(len(batches)))


@contextmanager
def _put_back(model, batches):
    """Put weights, random states and the place in the batches back where they were."""
    variables, epoch = list(model.variables), batches.epoch
    values = [ops.convert_to_numpy(variable) for variable in variables]
    random_states = engine.random_states()
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        engine.set_random_states(random_states)
        batches.set_epoch(epoch)
