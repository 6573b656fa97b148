"""The encoder-decoder: unrolled over its tokens, and at work on one of them."""

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.data.prediction import Prediction
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, checked_weights, no_tokens
from s2s_lesson.teaching.schematics._drawing import arrow, attention_line, box, lettering, sheet


def plot_encoder_decoder(
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    ax: Axes | None = None,
    *,
    attention_weights: Any = None,
    bos: str = "<s>",
) -> Axes:
    """Draw an encoder-decoder unrolled over its tokens, as it is trained with teacher forcing.

    The encoder reads one source token a step, and its last state starts the decoder. The decoder reads the
    beginning-of-sequence token and then each target token, and is to put out the next one. With attention,
    each decoder step also gets a context: a weighted sum of all encoder outputs.

    Args:
        source_tokens: What the encoder reads, in order.
        target_tokens: What the decoder puts out, in order, commonly ending with "</s>".
        ax: Where to draw; None makes a new figure.
        attention_weights: float (len(target_tokens), len(source_tokens)) from 0 to 1; the more weight, the
            more opaque and wider the line. None draws the model without attention.
        bos: The token that the decoder reads first.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there are no tokens, or the shape of the weights does not match the tokens.
    """
    source_tokens, target_tokens = tuple(source_tokens), tuple(target_tokens)
    if attention_weights is not None:
        attention_weights = checked_weights(attention_weights, target_tokens, source_tokens)
    elif not source_tokens or not target_tokens:
        raise ValueError(no_tokens(target_tokens, source_tokens))

    read = [fonts.visible(token) for token in source_tokens]
    fed = [fonts.visible(token) for token in (bos, *target_tokens[:-1])]
    put_out = [fonts.visible(token) for token in target_tokens]
    family = fonts.families(read + fed + put_out)

    # One unit is a box's width; longer tokens push the boxes apart.
    pitch = max(1.45, 0.22 * max(map(len, read + fed + put_out)) + 0.5)
    encoder_x = pitch * np.arange(len(read))
    state_x = encoder_x[-1] + pitch + 0.35
    decoder_x = state_x + 0.35 + pitch * np.arange(1, len(fed) + 1)
    context_y = 4.0
    output_y = context_y + 1.25 if attention_weights is not None else 1.5
    across, up = (-1.0, decoder_x[-1] + 1.0), (-2.3, output_y + 0.45)
    ax, inches = sheet(ax, across, up, min(0.62, 12 / (across[1] - across[0])))
    size = min(12, 29 * inches)  # points, of the tokens: 29 makes them 0.4 units high
    write = functools.partial(lettering, ax, fontfamily=family)

    for x, token in zip(encoder_x, read, strict=True):
        arrow(ax, (x, -1.15), (x, -0.5), COLORS["encoder"])
        write(x, -1.45, token, fontsize=size, color="0.15")
    for x, token, target in zip(decoder_x, fed, put_out, strict=True):
        arrow(ax, (x, -1.15), (x, -0.5), COLORS["decoder"])
        write(x, -1.45, token, fontsize=size, color="0.15")
        write(x, output_y, target, fontsize=size, color=COLORS["decoder"])

    for xs, name in ((encoder_x, "encoder"), (decoder_x, "decoder")):
        for step, x in enumerate(xs, 1):
            box(ax, x, 0, 1.0, 1.0, COLORS[name])
            write(x, 0, str(step), fontsize=size, color="white")
        for left, right in itertools.pairwise(xs):
            arrow(ax, (left + 0.5, 0), (right - 0.5, 0), COLORS[name])
        middle = (xs[0] + xs[-1]) / 2
        ax.plot([xs[0] - 0.5, xs[-1] + 0.5], [-1.82, -1.82], color=COLORS[name], linewidth=1.2, clip_on=False)
        write(middle, -2.1, name, fontsize=size, color=COLORS[name])

    arrow(ax, (encoder_x[-1] + 0.5, 0), (state_x - 0.65, 0), COLORS["encoder"])
    box(ax, state_x, 0, 1.3, 0.8, COLORS["state"])
    write(state_x, 0, "encoder\nstate", fontsize=0.6 * size, color="white")
    arrow(ax, (state_x + 0.65, 0), (decoder_x[0] - 0.5, 0), COLORS["decoder"])

    if attention_weights is None:
        for x in decoder_x:
            arrow(ax, (x, 0.5), (x, output_y - 0.32), COLORS["decoder"])
        return ax
    write(decoder_x[0] - 1.55, context_y, "context", fontsize=size, color=COLORS["attention"])
    for step, (x, row) in enumerate(zip(decoder_x, attention_weights, strict=True), 1):
        for source_x, weight in zip(encoder_x, row, strict=True):
            attention_line(ax, (source_x, 0.5), (x - 0.35, context_y - 0.27), float(weight))
        arrow(ax, (x, 0.5), (x, context_y - 0.27), COLORS["decoder"])
        box(ax, x, context_y, 1.0, 0.54, COLORS["attention"])
        write(x, context_y, str(step), fontsize=size, color="white")
        arrow(ax, (x, context_y + 0.27), (x, output_y - 0.32), COLORS["decoder"])
    return ax


@checked
def plot_model_step(
    prediction: Prediction, step: NonNegativeInt, ax: Axes | None = None, *, bidirectional: bool = True
) -> Axes:
    """Draw a model with attention while it writes one token: what it has read, where it looks, what it wrote.

    From the bottom up: the source tokens; the encoder, one box a token in each direction; lines from its
    outputs, as strong as the attention weights, to the context of this step; the decoder, one box a step; and
    the tokens, as far as they are written. The encoder's last state, in grey, starts the decoder, and each
    token that is written goes back into the next step.

    Args:
        prediction: anything with ``source_tokens``, ``tokens`` (sequences of str) and ``attention_weights``,
            float (len(tokens), len(source_tokens)) from 0 to 1.
        step: int, from 0 to len(tokens) - 1. Which token is being written.
        ax: where to draw; None makes a new figure.
        bidirectional: bool. The encoder reads backwards as well.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there are no tokens, there is no such step, or the shape of the weights does not match.
    """
    source_tokens, tokens = tuple(prediction.source_tokens), tuple(prediction.tokens)
    weights = checked_weights(prediction.attention_weights, tokens, source_tokens)
    if step >= len(tokens):
        raise ValueError(
            f"Expected a step from 0 to {len(tokens) - 1}, one for each token; received {step}."
            " Choose one of these."
        )

    read, written = ([fonts.visible(token) for token in side] for side in (source_tokens, tokens))
    longest = max(map(len, [*read[:-1], *written[:-1]]), default=1)  # the last ones have room beside them
    pitch = max(1.0, 0.36 * longest)  # one unit is a token of one or two letters
    source_x, target_x = pitch * np.arange(len(read)), pitch * np.arange(len(written))
    rows = {"forwards": 1.35, "backwards": 2.35} if bidirectional else {"forwards": 1.35}
    top = max(rows.values()) + 0.4  # of the encoder
    context_y, decoder_y, written_y = top + 3.2, top + 4.7, top + 6.4
    right = max(source_x[-1], target_x[-1])
    ax, inches = sheet(ax, (-1.25, right + 0.75), (-1.4, written_y + 1.4), min(0.42, 8.5 / (right + 2)))
    size = 36 * inches  # points: 36 makes letters half a unit high
    write = functools.partial(lettering, ax, fontfamily=fonts.families([*read, *written]))
    left = {"ha": "left", "fontsize": 0.9 * size}

    write(-0.45, -0.9, f"encoder: reads {' and '.join(rows)}", color=COLORS["encoder"], **left)
    for x, token in zip(source_x, read, strict=True):
        write(x, 0, token, fontsize=size, color="0.15")
        arrow(ax, (x, 0.42), (x, rows["forwards"] - 0.3), COLORS["encoder"], mutation_scale=8)
    for direction, y in rows.items():
        for x in source_x:
            box(ax, x, y, 0.7, 0.62, COLORS["encoder"])
        for one, other in itertools.pairwise(source_x):
            ends = (one + 0.35, y), (other - 0.35, y)
            arrow(ax, *(ends if direction == "forwards" else ends[::-1]), COLORS["encoder"], mutation_scale=8)

    state = {"color": COLORS["state"], "linewidth": 2.2, "solid_joinstyle": "round", "zorder": 1}
    ends_at, line_y = rows["forwards"], top + 0.25
    across = [source_x[-1] + 0.35, right + 0.55, right + 0.55, -0.95, -0.95]
    ax.plot(across, [ends_at, ends_at, line_y, line_y, decoder_y], **state)
    if bidirectional:
        ax.plot([-0.35, -0.95, -0.95], [rows["backwards"], rows["backwards"], line_y], **state)
    arrow(ax, (-0.95, decoder_y), (-0.35, decoder_y), COLORS["state"], linewidth=2.2)
    write(-0.7, top + 0.75, "state", color=COLORS["state"], **left)

    here = target_x[step]
    for x, weight in zip(source_x, weights[step], strict=True):
        attention_line(ax, (x, top + 0.3), (here, context_y - 0.32), float(weight))
    box(ax, here, context_y, 0.7, 0.62, COLORS["attention"])
    beside, side = (here + 0.6, "left") if here < right / 2 else (here - 0.6, "right")
    write(
        beside,
        context_y,
        "attention: where it looks",
        ha=side,
        fontsize=0.9 * size,
        color=COLORS["attention"],
    )
    arrow(ax, (here, context_y + 0.31), (here, decoder_y - 0.31), COLORS["attention"], mutation_scale=8)

    for place, x in enumerate(target_x):
        done = place <= step
        fill, edge = (COLORS["decoder"], "none") if done else ("white", "0.7")
        box(ax, x, decoder_y, 0.7, 0.62, fill, edge)
        color = COLORS["decoder"] if done else "0.7"
        if place:
            arrow(ax, (target_x[place - 1] + 0.35, decoder_y), (x - 0.35, decoder_y), color, mutation_scale=8)
        if done:
            arrow(ax, (x, decoder_y + 0.31), (x, written_y - 0.4), color, mutation_scale=8)
            weight = {"fontweight": "bold", "fontsize": 1.3 * size} if place == step else {"fontsize": size}
            write(x, written_y, written[place], color=color, **weight)
    if step:
        fed = (target_x[step - 1] + 0.2, written_y - 0.3), (here - 0.2, decoder_y + 0.31)
        arrow(ax, *fed, COLORS["decoder"], mutation_scale=8, linestyle="--", linewidth=1.1)
    write(-0.45, written_y + 0.95, "decoder: writes one token a step", color=COLORS["decoder"], **left)
    return ax


def plot_teacher_forcing(target_tokens: Sequence[str], ax: Axes | None = None, *, bos: str = "<s>") -> Axes:
    """Draw a decoder in training: it reads the true tokens, one place behind what it should say.

    Args:
        target_tokens: what it should say, in order, commonly ending with "</s>".
        ax: where to draw; None makes a new figure.
        bos: what it reads first.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there is no token.
    """
    if not len(target_tokens):
        raise ValueError("Expected at least one token for the decoder to say; received none. Give one.")
    say = [fonts.visible(token) for token in target_tokens]
    read = [fonts.visible(token) for token in (bos, *target_tokens[:-1])]
    pitch = max(1.0, 0.36 * max(map(len, [*read[1:], *say[:-1]]), default=1))
    xs = pitch * np.arange(len(say))
    ax, inches = sheet(ax, (-1.7, xs[-1] + 0.8), (-1.4, 4.6), min(0.42, 8.5 / (xs[-1] + 2.5)))
    size = 34 * inches  # points: 34 makes letters not quite half a unit high
    write = functools.partial(lettering, ax, fontfamily=fonts.families([*read, *say]))
    for place, x in enumerate(xs):
        box(ax, x, 1.6, 0.7, 0.62, COLORS["decoder"])
        arrow(ax, (x, 0.4), (x, 1.3), COLORS["decoder"], mutation_scale=8)
        arrow(ax, (x, 1.9), (x, 2.8), COLORS["decoder"], mutation_scale=8)
        write(x, 0, read[place], fontsize=size, color="0.15")
        write(x, 3.2, say[place], fontsize=size, color=COLORS["decoder"])
        if place:
            arrow(ax, (xs[place - 1] + 0.35, 1.6), (x - 0.35, 1.6), COLORS["decoder"], mutation_scale=8)
    arrow(ax, (-1.5, 1.6), (-0.35, 1.6), COLORS["state"], linewidth=2.2)
    write(-1.1, 2.05, "state", fontsize=0.85 * size, color=COLORS["state"])
    left = {"ha": "left", "fontsize": 0.9 * size}
    write(-0.45, -0.9, "reads: the true tokens, behind the begin token", color="0.15", **left)
    write(-0.45, 4.1, "should say: the same, and the end token", color=COLORS["decoder"], **left)
    return ax
