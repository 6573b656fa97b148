"""Losses: cross-entropy of real tokens, and the encoder's bag of tokens; how samples weigh in them."""

from typing import Any, Literal

import keras
from keras import ops

from s2s_lesson import engine
from s2s_lesson.data.expected import PositiveFloat, PositiveInt, ShareBelowOne, checked
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import Tensor
from s2s_lesson.layers.masks import padding_mask


@checked
def token_cross_entropy(targets: Tensor, logits: Tensor, label_smoothing: ShareBelowOne = 0.0) -> Tensor:
    """Cross-entropy at every position.

    With label smoothing e, the true token is expected with probability 1 - e and the rest is spread evenly
    over all tokens k that an output can hold, which padding and the begin token are not:
    loss = (1 - e) * -log p(target) + e * mean_k(-log p(k))

    Args:
        targets: int (batch, target_length).
        logits: float (batch, target_length, vocab_size).
        label_smoothing: float from 0 to below 1.

    Returns:
        float32 (batch, target_length), in nats, padded positions included.

    Source: Szegedy et al. 2016, section 7, arXiv:1512.00567.
    """
    targets = ops.cast(targets, "int32")
    log_probs = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    loss = -ops.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
    if label_smoothing:
        never = log_probs[..., Vocabulary.pad_id] + log_probs[..., Vocabulary.bos_id]
        evenly = (ops.sum(log_probs, axis=-1) - never) / (logits.shape[-1] - 2)
        loss = (1 - label_smoothing) * loss - label_smoothing * evenly
    return loss


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Mean in which each value counts as much as its weight; 0 where no weight is above 0.

    A weight of 0 is as good as leaving the value out, and a weight of 2 as good as having it twice. A mask
    gives real tokens a weight of 1 and padding none. Where ``tf.distribute`` runs several replicas, they
    divide by the sum of the weights of all of them, so that what they add up is the mean of the whole batch.

    Args:
        values: float (...).
        weights: float, 0 or greater, or bool, of the same shape.

    Returns:
        float scalar.
    """
    values = ops.convert_to_tensor(values)
    counted = ops.cast(weights, values.dtype)
    total = ops.sum(ops.where(counted > 0, values * counted, ops.zeros_like(values)))
    return ops.divide_no_nan(total, engine.sum_over_replicas(ops.sum(counted)))


def token_weights(targets: Tensor, sample_weight: Tensor | None = None) -> Tensor:
    """Weights of tokens: those of the samples, and 0 for padding.

    Args:
        targets: int (batch, target_length), padded with 0.
        sample_weight: float (batch,), of rows, or (batch, target_length), of tokens; 0 or greater. None
            weighs all real tokens alike.

    Returns:
        float32 (batch, target_length).

    Raises:
        ValueError: the weights have another shape.
    """
    weights = ops.cast(padding_mask(targets), "float32")
    if sample_weight is None:
        return weights
    sample_weight = ops.cast(sample_weight, "float32")
    shape = tuple(sample_weight.shape)
    if len(shape) == 2 and shape[-1] in (1, weights.shape[-1]):
        return weights * sample_weight
    if len(shape) == 1:
        return weights * sample_weight[:, None]
    raise ValueError(
        "Expected sample_weight of shape (batch,) or (batch, target_length), one for each row or token of "
        f"targets of shape {tuple(targets.shape)}; received {shape}."
        " Give a weight for each row, or for each token."
    )


def row_weights(values: Tensor, sample_weight: Tensor | None = None) -> Tensor:
    """Weights of rows, for a loss of whole outputs.

    Args:
        values: float (batch,).
        sample_weight: float (batch,), 0 or greater, or None, which weighs all alike.

    Returns:
        float (batch,).

    Raises:
        ValueError: the weights are those of tokens.
    """
    if sample_weight is None:
        return ops.ones_like(values)
    shape = tuple(ops.convert_to_tensor(sample_weight).shape)
    if len(shape) > 1 and shape[1:] != (1,):
        raise ValueError(
            "Expected sample_weight of shape (batch,), one for each row, since this loss is one of whole "
            f"rows; received {shape}."
            " Give a weight for each row."
        )
    return ops.reshape(ops.cast(sample_weight, values.dtype), (-1,))


def sequence_log_prob(targets: Tensor, logits: Tensor) -> Tensor:
    """Log-probability of whole outputs: the sum over their real tokens.

    Args:
        targets: int (batch, target_length), padded with 0.
        logits: float (batch, target_length, vocab_size).

    Returns:
        float (batch,), in nats, at most 0.
    """
    losses = token_cross_entropy(targets, logits)
    return -ops.sum(ops.where(padding_mask(targets), losses, ops.zeros_like(losses)), axis=-1)


@checked
def bag_of_tokens(targets: Tensor, vocab_size: PositiveInt, smoothing: PositiveFloat = 0.1) -> Tensor:
    """How often each token occurs in a target, as a distribution without zeros.

    p(k) = (count(k) + smoothing) / (length + smoothing * vocab_size)

    Args:
        targets: int (batch, target_length), padded with 0.
        vocab_size: int.
        smoothing: float above 0, added to every count, for the logarithm is taken.

    Returns:
        float32 (batch, vocab_size); rows sum to 1.
    """
    real = ops.cast(padding_mask(targets), "float32")  # (batch, target_length)
    counts = ops.sum(ops.one_hot(targets, vocab_size, dtype="float32") * real[..., None], axis=1)
    counts = counts + smoothing
    return counts / ops.sum(counts, axis=-1, keepdims=True)


@checked
def bag_loss(
    logits: Tensor,
    source_mask: Tensor,
    targets: Tensor,
    smoothing: PositiveFloat = 0.1,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Squared distance between what the encoder says the target holds and what it does hold, as logarithms.

    log q = log_softmax(mean over real source positions of logits)
    loss  = mean over rows and tokens of (log q - log bag_of_tokens)^2

    Args:
        logits: float (batch, source_length, vocab_size), from ``RecurrentEncoder.output_logits``.
        source_mask: bool (batch, source_length); True = real token.
        targets: int (batch, target_length), padded with 0.
        smoothing: as in ``bag_of_tokens``.
        sample_weight: float (batch,), 0 or greater, of the rows. None weighs all alike.

    Returns:
        float scalar, in squared nats.
    """
    logits = ops.cast(logits, "float32")
    real = ops.cast(source_mask, "float32")[..., None]  # (batch, source_length, 1)
    pooled = ops.sum(logits * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
    log_bag = ops.log(bag_of_tokens(targets, logits.shape[-1], smoothing))
    squares = ops.mean(ops.square(ops.log_softmax(pooled, axis=-1) - log_bag), axis=-1)
    return weighted_mean(squares, row_weights(squares, sample_weight))


@keras.saving.register_keras_serializable(package="s2s_lesson")
class MaskedCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of the real tokens, in nats per token.

    A token counts the same in a short sentence as in a long one, and padding counts nothing. A sample weight
    of 0 leaves a row out, one of 2 is as good as having it twice: see ``weighted_mean``.

    Args:
        label_smoothing: float from 0 to below 1.
        reduction: "mean_with_sample_weight", the mean by weight; "sum", the sum by weight; or "none",
            float32 (batch, target_length), the cross-entropy of each token times its weight, 0 at padding.

    Raises:
        ValueError: the reduction is another one. Keras's own mean divides by the count of all positions.

    >>> import numpy as np
    >>> from s2s_lesson.training import MaskedCrossEntropy
    >>> targets = np.array([[4, 3, 0]])  # the last one is padding
    >>> round(float(MaskedCrossEntropy()(targets, np.zeros((1, 3, 8), "float32"))), 3)  # ln 8
    2.079
    """

    @checked
    def __init__(
        self,
        label_smoothing: ShareBelowOne = 0.0,
        reduction: Literal["mean_with_sample_weight", "sum", "none"] | None = "mean_with_sample_weight",
        name: str = "masked_cross_entropy",
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.label_smoothing = label_smoothing

    def __call__(self, targets: Tensor, logits: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            targets: int (batch, target_length), padded with 0.
            logits: float (batch, target_length, vocab_size).
            sample_weight: as in ``token_weights``.

        Returns:
            float scalar, or float (batch, target_length) with ``reduction="none"``.
        """
        weights = token_weights(targets, sample_weight)
        if self.reduction == "mean_with_sample_weight":
            return weighted_mean(self.call(targets, logits), weights)
        return super().__call__(targets, logits, weights)

    def call(self, targets: Tensor, logits: Tensor) -> Tensor:
        """Compute the cross-entropy of every token: see ``token_cross_entropy``."""
        return token_cross_entropy(targets, logits, self.label_smoothing)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
