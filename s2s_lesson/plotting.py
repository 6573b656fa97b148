"""Plots of attention, of training and of the encoder-decoder itself: Axes in, Axes out.

Nothing here touches `matplotlib.rcParams`. Without `ax`, each function makes a figure that fits its contents.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from s2s_lesson import fonts

COLORS = {
    "encoder": "#0067A5",  # blue
    "state": "#5A5A5A",  # grey
    "decoder": "#B34700",  # burnt orange
    "attention": "#00755A",  # green
    "training": "#0067A5",
    "validation": "#B34700",
}
"""The palette of Okabe and Ito, darkened to a contrast of 4.5 with white, so that it serves for text as well.

Colour-blind readers can tell this blue, orange and green apart.

Source: Okabe and Ito 2008, Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

ATTENTION_COLORMAP = "viridis"  # perceptually uniform, safe for colour-blind readers


def plot_attention(prediction, ax: Axes | None = None) -> Axes:
    """Draw attention weights as a heat map, one row for each output token.

    Spaces are shown as "␣", and characters that no font covers as their code points, for example "U+0E01".

    Args:
        prediction: Anything with `source_tokens`, `tokens` (sequences of str) and `attention_weights`, float
            (len(tokens), len(source_tokens)) from 0 to 1.
        ax: Where to draw; None makes a new figure.

    Returns:
        The Axes. Source tokens run along the top, output tokens down the left side; colours span 0 to 1.

    Raises:
        ValueError: there are no tokens, or the shape of the weights does not match the tokens.
    """
    source_tokens, tokens = tuple(prediction.source_tokens), tuple(prediction.tokens)
    weights = _checked_weights(prediction.attention_weights, tokens, source_tokens)

    columns = [fonts.visible(token) for token in source_tokens]
    rows = [fonts.visible(token) for token in tokens]
    # The last column is most often "</s>", which has room to its right.
    upright = all(len(token) <= 2 for token in columns[:-1])
    cell = min(0.3, 16 / max(len(rows), len(columns)))  # inches
    font_size = min(10.0, 0.5 * 72 * cell)  # points
    if ax is None:
        letter = 0.62 * font_size / 72  # inches
        left = letter * max(map(len, rows))
        top = 0.3 if upright else 0.75 * letter * max(map(len, columns))
        width = max(4.0, cell * len(columns) + left + 1.9)
        height = max(2.8, cell * len(rows) + top + 0.8)
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")

    image = ax.imshow(weights, ATTENTION_COLORMAP, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    style = {"fontfamily": fonts.families(rows + columns), "fontsize": font_size, "parse_math": False}
    turned = {} if upright else {"rotation": 45, "ha": "left", "va": "baseline", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(columns)), columns, **style, **turned)
    ax.set_yticks(range(len(rows)), rows, **style)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("source")
    ax.set_ylabel("output")

    # Thin white lines between the cells, in place of a frame and tick marks.
    ax.set_xticks(np.arange(0.5, len(columns) - 1), minor=True)
    ax.set_yticks(np.arange(0.5, len(rows) - 1), minor=True)
    ax.grid(which="minor", color="white", linewidth=0.6)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)

    bar = ax.figure.colorbar(image, ax=ax, label="attention weight", fraction=0.05, pad=0.03)
    bar.outline.set_visible(False)
    return ax


def plot_history(history: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """Draw training and validation loss for each epoch, and mark the lowest validation loss.

    Args:
        history: Lists of one number for each epoch: "loss" and, where there was validation data, "val_loss",
            both in nats per token. Other entries are not drawn.
        ax: Where to draw; None makes a new figure.

    Returns:
        The Axes. Epochs are counted from 1.

    Raises:
        ValueError: there is no epoch to draw, or the two lists differ in length.
    """
    training, validation = history.get("loss", ()), history.get("val_loss", ())
    if not len(training):
        received = "an empty list" if "loss" in history else f"a history with the keys {sorted(history)}"
        raise ValueError(
            f"Expected history['loss'] with one number for each epoch; received {received}. "
            "Pass the history of a training run of at least one epoch."
        )
    if len(validation) not in (0, len(training)):
        raise ValueError(
            f"Expected as many values of 'val_loss' as of 'loss', which are {len(training)}; "
            f"received {len(validation)}. Evaluate after every epoch, or leave 'val_loss' out."
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(6.0, 3.6), layout="constrained")

    epochs = np.arange(1, len(training) + 1)
    style = {"marker": "o", "markersize": 4, "linewidth": 1.8}
    ax.plot(epochs, training, color=COLORS["training"], label="training", **style)
    if len(validation):
        ax.plot(epochs, validation, color=COLORS["validation"], linestyle="--", label="validation", **style)
        if np.isfinite(validation).any():
            best = int(np.nanargmin(validation))
            label = f"lowest validation loss (epoch {best + 1})"
            ring = {"marker": "o", "markersize": 10, "linestyle": "none", "markerfacecolor": "none"}
            ax.plot(epochs[best], validation[best], color=COLORS["validation"], label=label, **ring)

    margin = max(0.5, 0.02 * len(epochs))
    ax.set_xlim(1 - margin, len(epochs) + margin)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss (nats per token)")
    ax.grid(axis="y", color="0.9")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def plot_encoder_decoder(
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    ax: Axes | None = None,
    *,
    attention_weights=None,
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
            darker and wider the line. None draws the model without attention.
        bos: The token that the decoder reads first.

    Returns:
        The Axes, without frame or ticks.

    Raises:
        ValueError: there are no tokens, or the shape of the weights does not match the tokens.
    """
    source_tokens, target_tokens = tuple(source_tokens), tuple(target_tokens)
    if attention_weights is not None:
        attention_weights = _checked_weights(attention_weights, target_tokens, source_tokens)
    elif not source_tokens or not target_tokens:
        raise ValueError(_no_tokens(target_tokens, source_tokens))

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
    limits = (-1.0, decoder_x[-1] + 1.0), (-2.3, output_y + 0.45)
    width, height = (high - low for low, high in limits)
    if ax is None:
        inches = min(0.62, 16 / width)  # for one unit
        _, ax = plt.subplots(figsize=(inches * width, inches * height), layout="constrained")
    else:
        room = ax.get_window_extent()
        inches = min(room.width / width, room.height / height) / ax.figure.dpi
    size = 12 * min(1, inches / 0.62)  # points, of the tokens
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    ax.set_aspect("equal")
    ax.axis("off")

    def write(x, y, text, **style):
        ax.text(x, y, text, ha="center", va="center", fontfamily=family, parse_math=False, zorder=4, **style)

    for x, token in zip(encoder_x, read, strict=True):
        _arrow(ax, (x, -1.15), (x, -0.5), COLORS["encoder"])
        write(x, -1.45, token, fontsize=size, color="0.15")
    for x, token, target in zip(decoder_x, fed, put_out, strict=True):
        _arrow(ax, (x, -1.15), (x, -0.5), COLORS["decoder"])
        write(x, -1.45, token, fontsize=size, color="0.15")
        write(x, output_y, target, fontsize=size, color=COLORS["decoder"])

    for xs, name in ((encoder_x, "encoder"), (decoder_x, "decoder")):
        for step, x in enumerate(xs, 1):
            _box(ax, x, 0, 1.0, 1.0, COLORS[name])
            write(x, 0, str(step), fontsize=size, color="white")
        for left, right in itertools.pairwise(xs):
            _arrow(ax, (left + 0.5, 0), (right - 0.5, 0), COLORS[name])
        middle = (xs[0] + xs[-1]) / 2
        ax.plot([xs[0] - 0.5, xs[-1] + 0.5], [-1.82, -1.82], color=COLORS[name], linewidth=1.2, clip_on=False)
        write(middle, -2.1, name, fontsize=size, color=COLORS[name])

    _arrow(ax, (encoder_x[-1] + 0.5, 0), (state_x - 0.65, 0), COLORS["encoder"])
    _box(ax, state_x, 0, 1.3, 0.8, COLORS["state"])
    write(state_x, 0, "encoder\nstate", fontsize=0.75 * size, color="white")
    _arrow(ax, (state_x + 0.65, 0), (decoder_x[0] - 0.5, 0), COLORS["decoder"])

    if attention_weights is None:
        for x in decoder_x:
            _arrow(ax, (x, 0.5), (x, output_y - 0.32), COLORS["decoder"])
        return ax
    for x, row in zip(decoder_x, attention_weights, strict=True):
        for source_x, weight in zip(encoder_x, row, strict=True):
            _attention_line(ax, (source_x, 0.5), (x - 0.35, context_y - 0.27), float(weight))
        _arrow(ax, (x, 0.5), (x, context_y - 0.27), COLORS["decoder"])
        _box(ax, x, context_y, 1.24, 0.54, COLORS["attention"])
        write(x, context_y, "context", fontsize=0.75 * size, color="white")
        _arrow(ax, (x, context_y + 0.27), (x, output_y - 0.32), COLORS["decoder"])
    return ax


def _checked_weights(weights, tokens: tuple, source_tokens: tuple) -> np.ndarray:
    """Attention weights as an array, once their shape is known to be (len(tokens), len(source_tokens))."""
    weights = np.asarray(weights)
    if not tokens or not source_tokens:
        raise ValueError(_no_tokens(tokens, source_tokens))
    expected = (len(tokens), len(source_tokens))
    if weights.shape != expected:
        raise ValueError(
            f"Expected attention weights of shape {expected}, a row for each output token and a column for "
            f"each source token; received {weights.shape}. Leave padding out, and count the end tokens."
        )
    return weights


def _no_tokens(tokens: tuple, source_tokens: tuple) -> str:
    return (
        "Expected at least one source token and one output token; "
        f"received {len(source_tokens)} and {len(tokens)}. "
        "Pass the tokens that the model read and wrote, with their end tokens."
    )


def _box(ax: Axes, x: float, y: float, width: float, height: float, color: str) -> None:
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.14"
    ax.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=color, edgecolor="none", zorder=3))


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    style = {"arrowstyle": "-|>", "mutation_scale": 11, "shrinkA": 1.5, "shrinkB": 1.5, "linewidth": 1.4}
    ax.add_patch(FancyArrowPatch(start, end, color=color, zorder=2, **style))


def _attention_line(ax: Axes, start: tuple[float, float], end: tuple[float, float], weight: float) -> None:
    """A curve that leaves the encoder upwards and enters the context from below, as opaque as its weight."""
    if not math.isfinite(weight) or weight <= 0:
        return
    rise = end[1] - start[1]
    bends = (start[0], start[1] + 0.65 * rise), (end[0], end[1] - 0.65 * rise)
    path = Path([start, *bends, end], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style = {"facecolor": "none", "edgecolor": COLORS["attention"], "capstyle": "round"}
    ax.add_patch(PathPatch(path, alpha=min(1.0, weight), linewidth=0.8 + 2.2 * weight, zorder=1, **style))
