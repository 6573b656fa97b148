"""Cross-entropy that looks at real tokens alone."""

import keras
from keras import ops

from s2s_lesson.masks import padding_mask


def token_cross_entropy(targets, logits, label_smoothing=0.0):
    """Cross-entropy at every position.

    With label smoothing e, the true token is expected with probability 1 - e and the rest is spread evenly
    over the vocabulary:
    loss = (1 - e) * -log p(target) + e * mean_k(-log p(k))

    Args:
        targets: int (batch, target_length).
        logits: float (batch, target_length, vocab_size).
        label_smoothing: float from 0 to below 1.

    Returns:
        float (batch, target_length), in nats, padded positions included.

    Source: Szegedy et al. 2016, section 7, arXiv:1512.00567.
    """
    targets = ops.cast(targets, "int32")
    log_probs = ops.log_softmax(logits, axis=-1)
    loss = -ops.take_along_axis(log_probs, targets[..., None], axis=-1)[..., 0]
    if label_smoothing:
        loss = (1 - label_smoothing) * loss - label_smoothing * ops.mean(log_probs, axis=-1)
    return loss


def masked_mean(values, mask):
    """Mean over the real tokens; 0 where there are none.

    Args:
        values: float (batch, target_length).
        mask: bool (batch, target_length); True = real token.

    Returns:
        float scalar.
    """
    total = ops.sum(ops.where(mask, values, ops.zeros_like(values)))
    return total / ops.maximum(ops.sum(ops.cast(mask, values.dtype)), 1)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class MaskedCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of the real tokens, in nats per token.

    A token counts the same in a short sentence as in a long one, and padding counts nothing.

    Args:
        label_smoothing: float from 0 to below 1.
    """

    def __init__(self, label_smoothing=0.0, name="masked_cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, targets, logits):
        """Compute the loss.

        Args:
            targets: int (batch, target_length), padded with 0.
            logits: float (batch, target_length, vocab_size).

        Returns:
            float scalar.
        """
        return masked_mean(token_cross_entropy(targets, logits, self.label_smoothing), padding_mask(targets))

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
