"""Losses: cross-entropy of real tokens, the encoder's bag of tokens, the expected cost."""

from typing import Any

import keras
from keras import ops

from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import Tensor
from s2s_lesson.layers.masks import padding_mask
from s2s_lesson.layers.recurrence import over_time


def token_cross_entropy(targets: Tensor, logits: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Cross-entropy at every position.

    With label smoothing e, the true token is expected with probability 1 - e and the rest is spread evenly
    over the vocabulary:
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
        loss = (1 - label_smoothing) * loss - label_smoothing * ops.mean(log_probs, axis=-1)
    return loss


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the real tokens; 0 where there are none.

    Args:
        values: float (batch, target_length).
        mask: bool (batch, target_length); True = real token.

    Returns:
        float scalar.
    """
    total = ops.sum(ops.where(mask, values, ops.zeros_like(values)))
    return total / ops.maximum(ops.sum(ops.cast(mask, values.dtype)), 1)


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


def bag_of_tokens(targets: Tensor, vocab_size: int, smoothing: float = 0.1) -> Tensor:
    """How often each token occurs in a target, as a distribution without zeros.

    p(k) = (count(k) + smoothing) / (length + smoothing * vocab_size)

    Args:
        targets: int (batch, target_length), padded with 0.
        vocab_size: int.
        smoothing: float above 0, added to every count.

    Returns:
        float32 (batch, vocab_size); rows sum to 1.
    """
    if smoothing <= 0:
        raise ValueError(f"Expected smoothing above 0, since the logarithm is taken; received {smoothing}.")
    real = ops.cast(padding_mask(targets), "float32")  # (batch, target_length)
    counts = ops.sum(ops.one_hot(targets, vocab_size, dtype="float32") * real[..., None], axis=1)
    counts = counts + smoothing
    return counts / ops.sum(counts, axis=-1, keepdims=True)


def bag_loss(logits: Tensor, source_mask: Tensor, targets: Tensor, smoothing: float = 0.1) -> Tensor:
    """Squared distance between what the encoder says the target holds and what it does hold, as logarithms.

    log q = log_softmax(mean over real source positions of logits)
    loss  = mean over rows and tokens of (log q - log bag_of_tokens)^2

    Args:
        logits: float (batch, source_length, vocab_size), from ``RecurrentEncoder.output_logits``.
        source_mask: bool (batch, source_length); True = real token.
        targets: int (batch, target_length), padded with 0.
        smoothing: as in ``bag_of_tokens``.

    Returns:
        float scalar, in squared nats.
    """
    logits = ops.cast(logits, "float32")
    real = ops.cast(source_mask, "float32")[..., None]  # (batch, source_length, 1)
    pooled = ops.sum(logits * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
    log_bag = ops.log(bag_of_tokens(targets, logits.shape[-1], smoothing))
    return ops.mean(ops.square(ops.log_softmax(pooled, axis=-1) - log_bag))


def edit_distance(outputs: Tensor, targets: Tensor) -> Tensor:
    """Fewest insertions, deletions and substitutions that turn outputs into targets.

    The end token and padding do not count. No gradient goes through it.

    Args:
        outputs: int (batch, output_length).
        targets: int (batch, target_length).

    Returns:
        float32 (batch,).

    Source: Wagner and Fischer 1974, doi:10.1145/321796.321811, a row of the table at a time.
    """
    columns = ops.cast(ops.arange(ops.shape(targets)[1] + 1), "float32")  # one for each prefix of the target
    along_row = columns[None, :] - columns[:, None]  # insertions from column k to column j: j - k
    along_row = ops.where(along_row < 0, float("inf"), along_row)
    expected = ops.cast(targets, "float32")

    def next_row(state, inputs):
        row, token = state["row"], inputs["token"][:, None]
        substituted = row[:, :-1] + ops.cast(ops.not_equal(token, expected), "float32")
        entered = ops.minimum(substituted, row[:, 1:] + 1)
        entered = ops.concatenate([row[:, :1] + 1, entered], axis=1)  # (batch, target_length + 1)
        cheapest = ops.min(entered[:, :, None] + along_row[None], axis=1)
        return {"row": ops.where(inputs["real"][:, None] > 0, cheapest, row)}

    inputs = {"token": ops.cast(outputs, "float32"), "real": ops.cast(_counts(outputs), "float32")}
    first = ops.zeros_like(expected[:, :1]) + columns[None]
    rows = over_time(next_row, {"row": first}, inputs)["row"]  # (batch, output_length, target_length + 1)
    length = ops.sum(ops.cast(_counts(targets), "int32"), axis=1)
    return ops.stop_gradient(ops.take_along_axis(rows[:, -1], length[:, None], axis=1)[:, 0])


def edit_cost(outputs: Tensor, targets: Tensor) -> Tensor:
    """Edits per target token: the error rate of each output. Arguments as in ``edit_distance``."""
    length = ops.sum(ops.cast(_counts(targets), "float32"), axis=1)
    return edit_distance(outputs, targets) / ops.maximum(length, 1)


def mismatch_cost(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 where an output differs from its target, 0 where it does not. Arguments as in ``edit_distance``."""
    return ops.cast(edit_distance(outputs, targets) > 0, "float32")


def expected_cost(log_probs: Tensor, costs: Tensor, counts: Tensor, sharpness: float = 1.0) -> Tensor:
    """Mean over sources of the cost that outputs have on average under the model.

    Q(y | x) = p(y | x) ** sharpness, over the outputs that count, made to sum to 1
    risk     = sum over y of Q(y | x) cost(y)

    Args:
        log_probs: float (batch, outputs), of whole outputs, in nats.
        costs: float (batch, outputs).
        counts: bool (batch, outputs). False leaves an output out; at least one a row counts.
        sharpness: float above 0.

    Returns:
        float scalar.

    Source: Shen et al. 2016, section 3, arXiv:1512.02433.
    """
    scores = ops.where(counts, sharpness * ops.cast(log_probs, "float32"), -1e30)
    costs = ops.stop_gradient(ops.cast(costs, "float32"))
    return ops.mean(ops.sum(ops.softmax(scores, axis=-1) * costs, axis=-1))


def _counts(tokens):
    """Which tokens are words: neither padding nor the end token."""
    return padding_mask(tokens) & ops.not_equal(tokens, Vocabulary.eos_id)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class MaskedCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of the real tokens, in nats per token.

    A token counts the same in a short sentence as in a long one, and padding counts nothing.

    Args:
        label_smoothing: float from 0 to below 1.

    >>> import numpy as np
    >>> from s2s_lesson.training import MaskedCrossEntropy
    >>> targets = np.array([[4, 3, 0]])  # the last one is padding
    >>> round(float(MaskedCrossEntropy()(targets, np.zeros((1, 3, 8), "float32"))), 3)  # ln 8
    2.079
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "masked_cross_entropy", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, targets: Tensor, logits: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            targets: int (batch, target_length), padded with 0.
            logits: float (batch, target_length, vocab_size).

        Returns:
            float scalar.
        """
        return masked_mean(token_cross_entropy(targets, logits, self.label_smoothing), padding_mask(targets))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
