"""Checks of the exercises of chapter 3's deeper page on the Transformer."""

import math

import numpy as np
from scipy.special import softmax

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    compare,
    exercise,
    expect_function,
    numbers,
    parts,
    returned_parts,
    run,
)


@exercise("3.7", "your function `may_see(ids)`, which returns bool (batch, length, length)")
def _who_may_see_what(answer, generator):
    expect_function(answer)
    length = int(generator.integers(5, 9))
    real = np.arange(length) < generator.permutation([1, 3, length])[:, None]
    ids = np.where(real, generator.integers(1, 10, real.shape), 0)
    triangle = np.tri(length, dtype=bool)
    right = triangle & real[:, None, :]
    mistakes = [
        (
            np.broadcast_to(triangle, right.shape),
            "Padding may be seen. Join the triangle with the real keys.",
        ),
        (
            np.broadcast_to(real[:, None, :], right.shape),
            "Every position sees what comes after it. Where is the triangle?",
        ),
        (
            triangle.T & real[:, None, :],
            "The triangle is the wrong way round: each position sees itself and what comes *after* it.",
        ),
        (
            triangle & real[:, :, None],
            "Padding is hidden as a query, along the rows. It has to be hidden as a key, along the columns.",
        ),
        (
            triangle | real[:, None, :],
            "A position may be seen where *both* masks allow it. You join them by 'or'.",
        ),
        (
            np.tri(length, k=-1, dtype=bool) & real[:, None, :],
            "A position may see itself, too: the diagonal belongs to the triangle.",
        ),
        (~right, "True should mean 'may be seen'; yours means 'is hidden'."),
    ]
    compare(run(answer, ids), right, "the mask", mistakes)


@exercise("3.8", "your function `turn(distance, units)`, which returns a matrix (units, units)")
def _turned_positions(answer, generator):
    from s2s_lesson.layers.positions import sinusoids

    expect_function(answer)
    for units in (4, 6):
        distance = int(generator.integers(1, 9))
        angles = distance * 10_000.0 ** (-np.arange(units // 2) / (units / 2))
        cos, sin = np.diag(np.cos(angles)), np.diag(np.sin(angles))
        right = np.block([[cos, -sin], [sin, cos]])
        table = numbers(sinusoids(distance + 7, units))
        their_matrix = numbers(run(answer, distance, units), "the matrix")
        mistakes = [
            (right.T, "This turns the other way, to the position *before*. Transpose it."),
            (np.eye(units), "This leaves every position where it is."),
            (
                _alternating(angles),
                "This fits sines and cosines that alternate. Here all sines come first, then all cosines.",
            ),
            (
                np.block([[cos, sin], [sin, cos]]),
                "One sign is wrong: sin(a + b) = sin a cos b + cos a sin b, "
                "but cos(a + b) = cos a cos b - sin a sin b.",
            ),
        ]
        compare(their_matrix, right, "the matrix", mistakes)
        compare(table[:7] @ their_matrix, table[distance:], "what the matrix makes of the positions")


@exercise(
    "3.9", "your function `next_output(vector, cache, kernels)`, which returns the output and the new cache"
)
def _cached_attention(answer, generator):
    expect_function(answer)
    sequence, width = generator.normal(size=(5, 6)), int(generator.integers(3, 8))
    kernels = [generator.normal(0, 0.5, (6, width)) for _ in range(3)]
    q, k, v = (sequence @ kernel for kernel in kernels)
    scores = q @ k.T

    def outputs(scores, seen):
        with np.errstate(all="ignore"):
            return softmax(np.where(seen, scores, -np.inf), axis=-1) @ v

    so_far = np.tri(5, dtype=bool)
    right = outputs(scores / math.sqrt(width), so_far)
    unseen = np.tri(5, k=-1, dtype=bool)
    unseen[0, 0] = True  # before the first one there is nothing to look at
    before = outputs(scores / math.sqrt(width), unseen)
    cache, theirs = (np.zeros((0, width)), np.zeros((0, width))), []
    for place, vector in enumerate(sequence):
        output, new_cache = returned_parts(2, answer, vector, cache, kernels)
        theirs.append(numbers(output, "the output").reshape(-1))
        if theirs[-1].shape != (width,):
            raise Hint(f"Expected an output of {width} numbers; received {theirs[-1].size}.")
        keys, values = (numbers(part, "the cache") for part in parts(new_cache, 2, "the new cache"))
        if len(keys) == place:
            raise Hint("The cache does not grow: the new position's key and value have to join it.")
        compare(
            keys,
            k[: place + 1],
            "the keys in the cache",
            [(v[: place + 1], "Keys and values have changed places.")],
        )
        compare(values, v[: place + 1], "the values in the cache")
        cache = new_cache
    mistakes = [
        (outputs(scores, so_far), "The scores are not divided by the root of the width."),
        (before, "A position has to see itself, too: first grow the cache, and then look."),
        (v, "Every output is the position's own value. Look at all positions so far."),
        (outputs(scores / width, so_far), "Divide by the *root* of the width, and not by the width."),
    ]
    compare(np.array(theirs), right, "the outputs", mistakes)


def _alternating(angles):
    """The matrix for sines and cosines that alternate."""
    matrix = np.zeros((2 * len(angles), 2 * len(angles)))
    for place, angle in enumerate(angles):
        cos, sin = math.cos(angle), math.sin(angle)
        matrix[2 * place : 2 * place + 2, 2 * place : 2 * place + 2] = [[cos, -sin], [sin, cos]]
    return matrix
