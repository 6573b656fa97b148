"""Luong's attention: its scores, windows, temperature and coverage, by hand."""

import keras
import numpy as np
import pytest

from s2s_lesson.layers import LuongAttention

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, VALUE_DIM = 2, 3, 5, 7, 11


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


QUERY, KEYS = normal(BATCH, TARGET_LENGTH, UNITS), normal(BATCH, SOURCE_LENGTH, UNITS)
VALUES = normal(BATCH, SOURCE_LENGTH, VALUE_DIM)
MASK = np.arange(SOURCE_LENGTH) < np.array([5, 2])[:, None]


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


def test_a_query_finds_the_key_that_it_equals():
    keys = 50 * np.eye(UNITS, dtype="float32")[None]
    query, values = keys[:, 2:4], normal(1, UNITS, VALUE_DIM)
    context, attention_weights = LuongAttention(UNITS, score="dot")(query, keys=keys, values=values)
    np.testing.assert_allclose(context[0], values[0, 2:4], rtol=1e-5)
    np.testing.assert_allclose(attention_weights[0], np.eye(UNITS)[2:4], atol=1e-6)


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
    with pytest.raises(ValueError, match="Expected score one of dot, general, concat; received 'cosine'"):
        LuongAttention(UNITS, score="cosine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": "local"}, "Expected window one of none, .*; received 'local'"),
        ({"half_width": 0}, "Expected half_width of at least 1; received 0"),
        ({"temperature": 0}, "Expected temperature above 0; received 0"),
    ],
)
def test_impossible_options_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        LuongAttention(UNITS, **options)
