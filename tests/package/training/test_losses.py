import math

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein
from reference import log_softmax, softmax

from s2s_lesson import engine
from s2s_lesson.data import Vocabulary, pad
from s2s_lesson.training import (
    MaskedCrossEntropy,
    bag_loss,
    bag_of_tokens,
    edit_cost,
    edit_distance,
    expected_cost,
    mismatch_cost,
    sequence_log_prob,
    token_cross_entropy,
    weighted_mean,
)

BATCH, TARGET_LENGTH, VOCAB_SIZE = 3, 5, 11
GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(0, 3, (BATCH, TARGET_LENGTH, VOCAB_SIZE)).astype("float32")
LENGTHS = np.array([5, 2, 3])
MASK = np.arange(TARGET_LENGTH) < LENGTHS[:, None]
TARGETS = np.where(MASK, GENERATOR.integers(1, VOCAB_SIZE, MASK.shape), 0)
SOURCE_LENGTH = 7
SOURCE_MASK = np.arange(SOURCE_LENGTH) < np.array([3, 7, 2])[:, None]
ENCODER_LOGITS = GENERATOR.normal(0, 3, (BATCH, SOURCE_LENGTH, VOCAB_SIZE)).astype("float32")
EOS = Vocabulary.eos_id


def value(loss):
    return float(keras.ops.convert_to_numpy(loss))


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_uniform_logits_cost_the_logarithm_of_the_vocabulary():
    logits = np.full((BATCH, TARGET_LENGTH, VOCAB_SIZE), 7.0, "float32")
    for label_smoothing in (0.0, 0.3):
        loss = MaskedCrossEntropy(label_smoothing)(TARGETS, logits)
        assert value(loss) == pytest.approx(math.log(VOCAB_SIZE), rel=1e-6)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.7])
def test_it_is_the_smoothed_cross_entropy_of_the_real_tokens(label_smoothing):
    total = 0.0
    for target, log_probs in zip(TARGETS[MASK], log_softmax(LOGITS)[MASK], strict=True):
        expected = np.full(VOCAB_SIZE, label_smoothing / (VOCAB_SIZE - 2))
        expected[[Vocabulary.pad_id, Vocabulary.bos_id]] = 0
        expected[target] += 1 - label_smoothing
        total -= expected @ log_probs
    loss = MaskedCrossEntropy(label_smoothing)(TARGETS, LOGITS)
    assert value(loss) == pytest.approx(total / LENGTHS.sum(), rel=1e-5)


def test_each_token_costs_what_keras_says():
    one_hot = np.eye(VOCAB_SIZE, dtype="float32")[TARGETS]
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=None)(one_hot, LOGITS)
    np.testing.assert_allclose(token_cross_entropy(TARGETS, LOGITS), expected, rtol=1e-5)


def test_smoothing_gives_nothing_to_padding_and_the_begin_token():
    """The gradient of a logit is the model's probability less the expected one."""
    logits = keras.Variable(LOGITS)
    _, (gradient,) = value_and_gradients(
        lambda: keras.ops.sum(token_cross_entropy(TARGETS, logits.value * 1, 0.4)), [logits]
    )
    expected = softmax(LOGITS) - numpy(gradient)  # (batch, target_length, vocab_size)
    never = [Vocabulary.pad_id, Vocabulary.bos_id]
    true = np.isin(TARGETS, never)
    np.testing.assert_allclose(expected[~true][:, never], 0, atol=1e-5)
    np.testing.assert_allclose(expected.sum(axis=-1), 1, rtol=1e-4)
    others = np.delete(expected[~true], never, axis=1)
    np.testing.assert_allclose(np.sort(others, axis=1)[:, :-1], 0.4 / (VOCAB_SIZE - 2), rtol=1e-3)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_padding_changes_nothing(label_smoothing):
    loss = MaskedCrossEntropy(label_smoothing)
    padding = GENERATOR.normal(0, 99, (BATCH, 7, VOCAB_SIZE)).astype("float32")
    targets = np.pad(TARGETS, [(0, 0), (0, 7)])
    logits = np.concatenate([LOGITS, padding], axis=1)
    assert value(loss(targets, logits)) == pytest.approx(value(loss(TARGETS, LOGITS)), rel=1e-6)


def test_nothing_but_padding_costs_nothing():
    assert value(MaskedCrossEntropy()(np.zeros_like(TARGETS), LOGITS)) == 0


def test_weighted_mean_of_hand_made_numbers():
    values = np.array([[1.0, 2.0, 99.0], [6.0, np.nan, np.inf]], "float32")
    mask = np.array([[True, True, False], [True, False, False]])
    assert value(weighted_mean(values, mask)) == 3
    assert value(weighted_mean(values, np.zeros_like(mask))) == 0


def test_a_loss_is_made_again_from_its_config():
    loss = MaskedCrossEntropy(0.3, reduction="sum", name="other")
    twin = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(twin) is MaskedCrossEntropy
    assert (twin.label_smoothing, twin.reduction, twin.name) == (0.3, "sum", "other")


WEIGHTS = np.array([2, 0, 0.5], "float32")


def test_the_loss_reduces_as_it_is_asked_to():
    each = numpy(token_cross_entropy(TARGETS, LOGITS)) * MASK * WEIGHTS[:, None]
    for reduction, expected in (
        ("mean_with_sample_weight", each.sum() / (LENGTHS @ WEIGHTS)),
        ("sum", each.sum()),
        ("none", each),
        (None, each),
    ):
        loss = MaskedCrossEntropy(reduction=reduction)(TARGETS, LOGITS, WEIGHTS)
        np.testing.assert_allclose(numpy(loss), expected, rtol=1e-5)
    with pytest.raises(
        ValueError, match=r"Expected reduction one of mean_with_sample_weight, sum, none, or None"
    ):
        MaskedCrossEntropy(reduction="sum_over_batch_size")


def test_tokens_can_be_weighed_one_by_one():
    weights = GENERATOR.uniform(0, 1, TARGETS.shape).astype("float32")
    each = numpy(token_cross_entropy(TARGETS, LOGITS)) * MASK * weights
    loss = MaskedCrossEntropy()(TARGETS, LOGITS, weights)
    assert value(loss) == pytest.approx(each.sum() / (MASK * weights).sum(), rel=1e-5)


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"Expected sample_weight of shape .*\(3, 5\); received \(3, 2\)"):
        MaskedCrossEntropy()(TARGETS, LOGITS, np.ones((BATCH, 2), "float32"))
    with pytest.raises(ValueError, match=r"Expected sample_weight of shape \(batch,\).*received \(3, 5\)"):
        bag_loss(ENCODER_LOGITS, SOURCE_MASK, TARGETS, sample_weight=np.ones_like(TARGETS))


def test_an_output_has_the_log_probability_of_its_tokens_together():
    expected = [
        sum(log_softmax(LOGITS)[row, place, TARGETS[row, place]] for place in range(length))
        for row, length in enumerate(LENGTHS)
    ]
    np.testing.assert_allclose(numpy(sequence_log_prob(TARGETS, LOGITS)), expected, rtol=1e-5)


# The bag of tokens.


def bags_by_hand(smoothing):
    """Counts by a loop over the tokens of each row."""
    bags = np.full((BATCH, VOCAB_SIZE), smoothing)
    for row, length in enumerate(LENGTHS):
        for token in TARGETS[row, :length]:
            bags[row, token] += 1
        bags[row] /= length + smoothing * VOCAB_SIZE
    return bags


@pytest.mark.parametrize("smoothing", [0.1, 0.7, 3.0])
def test_the_bag_is_a_distribution_of_counts(smoothing):
    bags = numpy(bag_of_tokens(TARGETS, VOCAB_SIZE, smoothing))
    np.testing.assert_allclose(bags, bags_by_hand(smoothing), rtol=1e-5)
    np.testing.assert_allclose(bags.sum(axis=1), 1, rtol=1e-6)
    assert bags.dtype == "float32" and (bags > 0).all()


def test_a_target_without_tokens_has_an_even_bag():
    bags = numpy(bag_of_tokens(np.zeros((BATCH, TARGET_LENGTH), "int32"), VOCAB_SIZE))
    np.testing.assert_allclose(bags, np.full((BATCH, VOCAB_SIZE), 1 / VOCAB_SIZE), rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, -0.1])
def test_a_bag_with_zeros_is_refused(smoothing):
    with pytest.raises(ValueError, match=f"Expected smoothing above 0.*received {smoothing}"):
        bag_of_tokens(TARGETS, VOCAB_SIZE, smoothing)


def bag_loss_by_hand(smoothing):
    pooled = [ENCODER_LOGITS[row, SOURCE_MASK[row]].astype("float64").mean(axis=0) for row in range(BATCH)]
    return np.mean((log_softmax(np.array(pooled)) - np.log(bags_by_hand(smoothing))) ** 2)


@pytest.mark.parametrize("smoothing", [0.1, 0.7])
def test_the_bag_loss_is_the_squared_distance_of_logarithms(smoothing):
    loss = bag_loss(ENCODER_LOGITS, SOURCE_MASK, TARGETS, smoothing)
    assert value(loss) == pytest.approx(bag_loss_by_hand(smoothing), rel=1e-5)


def test_the_bag_loss_smooths_by_a_tenth_unless_told_otherwise():
    assert value(bag_loss(ENCODER_LOGITS, SOURCE_MASK, TARGETS)) == pytest.approx(
        bag_loss_by_hand(0.1), rel=1e-5
    )


def test_a_right_guess_of_the_bag_costs_nothing():
    logits = np.log(bags_by_hand(0.1))[:, None] + np.array([0.0, 5, -3])[:, None]  # of any sum
    mask = np.ones((BATCH, 3), bool)
    assert value(bag_loss(logits.astype("float32"), mask, TARGETS)) == pytest.approx(0, abs=1e-9)


def test_padding_on_either_side_changes_no_bag_loss():
    expected = value(bag_loss(ENCODER_LOGITS, SOURCE_MASK, TARGETS))
    targets = np.pad(TARGETS, [(0, 0), (0, 2)])
    noise = GENERATOR.normal(0, 99, (BATCH, 5, VOCAB_SIZE)).astype("float32")
    logits = np.concatenate([ENCODER_LOGITS, noise], axis=1)
    mask = np.pad(SOURCE_MASK, [(0, 0), (0, 5)])
    assert value(bag_loss(ENCODER_LOGITS, SOURCE_MASK, targets)) == pytest.approx(expected, rel=1e-6)
    assert value(bag_loss(logits, mask, TARGETS)) == pytest.approx(expected, rel=1e-6)
    logits = np.where(SOURCE_MASK[..., None], ENCODER_LOGITS, 99).astype("float32")
    assert value(bag_loss(logits, SOURCE_MASK, TARGETS)) == pytest.approx(expected, rel=1e-6)


def test_a_source_without_tokens_gives_no_nan():
    loss = value(bag_loss(ENCODER_LOGITS, np.zeros_like(SOURCE_MASK), TARGETS))
    expected = np.mean((np.log(1 / VOCAB_SIZE) - np.log(bags_by_hand(0.1))) ** 2)
    assert loss == pytest.approx(expected, rel=1e-5)


# Edits.


ROWS, LONGEST = 5, 7
# One shape for all examples: JAX compiles each one. Few tokens, so that they are often equal.
PAIRS = st.tuples(*[st.lists(st.integers(EOS + 1, EOS + 3), max_size=LONGEST - 1)] * 2)
TOKENS = st.lists(PAIRS, min_size=ROWS, max_size=ROWS)


@engine.compile_function
def edits(outputs, targets):
    costs = edit_distance, edit_cost, mismatch_cost
    return [cost(outputs, targets) for cost in costs]


def ids(side, length, ends=True):
    """Padded tokens of each row, with or without the end token."""
    return pad([[*tokens, EOS] if ends else tokens for tokens in side], length)


@given(TOKENS, st.booleans(), st.booleans())
def test_edits_are_those_of_an_independent_library(pairs, output_ends, target_ends):
    outputs, targets = zip(*pairs, strict=True)
    expected = np.array([Levenshtein.distance(*pair) for pair in pairs])
    costs = edits(ids(outputs, LONGEST, output_ends), ids(targets, LONGEST + 4, target_ends))
    distance, cost, mismatch = map(numpy, costs)
    np.testing.assert_array_equal(distance, expected)
    lengths = np.maximum([len(target) for target in targets], 1)
    np.testing.assert_allclose(cost, expected / lengths, rtol=1e-6)
    np.testing.assert_array_equal(mismatch, expected > 0)


def test_more_padding_changes_no_edit_distance():
    generator = np.random.default_rng(3)
    outputs, targets = (
        [generator.integers(EOS + 1, EOS + 4, length).tolist() for length in lengths]
        for lengths in ((5, 0, 3, 6, 1), (6, 2, 0, 3, 1))
    )
    expected = [Levenshtein.distance(*pair) for pair in zip(outputs, targets, strict=True)]
    assert max(expected) > 2
    for widths in ((7, 7), (11, 7), (7, 13), (11, 13)):
        distance = numpy(edit_distance(ids(outputs, widths[0]), ids(targets, widths[1])))
        np.testing.assert_array_equal(distance, expected)
        assert distance.dtype == "float32"


# The expected cost.


OUTPUTS = 7
LOG_PROBS = -np.abs(GENERATOR.normal(0, 9, (BATCH, OUTPUTS))).astype("float32")
COSTS = GENERATOR.uniform(0, 2, (BATCH, OUTPUTS)).astype("float32")
COUNTS = GENERATOR.random((BATCH, OUTPUTS)) < 0.7


def risks_by_hand(log_probs, sharpness):
    """Q and the risk of each row, over the outputs that count."""
    weights, risks = np.zeros((BATCH, OUTPUTS)), np.zeros(BATCH)
    for row in range(BATCH):
        weights[row, COUNTS[row]] = softmax(sharpness * log_probs[row, COUNTS[row]].astype("float64"))
        risks[row] = weights[row] @ COSTS[row]
    return weights, risks


@pytest.mark.parametrize("sharpness", [1.0, 0.005, 3.0])
def test_the_expected_cost_is_that_of_the_outputs_that_count(sharpness):
    _, risks = risks_by_hand(LOG_PROBS, sharpness)
    assert 1 < COUNTS.sum() < COUNTS.size
    loss = expected_cost(LOG_PROBS, COSTS, COUNTS, sharpness)
    assert value(loss) == pytest.approx(risks.mean(), rel=1e-5)
    elsewhere = np.where(COUNTS, LOG_PROBS, 0), np.where(COUNTS, COSTS, 1e6)
    loss = expected_cost(*(part.astype("float32") for part in elsewhere), COUNTS, sharpness)
    assert value(loss) == pytest.approx(risks.mean(), rel=1e-5)


@pytest.mark.parametrize("sharpness", [1.0, 0.005])
def test_the_gradient_of_the_expected_cost_is_the_analytic_one(sharpness):
    """d risk / d log p(y) = sharpness Q(y) (cost(y) - risk) / batch, and nothing goes to the costs."""
    log_probs, costs = keras.Variable(LOG_PROBS, name="log_probs"), keras.Variable(COSTS, name="costs")
    _, (gradient, of_costs) = value_and_gradients(
        lambda: expected_cost(
            keras.ops.convert_to_tensor(log_probs), keras.ops.convert_to_tensor(costs), COUNTS, sharpness
        ),
        [log_probs, costs],
    )
    weights, risks = risks_by_hand(LOG_PROBS, sharpness)
    expected = sharpness * weights * (COSTS - risks[:, None]) / BATCH
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)
    assert np.abs(expected).max() > 1e-4 and not of_costs.any()


def test_far_apart_log_probabilities_give_no_nan():
    log_probs = np.array([[-1000.0, -2000.0, 0.0]], "float32")
    costs, counts = np.array([[2.0, 3.0, 5.0]], "float32"), np.array([[True, True, False]])
    assert value(expected_cost(log_probs, costs, counts)) == pytest.approx(2)
