"""Averages of weights: means in float64, of the type they had, and of floats alone."""

import numpy as np
import pytest

from s2s_lesson.training import average_weights
from s2s_lesson.training.averaging import EpochWeights


def test_floats_are_averaged_in_float64_and_all_else_is_that_of_the_last():
    small = np.float32(1) + np.float32(2**-23)
    values, counts = (small, 1, 1, 1, 1), (5, 7, 7, 7, 11)
    several = [
        [np.full((2, 3), value, "float32"), np.array(count, "int32")]
        for value, count in zip(values, counts, strict=True)
    ]
    numbers, count = average_weights(iter(several))
    assert numbers.dtype == "float32" and count.dtype == "int32" and count == 11
    expected = np.float32(np.mean(np.array(values, "float64")))
    np.testing.assert_array_equal(numbers, np.full((2, 3), expected))
    (half,) = average_weights([[np.array([60000], "float16")]] * 3)
    assert half.dtype == "float16" and half == 60000  # their sum is too large for float16


def test_weights_of_different_models_and_none_are_refused():
    with pytest.raises(ValueError, match="Expected the weights of one model at several times"):
        average_weights([[np.zeros(2)], [np.zeros(3)]])
    with pytest.raises(ValueError, match="Expected the weights of at least one time; received none"):
        average_weights([])


def test_weights_of_epochs_come_back_from_their_files_as_they_were(tmp_path):
    weights = [np.random.default_rng(epoch).normal(size=(3, 5)).astype("float32") for epoch in range(3)]
    kept = EpochWeights(tmp_path)
    for epoch in (2, 11, 1):
        kept.add(epoch, [weights[epoch % 3], np.array(epoch)])
    again = EpochWeights(tmp_path)
    assert again.epochs() == [1, 2, 11]
    np.testing.assert_array_equal(again.average([1])[0], weights[1])
    assert again.average([11, 1, 2])[1] == 11
    again.keep_only([2, 11])
    assert kept.epochs() == [2, 11]
