"""Tasks whose answers are positions of their source: sorting real numbers, and convex hulls of points."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import numpy as np

from s2s_lesson import _extras
from s2s_lesson.data.expected import PositiveInt, Range, Seed, checked, expect
from s2s_lesson.data.memory import expect_memory

NUMBER_BYTES = 12  # a number and its position
Points: TypeAlias = Annotated[int, Range(3)]  # fewer have no hull


@checked
def sorting(
    size: PositiveInt, length: PositiveInt, seed: Seed | Sequence[int] = 0
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Draw rows of numbers to sort.

    Args:
        size: int. Rows.
        length: int. Numbers in a row.
        seed: int or sequence of int.

    Returns:
        vectors: list of float32 (length, 1), uniform in [0, 1).
        positions: list of int (length,): those of the smallest number, of the next one, and so on, counted
            from 0. Of equal numbers the first comes first.

    Raises:
        ValueError: a size is below 1.
    """
    expect_memory("size", size, NUMBER_BYTES * size * length)
    numbers = np.random.default_rng(seed).random((size, length), "float32")
    return list(numbers[:, :, None]), list(np.argsort(numbers, axis=1, kind="stable"))


@checked
def convex_hulls(
    size: PositiveInt, min_points: Points, max_points: Points, seed: Seed | Sequence[int] = 0
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Draw points and find the corners of their convex hull.

    Args:
        size: int. Sets of points.
        min_points, max_points: int, at least 3. Points in a set, both included, all counts equally likely.
        seed: int or sequence of int.

    Returns:
        vectors: list of float32 (points, 2), uniform in the unit square.
        positions: list of int (corners,): the corners' positions, counted from 0, counter-clockwise from the
            lowest one. Vinyals et al. give the first corner once more at the end; we do not.

    Raises:
        ValueError: a size is out of range.

    Source: Vinyals et al. 2015, section 3.1, arXiv:1506.03134.
    """
    expect("max_points", max_points, max_points >= min_points, f"of at least min_points={min_points}")
    expect_memory("size", size, NUMBER_BYTES * size * (min_points + max_points))
    generator = np.random.default_rng(seed)
    counts = generator.integers(min_points, max_points + 1, size)
    vectors = [generator.random((count, 2), "float32") for count in counts]
    return vectors, [hull_positions(points) for points in vectors]


def hull_positions(points: np.ndarray) -> np.ndarray:
    """Find the corners of the convex hull of points, by scipy's Qhull.

    Args:
        points: float (points, 2), not all on one line.

    Returns:
        int (corners,): positions, counter-clockwise from the lowest one.
    """
    with _extras.named():
        from scipy.spatial import ConvexHull

    corners = ConvexHull(points).vertices  # counter-clockwise
    return np.roll(corners, -corners.argmin())


def same_polygon(positions: Sequence[int], others: Sequence[int]) -> bool:
    """Tell whether two rows of corners are the same polygon, wherever and in whatever direction they begin.

    Args:
        positions, others: sequences of int.

    Returns:
        bool.
    """
    positions, others = list(positions), list(others)
    if sorted(positions) != sorted(others):
        return False
    for order in (others, others[::-1]):
        if any(order[start:] + order[:start] == positions for start in range(max(len(order), 1))):
            return True
    return False


def is_simple_polygon(points: np.ndarray, positions: Sequence[int]) -> bool:
    """Tell whether corners, joined in their order, make a polygon that nowhere meets itself.

    Args:
        points: float (points, 2).
        positions: sequence of int.

    Returns:
        bool. False below 3 corners, and where a corner occurs twice.
    """
    count = len(positions)
    if count < 3 or len(set(positions)) < count:
        return False
    corners = np.asarray(points, "float64")[list(positions)]
    sides = [(corners[i], corners[(i + 1) % count]) for i in range(count)]
    apart = [(i, j) for i in range(count) for j in range(i + 2, count) if (i, j) != (0, count - 1)]
    return not any(_cross(*sides[i], *sides[j]) for i, j in apart) and polygon_area(corners) > 0


def polygon_area(corners: np.ndarray) -> float:
    """Area of a simple polygon, by the shoelace formula.

    Args:
        corners: float (corners, 2), in their order, either way round.

    Returns:
        float.
    """
    x, y = np.asarray(corners, "float64").T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def hull_scores(
    vectors: Sequence[np.ndarray], answers: Sequence[Sequence[int]], positions: Sequence[Sequence[int]]
) -> dict[str, float | None]:
    """Score answers as Vinyals et al. do.

    Args:
        vectors: list of float (points, 2).
        answers: list of sequences of int, the answers.
        positions: list of sequences of int, the true hulls.

    Returns:
        dict: ``accuracy``, share of answers that are the true polygon; ``simple``, share that are simple
        polygons; ``area``, the mean over these of the polygon's area over the true hull's, or None where
        there is none.

    Source: Vinyals et al. 2015, section 4.2, arXiv:1506.03134.
    """
    areas = []
    for points, answer, hull in zip(vectors, answers, positions, strict=True):
        if is_simple_polygon(points, answer):
            areas.append(polygon_area(points[list(answer)]) / polygon_area(points[list(hull)]))
    pairs = zip(answers, positions, strict=True)
    return {
        "accuracy": sum(same_polygon(answer, hull) for answer, hull in pairs) / len(positions),
        "simple": len(areas) / len(positions),
        "area": float(np.mean(areas)) if areas else None,
    }


def _cross(a, b, c, d):
    """Whether the segments ab and cd meet."""
    turns = [_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)]
    return turns[0] * turns[1] <= 0 and turns[2] * turns[3] <= 0


def _turn(a, b, c):
    """The side of the line from a to b on which c lies: 1 left, -1 right, 0 on it."""
    return np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
