"""Attention and masks equal what others have written, where their definition is the same."""

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.layers import BahdanauAttention, LuongAttention, combined_mask, look_ahead_mask

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, VALUE_DIM = 3, 5, 7, 11, 13
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


QUERY, KEYS = normal(BATCH, TARGET_LENGTH, UNITS), normal(BATCH, SOURCE_LENGTH, UNITS)
VALUES = normal(BATCH, SOURCE_LENGTH, VALUE_DIM)
MASK = np.arange(SOURCE_LENGTH) < np.array([7, 1, 3])[:, None]


def check(ours, others):
    for our, other in zip(ours, others, strict=True):
        np.testing.assert_allclose(numpy(our), numpy(other), **CLOSE)


def sentence_by_sentence(layer, query, values, keys):
    """Context and weights without padding, since Keras 3.10 cannot use the mask of its own layer.

    Returns:
        context: float (batch, target_length, value_dim).
        attention_weights: float (batch, target_length, source_length), 0 on padding.
    """
    context, weights = [], np.zeros((BATCH, TARGET_LENGTH, SOURCE_LENGTH), "float32")
    for row, length in enumerate(MASK.sum(axis=1)):
        inputs = [query[row : row + 1], values[row : row + 1, :length], keys[row : row + 1, :length]]
        row_context, row_weights = layer(inputs, return_attention_scores=True)
        context.append(numpy(row_context)[0])
        weights[row, :, :length] = numpy(row_weights)[0]
    return np.stack(context), weights


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_dot_attention_equals_that_of_keras(temperature):
    theirs = keras.layers.Attention(use_scale=True)
    theirs([QUERY, VALUES, KEYS])
    theirs.scale.assign(1 / temperature)
    others = sentence_by_sentence(theirs, QUERY, VALUES, KEYS)
    ours = LuongAttention(UNITS, "dot", temperature=temperature)
    check(ours(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK), others)


def test_dot_attention_of_what_stands_before_equals_that_of_keras():
    keys, values = KEYS[:, :TARGET_LENGTH], VALUES[:, :TARGET_LENGTH]
    others = keras.layers.Attention()(
        [QUERY, values, keys], return_attention_scores=True, use_causal_mask=True
    )
    mask = keras.ops.broadcast_to(look_ahead_mask(TARGET_LENGTH), (BATCH, TARGET_LENGTH, TARGET_LENGTH))
    check(LuongAttention(UNITS, "dot")(QUERY, keys=keys, values=values, keys_mask=mask), others)


@pytest.mark.parametrize("name", ["bahdanau", "concat"])
def test_additive_attention_equals_that_of_keras_on_projected_vectors(name):
    """Keras has neither W_q nor W_k: it is given what these make of query and keys."""
    query = normal(BATCH, TARGET_LENGTH, 2)
    ours = BahdanauAttention(UNITS) if name == "bahdanau" else LuongAttention(UNITS, "concat")
    ours(query, keys=KEYS, values=VALUES)
    randomise(ours)
    theirs = keras.layers.AdditiveAttention(use_scale=True)
    projected = [query @ numpy(ours.query_kernel), VALUES, KEYS @ numpy(ours.key_kernel)]
    theirs(projected)
    theirs.scale.assign(numpy(ours.v)[:, 0])
    others = sentence_by_sentence(theirs, *projected)
    check(ours(query, keys=KEYS, values=VALUES, keys_mask=MASK), others)


def test_general_attention_equals_one_head_of_keras_with_a_matrix_for_the_keys():
    """The head divides its scores by the square root of the width: the temperature."""
    theirs = keras.layers.MultiHeadAttention(1, UNITS, use_bias=False, output_shape=UNITS)
    values = normal(BATCH, TARGET_LENGTH, UNITS)  # JAX wants them as wide as the keys
    keys = KEYS[:, :TARGET_LENGTH]
    theirs(QUERY, values, keys)
    ours = LuongAttention(UNITS, temperature=UNITS**0.5)
    ours(QUERY, keys=keys, values=values)
    randomise(ours)
    matrices = {  # (width, heads, width of a head), but the output has its heads first
        "query": np.eye(UNITS)[:, None],
        "key": numpy(ours.key_kernel)[:, None],
        "value": np.eye(UNITS)[:, None],
        "output": np.eye(UNITS)[None],
    }
    theirs.set_weights(list(matrices.values()))
    target_ids = np.array([[5, 6, 7, 8, 9], [5, 0, 0, 0, 0], [5, 6, 7, 0, 0]])
    mask = combined_mask(target_ids)
    context, weights = theirs(QUERY, values, keys, attention_mask=mask, return_attention_scores=True)
    check(ours(QUERY, keys=keys, values=values, keys_mask=mask), (context, weights[:, 0]))
