"""Metrics while training: every real token counts the same."""

import keras
import numpy as np
import pytest
from reference import log_softmax

from s2s_lesson.training import TokenAccuracy, TokenCrossEntropy

VOCAB_SIZE = 11
BATCH_SHAPES, LENGTHS = [(3, 7), (2, 5)], [[7, 2, 3], [1, 5]]


def token_batches():
    """Targets and logits of two batches of unlike size, and the real tokens of both together."""
    generator = np.random.default_rng(0)
    batches, tokens = [], []
    for shape, lengths in zip(BATCH_SHAPES, LENGTHS, strict=True):
        mask = np.arange(shape[1]) < np.array(lengths)[:, None]
        targets = np.where(mask, generator.integers(1, VOCAB_SIZE, shape), 0)
        logits = generator.normal(0, 1, (*shape, VOCAB_SIZE)).astype("float32")
        logits[0, :5] += 9 * np.eye(VOCAB_SIZE)[targets[0, :5]]  # some are right
        batches.append((targets, logits))
        tokens += list(zip(targets[mask], log_softmax(logits)[mask], strict=True))
    return batches, tokens


def right(token, log_probs):
    return log_probs.argmax() == token


def cost(token, log_probs):
    return -log_probs[token]


@pytest.mark.parametrize(("metric", "per_token"), [(TokenAccuracy, right), (TokenCrossEntropy, cost)])
def test_every_token_counts_the_same_in_whatever_batch(metric, per_token):
    batches, tokens = token_batches()
    score = metric()
    assert float(score.result()) == 0
    for targets, logits in batches:
        score.update_state(targets, logits)
    expected = np.mean([per_token(*token) for token in tokens])
    assert 0 < expected != 1
    assert float(score.result()) == pytest.approx(expected, rel=1e-5)
    score.reset_state()
    score.update_state(np.zeros((2, 3)), np.zeros((2, 3, VOCAB_SIZE)))
    assert float(score.result()) == 0


@pytest.mark.parametrize("metric", [TokenAccuracy, TokenCrossEntropy])
def test_a_metric_is_made_again_from_its_config(metric):
    twin = keras.metrics.deserialize(keras.metrics.serialize(metric(name="other")))
    assert type(twin) is metric and twin.name == "other"
