"""Padding: lists of ids as one array, and what a decoder reads of the targets."""

import numpy as np

from s2s_lesson.data import pad, shift_right


def test_pad_fills_up_on_the_right():
    assert pad([[5, 6], [7]]).tolist() == [[5, 6], [7, 0]]
    assert pad([[5, 6], [7]], length=3).tolist() == [[5, 6, 0], [7, 0, 0]]
    assert pad([[5]]).dtype == "int32"


def test_decoder_inputs_are_targets_shifted_right():
    targets = np.array([[5, 6, 7, 3], [8, 3, 0, 0], [3, 0, 0, 0]])
    assert shift_right(targets).tolist() == [[2, 5, 6, 7], [2, 8, 0, 0], [2, 0, 0, 0]]
