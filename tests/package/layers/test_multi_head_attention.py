"""Multi-head attention: equal to that of Keras."""

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.layers import MultiHeadAttention

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, HEADS = 3, 5, 7, 12, 3


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_multi_head_attention_equals_that_of_keras():
    query, source = normal(BATCH, TARGET_LENGTH, UNITS), normal(BATCH, SOURCE_LENGTH, UNITS)
    mask = np.arange(SOURCE_LENGTH) < np.array([7, 2, 5])[:, None]
    ours = MultiHeadAttention(UNITS, HEADS)
    ours(query, *ours.project(source), mask)
    randomise(ours)
    theirs = keras.layers.MultiHeadAttention(HEADS, UNITS // HEADS)
    theirs(query, source)
    (w_q, b_q), (w_k, b_k), (w_v, b_v), (w_o, b_o) = (
        part.get_weights() for part in (ours.query_layer, ours.key_layer, ours.value_layer, ours.output_layer)
    )
    head_dim = UNITS // HEADS
    split = [weight.reshape(-1, HEADS, head_dim) for weight in (w_q, w_k, w_v)]
    biases = [bias.reshape(HEADS, head_dim) for bias in (b_q, b_k, b_v)]
    theirs.set_weights(
        [
            split[0],
            biases[0],
            split[1],
            biases[1],
            split[2],
            biases[2],
            w_o.reshape(HEADS, head_dim, UNITS),
            b_o,
        ]
    )
    output, weights = ours(query, *ours.project(source), mask)
    expected, expected_weights = theirs(
        query, source, attention_mask=mask[:, None], return_attention_scores=True
    )
    np.testing.assert_allclose(numpy(output), numpy(expected), **CLOSE)
    np.testing.assert_allclose(numpy(weights), numpy(expected_weights).mean(axis=1), **CLOSE)


def test_units_that_heads_cannot_share_are_an_error():
    with pytest.raises(ValueError, match="Expected units that 3 heads can share evenly; received 13"):
        MultiHeadAttention(13, 3)
