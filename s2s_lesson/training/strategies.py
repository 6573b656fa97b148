"""Training strategies: what the decoder reads, what the loss is, and who learns how fast."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from keras import ops, tree
from keras.optimizers import Optimizer
from keras.random import SeedGenerator

from s2s_lesson.data.expected import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Share,
    checked,
    expect,
)
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import State, Tensor
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.training.costs import edit_cost, expected_cost, mismatch_cost
from s2s_lesson.training.losses import bag_loss, sequence_log_prob
from s2s_lesson.training.optimizers import SplitOptimizer
from s2s_lesson.training.pasts import Choice, Coin, mixed_past, sample_outputs

Cost: TypeAlias = Literal["edit_distance", "mismatch"]
COSTS: dict[Cost, Callable] = {"edit_distance": edit_cost, "mismatch": mismatch_cost}


class Strategy:
    """Plain training by teacher forcing; each strategy changes one thing of it.

    What changes from step to step, the count of steps and the random numbers, is in ``StrategicModel``, so
    that one strategy object can serve many models.

    >>> from s2s_lesson.training import Strategy
    >>> class Harder(Strategy):
    ...     def loss(self, loss, model, targets, state, seed, sample_weight=None):
    ...         return 2 * loss
    >>> Harder().loss(1.5, None, None, None, None)
    3.0
    """

    def past(
        self, model: Seq2Seq, decoder_inputs: Tensor, state: State, step: Tensor, seed: SeedGenerator
    ) -> Tensor:
        """Choose what the decoder reads in training.

        Args:
            model: ``Seq2Seq``.
            decoder_inputs: int (batch, target_length), the true ones.
            state: from ``model.encode``.
            step: Tensor scalar tensor. Training steps done before this one.
            seed: ``keras.random.SeedGenerator``.

        Returns:
            int (batch, target_length).
        """
        return decoder_inputs

    def loss(
        self,
        loss: Tensor,
        model: Seq2Seq,
        targets: Tensor,
        state: State,
        seed: SeedGenerator,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        """Choose what the loss is.

        Args:
            loss: Tensor scalar, what it would be without this strategy.
            model: ``Seq2Seq``.
            targets: int (batch, target_length).
            state: from ``model.encode``.
            seed: ``keras.random.SeedGenerator``.
            sample_weight: float (batch,), 0 or greater, of the rows, or None, which weighs all alike.

        Returns:
            float scalar.
        """
        return loss

    def optimizer(self, make: Callable[[float], Optimizer], model: Seq2Seq) -> Optimizer:
        """Choose who learns how fast.

        Args:
            make: ``make(scale)`` returns a new optimiser whose learning rate is multiplied by ``scale``.
            model: ``Seq2Seq``.

        Returns:
            ``keras.optimizers.Optimizer``.
        """
        return make(1.0)


@checked
@dataclass(frozen=True)
class TeacherForcing(Strategy):
    """Feed the true token before each one, or, with a ratio below 1, sometimes the model's likeliest.

    Args:
        ratio: float from 0 to 1. Probability, for each token, that the true one is fed.

    Source: Williams and Zipser 1989, doi:10.1162/neco.1989.1.2.270.

    >>> from s2s_lesson.training import TeacherForcing
    >>> TeacherForcing(0.8)
    TeacherForcing(ratio=0.8)
    """

    ratio: Share = 1.0

    def past(
        self, model: Seq2Seq, decoder_inputs: Tensor, state: State, step: Tensor, seed: SeedGenerator
    ) -> Tensor:
        if self.ratio == 1:
            return decoder_inputs
        return mixed_past(model, decoder_inputs, state, self.ratio, seed)


@checked
@dataclass(frozen=True)
class ScheduledSampling(Strategy):
    """Feed the model's own tokens more and more often, decided for every token or for every target.

    Args:
        schedule: function of the training step: probability that the true token is fed. See
            ``s2s_lesson.training.schedules``.
        temperature: float above 0, with which tokens are sampled.
        choose: "argmax" feeds the likeliest token, "sample" one drawn from the model's distribution.
        passes: int or None. None goes through time step by step. 1 is the parallel variant in two passes:
            all tokens are chosen from a teacher-forced pass. See ``pasts.mixed_past``.
        coin: "token" decides for every token, "row" for every target as a whole.

    Sources: Bengio et al. 2015, arXiv:1506.03099; parallel: Mihaylova and Martins 2019, arXiv:1906.07651.

    >>> from s2s_lesson.training import LinearDecay, ScheduledSampling
    >>> strategy = ScheduledSampling(LinearDecay(1000), choose="sample")
    >>> float(strategy.schedule(250))
    0.75
    """

    schedule: Callable
    temperature: PositiveFloat = 1.0
    choose: Choice = "argmax"
    passes: PositiveInt | None = None
    coin: Coin = "token"

    def __post_init__(self):
        expect("schedule", self.schedule, callable(self.schedule), "that is a function of the step")

    def past(
        self, model: Seq2Seq, decoder_inputs: Tensor, state: State, step: Tensor, seed: SeedGenerator
    ) -> Tensor:
        share = self.schedule(step)
        return mixed_past(
            model, decoder_inputs, state, share, seed, self.choose, self.temperature, self.passes, self.coin
        )


@checked
@dataclass(frozen=True)
class JointTraining(Strategy):
    """Two optimisers, one for the encoder and a slower one for the rest, and a loss for the encoder alone.

    The encoder's output layer predicts which tokens the target holds, in whatever order: see
    ``losses.bag_loss``. The model needs ``encoder_output_layer=True``.

    Args:
        decoder_learning_rate_scale: float above 0. The encoder's learning rate is not scaled.
        auxiliary_weight: float, 0 or greater. What the encoder's loss is multiplied by.
        smoothing: float above 0, added to every token's count.

    >>> from s2s_lesson.training import JointTraining
    >>> JointTraining(auxiliary_weight=0.3).decoder_learning_rate_scale
    0.7
    """

    decoder_learning_rate_scale: PositiveFloat = 0.7
    auxiliary_weight: NonNegativeFloat = 0.5
    smoothing: PositiveFloat = 0.1

    def loss(
        self,
        loss: Tensor,
        model: Seq2Seq,
        targets: Tensor,
        state: State,
        seed: SeedGenerator,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        logits = model.encoder.output_logits(state["values"])
        auxiliary = bag_loss(logits, state["keys_mask"], targets, self.smoothing, sample_weight)
        return loss + self.auxiliary_weight * ops.cast(auxiliary, loss.dtype)

    def optimizer(self, make: Callable[[float], Optimizer], model: Seq2Seq) -> Optimizer:
        of_encoder = {id(variable) for variable in model.encoder.trainable_variables}
        parts = [make(1.0), make(self.decoder_learning_rate_scale)]
        return SplitOptimizer(parts, lambda variable: 0 if id(variable) in of_encoder else 1)


@checked
@dataclass(frozen=True)
class MinimumRisk(Strategy):
    """Take as loss what the error costs on average, over outputs that the model samples.

    Meant for a model that is trained already. For each source, ``samples`` outputs are drawn and, with
    ``include_target``, the target is added; each different one counts once: see ``costs.expected_cost``.

    Args:
        samples: int, 1 or greater.
        cost: "edit_distance", edits per target token; "mismatch", 1 for every output but the target; or a
            function of outputs and targets, int (rows, length), that returns float (rows,).
        sharpness: float above 0. 1 weighs outputs by their probability; the paper's value for whole
            sentences is 0.005.
        cross_entropy_weight: float, 0 or greater, of the loss without this strategy.
        temperature: float above 0, of the samples.
        extra_length: int. A sample is cut when it is so many tokens longer than the longest target.
        include_target: bool.

    Source: Shen et al. 2016, arXiv:1512.02433.

    >>> from s2s_lesson.training import MinimumRisk
    >>> MinimumRisk(samples=3, cost="mismatch").sharpness
    1.0
    """

    samples: PositiveInt = 8
    cost: Cost | Callable = "edit_distance"
    sharpness: PositiveFloat = 1.0
    cross_entropy_weight: NonNegativeFloat = 0.0
    temperature: PositiveFloat = 1.0
    extra_length: NonNegativeInt = 3
    include_target: bool = True

    def loss(
        self,
        loss: Tensor,
        model: Seq2Seq,
        targets: Tensor,
        state: State,
        seed: SeedGenerator,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        targets = ops.pad(ops.cast(targets, "int32"), [(0, 0), (0, self.extra_length)])
        batch, length = ops.shape(targets)
        rows = tree.map_structure(lambda leaf: ops.repeat(leaf, self.samples, axis=0), state)
        outputs = sample_outputs(model, rows, length, seed, self.temperature)
        outputs = ops.reshape(outputs, (batch, self.samples, length))
        if self.include_target:
            outputs = ops.concatenate([targets[:, None], outputs], axis=1)
        count = self.samples + self.include_target  # outputs a source

        flat = ops.reshape(outputs, (batch * count, length))
        cost = COSTS[self.cost] if isinstance(self.cost, str) else self.cost
        costs = cost(flat, ops.repeat(targets, count, axis=0))
        rows = tree.map_structure(lambda leaf: ops.repeat(leaf, count, axis=0), state)
        logits, _ = model.decode(_shifted(flat), rows, training=True)
        log_probs = sequence_log_prob(flat, logits)

        alike = ops.all(ops.equal(outputs[:, :, None], outputs[:, None]), axis=-1)  # (batch, count, count)
        seen_before = ops.any(alike & ops.tril(ops.ones((1, count, count), "bool"), k=-1), axis=-1)
        log_probs, costs = (ops.reshape(part, (batch, count)) for part in (log_probs, costs))
        risk = expected_cost(log_probs, costs, ~seen_before, self.sharpness, sample_weight)
        return self.cross_entropy_weight * loss + ops.cast(risk, loss.dtype)


def _shifted(outputs):
    """What a decoder reads to write outputs: each token becomes the input that predicts the next one."""
    begin = ops.full_like(outputs[:, :1], Vocabulary.bos_id)
    return ops.concatenate([begin, outputs[:, :-1]], axis=1)
