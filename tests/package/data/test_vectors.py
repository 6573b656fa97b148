"""Sequences of vectors: what is refused, by row and place; standardisation; padding."""

import numpy as np
import pytest

from s2s_lesson.data import Standardisation, pad_vectors
from s2s_lesson.data.vectors import are_vectors, vector_arrays, vector_pairs


def rows(*lengths, features=3):
    generator = np.random.default_rng(0)
    return [generator.normal(size=(length, features)) for length in lengths]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([[5, 6, 3], [7, 3]], False),
        ([[], [7, 3]], False),
        ([np.array([5, 3])], False),
        (rows(5, 2), True),
        ([[[0.5], [1.5]]], True),
        ([np.zeros((0, 3)), np.zeros((2, 3))], True),
        ([np.zeros((0, 3))], True),
        ([], False),
    ],
)
def test_vectors_are_told_from_ids(sources, expected):
    assert are_vectors(sources) is expected


def test_what_can_be_computed_with_becomes_float32():
    arrays = vector_arrays(iter([[[1, 2], [3, 4]], np.array([[0.5, 0.25]], "float16"), [[True, False]]]))
    assert [array.dtype.name for array in arrays] == ["float32"] * 3
    assert arrays[0].tolist() == [[1, 2], [3, 4]] and arrays[2].tolist() == [[1, 0]]
    ready = np.ones((2, 3), "float32")
    assert vector_arrays([ready])[0] is ready


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (
            np.array([[1, 2, np.nan]]),
            ValueError,
            "finite numbers in row 1 of signals; received nan at place 0, f",
        ),
        (
            np.array([[1, 2, 3], [1, -np.inf, 2]]),
            ValueError,
            "row 1 of .*; received -inf at place 1, feature 1",
        ),
        (np.array([[1e300, 0, 0]]), ValueError, "row 1 of .*; received inf at place 0, feature 0"),
        (
            np.ones((2, 2)),
            ValueError,
            "vectors of 3 features in every row, .*; received 2 in row 1 of signals",
        ),
        (np.ones(3), ValueError, "as row 1 of signals; received an array of shape .3,.*axis of length 1"),
        (np.ones((2, 3, 1)), ValueError, r"as row 1 of signals; received an array of shape \(2, 3, 1\)"),
        ([[1, 2, 3], [1, 2]], TypeError, "Expected numbers, .* as row 1 of signals; received list"),
        ([["a", "b", "c"]], TypeError, "Expected numbers, .* as row 1 of signals; received list"),
        (None, TypeError, "Expected numbers, .* as row 1 of signals; received NoneType"),
        (np.ones((1, 3), complex), TypeError, "Expected numbers, .* row 1 of signals; .* complex"),
    ],
)
def test_what_cannot_be_computed_with_is_refused_by_row_and_place(bad, error, message):
    with pytest.raises(error, match=message):
        vector_arrays([*rows(5), bad], "signals")


def test_pairs_are_checked_on_both_sides():
    pairs = vector_pairs(zip(rows(2, 5), ["a", "b"], strict=True))
    assert [(source.shape, text) for source, text in pairs] == [((2, 3), "a"), ((5, 3), "b")]
    for bad, message in [
        ([np.ones((2, 3))], "Expected an array and a text in row 0 of pairs; received ndarray"),
        ([(np.ones((2, 3)), "a", "b")], "Expected an array and a text in row 0 of pairs; received tuple"),
        ([(np.ones((2, 3)), 7)], "Expected a string as row 0 of the targets of pairs .*; received int 7"),
        ([(np.ones((2, 3)), "a"), ("b", "b")], "Expected numbers, .* as row 1 of the sources of pairs"),
    ]:
        with pytest.raises(TypeError, match=message):
            vector_pairs(bad)


def test_standardised_features_have_mean_0_and_deviation_1():
    sources = [3 + 1e4 * rows(101)[0], 3 - 1e-3 * rows(53)[0]]
    sources = [np.concatenate([source, np.full((len(source), 1), 0.7)], axis=1) for source in sources]
    sources = [source.astype("float32") for source in sources]
    standardisation = Standardisation.learned(sources)
    standardised = np.concatenate([standardisation(source) for source in sources])
    assert standardised.dtype == np.float32
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(standardised.std(axis=0)[:3], 1, rtol=1e-5)
    assert standardisation.scale[3] == 1  # a feature that never changes is not divided by nothing


@pytest.mark.parametrize("figures", [((1.0,), (0.0,)), ((1.0,), (1.0, 1.0)), ((np.nan,), (1.0,))])
def test_an_impossible_standardisation_is_refused(figures):
    with pytest.raises(ValueError, match="Expected a finite mean, and a scale above 0"):
        Standardisation(*figures)


def test_there_is_something_to_learn_a_standardisation_from():
    with pytest.raises(ValueError, match="Expected at least one vector"):
        Standardisation.learned([np.zeros((0, 3))])


def test_padding_is_0_and_the_mask_tells_it():
    sources = rows(2, 5)
    inputs = pad_vectors(sources, 7)
    assert inputs["source_vectors"].shape == (2, 7, 3) and inputs["source_vectors"].dtype == np.float32
    np.testing.assert_array_equal(inputs["source_mask"].sum(axis=1), [2, 5])
    np.testing.assert_allclose(inputs["source_vectors"][0, :2], sources[0], rtol=1e-6)
    assert not inputs["source_vectors"][~inputs["source_mask"]].any()
    with pytest.raises(ValueError, match="none longer than length=4; received 2 sequences of up to 5"):
        pad_vectors(sources, 4)
    with pytest.raises(ValueError, match="at least one sequence"):
        pad_vectors([])
