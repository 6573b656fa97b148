import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.attention import BahdanauAttention, LuongAttention, NoAttention, additive_scores
from s2s_lesson.masks import look_ahead_mask

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


def test_a_monotonic_window_moves_by_one_a_query_and_stays_on_the_last_token():
    layer = LuongAttention(UNITS, "dot", window="monotonic", half_width=1)
    query = normal(BATCH, 7, UNITS)
    _, attention_weights = layer(query, keys=KEYS, values=VALUES, keys_mask=MASK)
    seen = numpy(attention_weights) > 0
    edges = [[(0, 1), (0, 2), (1, 3), (2, 4), (3, 4), (3, 4), (3, 4)], [(0, 1)] * 7]
    for row, of_row in enumerate(edges):
        for weights, (first, last) in zip(seen[row], of_row, strict=True):
            assert np.flatnonzero(weights).tolist() == list(range(first, last + 1))


def test_a_predictive_window_is_a_bell_around_a_share_of_the_sources_length():
    """Keys of 0 score alike, and a v of 0 puts the middle at half of each source's own length: 2.5 and 1."""
    layer = LuongAttention(UNITS, "dot", window="predictive", half_width=2, renormalize=False)
    keys = np.zeros_like(KEYS)
    layer(QUERY, keys=keys, values=VALUES)
    layer.position_v.assign(np.zeros((UNITS, 1)))
    _, attention_weights = layer(QUERY, keys=keys, values=VALUES, keys_mask=MASK)
    first = [0, *(np.exp(-(offset**2) / 2) / 4 for offset in (-1.5, -0.5, 0.5, 1.5))]
    second = [np.exp(-0.5) / 2, 1 / 2, 0, 0, 0]
    np.testing.assert_allclose(attention_weights[:, 0], [first, second], rtol=1e-5)
    layer.renormalize = True
    _, attention_weights = layer(QUERY, keys=keys, values=VALUES, keys_mask=MASK)
    expected = [np.array(row) / np.sum(row) for row in (first, second)]
    np.testing.assert_allclose(attention_weights[:, 0], expected, rtol=1e-5)


def test_a_high_temperature_flattens_and_a_low_one_sharpens():
    largest = []
    for temperature in (1e-3, 1, 1e3):
        layer = LuongAttention(UNITS, "dot", temperature=temperature)
        _, attention_weights = layer(QUERY, keys=KEYS, values=VALUES)
        largest.append(numpy(attention_weights)[0, 0].max())
    np.testing.assert_allclose(largest[::2], [1, 1 / SOURCE_LENGTH], rtol=0.05)
    assert largest[0] > largest[1] > largest[2]


def test_coverage_turns_the_attention_to_what_had_none():
    """With w against the query, what was attended to scores lower from then on."""
    layer = LuongAttention(UNITS, "dot", coverage=True)
    query = np.broadcast_to(QUERY[:, :1], QUERY.shape)
    layer(query, keys=KEYS, values=VALUES)
    layer.coverage_kernel.assign(-9 * QUERY[0, 0])
    _, attention_weights = layer(query[:1], keys=KEYS[:1], values=VALUES[:1])
    first, second, third = numpy(attention_weights)[0].argmax(axis=-1).tolist()
    assert len({first, second, third}) == 3


def test_without_attention_there_is_a_context_of_width_0_and_no_weight():
    layer = NoAttention()
    context, attention_weights = layer(QUERY, keys=KEYS, values=VALUES, keys_mask=MASK)
    assert context.shape == (BATCH, TARGET_LENGTH, 0)
    assert attention_weights.shape == (BATCH, TARGET_LENGTH, SOURCE_LENGTH)
    context, step_weights = layer(QUERY[:, 0], keys=KEYS, values=VALUES)
    assert context.shape == (BATCH, 0) and step_weights.shape == (BATCH, SOURCE_LENGTH)
    assert not numpy(attention_weights).any() and not numpy(step_weights).any()
    assert not layer.weights and layer.project_keys(KEYS).shape == (BATCH, SOURCE_LENGTH, 0)


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LuongAttention(UNITS, window="local"), "Expected a window among none, .*; received 'local'"),
        (lambda: LuongAttention(UNITS, half_width=0), "Expected a half_width of at least 1; received 0"),
        (lambda: LuongAttention(UNITS, temperature=0), "Expected a temperature above 0; received 0"),
        (lambda: BahdanauAttention(UNITS, temperature=-1.5), "Expected a temperature above 0; received -1.5"),
        (
            lambda: BahdanauAttention(UNITS, temperature=np.nan),
            "Expected a temperature above 0; received nan",
        ),
    ],
)
def test_impossible_options_are_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", [*LAYERS, "none"])
def test_a_layer_is_made_again_from_its_config(name):
    layer = LAYERS[name]() if name != "none" else NoAttention()
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(twin) is type(layer) and twin.get_config() == layer.get_config()
    for option in ("units", "score", "window", "half_width", "renormalize", "temperature", "coverage"):
        assert getattr(twin, option, None) == getattr(layer, option, None)
