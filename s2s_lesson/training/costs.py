"""Costs: how wrong a whole output is, and what the outputs of a model cost on average."""

from keras import ops

from s2s_lesson.data.expected import PositiveFloat, checked
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import Tensor
from s2s_lesson.layers.masks import padding_mask
from s2s_lesson.layers.recurrence import over_time
from s2s_lesson.training.losses import row_weights, weighted_mean


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


@checked
def expected_cost(
    log_probs: Tensor,
    costs: Tensor,
    counts: Tensor,
    sharpness: PositiveFloat = 1.0,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Mean over sources of the cost that outputs have on average under the model.

    Q(y | x) = p(y | x) ** sharpness, over the outputs that count, made to sum to 1
    risk     = sum over y of Q(y | x) cost(y)

    Args:
        log_probs: float (batch, outputs), of whole outputs, in nats.
        costs: float (batch, outputs).
        counts: bool (batch, outputs). False leaves an output out; at least one a row counts.
        sharpness: float above 0.
        sample_weight: float (batch,), 0 or greater, of the sources. None weighs all alike.

    Returns:
        float scalar.

    Source: Shen et al. 2016, section 3, arXiv:1512.02433.
    """
    scores = ops.where(counts, sharpness * ops.cast(log_probs, "float32"), -1e30)
    costs = ops.stop_gradient(ops.cast(costs, "float32"))
    risks = ops.sum(ops.softmax(scores, axis=-1) * costs, axis=-1)  # (batch,)
    return weighted_mean(risks, row_weights(risks, sample_weight))


def _counts(tokens):
    """Which tokens are words: neither padding nor the end token."""
    return padding_mask(tokens) & ops.not_equal(tokens, Vocabulary.eos_id)
