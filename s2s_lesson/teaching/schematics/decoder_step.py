"""One step of a decoder as a picture, and the search that stands beside it."""

import functools
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import arrow, box, lettering, sheet

ENCODER, DECODER, ATTENTION, STATE = (COLORS[name] for name in ("encoder", "decoder", "attention", "state"))
MIDDLE, CONTEXT, READ = 3.3, 8.0, 12.2  # where the layers stand, the context, and what was read
LONGEST, ROW = 6.0, 0.9  # units: a bar of probability 1, and from line to line


def plot_decoder_step(
    token: str,
    next_tokens: Sequence[str],
    probabilities: np.ndarray,
    source_tokens: Sequence[str],
    attention_weights: np.ndarray,
    ax: Axes | None = None,
) -> Axes:
    """Draw one step of a decoder from the bottom up: what goes in, its layers, and what comes out.

    The token that was written last is embedded and goes into the RNN, which also gets the state of the step
    before and makes a new one. Attention looks at the encoder's outputs, the stronger the line, the more. The
    output layer gives a probability to each token; those named are drawn as bars. A search chooses one.

    Args:
        token: what was written last.
        next_tokens: what is likeliest to come next, best first; about four.
        probabilities: float (len(next_tokens),) from 0 to 1, of these.
        source_tokens: what was read; up to about eight for a phone.
        attention_weights: float (len(source_tokens),) from 0 to 1.
        ax: where to draw; None makes a new figure.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token, or not one number for each.
    """
    read, written = ([fonts.label(one) for one in tokens] for tokens in (source_tokens, next_tokens))
    for tokens, numbers, name in (
        (written, probabilities, "probabilities"),
        (read, attention_weights, "attention_weights"),
    ):
        if not tokens or np.shape(numbers) != (len(tokens),):
            raise ValueError(
                f"Expected at least one token, and {name} of as many numbers; received {len(tokens)} tokens "
                f"and numbers of shape {np.shape(numbers)}. Give one number for each token."
            )
    top, bottom = 6.5 + ROW * len(written), min(-1.2, 5.0 - ROW * len(read)) - 0.5
    ax, inches = sheet(ax, (-0.4, READ + 1.8), (bottom, top), 0.31)
    size = 32 * inches  # points: 32 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontsize=size, fontfamily=fonts.families([*read, *written]))

    write(MIDDLE, -0.8, fonts.label(token), color=DECODER, fontweight="bold")
    for name, y in (("embedding", 1.0), ("RNN", 2.9), ("output layer", 4.9)):
        box(ax, MIDDLE, y, 3.2, 1.0, DECODER)
        write(MIDDLE, y, name, color="white")
    for start, end in ((-0.4, 0.45), (1.55, 2.35), (3.45, 4.35), (5.45, 6.15)):
        arrow(ax, (MIDDLE, start), (MIDDLE, end), DECODER)
    for start, end, name in ((-0.2, MIDDLE - 1.65, "state"), (MIDDLE + 1.65, MIDDLE + 3.4, "new state")):
        arrow(ax, (start, 2.9), (end, 2.9), STATE, linewidth=1.8)
        write((start + end) / 2, 2.15, name, color=STATE, fontsize=0.88 * size)

    box(ax, CONTEXT, 4.9, 2.6, 1.0, ATTENTION)
    write(CONTEXT, 4.9, "context", color="white")
    arrow(ax, (CONTEXT - 1.35, 4.9), (MIDDLE + 1.65, 4.9), ATTENTION)
    arrow(ax, (MIDDLE + 1.65, 3.25), (CONTEXT - 0.4, 4.35), DECODER, linewidth=1)
    write(CONTEXT - 0.5, 3.65, "query", color=DECODER, fontsize=0.88 * size)
    for place, (name, weight) in enumerate(zip(read, np.asarray(attention_weights, float), strict=True)):
        y = 5.5 - ROW * place
        box(ax, READ, y, 2.6, 0.78, ENCODER)
        write(READ, y, name, color="white", fontsize=0.88 * size)
        ends = [READ - 1.35, CONTEXT + 1.35], [y, 4.9]
        ax.plot(*ends, color=ATTENTION, alpha=float(weight), linewidth=0.8 + 2.4 * weight, zorder=1)

    for place, (name, share) in enumerate(zip(written, np.asarray(probabilities, float), strict=True)):
        y = top - 0.5 - ROW * place
        write(MIDDLE - 0.2, y, name, ha="right", color="0.15")
        box(ax, MIDDLE + LONGEST * share / 2, y, LONGEST * share, 0.62, DECODER, rounding=0)
        write(MIDDLE + LONGEST * share + 0.2, y, f"{share:.2f}", ha="left", color="0.15", fontsize=0.9 * size)
    box(ax, READ, top - 1.0, 2.6, 1.0, "white", STATE)
    write(READ, top - 1.0, "search", color=STATE)
    write(READ, top - 2.0, "takes one", color=STATE, fontsize=0.88 * size)
    arrow(ax, (READ - 2.3, top - 1.0), (READ - 1.4, top - 1.0), STATE)
    right, below = READ + 1.65, bottom + 0.2  # what it takes goes around, and is read next
    around = [READ + 1.35, right, right, MIDDLE], [top - 1.0, top - 1.0, below, below]
    ax.plot(*around, color=STATE, linestyle="--", linewidth=1)
    arrow(ax, (MIDDLE, below), (MIDDLE, -1.2), STATE)
    return ax
