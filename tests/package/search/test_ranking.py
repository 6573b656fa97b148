"""Ranking: what NumPy ranks and what the engine ranks is the same."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from reference import log_softmax as log_softmax_by_hand

from s2s_lesson.search import greatest, ranking
from s2s_lesson.search.ranking import check_usable, log_softmax, rank

VOCAB_SIZE, ROWS = 7, 5
COUNTS = (1, 3, VOCAB_SIZE)
NUMBERS = st.sampled_from([-np.inf, -2.5, -1.0, -0.0, 0.0, 0.5, 0.5, 3.0, 88.0])  # many of them are equal
SPOILED = st.sampled_from([None, None, None, np.nan, np.inf, -np.inf])


def matrix(entries, width):
    return st.lists(st.lists(entries, min_size=width, max_size=width), min_size=ROWS, max_size=ROWS)


@st.composite
def logits_with_ties(draw):
    """Rows with ties and -inf, some of them with a NaN or infinity, or of nothing but -inf."""
    rows = draw(
        st.lists(st.lists(NUMBERS, min_size=VOCAB_SIZE, max_size=VOCAB_SIZE), min_size=ROWS, max_size=ROWS)
    )
    logits = np.array(rows, "float32")
    for row in range(ROWS):
        spoiled = draw(SPOILED)
        if spoiled is not None:
            places = slice(None) if spoiled == -np.inf else draw(st.integers(0, VOCAB_SIZE - 1))
            logits[row, places] = spoiled
    return logits


ALLOWED = st.none() | matrix(st.booleans(), VOCAB_SIZE)
EXTRA_IDS = st.none() | matrix(st.integers(0, VOCAB_SIZE - 1), 2)


@settings(max_examples=60)
@given(logits_with_ties(), st.sampled_from(COUNTS), ALLOWED, EXTRA_IDS)
def test_numpy_ranks_as_the_engine_does(logits, count, allowed, extra_ids):
    allowed = None if allowed is None else np.array(allowed)
    extra_ids = None if extra_ids is None else np.array(extra_ids, "int32")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ids, log_probs, extra, usable = rank(logits, count, allowed, extra_ids)
    expected = rank(ops.convert_to_tensor(logits), count, allowed, extra_ids)
    expected_ids, expected_log_probs, expected_extra, expected_usable = expected
    np.testing.assert_array_equal(usable, expected_usable)
    by_hand = np.isfinite(logits).any(axis=1) & ~np.isnan(logits).any(axis=1) & (logits != np.inf).all(axis=1)
    np.testing.assert_array_equal(usable, by_hand)
    assert ids.shape == log_probs.shape == (ROWS, count) and log_probs.dtype == "float32"
    np.testing.assert_array_equal(ids[usable], expected_ids[usable])
    np.testing.assert_allclose(log_probs[usable], expected_log_probs[usable], rtol=1e-5, atol=1e-5)
    if extra_ids is None:
        assert extra is None and expected_extra is None
    else:
        np.testing.assert_allclose(extra[usable], expected_extra[usable], rtol=1e-5, atol=1e-5)


WIDTH = 29  # of long rows, with blocks of 2 and one column that is in none


@pytest.fixture(scope="module")
def short_blocks():
    """Blocks so short, and chunks of rows so small, that little logits are ranked in several of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(greatest, "LONG", 5)
        patch.setattr(greatest, "BLOCK", 2)
        patch.setattr(ranking, "CHUNK_BYTES", 2 * 4 * WIDTH)
        yield


def plainly(logits, count, allowed, extra_ids):
    """The definition: sort everything, in float64."""
    usable = np.isfinite(logits).any(axis=1) & ~np.isnan(logits).any(axis=1) & (logits != np.inf).all(axis=1)
    with np.errstate(divide="ignore"):
        log_probs = log_softmax_by_hand(np.where(usable[:, None], logits, 0).astype("float64"))
    log_probs[~np.broadcast_to(True if allowed is None else allowed, logits.shape)] = -np.inf
    hidden = np.where(np.broadcast_to(True if allowed is None else allowed, logits.shape), logits, -np.inf)
    ids = np.argsort(-np.where(usable[:, None], hidden, 0), axis=1, kind="stable")[:, :count]
    return ids, *(np.take_along_axis(log_probs, of, axis=1) for of in (ids, extra_ids)), usable


@settings(max_examples=80)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["different", "ties", "half precision"]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([None, "two", "many", "of each", "one left"]),
)
def test_long_rows_are_ranked_as_the_plain_definition_says(short_blocks, seed, kind, count, ruled_out):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 3, (ROWS, WIDTH)).astype(
        "float16" if kind == "half precision" else "float32"
    )
    if kind == "ties":
        logits = generator.choice([-np.inf, -1.0, -0.0, 0.0, 0.5, 3.0], (ROWS, WIDTH)).astype("float32")
    if seed % 3 == 0:
        logits[0, generator.integers(WIDTH)] = generator.choice([np.nan, np.inf])
        logits[1] = -np.inf
    allowed = None if ruled_out is None else np.ones((ROWS if ruled_out == "of each" else 1, WIDTH), bool)
    if ruled_out is not None:
        how_many = {"two": 2, "many": 20, "of each": 9, "one left": WIDTH - 1}[ruled_out]
        for row in allowed:
            row[generator.permutation(WIDTH)[:how_many]] = False
    extra_ids = generator.integers(0, WIDTH, (ROWS, 3))
    assert greatest.Blocks.suit(WIDTH, count)
    expected_ids, expected, expected_extra, expected_usable = plainly(logits, count, allowed, extra_ids)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ids, log_probs, extra, usable = rank(logits, count, allowed, extra_ids)
        same_ids, below, _, same_usable = rank(logits, count, allowed, extra_ids, normalise=False)
    np.testing.assert_array_equal(usable, expected_usable)
    np.testing.assert_array_equal(ids, expected_ids)
    np.testing.assert_allclose(log_probs[usable], expected[usable], rtol=1e-6, atol=2e-6)
    np.testing.assert_allclose(extra[usable], expected_extra[usable], rtol=1e-6, atol=2e-6)
    assert log_probs.dtype == extra.dtype == "float32"
    np.testing.assert_array_equal(same_ids, ids)
    np.testing.assert_array_equal(same_usable, usable)
    highest = logits.max(axis=1, keepdims=True).astype("float32")[usable]
    shown = np.isfinite(log_probs[usable])
    lower = np.take_along_axis(logits.astype("float32"), ids, axis=1)[usable] - highest
    np.testing.assert_array_equal(below[usable], np.where(shown, lower, -np.inf))


@pytest.mark.parametrize("vocab_size", [VOCAB_SIZE, 1_031])
def test_without_the_sum_the_engine_and_numpy_find_the_same(vocab_size):
    logits = np.random.default_rng(3).normal(0, 3, (ROWS, vocab_size)).astype("float32")
    logits[1, 2], logits[2, 3], logits[3] = np.nan, np.inf, -np.inf
    allowed = np.arange(vocab_size)[None] != 4
    of_numpy = rank(logits, 2, allowed, None, normalise=False)
    of_engine = rank(ops.convert_to_tensor(logits), 2, allowed, None, normalise=False)
    usable = of_numpy[3]
    assert usable.tolist() == of_engine[3].tolist() == [True, False, False, False, True]
    for ours, theirs in zip(of_numpy[:2], of_engine[:2], strict=True):
        np.testing.assert_array_equal(ours[usable], theirs[usable])


@settings(max_examples=60)
@given(logits_with_ties())
def test_log_probabilities_of_the_whole_vocabulary_are_those_of_the_engine(logits):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        log_probs, usable = log_softmax(logits)
    expected, expected_usable = log_softmax(ops.convert_to_tensor(logits))
    np.testing.assert_array_equal(usable, expected_usable)
    np.testing.assert_allclose(log_probs[usable], expected[usable], rtol=1e-5, atol=1e-5)
    with np.errstate(divide="ignore"):
        by_hand = log_softmax_by_hand(logits[usable]) if usable.any() else log_probs[usable]
    np.testing.assert_allclose(log_probs[usable], by_hand, rtol=1e-4, atol=1e-4)


def test_ids_come_likeliest_first_and_of_equals_the_smaller_first():
    logits = np.log([[0.1, 0.3, 0.3, 0.05, 0.25]])
    ids, log_probs, extra, usable = rank(logits, 3, extra_ids=np.array([[3, 1]]))
    assert ids.tolist() == [[1, 2, 4]] and usable.tolist() == [True]
    np.testing.assert_allclose(np.exp(log_probs), [[0.3, 0.3, 0.25]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(extra), [[0.05, 0.3]], rtol=1e-6)


def test_what_is_ruled_out_comes_last_and_leaves_the_others_as_they_were():
    logits = np.log([[0.1, 0.3, 0.3, 0.05, 0.25]])
    allowed = np.array([[True, False, True, False, False]])
    ids, log_probs, extra, _ = rank(logits, 3, allowed, np.array([[1, 2]]))
    assert ids.tolist() == [[2, 0, 1]]
    np.testing.assert_allclose(np.exp(log_probs), [[0.3, 0.1, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(extra), [[0.0, 0.3]], rtol=1e-6)


def test_only_rows_that_are_needed_must_be_usable():
    usable, needed = np.array([True, False, True]), np.array([True, False, False])
    assert check_usable(usable, needed) is None
    with pytest.raises(ValueError, match="Expected finite logits from step; received NaN, infinity, or"):
        check_usable(usable, ~needed)
