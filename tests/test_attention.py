import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.attention import BahdanauAttention, LuongAttention, additive_scores

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, VALUE_DIM = 2, 3, 5, 7, 11
LAYERS = {
    "dot": lambda: LuongAttention(UNITS, score="dot"),
    "general": lambda: LuongAttention(UNITS, score="general"),
    "concat": lambda: LuongAttention(13, score="concat"),
    "bahdanau": lambda: BahdanauAttention(13),
}


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


QUERY, KEYS = normal(BATCH, TARGET_LENGTH, UNITS), normal(BATCH, SOURCE_LENGTH, UNITS)
VALUES = normal(BATCH, SOURCE_LENGTH, VALUE_DIM)
MASK = np.arange(SOURCE_LENGTH) < np.array([5, 2])[:, None]


def randomised(name):
    layer = LAYERS[name]()
    layer(QUERY, keys=KEYS, values=VALUES)
    randomise(layer)
    return layer


@pytest.mark.parametrize("name", LAYERS)
def test_one_step_equals_that_step_of_a_whole_target(name):
    layer = randomised(name)
    context, attention_weights = layer(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK)
    assert context.shape == (BATCH, TARGET_LENGTH, VALUE_DIM)
    assert attention_weights.shape == (BATCH, TARGET_LENGTH, SOURCE_LENGTH)
    step_context, step_weights = layer(QUERY[:, 1], keys=KEYS, values=VALUES, keys_mask=MASK)
    np.testing.assert_allclose(step_context, context[:, 1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(step_weights, attention_weights[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_keys_that_were_projected_before_give_the_same(name):
    layer = randomised(name)
    context, attention_weights = layer(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK)
    other = layer.attend(QUERY, layer.project_keys(KEYS), VALUES, MASK)
    np.testing.assert_array_equal(other[0], context)
    np.testing.assert_array_equal(other[1], attention_weights)


def test_without_a_mask_every_position_counts():
    _, attention_weights = randomised("bahdanau")(QUERY, keys=KEYS, values=VALUES)
    assert (keras.ops.convert_to_numpy(attention_weights) > 0).all()
    np.testing.assert_allclose(np.sum(attention_weights, axis=-1), 1, rtol=1e-6)


def test_a_query_finds_the_key_that_it_equals():
    keys = 50 * np.eye(UNITS, dtype="float32")[None]
    query, values = keys[:, 2:4], normal(1, UNITS, VALUE_DIM)
    context, attention_weights = LuongAttention(UNITS, score="dot")(query, keys=keys, values=values)
    np.testing.assert_allclose(context[0], values[0, 2:4], rtol=1e-5)
    np.testing.assert_allclose(attention_weights[0], np.eye(UNITS)[2:4], atol=1e-6)


def test_additive_scores_of_hand_made_numbers():
    projected_query = np.array([[[0.0, 1.0], [2.0, -1.0]]], "float32")
    projected_keys = np.array([[[0.0, 0.0], [1.0, 1.0], [-2.0, 1.0]]], "float32")
    v = np.array([[10.0], [1.0]], "float32")
    tanh_1, tanh_2, tanh_3 = np.tanh([1, 2, 3])
    expected = [[tanh_1, 10 * tanh_1 + tanh_2, -10 * tanh_2 + tanh_2], [10 * tanh_2 - tanh_1, 10 * tanh_3, 0]]
    np.testing.assert_allclose(additive_scores(projected_query, projected_keys, v)[0], expected, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_keys_and_values_of_different_lengths_are_an_error(name):
    with pytest.raises(ValueError, match=r"same source_length; received shapes \(2, 5, 7\) and \(2, 4, 11\)"):
        randomised(name)(QUERY, keys=KEYS, values=VALUES[:, :4])


@pytest.mark.parametrize(
    ("score", "query", "keys", "message"),
    [
        ("dot", QUERY[..., :5], KEYS, "Expected a query of width units=7 for this score; received width 5"),
        ("dot", QUERY, KEYS[..., :5], "Expected keys of width units=7 for this score; received width 5"),
        ("general", QUERY[..., :5], KEYS, "Expected a query of width units=7.*; received width 5"),
    ],
)
def test_widths_that_do_not_fit_are_an_error(score, query, keys, message):
    with pytest.raises(ValueError, match=message):
        LuongAttention(UNITS, score=score)(query, keys=keys, values=VALUES)


def test_an_unknown_score_is_an_error():
    with pytest.raises(ValueError, match="Expected score 'dot', 'general' or 'concat'; received 'cosine'"):
        LuongAttention(UNITS, score="cosine")


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_made_again_from_its_config(name):
    layer = LAYERS[name]()
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(twin) is type(layer) and twin.get_config() == layer.get_config()
