"""Recurrent networks as pictures: one that is unrolled over its steps, and five kinds of problems."""

import functools
import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.data.expected import checked
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

# Kind -> the steps at which something is read, and those at which something is written.
KINDS = {
    "one to\none": ([0], [0]),
    "one to\nmany": ([0], [0, 1, 2]),
    "many to\none": ([0, 1, 2], [2]),
    "many to\nmany,\nunaligned": ([0, 1, 2], [3, 4]),
    "many to\nmany,\naligned": ([0, 1, 2], [0, 1, 2]),
}


@checked
def plot_unrolled_rnn(
    tokens: Sequence[str], ax: Axes | None = None, *, part: Literal["encoder", "decoder"] = "encoder"
) -> Axes:
    """Draw a recurrent network twice: as one cell with a loop, and unrolled over the tokens that it reads.

    Args:
        tokens: what it reads, in order; one to about six for a phone.
        ax: where to draw; None makes a new figure.
        part: the part of the model that it is, "encoder" or "decoder", which gives the colour.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token.
    """
    if not len(tokens):
        raise ValueError("Expected at least one token for the network to read; received none. Give one.")
    read, color = [fonts.visible(token) for token in tokens], COLORS[part]
    steps = 4.2 + 2.3 * np.arange(len(read))
    ax, inches = sheet(ax, (-1.1, steps[-1] + 1.9), (-2.2, 2.6), min(0.44, 8.5 / (steps[-1] + 3)))
    size = 33 * inches  # points: 33 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontfamily=fonts.families(read), fontsize=size)

    outputs = [f"output {number}" for number in range(1, len(read) + 1)]
    for x, token, output in [(0, "token", "output"), *zip(steps, read, outputs, strict=True)]:
        box(ax, x, 0, 1.3, 1.3, color)
        write(x, 0, "cell", color="white")
        arrow(ax, (x, -1.45), (x, -0.65), color)
        arrow(ax, (x, 0.65), (x, 1.45), color)
        write(x, -1.8, token, color="0.15")
        write(x, 1.85, output, color=color, fontsize=0.85 * size)
    arrow(ax, (0.65, 0.25), (0.65, -0.25), COLORS["state"], connectionstyle="arc3,rad=-2.2", linewidth=1.8)
    write(2.35, 0, "=", color="0.15", fontsize=1.5 * size)
    for one, other in itertools.pairwise([*steps, steps[-1] + 2.3]):
        arrow(ax, (one + 0.65, 0), (other - 0.65, 0), COLORS["state"], linewidth=1.8)
        write((one + other) / 2, 0.45, "state", color=COLORS["state"], fontsize=0.72 * size)
    return ax


def plot_kinds_of_problems(ax: Axes | None = None) -> Axes:
    """Draw the five kinds of problems by their steps: what is read at the bottom, what is written on top.

    Args:
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Source: Karpathy 2015, https://karpathy.github.io/2015/05/21/rnn-effectiveness/.
    """
    widths = [max(2.2, 1 + max(reads + writes)) for reads, writes in KINDS.values()]
    lefts = np.cumsum([0, *(width + 0.7 for width in widths[:-1])])
    right = lefts[-1] + widths[-1]
    ax, inches = sheet(ax, (-0.6, right + 0.4), (-2.5, 4.4), min(0.36, 8.5 / right))
    size = 44 * inches  # points: 44 makes letters 0.6 units high
    for (name, (reads, writes)), left, width in zip(KINDS.items(), lefts, widths, strict=True):
        count = 1 + max(reads + writes)
        xs = left + (width - count) / 2 + 0.5 + np.arange(count)
        for x in xs:
            box(ax, x, 2.2, 0.62, 0.8, COLORS["state"])
        for one, other in itertools.pairwise(xs):
            arrow(ax, (one + 0.3, 2.2), (other - 0.3, 2.2), COLORS["state"], mutation_scale=7)
        for step in reads:
            box(ax, xs[step], 0.6, 0.62, 0.8, COLORS["encoder"])
            arrow(ax, (xs[step], 1.0), (xs[step], 1.8), COLORS["encoder"], mutation_scale=7)
        for step in writes:
            box(ax, xs[step], 3.8, 0.62, 0.8, COLORS["decoder"])
            arrow(ax, (xs[step], 2.6), (xs[step], 3.4), COLORS["decoder"], mutation_scale=7)
        lettering(ax, left + width / 2, -0.2, name, va="top", fontsize=size, color="0.15")
    return ax
