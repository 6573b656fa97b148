"""Pointing and copying as pictures: weights that are the output, and a mixture of writing and copying."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.data.expected import Share, checked
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, checked_weights
from s2s_lesson.teaching.schematics._drawing import arrow, attention_line, box, lettering, sheet

BAR = 4.2  # units that a probability of 1 is long


def plot_pointing(elements: Sequence[str], pointer_weights: np.ndarray, ax: Axes | None = None) -> Axes:
    """Draw a pointer network at work: at each step, lines from the elements of the source to the choice.

    The choice is the position with the greatest weight, and there is no vocabulary to choose from.

    Args:
        elements: what was read, in order, as texts; up to about six for a phone.
        pointer_weights: float (choices, len(elements)) from 0 to 1, a row for each choice.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no element or no choice, or the shape of the weights does not match.

    Source: Vinyals et al. 2015, section 2.3, arXiv:1506.03134.
    """
    elements = tuple(elements)
    weights = np.asarray(pointer_weights)
    weights = checked_weights(weights, ("choice",) * len(weights), elements)
    xs, steps = 2.3 * np.arange(len(elements)), 2.3 * np.arange(len(weights))
    right = max(xs[-1], steps[-1])
    ax, inches = sheet(ax, (-1.3, right + 1.3), (-2.3, 6.8), min(0.5, 8.5 / (right + 3)))
    size = 34 * inches  # points: 34 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontsize=size)
    left = {"ha": "left", "fontsize": 0.95 * size}
    write(-1.1, -1.9, "source, and its positions", color=COLORS["encoder"], **left)
    write(-1.1, 6.3, "output: the positions", color=COLORS["decoder"], **left)
    for place, (x, element) in enumerate(zip(xs, elements, strict=True)):
        box(ax, x, 0, 1.9, 0.9, COLORS["encoder"])
        write(x, 0, fonts.visible(element), color="white")
        write(x, -0.9, str(place), color=COLORS["encoder"])
    for x, row in zip(steps, weights, strict=True):
        for source_x, weight in zip(xs, row, strict=True):
            attention_line(ax, (source_x, 0.5), (x, 3.5), float(weight))
        box(ax, x, 4, 1.5, 0.9, COLORS["decoder"])
        arrow(ax, (x, 4.5), (x, 5.1), COLORS["decoder"])
        write(x, 5.5, str(int(row.argmax())), color=COLORS["decoder"], fontweight="bold")
    for x in steps[:-1]:
        arrow(ax, (x + 0.75, 4), (x + 1.55, 4), COLORS["decoder"])
    return ax


@checked
def plot_copy_mixture(
    words: Sequence[str],
    vocabulary_probabilities: np.ndarray,
    source_tokens: Sequence[str],
    attention_weights: np.ndarray,
    generate: Share,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a copier makes one distribution of two: what it would write, and what it could copy.

    Each bar is as long as the token's probability in the mixture: ``generate`` times that of the vocabulary,
    and 1 - ``generate`` times the attention weight.

    Args:
        words: some words of the vocabulary, the likeliest ones.
        vocabulary_probabilities: float (len(words),) from 0 to 1.
        source_tokens: what was read, in order.
        attention_weights: float (len(source_tokens),) from 0 to 1.
        generate: float from 0 to 1, the share of writing.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: a side has no token, or not one number for each.

    Source: See et al. 2017, section 2.2, arXiv:1704.04368.
    """
    sides = [
        (tuple(words), vocabulary_probabilities, generate, "decoder", "generate"),
        (tuple(source_tokens), attention_weights, 1 - generate, "attention", "copy"),
    ]
    longest = max((len(token) for tokens, *_ in sides for token in tokens), default=1)
    bars_x, rows = 0.26 * max(longest, 5) + 0.5, 2.8 + sum(len(tokens) for tokens, *_ in sides)
    ax, inches = sheet(ax, (-0.2, bars_x + BAR + 1.9), (-rows, 0.3), 0.5)
    size = 33 * inches
    write = functools.partial(lettering, ax, fontsize=size)
    y = -0.5
    for tokens, probabilities, share, part, name in sides:
        [probabilities] = checked_weights(np.asarray(probabilities)[None], ("row",), tokens)
        write(0, y, f"{name}: {share:.2f} of all", ha="left", color=COLORS[part], fontweight="bold")
        family = fonts.families([fonts.visible(token) for token in tokens])
        for token, probability in zip(tokens, probabilities, strict=True):
            y -= 1
            length = BAR * share * float(probability)
            write(bars_x - 0.25, y, fonts.visible(token), ha="right", color="0.15", fontfamily=family)
            ax.plot([bars_x, bars_x + BAR], [y, y], color="0.85", linewidth=0.8, zorder=1)
            if length > 0.01:
                box(ax, bars_x + length / 2, y, length, 0.62, COLORS[part], rounding=0)
            shown = f"{share * float(probability):.2f}"
            write(bars_x + BAR + 0.25, y, shown, ha="left", color=COLORS[part])
        y -= 1.7
    return ax
