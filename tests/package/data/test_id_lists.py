"""IdLists: lists of ids in one array, which look like the lists that they are made of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.padding import id_lists_of

LISTS = st.lists(st.lists(st.integers(0, 97), max_size=5), max_size=11)


@given(LISTS, st.data())
def test_lists_come_back(lists, data):
    compact = id_lists_of(lists)
    assert [ids.tolist() for ids in compact] == lists and len(compact) == len(lists)
    assert compact.lengths.tolist() == list(map(len, lists))
    assert [ids.tolist() for ids in compact[1:3]] == lists[1:3]
    rows = np.array(data.draw(st.lists(st.booleans(), min_size=len(lists), max_size=len(lists))), bool)
    expected = [ids for ids, chosen in zip(lists, rows, strict=True) if chosen]
    assert [ids.tolist() for ids in compact.chosen(rows)] == expected


def test_the_last_ids():
    compact = id_lists_of([[5, 6, 3], [3], [7, 3]])
    assert compact.ids[compact.are_last()].tolist() == [3, 3, 3]
    assert compact.are_last().tolist() == [False, False, True, True, False, True]
    assert compact[-1].tolist() == [7, 3]
    assert id_lists_of(compact) is compact


def test_there_are_no_lists_beyond_the_last():
    with pytest.raises(IndexError):
        id_lists_of([[5], [7]])[2]


def test_lengths_must_add_up():
    with pytest.raises(ValueError, match="Expected lengths that add up to 3 ids; received 5"):
        IdLists(np.zeros(3, "int32"), np.array([2, 3]))


def test_the_row_that_holds_no_ids_is_named():
    with pytest.raises(TypeError, match="row 1 of source_ids"):
        id_lists_of([[5], [0.5]], "source_ids")
