"""Plots of attention, of training, of searches and of the encoder-decoder itself: Axes in, Axes out.

Blue is the encoder, orange the decoder, green attention, in every figure. What is none of these takes a
colour of SERIES. Nothing here touches `matplotlib.rcParams`. Without `ax`, each function makes a figure that
fits its contents.
"""

import itertools
import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from s2s_lesson import fonts

COLORS = {
    "encoder": "#005A9E",  # blue
    "state": "#424242",  # grey
    "decoder": "#B34700",  # burnt orange
    "attention": "#007F5C",  # green
}
"""The parts of a model. The hues of Okabe and Ito, dark enough to be read as text on white.

Colour-blind readers can tell them apart, and those of SERIES as well.

Source: Okabe and Ito 2008, Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

SERIES = ("#8A3FA8", "#A08000", "#33205C", "#D2679E", "#707070")  # purple, ochre, ink, rose, grey
"""Colours for lines and bars that stand for no part of a model: runs, corpora, settings."""


def colormap(color: str) -> Colormap:
    """A colour map from white over a colour to its dark shade, with even steps of lightness.

    Args:
        color: A part of COLORS, such as "attention", or any colour that Matplotlib knows.

    Returns:
        A map for values from "none" to "much".
    """
    middle = to_rgb(COLORS.get(color, color))
    dark = tuple(0.5 * channel for channel in middle)
    return LinearSegmentedColormap.from_list(color, [(0, "white"), (0.7, middle), (1, dark)])


ATTENTION_COLORMAP = colormap("attention")


def show_as_svg() -> None:
    """Have the notebook show its figures as SVG: sharp at any size, with letters that need no font.

    Where a figure holds a layer that is drawn as pixels (`rasterized=True`), it has 200 of them per inch.
    """
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", dpi=200, metadata={"Date": None})


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

    image = ax.imshow(weights, ATTENTION_COLORMAP, vmin=0, vmax=1, aspect="auto", interpolation="none")
    style = {"fontfamily": fonts.families(rows + columns), "fontsize": font_size, "parse_math": False}
    turned = {} if upright else {"rotation": 45, "ha": "left", "va": "baseline", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(columns)), columns, **style, **turned)
    ax.set_yticks(range(len(rows)), rows, **style)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("source")
    ax.set_ylabel("output")

    # Thin lines around the cells, in place of a frame and tick marks.
    ax.set_xticks(np.arange(-0.5, len(columns)), minor=True)
    ax.set_yticks(np.arange(-0.5, len(rows)), minor=True)
    ax.grid(which="minor", color="0.85", linewidth=0.6, clip_on=False)
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
    ax.plot(epochs, training, color=SERIES[0], label="training", **style)
    if len(validation):
        ax.plot(epochs, validation, color=SERIES[1], linestyle="--", label="validation", **style)
        if np.isfinite(validation).any():
            best = int(np.nanargmin(validation))
            label = f"lowest validation loss (epoch {best + 1})"
            ring = {"marker": "o", "markersize": 10, "linestyle": "none", "markerfacecolor": "none"}
            ax.plot(epochs[best], validation[best], color=SERIES[1], label=label, **ring)

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
            more opaque and wider the line. None draws the model without attention.
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
        inches = min(0.62, 12 / width)  # for one unit
        _, ax = plt.subplots(figsize=(inches * width, inches * height), layout="constrained")
    else:
        room = ax.get_window_extent()
        inches = min(room.width / width, room.height / height) / ax.figure.dpi
    size = min(12, 29 * inches)  # points, of the tokens: 29 makes them 0.4 units high
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
    write(state_x, 0, "encoder\nstate", fontsize=0.6 * size, color="white")
    _arrow(ax, (state_x + 0.65, 0), (decoder_x[0] - 0.5, 0), COLORS["decoder"])

    if attention_weights is None:
        for x in decoder_x:
            _arrow(ax, (x, 0.5), (x, output_y - 0.32), COLORS["decoder"])
        return ax
    write(decoder_x[0] - 1.55, context_y, "context", fontsize=size, color=COLORS["attention"])
    for step, (x, row) in enumerate(zip(decoder_x, attention_weights, strict=True), 1):
        for source_x, weight in zip(encoder_x, row, strict=True):
            _attention_line(ax, (source_x, 0.5), (x - 0.35, context_y - 0.27), float(weight))
        _arrow(ax, (x, 0.5), (x, context_y - 0.27), COLORS["decoder"])
        _box(ax, x, context_y, 1.0, 0.54, COLORS["attention"])
        write(x, context_y, str(step), fontsize=size, color="white")
        _arrow(ax, (x, context_y + 0.27), (x, output_y - 0.32), COLORS["decoder"])
    return ax


def plot_beam_tree(nodes, tokens: Sequence[str], ax: Axes | None = None, *, bos: str = "<s>") -> Axes:
    """Draw what a beam search looked at: a column for each step, in it the candidates, the best on top.

    Candidates that were kept are filled, those that were pruned are pale outlines. Those that ended are grey,
    as the beginning is, and have square corners. Under each token stands the score of the hypothesis that it
    ends. The thick line leads to the best hypothesis that ended.

    Args:
        nodes: List of `BeamNode`, from `result.tree.nodes(sentence)`.
        tokens: The token of each id, such as `vocab.tokens`.
        ax: Where to draw; None makes a new figure.
        bos: What the search began with.

    Returns:
        The Axes, without frame or ticks, with a legend below.

    Raises:
        ValueError: there is no candidate, or an id has no token.
    """
    highest = max((node.token for node in nodes), default=-1)
    if not len(nodes) or highest >= len(tokens):
        raise ValueError(
            f"Expected at least one candidate, and a token for each id up to {highest}; received "
            f"{len(nodes)} candidates and {len(tokens)} tokens. Pass result.tree.nodes(sentence), from a "
            "search with return_tree=True, and the tokens of the target vocabulary."
        )
    columns = [[] for _ in range(1 + max(node.time for node in nodes))]
    for index, node in enumerate(nodes):
        columns[node.time].append(index)
    ranks = {}
    for column in columns:
        order = sorted(column, key=lambda index: (not nodes[index].kept, -nodes[index].score))
        ranks |= {index: rank for rank, index in enumerate(order)}
    ended = [index for index, node in enumerate(nodes) if node.ended and node.kept]
    best_path, index = set(), max(ended, key=lambda index: nodes[index].score, default=None)
    while index is not None:
        best_path.add(index)
        index = nodes[index].parent

    labels = [fonts.visible(tokens[node.token]) for node in nodes]
    family = fonts.families([*labels, bos])
    # One unit is a box's height; longer tokens make the boxes wider.
    box_width = 0.45 + 0.2 * max(4, len(bos), *map(len, labels))
    pitch, row = box_width + 0.95, 1.25
    right, height = pitch * len(columns), row * max(ranks.values()) + 2.8  # right: middle of the last column
    width = max(right + box_width + 0.3, 15)  # 15: the legend's
    if ax is None:
        inches = max(min(0.36, 9.5 / width), min(0.2, 20 / width))  # for one unit; 9.5 for all fit a page
        _, ax = plt.subplots(figsize=(inches * width, inches * height), layout="constrained")
    else:
        room = ax.get_window_extent()
        inches = min(room.width / width, room.height / height) / ax.figure.dpi
    size = 25 * inches  # points
    ax.set_xlim((right - width) / 2, (right + width) / 2)
    ax.set_ylim(0.75 - height, 0.75)
    ax.set_aspect("equal")
    ax.axis("off")

    def place(index):
        return (0.0, 0.0) if index is None else (pitch * (1 + nodes[index].time), -row * ranks[index])

    def write(x, y, text, size, color):
        style = {"ha": "center", "va": "center", "fontfamily": family, "parse_math": False, "zorder": 4}
        ax.text(x, y, text, fontsize=size, color=color, **style)

    _box(ax, 0, 0, box_width, 1, COLORS["state"])
    write(0, 0, fonts.visible(bos), size, "white")
    for index, (node, label) in enumerate(zip(nodes, labels, strict=True)):
        x, y = place(index)
        parent_x, parent_y = place(node.parent)
        color, line_width, depth = (COLORS["state"], 1.2, 2) if node.kept else ("0.85", 0.8, 1)
        if index in best_path:
            color, line_width, depth = COLORS["decoder"], 2.6, 2.5
        ends = [parent_x + box_width / 2, x - box_width / 2], [parent_y, y]
        ax.plot(*ends, color=color, linewidth=line_width, zorder=depth, solid_capstyle="round")
        fill, edge, color = "none", "0.75", "0.4"
        if node.kept:
            fill, edge, color = COLORS["state" if node.ended else "decoder"], "none", "white"
        _box(ax, x, y, box_width, 1, fill, edge, rounding=0 if node.ended else 0.3)
        score = f"{node.score:.2f}".replace("-", "\N{MINUS SIGN}")
        write(x, y + 0.19, label, size, color)
        write(x, y - 0.27, score, 0.75 * size, color)

    pruned = {"facecolor": "none", "edgecolor": "0.75"}
    handles = [
        Patch(facecolor=COLORS["decoder"], label="kept"),
        Patch(facecolor=COLORS["state"], label="kept, ended"),
        Patch(**pruned, label="pruned"),
        Line2D([], [], color=COLORS["decoder"], linewidth=2.6, label="the best that ended"),
    ]
    style = {"loc": "upper center", "bbox_to_anchor": (0.5, 1.3 / height), "fontsize": 0.9 * size}
    ax.legend(handles=handles if ended else [handles[0], handles[2]], ncols=4, frameon=False, **style)
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


def _box(ax: Axes, x, y, width, height, color: str, edge: str = "none", rounding: float = 0.14) -> None:
    corner = (x - width / 2, y - height / 2)
    style = f"round,pad=0,rounding_size={rounding}" if rounding else "square,pad=0"
    ax.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=color, edgecolor=edge, zorder=3))


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
