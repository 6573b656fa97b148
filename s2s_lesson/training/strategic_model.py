"""StrategicModel: a model in training, under strategies."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras.optimizers import Optimizer

from s2s_lesson.data.expected import Seed, checked
from s2s_lesson.engine import Tensor
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.models.token_model import TokenModel
from s2s_lesson.training.strategies import JointTraining, Strategy


class StrategicModel(TokenModel):
    """A model in training, under strategies. ``compile_model`` and ``fit`` take it as they take the model.

    Args:
        model: ``Seq2Seq``. It is what learns, and what ``save`` writes.
        strategies: list of ``Strategy``.
        seed: int, of all that is drawn.

    Raises:
        TypeError: one of the strategies is none.
        ValueError: two strategies decide on the same thing, the model lacks what one of them needs.

    >>> from s2s_lesson import Seq2Seq, Seq2SeqConfig
    >>> from s2s_lesson.training import StrategicModel, TeacherForcing
    >>> model = Seq2Seq(Seq2SeqConfig(10, 12, embedding_dim=3, encoder_units=4, decoder_units=5))
    >>> StrategicModel(model, [TeacherForcing(0.9)]).strategies
    (TeacherForcing(ratio=0.9),)
    """

    @checked
    def __init__(self, model: Seq2Seq, strategies: Sequence[Strategy], seed: Seed = 0, **kwargs: Any):
        super().__init__(dtype=model.dtype_policy, **kwargs)
        self.model, self.strategies, self.seed = model, tuple(strategies), seed
        self._expect_agreement()
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.steps = self.add_weight(
            shape=(), initializer="zeros", dtype="int32", trainable=False, name="steps"
        )
        self.built = True

    @property
    def takes_label_smoothing(self) -> bool:
        """As of the model that learns."""
        return self.model.takes_label_smoothing

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> dict[str, Any]:
        """Encode, and decode what the strategies choose.

        Args:
            inputs: as for ``Seq2Seq``.
            training: bool. False decodes by teacher forcing.

        Returns:
            dict of ``logits`` float (batch, target_length, target_vocab_size) and ``state``, from ``encode``.
        """
        state = self.model.encode_inputs(inputs, training)
        past = inputs["decoder_inputs"]
        if training:
            for strategy in self.strategies:
                past = strategy.past(self.model, past, state, self.steps.value, self.seed_generator)
            self.steps.assign_add(1)
        logits, _ = self.model.decode(past, state, training=training)
        return {"logits": logits, "state": state}

    def compute_loss(
        self,
        x: object = None,
        y: Tensor = None,
        y_pred: Any = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """The compiled loss, as the strategies change it in training."""
        loss = super().compute_loss(x, y, y_pred["logits"], sample_weight)
        if training:
            for strategy in self.strategies:
                loss = strategy.loss(loss, self.model, y, y_pred["state"], self.seed_generator, sample_weight)
        return loss

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """The compiled metrics, of the logits."""
        return super().compute_metrics(x, y, y_pred["logits"], sample_weight)

    def make_optimizer(self, make: Callable[[float], Optimizer]) -> Optimizer:
        """Choose the optimiser: see ``Strategy.optimizer``."""
        deciding = [strategy for strategy in self.strategies if _decides(strategy, "optimizer")]
        return (deciding or [Strategy()])[0].optimizer(make, self.model)

    def save(self, filepath: Any, **options: Any) -> None:
        """Write the model that learned, as ``Seq2Seq.save`` does."""
        self.model.save(filepath, **options)

    def export(self, filepath: object, *arguments: Any, **options: Any) -> None:
        """Export the model that learned, as ``Seq2Seq.export`` does."""
        self.model.export(filepath, *arguments, **options)

    def _expect_agreement(self):
        for strategy in self.strategies:
            if not isinstance(strategy, Strategy):
                raise TypeError(
                    f"Expected strategies, such as TeacherForcing(); received {strategy!r}."
                    " Give a list of strategies."
                )
        for hook in ("past", "optimizer"):
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
