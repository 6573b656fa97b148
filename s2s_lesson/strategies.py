"""Training strategies: what the decoder reads, what is made small, and who learns how fast."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops, tree

from s2s_lesson.histories import CHOICES, mixed_history, sample_outputs
from s2s_lesson.losses import bag_loss, edit_cost, expected_cost, mismatch_cost, sequence_log_prob
from s2s_lesson.optimizers import SplitOptimizer
from s2s_lesson.schedules import Constant
from s2s_lesson.vocab import Vocabulary

COSTS = {"edit_distance": edit_cost, "mismatch": mismatch_cost}


class Strategy:
    """Plain training by teacher forcing; each strategy changes one thing of it.

    What changes from step to step, the count of steps and the random numbers, is in ``StrategicModel``, so
    that one strategy object can serve many models.
    """

    def history(self, model, decoder_inputs, state, step, seed):
        """Choose what the decoder reads in training.

        Args:
            model: ``Seq2Seq``.
            decoder_inputs: int (batch, target_length), the true ones.
            state: from ``model.encode``.
            step: int scalar tensor. Training steps done before this one.
            seed: ``keras.random.SeedGenerator``.

        Returns:
            int (batch, target_length).
        """
        return decoder_inputs

    def loss(self, loss, model, targets, state, seed):
        """Choose what is made small.

        Args:
            loss: float scalar, what it would be without this strategy.
            model: ``Seq2Seq``.
            targets: int (batch, target_length).
            state: from ``model.encode``.
            seed: ``keras.random.SeedGenerator``.

        Returns:
            float scalar.
        """
        return loss

    def optimizer(self, make, model):
        """Choose who learns how fast.

        Args:
            make: ``make(scale)`` returns a new optimiser whose learning rate is multiplied by ``scale``.
            model: ``Seq2Seq``.

        Returns:
            ``keras.optimizers.Optimizer``.
        """
        return make(1.0)


@dataclass(frozen=True)
class TeacherForcing(Strategy):
    """Feed the true token before each one, or, with a ratio below 1, sometimes the model's likeliest.

    Args:
        ratio: float from 0 to 1. Probability, for each token, that the true one is fed.

    Source: Williams and Zipser 1989, doi:10.1162/neco.1989.1.2.270.
    """

    ratio: float = 1.0

    def __post_init__(self):
        Constant(self.ratio)  # checks it

    def history(self, model, decoder_inputs, state, step, seed):
        if self.ratio == 1:
            return decoder_inputs
        return mixed_history(model, decoder_inputs, state, self.ratio, seed)


@dataclass(frozen=True)
class ScheduledSampling(Strategy):
    """Feed the model's own tokens more and more often, decided for every token.

    Args:
        schedule: function of the training step: probability that the true token is fed. See
            ``s2s_lesson.schedules``.
        temperature: float above 0, with which tokens are sampled.
        choose: "argmax" feeds the likeliest token, "sample" one drawn from the model's distribution.
        passes: int or None. None goes through time step by step. 1 is the parallel variant in two passes:
            all tokens are chosen from a teacher-forced pass. See ``histories.mixed_history``.

    Sources: Bengio et al. 2015, arXiv:1506.03099; parallel: Mihaylova and Martins 2019, arXiv:1906.07651.
    """

    schedule: Callable
    temperature: float = 1.0
    choose: str = "argmax"
    passes: int | None = None

    def __post_init__(self):
        _expect("schedule", self.schedule, callable(self.schedule), "that is a function of the step")
        _expect("temperature", self.temperature, self.temperature > 0, "above 0")
        _expect("choose", self.choose, self.choose in CHOICES, f"one of {', '.join(CHOICES)}")
        _expect("passes", self.passes, self.passes is None or self.passes >= 1, "of at least 1, or None")

    def history(self, model, decoder_inputs, state, step, seed):
        options = {"choose": self.choose, "temperature": self.temperature, "passes": self.passes}
        return mixed_history(model, decoder_inputs, state, self.schedule(step), seed, **options)


@dataclass(frozen=True)
class JointTraining(Strategy):
    """Two optimisers, one for the encoder and a slower one for the rest, and a loss for the encoder alone.

    The encoder's output layer predicts which tokens the target holds, in whatever order: see
    ``losses.bag_loss``. The model needs ``encoder_output_layer=True``.

    Args:
        decoder_learning_rate_scale: float above 0. The encoder's learning rate is not scaled.
        auxiliary_weight: float, 0 or greater. What the encoder's loss is multiplied by.
        smoothing: float above 0, added to every token's count.
    """

    decoder_learning_rate_scale: float = 0.7
    auxiliary_weight: float = 0.5
    smoothing: float = 0.1

    def __post_init__(self):
        scale = self.decoder_learning_rate_scale
        _expect("decoder_learning_rate_scale", scale, scale > 0, "above 0")
        _expect("auxiliary_weight", self.auxiliary_weight, self.auxiliary_weight >= 0, "of at least 0")
        _expect("smoothing", self.smoothing, self.smoothing > 0, "above 0")

    def loss(self, loss, model, targets, state, seed):
        logits = model.encoder.output_logits(state["values"])
        auxiliary = bag_loss(logits, state["keys_mask"], targets, self.smoothing)
        return loss + self.auxiliary_weight * ops.cast(auxiliary, loss.dtype)

    def optimizer(self, make, model):
        of_encoder = {id(variable) for variable in model.encoder.trainable_variables}
        parts = [make(1.0), make(self.decoder_learning_rate_scale)]
        return SplitOptimizer(parts, lambda variable: 0 if id(variable) in of_encoder else 1)


@dataclass(frozen=True)
class MinimumRisk(Strategy):
    """Make small what the error costs on average, over outputs that the model samples.

    Meant for a model that is trained already. For each source, ``samples`` outputs are drawn and, with
    ``include_target``, the target is added; each different one counts once: see ``losses.expected_cost``.

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
    """

    samples: int = 8
    cost: str | Callable = "edit_distance"
    sharpness: float = 1.0
    cross_entropy_weight: float = 0.0
    temperature: float = 1.0
    extra_length: int = 3
    include_target: bool = True

    def __post_init__(self):
        known = callable(self.cost) or self.cost in COSTS
        _expect("samples", self.samples, self.samples >= 1, "of at least 1")
        _expect("cost", self.cost, known, f"one of {', '.join(COSTS)}, or a function")
        for name in ("sharpness", "temperature"):
            _expect(name, getattr(self, name), getattr(self, name) > 0, "above 0")
        for name in ("cross_entropy_weight", "extra_length"):
            _expect(name, getattr(self, name), getattr(self, name) >= 0, "of at least 0")

    def loss(self, loss, model, targets, state, seed):
        targets = ops.pad(ops.cast(targets, "int32"), [(0, 0), (0, self.extra_length)])
        batch, length = ops.shape(targets)
        rows = tree.map_structure(lambda leaf: ops.repeat(leaf, self.samples, axis=0), state)
        outputs = sample_outputs(model, rows, length, seed, self.temperature)
        outputs = ops.reshape(outputs, (batch, self.samples, length))
        if self.include_target:
            outputs = ops.concatenate([targets[:, None], outputs], axis=1)
        count = self.samples + self.include_target  # outputs a source

        flat = ops.reshape(outputs, (batch * count, length))
        cost = self.cost if callable(self.cost) else COSTS[self.cost]
        costs = cost(flat, ops.repeat(targets, count, axis=0))
        rows = tree.map_structure(lambda leaf: ops.repeat(leaf, count, axis=0), state)
        logits, _ = model.decode(_shifted(flat), rows, training=True)
        log_probs = sequence_log_prob(flat, logits)

        alike = ops.all(ops.equal(outputs[:, :, None], outputs[:, None]), axis=-1)  # (batch, count, count)
        seen_before = ops.any(alike & ops.tril(ops.ones((1, count, count), "bool"), k=-1), axis=-1)
        log_probs, costs = (ops.reshape(part, (batch, count)) for part in (log_probs, costs))
        risk = expected_cost(log_probs, costs, ~seen_before, self.sharpness)
        return self.cross_entropy_weight * loss + ops.cast(risk, loss.dtype)


class StrategicModel(keras.Model):
    """A model in training, under strategies. ``compile_model`` and ``fit`` take it as they take the model.

    Args:
        model: ``Seq2Seq``. It is what learns, and what ``save`` writes.
        strategies: list of ``Strategy``.
        seed: int, of all that is drawn.

    Raises:
        TypeError: one of the strategies is none.
        ValueError: two strategies decide on the same thing, the model lacks what one of them needs.
    """

    def __init__(self, model, strategies, seed=0, **kwargs):
        super().__init__(dtype=model.dtype_policy, **kwargs)
        self.model, self.strategies = model, tuple(strategies)
        self._expect_agreement()
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.steps = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="steps"
        )
        self.built = True

    def call(self, inputs, training=False):
        """Encode, and decode what the strategies choose.

        Args:
            inputs: as for ``Seq2Seq``.
            training: bool. False decodes by teacher forcing.

        Returns:
            dict of ``logits`` float (batch, target_length, target_vocab_size) and ``state``, from ``encode``.
        """
        state = self.model.encode(inputs["source_ids"], inputs.get("copy_ids"), training=training)
        history = inputs["decoder_inputs"]
        if training:
            for strategy in self.strategies:
                history = strategy.history(self.model, history, state, self.steps.value, self.seed_generator)
            self.steps.assign_add(1)
        logits, _ = self.model.decode(history, state, training=training)
        return {"logits": logits, "state": state}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss, as the strategies change it in training."""
        loss = super().compute_loss(x, y, y_pred["logits"], sample_weight)
        if training:
            for strategy in self.strategies:
                loss = strategy.loss(loss, self.model, y, y_pred["state"], self.seed_generator)
        return loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The compiled metrics, of the logits."""
        return super().compute_metrics(x, y, y_pred["logits"], sample_weight)

    def make_optimizer(self, make):
        """Choose the optimiser: see ``Strategy.optimizer``."""
        deciding = [strategy for strategy in self.strategies if _decides(strategy, "optimizer")]
        return (deciding or [Strategy()])[0].optimizer(make, self.model)

    def save(self, filepath, **options):
        """Write the model that learned, as ``Seq2Seq.save`` does."""
        self.model.save(filepath, **options)

    def _expect_agreement(self):
        for strategy in self.strategies:
            if not isinstance(strategy, Strategy):
                raise TypeError(f"Expected strategies, such as TeacherForcing(); received {strategy!r}.")
        for hook in ("history", "optimizer"):
            deciding = [type(strategy).__name__ for strategy in self.strategies if _decides(strategy, hook)]
            if len(deciding) > 1:
                raise ValueError(
                    f"Expected one strategy that decides on the {hook}; received {' and '.join(deciding)}. "
                    "Leave one out."
                )
        joint = any(isinstance(strategy, JointTraining) for strategy in self.strategies)
        if joint and self.model.encoder.output_layer is None:
            raise ValueError(
                "Expected an encoder with an output layer for JointTraining; received one without. "
                "Make the model with encoder_output_layer=True."
            )


def _decides(strategy, hook):
    return getattr(type(strategy), hook) is not getattr(Strategy, hook)


def _shifted(outputs):
    """What a decoder reads to write outputs: each token becomes the input that predicts the next one."""
    begin = ops.full_like(outputs[:, :1], Vocabulary.bos_id)
    return ops.concatenate([begin, outputs[:, :-1]], axis=1)


def _expect(name, value, holds, what):
    if not holds:
        raise ValueError(f"Expected {name} {what}; received {value!r}.")
