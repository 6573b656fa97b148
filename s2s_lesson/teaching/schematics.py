"""Schematics of a model and of a search: the encoder-decoder step by step, and what a beam looked at."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch, PathPatch
from matplotlib.path import Path

from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, checked_weights, no_tokens


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


def plot_beam_tree(
    nodes: Sequence[Any], tokens: Sequence[str], ax: Axes | None = None, *, bos: str = "<s>"
) -> Axes:
    """Draw what a beam search looked at: a column for each step, in it the candidates, the best on top.

    Candidates that were kept are filled, those that were pruned are pale outlines. Those that ended are grey,
    as the beginning is, and have square corners. Under each token stands the score of the hypothesis that it
    ends. The thick line leads to the best hypothesis that ended.

    Args:
        nodes: List of ``BeamNode``, from ``result.tree.nodes(sentence)``.
        tokens: The token of each id, such as ``vocab.tokens``.
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
    columns: list[list[int]] = [[] for _ in range(1 + max(node.time for node in nodes))]
    for index, node in enumerate(nodes):
        columns[node.time].append(index)
    ranks: dict[int, int] = {}
    for column in columns:
        order = sorted(column, key=lambda index: (not nodes[index].kept, -nodes[index].score))
        ranks |= {index: rank for rank, index in enumerate(order)}
    ended = [index for index, node in enumerate(nodes) if node.ended and node.kept]
    best_path, on_path = set(), max(ended, key=lambda index: nodes[index].score, default=None)
    while on_path is not None:
        best_path.add(on_path)
        on_path = nodes[on_path].parent

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
        color, line_width, depth = (COLORS["state"], 1.2, 2.0) if node.kept else ("0.85", 0.8, 1.0)
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
