"""Padding: lists of ids as one array, and what a decoder reads of the targets."""

import numpy as np
import pytest

from s2s_lesson.data import Vocabulary, pad, shift_right
from s2s_lesson.data.padding import check_padding, whole_ids


def test_pad_fills_up_on_the_right():
    assert pad([[5, 6], [7]]).tolist() == [[5, 6], [7, 0]]
    assert pad([[5, 6], [7]], length=3).tolist() == [[5, 6, 0], [7, 0, 0]]
    assert pad([[5]]).dtype == "int32"


def test_decoder_inputs_are_targets_shifted_right():
    targets = np.array([[5, 6, 7, 3], [8, 3, 0, 0], [3, 0, 0, 0]])
    assert shift_right(targets).tolist() == [[2, 5, 6, 7], [2, 8, 0, 0], [2, 0, 0, 0]]


NO_IDS = [
    ([5.0, 6.5], TypeError, r"whole numbers; received \[5.0, 6.5\], of the type float64"),
    (np.array([5.0]), TypeError, "whole numbers"),
    ([5, float("nan")], TypeError, "whole numbers"),
    ([True, False], TypeError, "of the type bool"),
    (["5"], TypeError, "whole numbers"),
    ([5, -1], ValueError, "from 0 to 2147483647; received -1 to 5"),
    (np.array([5, 2**40]), ValueError, "received 5 to 1099511627776"),
    ([[5]], ValueError, r"one list of ids; received an array of shape \(1, 1\)"),
]


@pytest.mark.parametrize(("ids", "error", "message"), NO_IDS)
def test_what_is_no_id_is_an_error_and_not_cut_off(ids, error, message):
    with pytest.raises(error, match=f"Expected ids .*{message}"):
        whole_ids(ids)
    with pytest.raises(error, match=message):
        pad([[7], ids])
    assert whole_ids([]).tolist() == [] and pad([[7], []]).tolist() == [[7], [0]]


@pytest.mark.parametrize("id_lists", [[], [[5, 6, 7]]])
def test_lists_that_do_not_fit_are_an_error(id_lists):
    with pytest.raises(ValueError, match=r"at least one list of ids, none longer than length=2; received"):
        pad(id_lists, length=2)


@pytest.mark.parametrize("index", [4.0, np.float32(4), None, "4"])
def test_a_vocabulary_decodes_whole_numbers_alone(index):
    with pytest.raises(TypeError, match=r"Expected ids, whole numbers; received \w+ "):
        Vocabulary(["a", "b"]).decode([5, index])
    assert Vocabulary(["a", "b"]).decode(np.array([5, 4, 3])) == ["b", "a"]


def test_targets_that_are_no_ids_are_not_shifted():
    with pytest.raises(TypeError, match="Expected targets as whole numbers; received float64"):
        shift_right(np.array([[5.0, 3.0]]))


@pytest.mark.parametrize("rows", [[[1, 1, 1]], [[1, 1, 0], [0, 0, 0]], [[1, 0, 0]]])
def test_padding_on_the_right_is_as_it_should_be(rows):
    check_padding(np.array(rows, bool), "source_ids")


@pytest.mark.parametrize("rows", [[[1, 1, 0], [0, 1, 1]], [[1, 1, 1], [1, 0, 1]]])
def test_a_real_token_after_padding_is_an_error_that_names_the_row(rows):
    with pytest.raises(ValueError, match=r"source_ids with padding on the right alone; .* in row 1. Put"):
        check_padding(np.array(rows, bool), "source_ids")
