"""How weights follow their gradients: the options of it, and an optimiser for each part of a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from s2s_lesson.data.expected import NonNegativeInt, PositiveFloat, PositiveInt, checked, expect
from s2s_lesson.training.schedules import Decay, LearningRate

if TYPE_CHECKING:
    from keras.optimizers import Adam
else:
    # What Keras makes where it is asked for Adam: on PyTorch a class that updates all weights at once.
    Adam = type(keras.optimizers.Adam.__new__(keras.optimizers.Adam))


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


class MeasuringAdam(Adam):
    """Keras's Adam, which also keeps the norm of the gradients that its last update was made of.

    It is the norm that ``global_clipnorm`` goes by, so clipping computes it anyway; weights are those of
    Keras's Adam bit for bit. Where gradients are accumulated it is the norm of their mean, before clipping;
    under ``tf.distribute`` that of the first replica's own gradients. TensorFlow has the gradients of an
    embedding token by token: they count apart where a token occurs several times in a batch, unless they are
    accumulated.

    >>> variable = keras.Variable([1.0, 1.0])
    >>> optimizer = MeasuringAdam(0.1, global_clipnorm=1.0)
    >>> optimizer.apply([ops.array([3.0, 4.0])], [variable])
    >>> float(optimizer.gradient_norm.value)
    5.0
    """

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the slots of Adam, and a place for the norm."""
        if self.built:
            return
        super().build(variables)
        self.gradient_norm = self.add_variable(
            (), "zeros", "float32", aggregation="only_first_replica", name="gradient_norm"
        )

    def _clip_gradients(self, grads):
        """As of ``keras.optimizers.Optimizer``, which calls it before each update."""
        squares = [ops.sum(ops.square(gradient)) for gradient in grads if gradient is not None]
        norm = ops.sqrt(ops.sum(ops.stack(squares)))
        self.gradient_norm.assign(norm)
        if not self.global_clipnorm:
            return super()._clip_gradients(grads)
        scale = self.global_clipnorm * ops.minimum(1.0 / norm, 1.0 / self.global_clipnorm)
        scale = scale + (norm - norm)  # NaN where the norm is infinite
        return [None if gradient is None else gradient * scale for gradient in grads]


def gradient_norm(optimizer: keras.optimizers.Optimizer) -> float | None:
    """Tell the norm of all gradients together that an optimiser's last update was made of.

    Args:
        optimizer: a ``MeasuringAdam``, a ``SplitOptimizer`` of these, or what scales the loss for one.

    Returns:
        float; None for another optimiser, which keeps none, and before the first update.
    """
    optimizer = unscaled(optimizer)
    parts = optimizer.optimizers if isinstance(optimizer, SplitOptimizer) else [optimizer]
    norms = [part.gradient_norm for part in parts if isinstance(part, MeasuringAdam) and part.built]
    if len(norms) < len(parts):
        return None
    return float(np.linalg.norm([ops.convert_to_numpy(norm.value) for norm in norms]))


def unscaled(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimiser within one that scales the loss, as Keras wraps it for float16."""
    return getattr(optimizer, "inner_optimizer", optimizer)


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
