"""Metrics while training, of real tokens alone: cross-entropy and accuracy."""

from typing import Any

import keras
from keras import ops

from s2s_lesson.engine import Tensor
from s2s_lesson.training.losses import token_cross_entropy, token_weights


class _TokenMean(keras.metrics.Mean):
    """Mean by weight over all real tokens seen since the last reset."""

    def update_state(self, targets, logits, sample_weight=None):
        """Take in a batch: ``sample_weight`` as in ``losses.token_weights``."""
        weights = token_weights(targets, sample_weight)
        values = ops.cast(self.per_token(targets, logits), self.dtype)
        values = ops.where(weights > 0, values, ops.zeros_like(values))
        super().update_state(ops.reshape(values, (-1,)), ops.reshape(weights, (-1,)))


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TokenCrossEntropy(_TokenMean):
    """Cross-entropy of the real tokens, in nats per token; its exponential is the perplexity.

    >>> import numpy as np
    >>> from s2s_lesson.training import TokenCrossEntropy
    >>> metric = TokenCrossEntropy()
    >>> metric.update_state(np.array([[4, 3, 0]]), np.zeros((1, 3, 8), "float32"))
    >>> round(float(metric.result()), 3)  # ln 8
    2.079
    """

    def __init__(self, name: str = "cross_entropy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def per_token(self, targets: Tensor, logits: Tensor) -> Tensor:
        return token_cross_entropy(targets, logits)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TokenAccuracy(_TokenMean):
    """Share of the real tokens to which the model gives the highest score.

    >>> import numpy as np
    >>> from s2s_lesson.training import TokenAccuracy
    >>> metric = TokenAccuracy()
    >>> metric.update_state(np.array([[4, 3, 0]]), np.eye(8, dtype="float32")[[[4, 4, 4]]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name: str = "accuracy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def per_token(self, targets: Tensor, logits: Tensor) -> Tensor:
        return ops.equal(ops.cast(targets, "int32"), ops.cast(ops.argmax(logits, axis=-1), "int32"))
