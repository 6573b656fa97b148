"""Length buckets: as little padding as so many shapes allow, and unlike shapes first."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.data.buckets import length_buckets, unlike_shapes_first

LENGTHS = st.lists(st.integers(1, 11), min_size=1, max_size=23)


def padded(lengths, edges):
    """How many positions there are where each row is as long as the next edge."""
    return sum(min(edge for edge in edges if edge >= length) for length in lengths)


@settings(max_examples=50)
@given(LENGTHS, st.integers(1, 5))
def test_no_other_ranges_have_less_padding(lengths, parts):
    lengths = np.array(lengths)
    buckets = length_buckets(lengths, np.ones_like(lengths), parts, 1)
    assert sorted(np.concatenate(buckets).tolist()) == list(range(len(lengths)))
    assert len(buckets) <= parts
    positions = sum(len(rows) * lengths[rows].max() for rows in buckets)
    values = np.unique(lengths).tolist()
    others = combinations(values[:-1], min(parts, len(values)) - 1)
    assert positions == min(padded(lengths, [*edges, values[-1]]) for edges in others)


def test_targets_are_split_within_each_range_of_sources():
    source_lengths, target_lengths = np.array([2, 7, 2, 7, 2]), np.array([3, 5, 11, 5, 3])
    buckets = length_buckets(source_lengths, target_lengths, 2, 2)
    assert [rows.tolist() for rows in buckets] == [[0, 4], [2], [1, 3]]


@pytest.mark.parametrize(
    ("shapes", "first_two"),
    [
        ([(2, 3), (2, 3), (2, 5)], [(2, 3), (2, 5)]),
        ([(2, 3), (2, 5), (7, 5), (7, 3)], [(2, 3), (7, 5)]),
        ([(2, 3)], [(2, 3)]),
    ],
)
def test_the_first_two_batches_are_as_unlike_as_can_be(shapes, first_two):
    batches = [(bucket, np.array([bucket])) for bucket in range(len(shapes))]
    ordered = unlike_shapes_first(batches, shapes)
    assert [shapes[bucket] for bucket, _ in ordered[:2]] == first_two
    assert sorted(bucket for bucket, _ in ordered) == list(range(len(shapes)))
