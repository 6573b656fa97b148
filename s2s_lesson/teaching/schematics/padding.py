"""A batch with padding: what a recurrent layer does where its mask says False."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

GREY, PADDING = COLORS["state"], "0.4"
HEIGHT = 4.0  # of a row


def plot_carried_state(rows: Sequence[Sequence[str]], ax: Axes | None = None) -> Axes:
    """Draw a batch of rows that differ in length, and their state on its way to the right.

    Where a row has a token, a box makes a new state. Where it has padding, the mask is 0, there is no box,
    and the state is carried over as it is.

    Args:
        rows: the tokens of each row, without padding; up to about ten in the longest for a phone.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no row, or one without a token.
    """
    if not len(rows) or not all(map(len, rows)):
        raise ValueError(
            f"Expected rows with a token or more; received {list(map(len, rows))} tokens."
            " Leave empty rows out."
        )
    shown = [[fonts.visible(token) for token in row] for row in rows]
    longest = max(map(len, shown))
    pitch = max(1.2, 0.36 * max(len(token) for row in shown for token in row))
    xs = pitch * np.arange(longest)
    end = xs[-1] + 1.5
    ax, inches = sheet(ax, (-2.7, end + 1.2), (0.6 - HEIGHT * len(rows), 1.3), min(0.34, 8.5 / (end + 4)))
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(
        lettering, ax, fontsize=size, fontfamily=fonts.families(token for row in shown for token in row)
    )
    for number, row in enumerate(shown):
        y = -HEIGHT * number
        write(-2.6, y - 1.5, "token", ha="left", color=GREY)
        write(-2.6, y - 2.4, "mask", ha="left", color=GREY)
        for x, token in zip(xs, row, strict=False):
            box(ax, x, y, 0.72, 0.72, COLORS["encoder"])
            arrow(ax, (x, y - 1.15), (x, y - 0.36), COLORS["encoder"], mutation_scale=8)
            write(x, y - 1.5, token, color="0.15")
            write(x, y - 2.4, "1", color="0.15")
        for x in xs[len(row) :]:
            write(x, y - 1.5, "pad", color=PADDING)
            write(x, y - 2.4, "0", color=PADDING)
        stops = [*xs[: len(row)], end]
        for place, one in enumerate(stops[:-1]):
            arrow(ax, (one + 0.36, y), (stops[place + 1] - 0.36, y), GREY, mutation_scale=8, linewidth=1.8)
        box(ax, end, y, 0.72, 0.72, GREY)
        write(end, y + 0.8, "state", color=GREY)
        if len(row) < longest:
            middle = (xs[len(row)] + xs[-1]) / 2
            write(middle, y + 0.45, "carried over", color=GREY)
    return ax
