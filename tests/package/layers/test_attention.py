"""What all attentions share: steps, masks, keys projected before, and their configurations."""

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.layers import BahdanauAttention, LuongAttention, NoAttention, look_ahead_mask
from s2s_lesson.layers.bahdanau_attention import additive_scores

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, VALUE_DIM = 2, 3, 5, 7, 11
LAYERS = {
    "dot": lambda: LuongAttention(UNITS, score="dot"),
    "general": lambda: LuongAttention(UNITS, score="general"),
    "concat": lambda: LuongAttention(13, score="concat"),
    "bahdanau": lambda: BahdanauAttention(13),
    "dot-coverage": lambda: LuongAttention(UNITS, score="dot", coverage=True, temperature=0.5),
    "bahdanau-coverage": lambda: BahdanauAttention(13, coverage=True, temperature=2.0),
    "general-monotonic": lambda: LuongAttention(UNITS, window="monotonic", half_width=1),
    "concat-predictive": lambda: LuongAttention(
        13, "concat", "predictive", 2, renormalize=False, coverage=True
    ),
}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


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
    before = {"coverage": attention_weights[:, 0], "position": np.ones(BATCH, "int32")}
    step_context, step_weights = layer(QUERY[:, 1], keys=KEYS, values=VALUES, keys_mask=MASK, **before)
    np.testing.assert_allclose(step_context, context[:, 1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(step_weights, attention_weights[:, 1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_keys_that_were_projected_before_give_the_same(name):
    layer = randomised(name)
    context, attention_weights = layer(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK)
    query, keys, values = map(keras.ops.convert_to_tensor, (QUERY, KEYS, VALUES))
    other = layer.attend(query, layer.project_keys(keys), values, MASK)
    np.testing.assert_array_equal(other[0], context)
    np.testing.assert_array_equal(other[1], attention_weights)


def test_without_a_mask_every_position_counts():
    _, attention_weights = randomised("bahdanau")(QUERY, keys=KEYS, values=VALUES)
    assert (numpy(attention_weights) > 0).all()
    np.testing.assert_allclose(numpy(attention_weights).sum(axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_each_query_may_have_a_mask_of_its_own(name):
    """Self-attention with the look-ahead mask: each query sees what a shorter source would hold."""
    layer = randomised(name)
    mask = np.tile(numpy(look_ahead_mask(SOURCE_LENGTH)), (BATCH, 1, 1))
    context, attention_weights = layer(KEYS, keys=KEYS, values=VALUES, keys_mask=mask)
    coverage = np.zeros((BATCH, SOURCE_LENGTH), "float32")
    for place in range(SOURCE_LENGTH):
        seen = slice(place + 1)
        before = {"coverage": coverage[:, seen], "position": np.full(BATCH, place, "int32")}
        shorter, weights = layer(KEYS[:, place], keys=KEYS[:, seen], values=VALUES[:, seen], **before)
        np.testing.assert_allclose(context[:, place], shorter, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(attention_weights[:, place, seen], weights, rtol=1e-5, atol=1e-6)
        assert not numpy(attention_weights)[:, place, place + 1 :].any()
        coverage[:, seen] += numpy(weights)


def test_without_attention_there_is_a_context_of_width_0_and_no_weight():
    layer = NoAttention()
    context, attention_weights = layer(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK)
    assert context.shape == (BATCH, TARGET_LENGTH, 0)
    assert attention_weights.shape == (BATCH, TARGET_LENGTH, SOURCE_LENGTH)
    context, step_weights = layer(QUERY[:, 0], keys=KEYS, values=VALUES)
    assert context.shape == (BATCH, 0) and step_weights.shape == (BATCH, SOURCE_LENGTH)
    assert not numpy(attention_weights).any() and not numpy(step_weights).any()
    assert not layer.weights and layer.project_keys(KEYS).shape == (BATCH, SOURCE_LENGTH, 0)


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


@pytest.mark.parametrize("temperature", [-1.5, np.nan])
def test_an_impossible_temperature_is_an_error(temperature):
    with pytest.raises(ValueError, match=f"Expected temperature above 0; received {temperature}"):
        BahdanauAttention(UNITS, temperature=temperature)


@pytest.mark.parametrize("name", [*LAYERS, "none"])
def test_a_layer_is_made_again_from_its_config(name):
    layer = LAYERS[name]() if name != "none" else NoAttention()
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(twin) is type(layer) and twin.get_config() == layer.get_config()
    for option in ("units", "score", "window", "half_width", "renormalize", "temperature", "coverage"):
        assert getattr(twin, option, None) == getattr(layer, option, None)
