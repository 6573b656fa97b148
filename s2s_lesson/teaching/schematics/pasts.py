"""What a decoder reads in training as a picture: true tokens, and its own where a coin says so."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

TRUTH, OWN = COLORS["state"], COLORS["decoder"]
ROWS = {"true": 3.4, "it reads": 1.7, "its own": 0.0}  # from the top: names, and where each stands
PALE = "0.9"


def plot_mixed_past(
    true_tokens: Sequence[str], own_tokens: Sequence[str], stays: np.ndarray, ax: Axes | None = None
) -> Axes:
    """Draw what a decoder reads under scheduled sampling: a coin a token decides between two rows.

    The true tokens stand above, the model's own below, and between them what it reads, in the colour of the
    row that it comes from. What the coin rejects is pale. Own tokens that differ from the truth are bold.

    Args:
        true_tokens: what teacher forcing would feed, commonly beginning with "<s>".
        own_tokens: what the model chose for each place; as many.
        stays: for each place, whether the coin keeps the truth.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token, or the three differ in length.
    """
    counts = [len(true_tokens), len(own_tokens), len(stays)]
    if not counts[0] or len(set(counts)) > 1:
        raise ValueError(
            "Expected true tokens, own tokens and coins, as many of each, one or more; received "
            f"{counts[0]}, {counts[1]} and {counts[2]}. Give one of each for every place."
        )
    truth, own = ([fonts.visible(token) for token in side] for side in (true_tokens, own_tokens))
    pitch = max(1.25, 0.36 * max(map(len, [*truth, *own])) + 0.3)
    xs = pitch * np.arange(counts[0])
    ax, inches = sheet(ax, (-2.5, xs[-1] + 0.8), (-0.7, 4.1), min(0.5, 8.5 / (xs[-1] + 3.3)))
    size = 30 * inches  # points: 30 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontsize=size, fontfamily=fonts.families([*truth, *own]))
    for (name, y), color in zip(ROWS.items(), (TRUTH, "0.15", OWN), strict=True):
        write(-0.95, y, name, ha="right", color=color)
    top, middle, bottom = ROWS.values()
    for x, true, other, stay in zip(xs, truth, own, stays, strict=True):
        weight = "bold" if true != other else "normal"
        for y, token, color, taken, style in (
            (top, true, TRUTH, stay, "normal"),
            (bottom, other, OWN, not stay, weight),
        ):
            box(ax, x, y, pitch - 0.25, 0.85, color if taken else PALE)
            write(x, y, token, color="white" if taken else "0.45", fontweight=style)
        kept, color = (true, TRUTH) if stay else (other, OWN)
        box(ax, x, middle, pitch - 0.25, 0.85, color)
        write(x, middle, kept, color="white", fontweight="normal" if stay else weight)
        start, end = (top - 0.45, middle + 0.45) if stay else (bottom + 0.45, middle - 0.45)
        arrow(ax, (x, start), (x, end), color)
    return ax
