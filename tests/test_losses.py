import math

import keras
import numpy as np
import pytest
from reference import log_softmax

from s2s_lesson.losses import MaskedCrossEntropy, masked_mean, token_cross_entropy

BATCH, TARGET_LENGTH, VOCAB_SIZE = 3, 5, 11
GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(0, 3, (BATCH, TARGET_LENGTH, VOCAB_SIZE)).astype("float32")
LENGTHS = np.array([5, 2, 3])
MASK = np.arange(TARGET_LENGTH) < LENGTHS[:, None]
TARGETS = np.where(MASK, GENERATOR.integers(1, VOCAB_SIZE, MASK.shape), 0)


def value(loss):
    return float(keras.ops.convert_to_numpy(loss))


def test_uniform_logits_cost_the_logarithm_of_the_vocabulary():
    logits = np.full((BATCH, TARGET_LENGTH, VOCAB_SIZE), 7.0, "float32")
    for label_smoothing in (0.0, 0.3):
        loss = MaskedCrossEntropy(label_smoothing)(TARGETS, logits)
        assert value(loss) == pytest.approx(math.log(VOCAB_SIZE), rel=1e-6)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.7])
def test_it_is_the_smoothed_cross_entropy_of_the_real_tokens(label_smoothing):
    total = 0.0
    for target, log_probs in zip(TARGETS[MASK], log_softmax(LOGITS)[MASK], strict=True):
        expected = np.full(VOCAB_SIZE, label_smoothing / VOCAB_SIZE)
        expected[target] += 1 - label_smoothing
        total -= expected @ log_probs
    loss = MaskedCrossEntropy(label_smoothing)(TARGETS, LOGITS)
    assert value(loss) == pytest.approx(total / LENGTHS.sum(), rel=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_each_token_costs_what_keras_says(label_smoothing):
    one_hot = np.eye(VOCAB_SIZE, dtype="float32")[TARGETS]
    expected = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, reduction=None
    )(one_hot, LOGITS)
    np.testing.assert_allclose(token_cross_entropy(TARGETS, LOGITS, label_smoothing), expected, rtol=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_padding_changes_nothing(label_smoothing):
    loss = MaskedCrossEntropy(label_smoothing)
    padding = GENERATOR.normal(0, 99, (BATCH, 7, VOCAB_SIZE)).astype("float32")
    targets = np.pad(TARGETS, [(0, 0), (0, 7)])
    logits = np.concatenate([LOGITS, padding], axis=1)
    assert value(loss(targets, logits)) == pytest.approx(value(loss(TARGETS, LOGITS)), rel=1e-6)


def test_nothing_but_padding_costs_nothing():
    assert value(MaskedCrossEntropy()(np.zeros_like(TARGETS), LOGITS)) == 0


def test_masked_mean_of_hand_made_numbers():
    values = np.array([[1.0, 2.0, 99.0], [6.0, np.nan, np.inf]], "float32")
    mask = np.array([[True, True, False], [True, False, False]])
    assert value(masked_mean(values, mask)) == 3
    assert value(masked_mean(values, np.zeros_like(mask))) == 0


def test_a_loss_is_made_again_from_its_config():
    twin = keras.losses.deserialize(keras.losses.serialize(MaskedCrossEntropy(0.3, name="other")))
    assert type(twin) is MaskedCrossEntropy
    assert (twin.label_smoothing, twin.name) == (0.3, "other")
