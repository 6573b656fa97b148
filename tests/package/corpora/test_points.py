import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.corpora import points

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.25, 0.25]], "float32")


def signed_area(corners):
    """Positive where the corners go round counter-clockwise."""
    following = np.roll(corners, -1, axis=0)
    return (corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum() / 2


@given(size=st.integers(1, 5), length=st.integers(1, 13), seed=st.integers(0, 999))
def test_positions_sort_the_numbers(size, length, seed):
    vectors, positions = points.sorting(size, length, seed)
    assert len(vectors) == len(positions) == size
    for numbers, order in zip(vectors, positions, strict=True):
        assert numbers.shape == (length, 1) and numbers.dtype == "float32"
        assert (numbers >= 0).all() and (numbers < 1).all()
        assert sorted(order) == list(range(length))
        assert (np.diff(numbers[order, 0]) >= 0).all()


@given(counts=st.tuples(st.integers(3, 7), st.integers(7, 13)), seed=st.integers(0, 999))
def test_hulls_go_round_all_points(counts, seed):
    vectors, positions = points.convex_hulls(3, *counts, seed)
    for source, hull in zip(vectors, positions, strict=True):
        assert source.dtype == "float32" and source.shape[1] == 2
        assert counts[0] <= len(source) <= counts[1]
        assert hull[0] == min(hull) and len(set(hull)) == len(hull) >= 3
        corners = source[hull].astype("float64")
        assert signed_area(corners) > 0
        sides = np.roll(corners, -1, axis=0) - corners
        reach = source[None] - corners[:, None]  # (corners, points, 2)
        turns = sides[:, None, 0] * reach[..., 1] - sides[:, None, 1] * reach[..., 0]
        assert (turns > -1e-6).all()  # every point lies to the left of every side
        assert points.is_simple_polygon(source, hull)
        assert points.polygon_area(corners) == pytest.approx(signed_area(corners))


def test_all_counts_occur():
    vectors, _ = points.convex_hulls(200, 5, 7)
    assert {len(source) for source in vectors} == {5, 6, 7}


def test_the_seed_decides():
    for draw in (lambda seed: points.sorting(3, 5, seed), lambda seed: points.convex_hulls(3, 5, 7, seed)):
        assert np.array_equal(np.concatenate(draw(0)[0]), np.concatenate(draw(0)[0]))
        assert not np.array_equal(np.concatenate(draw(0)[0])[:5], np.concatenate(draw(1)[0])[:5])
        assert not np.array_equal(np.concatenate(draw((0, 1))[0])[:5], np.concatenate(draw((0, 2))[0])[:5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: points.sorting(0, 3), "Expected size of at least 1; received 0"),
        (lambda: points.sorting(3, 0), "Expected length of at least 1; received 0"),
        (lambda: points.convex_hulls(3, 2, 5), "Expected min_points of at least 3; received 2"),
        (lambda: points.convex_hulls(3, 7, 5), "Expected max_points of at least min_points=7; received 5"),
    ],
)
def test_impossible_sizes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("positions", "same"),
    [
        ([0, 1, 2, 3], True),
        ([2, 3, 0, 1], True),
        ([1, 0, 3, 2], True),  # the other way round
        ([0, 2, 1, 3], False),
        ([0, 1, 2], False),
        ([0, 1, 2, 3, 0], False),
        ([], False),
    ],
)
def test_same_polygon(positions, same):
    assert points.same_polygon(positions, [0, 1, 2, 3]) == same


@pytest.mark.parametrize(
    ("positions", "simple"),
    [
        ([0, 1, 2, 3], True),
        ([3, 2, 1, 0], True),
        ([0, 1, 4], True),
        ([0, 1, 4, 3], True),  # a corner that points inwards
        ([0, 2, 1, 3], False),  # two sides cross
        ([0, 1, 2, 4], True),  # a flat corner
        ([0, 4, 2], False),  # no area
        ([0, 1, 0, 2], False),  # a corner twice
        ([0, 1], False),
    ],
)
def test_simple_polygons(positions, simple):
    assert points.is_simple_polygon(SQUARE, positions) == simple


def test_hull_scores():
    hulls = [[1, 2, 3, 0], [0, 1, 2], [0, 2, 1, 3], [0, 1, 4, 3]]
    scores = points.hull_scores([SQUARE] * 4, hulls, [[0, 1, 2, 3]] * 4)
    assert scores == {"accuracy": 0.25, "simple": 0.75, "area": pytest.approx((1 + 0.5 + 0.25) / 3)}
    assert points.hull_scores([SQUARE], [[]], [[0, 1, 2, 3]])["area"] is None
