"""The Transformer: one position that looks at its own sequence, a block, and the whole with its shapes."""

import functools
from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, checked_weights
from s2s_lesson.teaching.schematics._drawing import arrow, attention_line, box, lettering, sheet

STATE, ATTENTION = COLORS["state"], COLORS["attention"]
# Part of the model -> what a block of it does, from the bottom up: name, below it what it reads.
BLOCKS = {
    "encoder": (("self-attention", "all positions"), ("dense layers", "each position alone")),
    "decoder": (
        ("self-attention", "positions so far"),
        ("attention", "encoder outputs"),
        ("dense layers", "each position alone"),
    ),
}


@checked
def plot_self_attention(
    tokens: Sequence[str],
    weights: np.ndarray,
    position: NonNegativeInt,
    ax: Axes | None = None,
    *,
    part: Literal["encoder", "decoder"] = "encoder",
) -> Axes:
    """Draw where one position of a sequence looks within that sequence.

    At the bottom stand the vectors of all positions, on top what comes out for each. Lines lead from the
    vectors to the attention of the position that asks, as strong as its weights.

    Args:
        tokens: the sequence.
        weights: float (len(tokens), len(tokens)), from 0 to 1; a row for each position that asks.
        position: int, from 0. Which one asks.
        ax: where to draw; None makes a new figure.
        part: the part of the model that reads them, which gives the colour.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token, or no such position, or the shape of the weights does not match.
    """
    weights = checked_weights(weights, tuple(tokens), tuple(tokens))
    if position >= len(tokens):
        raise ValueError(
            f"Expected a position from 0 to {len(tokens) - 1}; received {position}. Choose one of these."
        )
    read, color = [fonts.visible(token) for token in tokens], COLORS[part]
    pitch = max(1.0, 0.36 * max(map(len, read[:-1]), default=1))
    xs = pitch * np.arange(len(read))
    right = max(xs[-1] + 0.9, 11.0)  # 11: the line of text's
    ax, inches = sheet(ax, (-0.8, right), (-0.7, 7.3), min(0.42, 8.5 / (right + 1.1)))
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontfamily=fonts.families(read), fontsize=size)
    here, context_y, out_y = xs[position], 4.3, 6.0
    for place, x in enumerate(xs):
        arrow(ax, (x, 0.4), (x, 0.95), color, mutation_scale=8)
        box(ax, x, 1.25, 0.7, 0.62, color)
        weight = {"fontweight": "bold"} if place == position else {}
        write(x, 0, read[place], color="0.15", **weight)
        attention_line(ax, (x, 1.6), (here, context_y - 0.32), float(weights[position, place]))
        box(ax, x, out_y, 0.7, 0.62, color if place == position else "white", color)
    box(ax, here, context_y, 0.7, 0.62, ATTENTION)
    arrow(ax, (here, context_y + 0.31), (here, out_y - 0.31), ATTENTION, mutation_scale=8)
    beside, side = (here + 0.6, "left") if here < right / 2 else (here - 0.6, "right")
    write(beside, context_y, "its own query", ha=side, color=ATTENTION)
    write(-0.45, 6.85, "one new vector for each position", ha="left", fontsize=0.9 * size, color=color)
    return ax


@checked
def plot_transformer_block(
    ax: Axes | None = None, *, part: Literal["encoder", "decoder"] = "encoder"
) -> Axes:
    """Draw a block: a stream that passes through, and parts that read from it and add to it.

    Each part reads the stream after a normalisation, and what it gives is added: the residual connection.

    Args:
        ax: where to draw; None makes a new figure.
        part: whose block it is. That of the decoder has one part more.

    Returns:
        The Axes, without frame or ticks.

    Sources: Vaswani et al. 2017, arXiv:1706.03762; normalisation first: Xiong et al. 2020, arXiv:2002.04745.
    """
    parts, color, height = BLOCKS[part], COLORS[part], 3.0
    top = height * len(parts) + 0.4
    ax, inches = sheet(ax, (-0.9, 11.8), (-1.5, top + 1.2), 0.42)
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontsize=size)
    arrow(ax, (0, -0.7), (0, top), STATE, linewidth=2.4)
    write(-0.6, -1.05, "one vector for each position", ha="left", color="0.15")
    write(-0.6, top + 0.6, "as many, of the same width", ha="left", color="0.15")
    for number, (name, reads) in enumerate(parts):
        y = 0.7 + height * number
        fill, back = color if name == "dense layers" else ATTENTION, y + 1.75
        ax.plot([0, 1.4], [y, y], color=STATE, linewidth=1.6, zorder=1)
        ax.plot(0, y, "o", color=STATE, markersize=4, zorder=3)
        box(ax, 2.4, y, 2.0, 0.9, "white", STATE)
        write(2.4, y, "norm", color=STATE)
        arrow(ax, (3.4, y), (4.5, y), STATE)
        box(ax, 7.0, y, 5.0, 1.6, fill)
        write(7.0, y + 0.33, name, color="white")
        write(7.0, y - 0.37, reads, color="white", fontsize=0.8 * size)
        if reads == "encoder outputs":
            arrow(ax, (11.6, y), (9.5, y), COLORS["encoder"], linewidth=2.4)
        ax.plot([7.0, 7.0], [y + 0.8, back], color=fill, linewidth=1.6, zorder=1)
        arrow(ax, (7.0, back), (0.42, back), fill, linewidth=1.6, shrinkA=0)
        _plus(ax, 0, back, size)
    return ax


@checked
def plot_transformer(
    ax: Axes | None = None,
    *,
    source_length: PositiveInt = 14,
    target_length: PositiveInt = 11,
    units: PositiveInt = 48,
    num_heads: PositiveInt = 4,
    num_layers: PositiveInt = 2,
    target_vocab_size: PositiveInt = 15,
) -> Axes:
    """Draw the whole, with the shape of what goes along each arrow for a batch of one.

    Args:
        ax: where to draw; None makes a new figure.
        source_length, target_length, units, num_heads, num_layers, target_vocab_size: what the shapes are
            made of, as in ``Transformer``.

    Returns:
        The Axes, without frame or ticks.

    Source: Vaswani et al. 2017, figure 1, arXiv:1706.03762.
    """
    ax, inches = sheet(ax, (-3.6, 11.2), (-1.6, 16.2), 0.34)
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontsize=size)
    lengths, pairs = (source_length, target_length), f"{num_heads}, {target_length}"
    looks = {
        "encoder": (f"{num_heads}, {source_length}, {source_length}",),
        "decoder": (f"{pairs}, {target_length}", f"{pairs}, {source_length}"),
    }
    for (part, parts), x, length in zip(BLOCKS.items(), (0, 7.6), lengths, strict=True):
        color, vectors = COLORS[part], f"{length}, {units}"
        write(x, -1.1, f"{length} ids", color="0.15")
        arrow(ax, (x, -0.65), (x, 0.2), color)
        box(ax, x, 0.9, 6.2, 1.4, color)
        write(x, 0.9, "embedding + position", color="white", fontsize=0.9 * size)
        bottom, top = 3.1, 3.1 + 2.4 * len(parts)
        arrow(ax, (x, 1.6), (x, bottom), color)
        write(x + 0.25, 2.3, vectors, ha="left", color="0.15")
        box(ax, x, (bottom + top) / 2, 6.8, top - bottom, "none", color)
        write(x + 3.2, top + 0.5, f"× {num_layers}", ha="right", color=color)
        for number, (name, _) in enumerate(parts):
            y = bottom + 1.2 + 2.4 * number
            attends = name != "dense layers"
            box(ax, x, y, 6.2, 1.9, ATTENTION if attends else color)
            write(x, y + 0.42 if attends else y, name, color="white")
            if attends:
                write(x, y - 0.45, f"weights {looks[part][number]}", color="white", fontsize=0.85 * size)
        write(x - 0.25, top + 0.5, vectors, ha="right", color="0.15")
        if part == "encoder":
            across = bottom + 3.6  # the middle of the decoder's second part
            ax.plot(
                [x, x, 3.8, 3.8],
                [top, top + 1.2, top + 1.2, across],
                color=color,
                linewidth=2,
                solid_joinstyle="round",
            )
            arrow(ax, (3.8, across), (4.5, across), color, linewidth=2, shrinkA=0)
        else:
            arrow(ax, (x, top), (x, top + 1.2), color)
            box(ax, x, top + 1.9, 6.2, 1.4, color)
            write(x, top + 1.9, "dense layer", color="white")
            arrow(ax, (x, top + 2.6), (x, top + 3.6), color)
            write(x, top + 4.1, f"{length}, {target_vocab_size} logits", color="0.15")
    return ax


def _plus(ax, x, y, size):
    """A circle in which what a part gives is added."""
    ax.add_patch(Circle((x, y), 0.42, facecolor="white", edgecolor=STATE, zorder=3))
    lettering(ax, x, y, "+", fontsize=1.2 * size, color="0.15")
