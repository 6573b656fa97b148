"""The cells of recurrent networks: what an LSTM and a GRU do in one step."""

import functools

from matplotlib.axes import Axes
from matplotlib.patches import Circle

from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

GATE, STATE = COLORS["encoder"], COLORS["state"]
LEFT = -2.7  # where the lines begin: their names end before the first gate


def plot_lstm_cell(ax: Axes | None = None) -> Axes:
    """Draw one step of an LSTM: the cell state runs along the top, and three gates say what happens to it.

    The forget gate multiplies it, the input gate times the new content is added to it, and the output gate
    says how much of it is shown as the hidden state.

    Args:
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Source: Gers, Schmidhuber and Cummins 2000, doi:10.1162/089976600300015015.
    """
    ax, size = _cell_sheet(ax)
    write = functools.partial(lettering, ax, fontsize=size)
    forget, enter, new, show = 1.7, 4.0, 6.2, 8.5
    added, top, middle = 5.1, 4.6, 3.0

    _line(ax, [(LEFT, top), (10.9, top)], end=True)
    _inputs(ax, write, right=show)
    for x, name in ((forget, "forget"), (enter, "input"), (new, "new"), (show, "output")):
        _gate(ax, write, x, 1.4, name)
    arrow(ax, (forget, 1.85), (forget, top - 0.4), GATE)
    _sign(ax, forget, top, "×", size)
    arrow(ax, (enter, 1.85), (added - 0.3, middle - 0.25), GATE)
    arrow(ax, (new, 1.85), (added + 0.3, middle - 0.25), GATE)
    _sign(ax, added, middle, "×", size)
    arrow(ax, (added, middle + 0.4), (added, top - 0.4), GATE)
    _sign(ax, added, top, "+", size)
    arrow(ax, (show, top), (show, middle + 0.4), STATE)
    arrow(ax, (show, 1.85), (show, middle - 0.4), GATE)
    _sign(ax, show, middle, "×", size)
    arrow(ax, (show + 0.4, middle), (10.9, middle), STATE, linewidth=1.8)
    write(LEFT, top + 0.85, "cell state before", ha="left", color=STATE)
    write(10.9, top + 0.85, "cell state", ha="right", color=STATE)
    write(10.9, middle + 0.45, "hidden", ha="right", color=STATE)
    write(show - 0.2, 3.85, "tanh", ha="right", color=STATE)
    return ax


def plot_gru_cell(ax: Axes | None = None) -> Axes:
    """Draw one step of a GRU: of its one state a gate keeps the share z, and 1 - z of new content comes in.

    The reset gate says how much of the state before the new content is made from: before the product with its
    weights, as in the third version of the paper on arXiv.

    Args:
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Source: Cho et al. 2014, arXiv:1406.1078.
    """
    ax, size = _cell_sheet(ax)
    write = functools.partial(lettering, ax, fontsize=size)
    reset, new, keep = 1.7, 4.6, 8.0
    top, middle, plus = 4.6, 3.0, 9.7

    _line(ax, [(LEFT, top), (10.9, top)], end=True)
    _inputs(ax, write, right=keep)
    _gate(ax, write, reset, 1.4, "reset")
    _gate(ax, write, new, middle, "new", reads_hidden=False)  # it reads what the reset gate lets through
    _gate(ax, write, keep, 1.4, "keep")
    arrow(ax, (reset, 1.85), (reset, middle - 0.4), GATE)
    arrow(ax, (reset, top), (reset, middle + 0.4), STATE)
    _sign(ax, reset, middle, "×", size)
    arrow(ax, (reset + 0.4, middle), (new - 1.0, middle), STATE)
    arrow(ax, (keep, 1.85), (keep, top - 0.4), GATE)
    _sign(ax, keep, top, "×", size)
    share = 6.6
    arrow(ax, (new + 1.0, middle), (share - 0.4, middle), GATE)
    _line(ax, [(keep - 1.0, 1.4), (share, 1.4)], color=GATE)
    arrow(ax, (share, 1.4), (share, middle - 0.4), GATE)
    _sign(ax, share, middle, "×", size)
    _line(ax, [(share + 0.4, middle), (plus, middle)], color=GATE)
    arrow(ax, (plus, middle), (plus, top - 0.4), GATE)
    _sign(ax, plus, top, "+", size)
    write(LEFT, top + 0.85, "hidden before", ha="left", color=STATE)
    write(10.9, top + 0.85, "hidden", ha="right", color=STATE)
    write(keep + 0.2, 3.85, "z", ha="left", color=GATE)
    write(share - 0.2, 2.05, "1 \N{MINUS SIGN} z", ha="right", color=GATE)
    return ax


def _cell_sheet(ax):
    """A sheet for one cell, and the size of its letters in points."""
    ax, inches = sheet(ax, (LEFT - 0.2, 11.1), (-1.7, 5.9), 0.34)
    return ax, 32 * inches  # 32 makes letters not quite half a unit high


def _inputs(ax, write, right):
    """What both cells read: the hidden state before, and the vector that comes in."""
    _line(ax, [(LEFT, 0), (right, 0)])
    _line(ax, [(LEFT, -0.75), (right, -0.75)], color="0.55")
    write(LEFT, 0.4, "hidden before", ha="left", color=STATE)
    write(LEFT, -1.25, "vector that comes in", ha="left", color="0.35")


def _gate(ax, write, x, y, name, reads_hidden=True):
    """A gate, or the new content: a small layer that reads the vector and, as a rule, the hidden state."""
    arrow(ax, (x, -0.75), (x, y - 0.45), STATE)
    for height in (-0.75, 0) if reads_hidden else (-0.75,):
        ax.plot(x, height, "o", color=STATE, markersize=4, zorder=3)
    box(ax, x, y, 1.95, 0.85, GATE)
    write(x, y, name, color="white")


def _line(ax, points, end=False, color=STATE):
    """A line through points, with an arrowhead where it ends."""
    ax.plot(*zip(*points, strict=True), color=color, linewidth=1.8, zorder=1, solid_capstyle="round")
    if end:
        arrow(ax, points[-2], points[-1], color, linewidth=1.8)


def _sign(ax, x, y, sign, size):
    """A circle in which two streams are multiplied or added."""
    ax.add_patch(Circle((x, y), 0.4, facecolor="white", edgecolor=STATE, zorder=3))
    lettering(ax, x, y, sign, fontsize=1.2 * size, color="0.15")
