"""Forms of storage: how large the error of each may be, and what stays exact."""

import numpy as np
import pytest

from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.rounding import rounded, stored_form

KERNEL = np.random.default_rng(0).normal(0, [[1.0, 0.01, 100.0]], (67, 3)).astype("float32")


def test_float32_is_exact_and_float16_near():
    np.testing.assert_array_equal(rounded(KERNEL, "float32"), KERNEL)
    np.testing.assert_allclose(rounded(KERNEL, "float16"), KERNEL, rtol=2**-11, atol=1e-7)


@pytest.mark.parametrize("by_row", [False, True])
def test_whole_numbers_are_off_by_half_a_step_of_their_column_or_row(by_row):
    stored, scale = stored_form(KERNEL, "int8", by_row)
    axis = 1 if by_row else 0
    assert stored.dtype == np.int8 and scale.size == KERNEL.shape[1 - axis]
    step = np.abs(KERNEL).max(axis=axis, keepdims=True) / 127
    assert (np.abs(rounded(KERNEL, "int8", by_row) - KERNEL) <= step / 2 * 1.0001).all()


def test_a_column_of_zeros_and_numbers_too_large_stay_finite():
    assert rounded(np.zeros((3, 2)), "int8").tolist() == [[0, 0]] * 3
    assert np.isfinite(rounded(np.array([[1e9, -1e9]]), "float16")).all()


def test_vectors_are_not_made_whole_numbers():
    assert stored_form(np.array([0.1, 100.0]), "int8")[0].dtype == np.float16


def test_a_graph_holds_the_stored_form():
    sizes = {}
    for form in ("float32", "float16", "int8"):
        graph = Graph("weights", form)
        graph.output("restored", graph.weight("kernel", KERNEL), [67, 3])
        sizes[form] = graph.model().ByteSize()
    assert sizes["int8"] < sizes["float16"] < sizes["float32"]
