"""Nested arrays: any structure comes back as what it was, with other leaves."""

import copy
from collections import OrderedDict, defaultdict
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from s2s_lesson.search.arrays import as_numpy, leaves, map_leaves, take_rows, with_leaves


class Memory(NamedTuple):
    read: object
    written: object


def default_dict(parts):
    return defaultdict(list, parts)


KINDS = {
    "dict": (lambda one, two: {"a": one, "b": two}),
    "OrderedDict": (lambda one, two: OrderedDict([("a", one), ("b", two)])),
    "defaultdict": (lambda one, two: default_dict({"a": one, "b": two})),
    "list": (lambda one, two: [one, two]),
    "tuple": (lambda one, two: (one, two)),
    "namedtuple": Memory,
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_structure_comes_back_with_other_leaves(kind):
    make = KINDS[kind]
    nested = make(2, make(3, None))
    assert leaves(nested) == [2, 3, None]
    assert with_leaves(nested, [5, 7, 11]) == make(5, make(7, 11))
    assert map_leaves(lambda leaf: [leaf], nested) == make([2], make([3], [None]))
    assert nested == make(2, make(3, None))
    for made in (with_leaves(nested, [5, 7, 11]), map_leaves(str, nested)):
        assert type(made) is type(nested) and leaves(made) != leaves(nested)


def test_a_defaultdict_keeps_its_factory_and_a_dict_its_order():
    made = map_leaves(str, default_dict({"b": 2, "a": 3}))
    assert made.default_factory is list and list(made) == ["b", "a"]


def test_the_order_of_leaves_is_that_of_the_keys_whatever_came_first():
    one, other = {"b": 2, "a": {7: 3, "c": 5}}, {"a": {"c": 5, 7: 3}, "b": 2}
    assert leaves(one) == leaves(other) == [3, 5, 2]
    expected = {"b": 17, "a": {7: 11, "c": 13}}
    assert with_leaves(one, [11, 13, 17]) == with_leaves(other, [11, 13, 17]) == expected


@pytest.mark.parametrize("leaf", [None, 7, "text", np.zeros((2, 3))], ids=["None", "number", "text", "array"])
def test_what_is_no_structure_is_a_leaf(leaf):
    assert leaves(leaf)[0] is leaf
    assert map_leaves(lambda one: one, leaf) is leaf
    assert with_leaves(leaf, [11]) == 11


@pytest.mark.parametrize("empty", [{}, [], ()])
def test_an_empty_structure_has_no_leaf(empty):
    assert leaves(empty) == [] and with_leaves(empty, []) == empty


STRUCTURES = st.recursive(
    st.none() | st.integers(),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.lists(parts, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), parts, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), parts, max_size=3).map(default_dict)
        | st.builds(Memory, parts, parts)
    ),
    max_leaves=11,
)


@given(STRUCTURES)
def test_leaves_and_structure_together_are_the_whole(nested):
    before = copy.deepcopy(nested)
    numbered = with_leaves(nested, list(range(len(leaves(nested)))))
    assert leaves(numbered) == list(range(len(leaves(nested))))
    assert with_leaves(numbered, leaves(nested)) == nested == before


def test_rows_are_taken_of_numpy_arrays_and_of_tensors_each_as_it_is():
    array, rows = np.arange(2 * 3 * 5).reshape(2, 3, 5), np.array([1, 1, 0])
    taken = take_rows(array, rows)
    assert type(taken) is np.ndarray
    np.testing.assert_array_equal(taken, array[[1, 1, 0]])
    tensor = take_rows(ops.convert_to_tensor(array), rows)
    assert ops.is_tensor(tensor) and type(as_numpy(tensor)) is np.ndarray
    np.testing.assert_array_equal(as_numpy(tensor), taken)
    assert as_numpy([[2, 3]]).tolist() == [[2, 3]]
