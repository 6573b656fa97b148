"""Attention as pictures: one step of it with its shapes, its place beside the RNN, and input feeding."""

import functools
import itertools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, checked_weights
from s2s_lesson.teaching.schematics._drawing import arrow, attention_line, box, lettering, sheet

ENCODER, DECODER, ATTENTION, STATE = (COLORS[name] for name in ("encoder", "decoder", "attention", "state"))
ORDERS = ("after\nthe RNN", "after, with\ninput feeding", "into\nthe RNN")
STEPS = 3  # of each order


@checked
def plot_attention_step(
    source_tokens: Sequence[str],
    attention_weights: np.ndarray,
    ax: Axes | None = None,
    *,
    query_dim: PositiveInt = 96,
    value_dim: PositiveInt = 192,
    source_length: PositiveInt | None = None,
) -> Axes:
    """Draw one step of attention with its shapes: a query, scores, weights, and the context.

    From the bottom up: the source tokens and the encoder's output of each; the query, which is compared with
    every output; a score for each; the softmax, and the weights, the stronger the more; the context.

    Args:
        source_tokens: what was read, in order; up to about ten for a phone.
        attention_weights: float (len(source_tokens),) from 0 to 1.
        ax: where to draw; None makes a new figure.
        query_dim: int, numbers in the query.
        value_dim: int, numbers in each of the encoder's outputs.
        source_length: int, of the whole source where only its beginning is drawn; None means all is.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token, or not one weight for each.
    """
    tokens = tuple(source_tokens)
    [weights] = checked_weights(np.asarray(attention_weights)[None], ("context",), tokens)
    read = [fonts.visible(token) for token in tokens]
    xs = 3.0 + np.arange(len(read))
    middle, right = float(xs.mean()), float(xs[-1]) + 0.9
    outputs_y, scores_y, weights_y, context_y = 1.2, 3.6, 5.5, 7.6
    ax, inches = sheet(ax, (-0.7, right + 4.2), (-0.6, context_y + 0.7), min(0.31, 7.2 / (right + 5)))
    size = 34 * inches  # points: 34 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontsize=size)
    beside = {"ha": "left", "fontsize": 0.9 * size}

    for x, token, weight in zip(xs, read, weights, strict=True):
        write(x, 0, token, color="0.15", fontfamily=fonts.families(read))
        box(ax, x, outputs_y, 0.62, 1.1, ENCODER)
        arrow(ax, (x, outputs_y + 0.6), (x, scores_y - 0.4), ENCODER, mutation_scale=8)
        box(ax, x, scores_y, 0.72, 0.72, "white", ATTENTION)
        box(ax, x, weights_y, 0.72, 0.72, "white", ATTENTION)
        box(ax, x, weights_y, 0.72, 0.72, _shade(weight))
        attention_line(ax, (x, weights_y + 0.4), (middle, context_y - 0.45), float(weight))
    ax.plot([0.4, 0.4, xs[-1]], [outputs_y + 0.6, 2.7, 2.7], color=DECODER, linewidth=1.6, zorder=1)
    for x in xs:
        ax.plot(x, 2.7, "o", color=DECODER, markersize=4, zorder=3)
    box(ax, 0.4, outputs_y, 1.9, 1.1, DECODER)
    write(0.4, outputs_y, "query", color="white")
    write(0.4, 0, f"({query_dim},)", color=DECODER, fontsize=0.9 * size)
    arrow(ax, (middle, scores_y + 0.45), (middle, weights_y - 0.45), ATTENTION)
    write(middle - 0.25, (scores_y + weights_y) / 2, "softmax", ha="right", color=ATTENTION)
    box(ax, middle, context_y, 2.5, 0.9, ATTENTION)
    write(middle, context_y, "context", color="white")

    length = len(read) if source_length is None else source_length
    for y, name, shape, color in (
        (outputs_y, "keys, values", f"({length}, {value_dim})", ENCODER),
        (scores_y, "scores", f"({length},)", ATTENTION),
        (weights_y, "weights", f"({length},)", ATTENTION),
        (context_y, "weighted mean", f"({value_dim},)", ATTENTION),
    ):
        write(right, y + 0.3, name, color=color, **beside)
        write(right, y - 0.35, shape, color=color, **beside)
    return ax


def _shade(weight: float) -> str:
    """The colour of attention, as opaque as a weight."""
    return f"{ATTENTION}{round(255 * min(1.0, max(0.0, float(weight)))):02x}"


@checked
def plot_attention_orders(ax: Axes | None = None, *, steps: PositiveInt = STEPS) -> Axes:
    """Draw where attention stands beside the RNN: after it, after it with input feeding, and into it.

    Numbers tell the order in which the parts of each work; what comes later than ``steps`` is an outline.

    Args:
        ax: where to draw; None makes a new figure.
        steps: int, 1 to 3. How many steps of each are done.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there are not so many steps.

    Sources: Luong et al. 2015, section 3, arXiv:1508.04025; Bahdanau et al. 2015, section 3,
    arXiv:1409.0473.
    """
    if steps > STEPS:
        raise ValueError(f"Expected 1 to {STEPS} steps; received {steps}. Choose one of these.")
    pitch = 5.5
    ax, inches = sheet(ax, (-1.7, 3 * pitch - 1.4), (-1.6, 8.9), 0.31)
    size = 33 * inches  # points: 33 makes letters not quite half a unit high
    for panel, order in enumerate(ORDERS):
        _order(ax, pitch * panel, order, steps, size)
    return ax


def _order(ax, left, order, steps, size):
    """One of the three: token, source and state come in; RNN, attention and output work, each in its turn."""
    write = functools.partial(lettering, ax, fontsize=size)
    into = order.startswith("into")
    places = {"RNN": (left, 2.4), "attention": (left + 2.2, 4.4), "output": (left, 6.4)}
    turn = {"RNN": 2 if into else 1, "attention": 1 if into else 2, "output": 3}

    def part(name, width, color):
        done, (x, y) = turn[name] <= steps, places[name]
        box(ax, x, y, width, 0.95, color if done else "white", "none" if done else "0.7")
        write(x, y, name, color="white" if done else "0.45")
        ax.add_patch(Circle((x - width / 2, y + 0.45), 0.36, facecolor="white", edgecolor="0.4", zorder=4))
        write(x - width / 2, y + 0.43, str(turn[name]), color="0.15", zorder=5)

    def link(start, end, color, name, **style):
        arrow(ax, start, end, color if turn[name] <= steps else "0.8", mutation_scale=9, **style)

    (x, rnn), (source_x, attention), (_, output) = places.values()
    write(x + 1.1, 8.1, order, color="0.15", fontweight="bold", linespacing=1.05)
    write(x, 0, "token", color="0.15")
    box(ax, source_x, 0, 1.9, 0.8, ENCODER)
    write(source_x, 0, "source", color="white")
    link((x, 0.4), (x, rnn - 0.5), DECODER, "RNN")
    link((source_x, 0.45), (source_x, attention - 0.5), ENCODER, "attention")
    link((x, rnn + 0.5), (x, output - 0.5), DECODER, "output")
    link((source_x - 0.2, attention + 0.5), (x + 0.7, output - 0.5), ATTENTION, "output")
    link((x - 1.5, rnn), (x - 0.8, rnn), STATE, "RNN", linewidth=2)
    write(x + 1.1, -1.15, f"query: {'old' if into else 'new'} state", color=DECODER)
    if into:
        color = STATE if steps >= turn["attention"] else "0.8"
        ax.plot(
            [x - 1.35, x - 1.35, x + 0.7], [rnn, attention, attention], color=color, linewidth=1.6, zorder=1
        )
        arrow(ax, (x + 0.6, attention), (source_x - 1.35, attention), color, mutation_scale=9)
        link((source_x - 0.5, attention - 0.5), (x + 0.75, rnn + 0.35), ATTENTION, "RNN")
    else:
        link((x + 0.8, rnn + 0.2), (source_x - 0.5, attention - 0.5), DECODER, "attention")
    if "feeding" in order:
        link((x - 1.5, rnn - 1.4), (x - 0.6, rnn - 0.5), DECODER, "RNN", linestyle="--")
    part("RNN", 1.6, DECODER)
    part("attention", 2.7, ATTENTION)
    part("output", 2.1, DECODER)


def plot_input_feeding(tokens: Sequence[str], ax: Axes | None = None) -> Axes:
    """Draw input feeding: what was attended to at one step goes into the RNN at the next one.

    Args:
        tokens: what the decoder reads, in order; two to about four for a phone.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there are fewer than two tokens.

    Source: Luong et al. 2015, section 3.3, arXiv:1508.04025.
    """
    if len(tokens) < 2:
        raise ValueError(
            f"Expected at least two tokens for the decoder to read; received {len(tokens)}. Give one more."
        )
    read = [fonts.visible(token) for token in tokens]
    xs = 4.3 * np.arange(len(read))
    ax, inches = sheet(ax, (-2.3, xs[-1] + 2.3), (-0.6, 7.5), min(0.4, 8.5 / (xs[-1] + 4.6)))
    size = 33 * inches
    write = functools.partial(lettering, ax, fontsize=size)
    for x, token in zip(xs, read, strict=True):
        write(x, 0, token, color="0.15", fontfamily=fonts.families(read))
        for y, name, width, color in (
            (1.9, "RNN", 2.4, DECODER),
            (4.0, "attention", 2.7, ATTENTION),
            (6.1, "attended", 2.7, DECODER),
        ):
            box(ax, x, y, width, 0.95, color)
            write(x, y, name, color="white")
        arrow(ax, (x, 0.4), (x, 1.4), DECODER)
        arrow(ax, (x, 2.4), (x, 3.5), DECODER)
        arrow(ax, (x - 0.9, 2.4), (x - 0.9, 5.6), DECODER, zorder=1)  # past the attention, behind it
        arrow(ax, (x, 4.5), (x, 5.6), ATTENTION)
        arrow(ax, (x, 6.6), (x, 7.4), DECODER)
    for one, other in itertools.pairwise(xs):
        arrow(ax, (one + 1.2, 1.9), (other - 1.2, 1.9), STATE, linewidth=2)
        path = [one + 1.35, one + 2.0, one + 2.0], [6.1, 6.1, 0.7]
        ax.plot(*path, color=DECODER, linewidth=1.4, linestyle="--", zorder=1)
        arrow(ax, (one + 2.0, 0.7), (other - 0.7, 1.42), DECODER, linestyle="--")
    return ax
