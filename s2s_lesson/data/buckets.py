"""Length buckets: pairs of about the same length together, so that little is padded and shapes are few."""

import itertools
from collections.abc import Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveInt, checked

Batch = tuple[int, np.ndarray]  # the number of its bucket, and its pairs


@checked
def length_buckets(
    source_lengths: np.ndarray,
    target_lengths: np.ndarray,
    source_buckets: PositiveInt,
    target_buckets: PositiveInt,
) -> list[np.ndarray]:
    """Put pairs of about the same lengths together: by source length and, within these, by target length.

    Args:
        source_lengths: int (pairs,), in tokens.
        target_lengths: int (pairs,), in tokens.
        source_buckets: int. Ranges of source length, at most.
        target_buckets: int. Ranges of target length within each, at most.

    Returns:
        list of int arrays, the pairs of each bucket. The ranges are those with the least padding.
    """
    buckets = []
    for rows in _split(np.arange(len(source_lengths)), source_lengths, source_buckets):
        buckets.extend(_split(rows, target_lengths[rows], target_buckets))
    return buckets


def _split(rows, lengths, parts):
    """Split rows into at most so many ranges of length, with the least padding that this allows."""
    part_of_row = np.searchsorted(_upper_edges(lengths, parts), lengths)
    return [rows[part_of_row == part] for part in np.unique(part_of_row)]


def _upper_edges(lengths, parts):
    """Choose the lengths to which rows are padded, by dynamic programming over the distinct lengths.

    least[j] is the least number of positions for all rows up to the j-th length: for each further edge, the
    rows between two edges are padded to the upper one.
    """
    values, counts = np.unique(lengths, return_counts=True)
    rows_up_to = np.concatenate([[0], np.cumsum(counts)])
    cost = values[None, :] * (rows_up_to[None, 1:] - rows_up_to[:-1, None])  # from i-th to j-th length
    cost = np.where(np.tri(len(values), k=-1, dtype=bool), np.inf, cost)
    least, choices = cost[0], []
    for _ in range(min(parts, len(values)) - 1):
        total = np.concatenate([[np.inf], least[:-1]])[:, None] + cost
        choices.append(total.argmin(axis=0))
        least = total.min(axis=0)
    edges = [len(values) - 1]
    for choice in reversed(choices):
        edges.append(choice[edges[-1]] - 1)
    return values[edges[::-1]]


def unlike_shapes_first(batches: list[Batch], shapes: Sequence[tuple[int, int]]) -> list[Batch]:
    """Let the first two batches differ in as many axes as can be.

    TensorFlow takes an axis in which these two agree to be of fixed size: ``keras.Model.fit`` fails where a
    later batch differs, and ``train_on_batch`` traces the model once more.

    Args:
        batches: list of pairs, the number of a bucket and the pairs of the batch, int (batch,).
        shapes: list of pairs of int, the source and target length of each bucket.

    Returns:
        list, the same batches.
    """
    first_of_shape: dict[tuple[int, ...], int] = {}
    for index, (bucket, rows) in enumerate(batches):
        first_of_shape.setdefault((len(rows), *shapes[bucket]), index)
    pairs = list(itertools.combinations(first_of_shape, 2))
    if not pairs:
        return batches
    unlike = max(pairs, key=lambda pair: np.not_equal(*pair) @ (1, 2, 2))
    front = [first_of_shape[shape] for shape in unlike]
    rest = [batch for index, batch in enumerate(batches) if index not in front]
    return [*(batches[index] for index in front), *rest]
