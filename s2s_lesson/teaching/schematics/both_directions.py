"""An encoder that reads in both directions, and the bridge from its final state to the decoder."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

BLUE, GREY = COLORS["encoder"], COLORS["state"]
PALE = "#B9CFE0"  # what plays no part in the output that is looked at
FORWARDS, BACKWARDS, OUTPUT = 1.7, 3.1, 4.7  # heights
ASIDE = 0.36  # how far the forward reader stands to the left of its token, the backward one to the right


@checked
def plot_two_readers(tokens: Sequence[str], position: NonNegativeInt, ax: Axes | None = None) -> Axes:
    """Draw the two readers of a bidirectional encoder, and what one of its outputs is made of.

    Boxes of the forward reader are filled, those of the backward one outlines. What the output depends on is
    strong, the rest pale: the tokens up to the position reach it through the one, those from there on
    through the other. Grey arrows lead out where each reader ends: the two halves of the final state.

    Args:
        tokens: what is read, in order; up to about eight for a phone.
        position: which output to look at, counted from 0.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no such position.

    Source: Schuster and Paliwal 1997, doi:10.1109/78.650093.
    """
    if position >= len(tokens):
        raise ValueError(
            f"Expected a position from 0 to {len(tokens) - 1}, one for each token; received {position}."
            " Choose one of these."
        )
    read = [fonts.visible(token) for token in tokens]
    pitch = max(1.8, 0.36 * max(map(len, read)))
    xs = pitch * np.arange(len(read))
    ax, inches = sheet(ax, (-2.1, xs[-1] + 2.1), (-1.5, 6.2), min(0.36, 8.5 / (xs[-1] + 4)))
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontfamily=fonts.families(read), fontsize=size)

    write(xs[-1] / 2, -1.0, "filled: reads forwards; outlined: backwards", color=BLUE, fontsize=0.9 * size)
    for place, (x, token) in enumerate(zip(xs, read, strict=True)):
        write(x, 0, token, color="0.15")
        for aside, height, counts, filled in (
            (-ASIDE, FORWARDS, place <= position, True),
            (ASIDE, BACKWARDS, place >= position, False),
        ):
            color = BLUE if counts else PALE
            arrow(ax, (x + 0.4 * aside, 0.4), (x + aside, height - 0.3), color, mutation_scale=8, zorder=1)
            box(ax, x + aside, height, 0.6, 0.6, color if filled else "white", color, rounding=0.1)
    for place, (one, other) in enumerate(itertools.pairwise(xs)):
        left, right = (one - ASIDE + 0.3, FORWARDS), (other - ASIDE - 0.3, FORWARDS)
        arrow(ax, left, right, BLUE if place < position else PALE, mutation_scale=8)
        left, right = (one + ASIDE + 0.3, BACKWARDS), (other + ASIDE - 0.3, BACKWARDS)
        arrow(ax, right, left, BLUE if place >= position else PALE, mutation_scale=8)

    here = xs[position]
    for aside, height, color in ((-ASIDE, FORWARDS, BLUE), (ASIDE, BACKWARDS, "white")):
        arrow(ax, (here + aside, height + 0.3), (here + aside, OUTPUT - 0.3), BLUE, mutation_scale=8)
        box(ax, here + aside, OUTPUT, 2 * ASIDE, 0.6, color, BLUE, rounding=0)
    write(here, OUTPUT + 0.75, f"output at “{read[position]}”", color=BLUE)
    for x, height, step in ((xs[-1] - ASIDE, FORWARDS, 1), (xs[0] + ASIDE, BACKWARDS, -1)):
        arrow(ax, (x + 0.3 * step, height), (x + 2.3 * step, height), GREY, linewidth=2.2)
        write(x + 1.6 * step, height + 0.45, "state", color=GREY, fontsize=0.9 * size)
    return ax


@checked
def plot_bridge(encoder_units: PositiveInt, decoder_units: PositiveInt, ax: Axes | None = None) -> Axes:
    """Draw the bridge of an LSTM: what the two readers hold at their ends becomes the decoder's first state.

    Each half of a state is a box, the forward reader's filled and the backward one's outlined; their widths
    stand in them.

    Args:
        encoder_units: of each reader.
        decoder_units: of the decoder.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.
    """
    ax, inches = sheet(ax, (-0.3, 12.7), (-0.2, 4.6), 0.36)
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontsize=size)
    for x, text, color in (
        (3.3, "encoder state", BLUE),
        (7.4, "bridge", GREY),
        (11.1, "decoder state", COLORS["decoder"]),
    ):
        write(x, 4.1, text, color=color)
    for y, name in ((2.7, "hidden"), (0.7, "cell")):
        write(-0.2, y, name, ha="left", color=GREY)
        box(ax, 2.6, y, 1.4, 0.9, BLUE, BLUE, rounding=0)
        box(ax, 4.0, y, 1.4, 0.9, "white", BLUE, rounding=0)
        write(2.6, y, str(encoder_units), color="white")
        write(4.0, y, str(encoder_units), color=BLUE)
        arrow(ax, (4.7, y), (5.7, y), GREY, linewidth=1.8)
        box(ax, 7.4, y, 3.4, 1.2, GREY)
        write(7.4, y, "dense, tanh", color="white", fontsize=0.9 * size)
        arrow(ax, (9.1, y), (10.1, y), GREY, linewidth=1.8)
        box(ax, 11.1, y, 2.0, 0.9, COLORS["decoder"], rounding=0)
        write(11.1, y, str(decoder_units), color="white")
    return ax
