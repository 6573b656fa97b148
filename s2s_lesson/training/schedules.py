"""Numbers that change while training goes on: how often the true token is fed, and the learning rate."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, get_args

import keras
from keras import ops

from s2s_lesson.data.expected import NonNegativeInt, PositiveFloat, PositiveInt, Range, Share, checked, expect
from s2s_lesson.engine import Tensor

Rate: TypeAlias = PositiveFloat | keras.optimizers.schedules.LearningRateSchedule
Decay: TypeAlias = Literal["constant", "linear", "cosine", "inverse_sqrt"]
DECAYS = get_args(Decay)


@checked
@dataclass(frozen=True)
class Constant:
    """The same share at every step.

    Args:
        share: float from 0 to 1.

    >>> from s2s_lesson.training import Constant
    >>> float(Constant(0.5)(100))
    0.5
    """

    share: Share

    def __call__(self, step: Tensor) -> Tensor:
        """Return the share: see ``LinearDecay``."""
        return self.share + 0 * ops.cast(step, "float32")


@checked
@dataclass(frozen=True)
class LinearDecay:
    """max(end, begin - (begin - end) step / steps).

    Args:
        steps: int, 1 or greater. Training steps until ``end`` is reached.
        begin: float from 0 to 1.
        end: float from 0 to ``begin``.

    Source: Bengio et al. 2015, section 2.4, arXiv:1506.03099, whose k is begin and whose slope c is
    (begin - end) / steps.

    >>> from s2s_lesson.training import LinearDecay
    >>> [float(LinearDecay(100)(step)) for step in (0, 50, 200)]
    [1.0, 0.5, 0.0]
    """

    steps: PositiveInt
    begin: Share = 1.0
    end: Share = 0.0

    def __post_init__(self):
        expect("end", self.end, self.end <= self.begin, f"of at most begin={self.begin}")

    def __call__(self, step: Tensor) -> Tensor:
        """Return the probability that the true token is fed.

        Args:
            step: int or array of int. Training steps done before this one.

        Returns:
            float32 tensor of the same shape, from 0 to 1.
        """
        falls = (self.begin - self.end) * ops.cast(step, "float32") / self.steps
        return ops.maximum(self.begin - falls, self.end)


@checked
@dataclass(frozen=True)
class ExponentialDecay:
    """base ** step.

    Args:
        base: float above 0 and below 1.

    Source: as ``LinearDecay``.

    >>> from s2s_lesson.training import ExponentialDecay
    >>> [float(ExponentialDecay(0.5)(step)) for step in (0, 1, 2)]
    [1.0, 0.5, 0.25]
    """

    base: Annotated[float, Range(0, 1, above=True, below=True)]

    def __call__(self, step: Tensor) -> Tensor:
        """Return the probability that the true token is fed: see ``LinearDecay``."""
        return ops.exp(math.log(self.base) * ops.cast(step, "float32"))


@checked
@dataclass(frozen=True)
class InverseSigmoidDecay:
    """k / (k + exp(step / k)): near 1 for long, and a half after k ln k steps.

    Args:
        k: float, 1 or greater.

    Source: as ``LinearDecay``.

    >>> from s2s_lesson.training import InverseSigmoidDecay
    >>> [round(float(InverseSigmoidDecay(10)(step)), 2) for step in (0, 23, 100)]
    [0.91, 0.5, 0.0]
    """

    k: Annotated[float, Range(1)]

    def __call__(self, step: Tensor) -> Tensor:
        """Return the probability that the true token is fed: see ``LinearDecay``."""
        return ops.sigmoid(
            math.log(self.k) - ops.cast(step, "float32") / self.k
        )  # the same, and never inf / inf


@keras.saving.register_keras_serializable(package="s2s_lesson")
class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line, and then falls.

    With p, the share of the steps after the warm-up that are done, the peak is multiplied by

    constant:      1
    linear:        1 - (1 - final_share) p
    cosine:        final_share + (1 - final_share) (1 + cos(pi p)) / 2
    inverse_sqrt:  sqrt(warmup_steps / step)

    Args:
        peak: float above 0.
        steps: int. Updates in all; after them the rate stays as it is, but for "inverse_sqrt".
        decay: one of ``DECAYS``.
        warmup_steps: int, below ``steps``; at least 1 for "inverse_sqrt".
        final_share: float from 0 to 1.

    Sources: cosine: Loshchilov and Hutter 2017, arXiv:1608.03983; inverse square root: Vaswani et al. 2017,
    section 5.3, arXiv:1706.03762.

    >>> from s2s_lesson.training import LearningRate
    >>> rate = LearningRate(0.01, steps=100, decay="linear", warmup_steps=10)
    >>> [round(float(rate(step)), 4) for step in (0, 10, 100)]
    [0.001, 0.01, 0.0005]
    """

    @checked
    def __init__(
        self,
        peak: PositiveFloat,
        steps: PositiveInt,
        decay: Decay = "cosine",
        warmup_steps: NonNegativeInt = 0,
        final_share: Share = 0.05,
    ):
        least = int(decay == "inverse_sqrt")
        expect(
            "warmup_steps",
            warmup_steps,
            least <= warmup_steps < steps,
            f"from {least} to below steps={steps}",
        )
        self.options: dict[str, Any] = {
            "peak": peak,
            "steps": steps,
            "decay": decay,
            "warmup_steps": warmup_steps,
            "final_share": final_share,
        }

    def __call__(self, step: Tensor) -> Tensor:
        """Return the learning rate.

        Args:
            step: int. Updates done before this one.

        Returns:
            float32 tensor.
        """
        peak, steps, decay, warmup_steps, final_share = self.options.values()
        step = ops.cast(step, "float32")
        done = ops.clip((step - warmup_steps) / (steps - warmup_steps), 0, 1)
        if decay == "inverse_sqrt":
            share = ops.sqrt(warmup_steps / ops.maximum(step, warmup_steps))
        else:
            fallen = {"constant": 0 * done, "linear": done, "cosine": (1 - ops.cos(math.pi * done)) / 2}[
                decay
            ]
            share = 1 - (1 - final_share) * fallen
        if warmup_steps:
            share = share * ops.minimum((step + 1) / warmup_steps, 1)
        return peak * share

    def get_config(self) -> dict[str, Any]:
        return dict(self.options)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class ScaledRate(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is another one times a number.

    Args:
        schedule: ``LearningRateSchedule``.
        scale: float.
        accumulation: int. Batches to an update: Keras asks with the count of batches, not of updates.

    >>> rate = ScaledRate(LearningRate(0.01, steps=100, decay="constant"), 0.5)
    >>> round(float(rate(7)), 4)
    0.005
    """

    @checked
    def __init__(
        self,
        schedule: keras.optimizers.schedules.LearningRateSchedule,
        scale: PositiveFloat,
        accumulation: PositiveInt = 1,
    ):
        self.schedule, self.scale, self.accumulation = schedule, scale, accumulation

    def __call__(self, step: Tensor) -> Tensor:
        return self.scale * self.schedule(step // self.accumulation)

    def get_config(self) -> dict[str, Any]:
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "scale": self.scale, "accumulation": self.accumulation}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ScaledRate":
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["scale"], config["accumulation"])


@checked
def scaled(learning_rate: Rate, scale: PositiveFloat, accumulation: PositiveInt = 1) -> Rate:
    """Multiply a learning rate, be it a float or a schedule of updates of so many batches each."""
    if isinstance(learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        plain = scale == accumulation == 1
        return learning_rate if plain else ScaledRate(learning_rate, scale, accumulation)
    return scale * learning_rate
