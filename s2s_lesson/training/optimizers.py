"""How weights follow their gradients: the options of it, and an optimiser for each part of a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from s2s_lesson.data.expected import NonNegativeInt, PositiveFloat, PositiveInt, checked, expect
from s2s_lesson.training.schedules import Decay, LearningRate


@checked
@dataclass(frozen=True)
class Optimization:
    """How weights follow their gradients.

    Args:
        learning_rate: float. The highest one; with "linear" and "cosine" decay it falls to a twentieth.
        decay: as in ``schedules.LearningRate``, or None for a plain number that callbacks may change.
        warmup_steps: int. Updates in which the rate rises, fewer than those of the run.
        clip_norm: float above 0, or None. Gradients whose common norm is greater are scaled down to it.
        accumulation: int. Batches whose mean gradient makes one update; they may be of two epochs.

    Raises:
        ValueError: a value is out of range, or there is a warm-up to a plain number.

    >>> Optimization(3e-3, decay=None).rate(batches=100)
    0.003
    """

    learning_rate: PositiveFloat = 1e-3
    decay: Decay | None = "cosine"
    warmup_steps: NonNegativeInt = 0
    clip_norm: PositiveFloat | None = 1.0
    accumulation: PositiveInt = 1

    def __post_init__(self) -> None:
        if self.decay is None:
            expect("warmup_steps", self.warmup_steps, self.warmup_steps == 0, "of 0 without a decay")

    @checked
    def rate(self, batches: PositiveInt) -> float | LearningRate:
        """Make the learning rate of a training.

        Args:
            batches: int, of all epochs together.

        Returns:
            float, or ``LearningRate``.

        Raises:
            ValueError: no update is made, since more batches make one than there are; or as in
                ``LearningRate``, for a warm-up that does not end, for example.
        """
        fits = self.accumulation <= batches
        expect("accumulation", self.accumulation, fits, f"of at most {batches}, the batches of the run")
        if self.decay is None:
            return self.learning_rate
        return LearningRate(self.learning_rate, batches // self.accumulation, self.decay, self.warmup_steps)


class SplitOptimizer(keras.optimizers.Optimizer):
    """Give every variable to one of several optimisers, each with slots, clipping and schedule of its own.

    Args:
        optimizers: list of ``keras.optimizers.Optimizer``.
        part_of: function of a ``keras.Variable``: the index of the optimiser that updates it.

    >>> import keras
    >>> from s2s_lesson.training import SplitOptimizer
    >>> slow, fast = (keras.Variable(1.0, name=name) for name in ("slow", "fast"))
    >>> parts = [keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.5)]
    >>> optimizer = SplitOptimizer(parts, lambda variable: int(variable.name == "fast"))
    >>> optimizer.apply([keras.ops.ones(()), keras.ops.ones(())], [slow, fast])
    >>> round(float(slow.value), 2), round(float(fast.value), 2)
    (0.9, 0.5)
    """

    def __init__(
        self,
        optimizers: Sequence[keras.optimizers.Optimizer],
        part_of: Callable,
        name: str = "split_optimizer",
        **kwargs: Any,
    ):
        super().__init__(learning_rate=0.0, name=name, **kwargs)
        self.optimizers, self.part_of = list(optimizers), part_of

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the slots of all parts."""
        if self.built:
            return
        super().build(variables)
        for index, optimizer in enumerate(self.optimizers):
            optimizer.build([variable for variable in variables if self.part_of(variable) == index])

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """Update the variables, each by the optimiser that it belongs to.

        Args:
            grads: list of tensors.
            trainable_variables: list of ``keras.Variable``; None takes those that ``build`` received.
        """
        if trainable_variables is None:
            trainable_variables = self._trainable_variables
        pairs = list(zip(grads, trainable_variables, strict=True))
        self.build([variable for _, variable in pairs])
        for index, optimizer in enumerate(self.optimizers):
            part = [(gradient, variable) for gradient, variable in pairs if self.part_of(variable) == index]
            optimizer.apply(*map(list, zip(*part, strict=True)))

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all parts."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self) -> Any:
        """Updates so far, of the first part; all parts make the same number."""
        return self.optimizers[0].iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the first part."""
        return self.optimizers[0].learning_rate
