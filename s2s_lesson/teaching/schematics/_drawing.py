"""What all schematics are drawn with: a sheet of squares, boxes, arrows, and letters."""

import math

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from s2s_lesson.teaching.plotting import COLORS

Point = tuple[float, float]


def sheet(ax: Axes | None, across: Point, up: Point, inches: float) -> tuple[Axes, float]:
    """Axes without a frame, in which a unit is as wide as it is high.

    Args:
        ax: where to draw; None makes a figure.
        across, up: from where to where the units go.
        inches: of a unit in a new figure.

    Returns:
        The Axes, and the inches of a unit there.
    """
    width, height = across[1] - across[0], up[1] - up[0]
    if ax is None:
        _, ax = plt.subplots(figsize=(inches * width, inches * height), layout="constrained")
    else:
        room = ax.get_window_extent()
        inches = min(room.width / width, room.height / height) / ax.figure.dpi
    ax.set_xlim(*across)
    ax.set_ylim(*up)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax, inches


def lettering(ax: Axes, x, y, text: str, **style) -> None:
    """Write a text around a point, above all boxes and lines."""
    ax.text(x, y, text, **{"ha": "center", "va": "center", "parse_math": False, "zorder": 4, **style})


def box(ax: Axes, x, y, width, height, color: str, edge: str = "none", rounding: float = 0.14) -> None:
    """A box around a point."""
    corner = (x - width / 2, y - height / 2)
    style = f"round,pad=0,rounding_size={rounding}" if rounding else "square,pad=0"
    ax.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=color, edgecolor=edge, zorder=3))


def arrow(ax: Axes, start: Point, end: Point, color: str, **style) -> None:
    """An arrow, straight unless the style says how it bends."""
    usual = {"arrowstyle": "-|>", "mutation_scale": 11, "shrinkA": 1.5, "shrinkB": 1.5, "linewidth": 1.4}
    ax.add_patch(FancyArrowPatch(start, end, color=color, **{"zorder": 2, **usual, **style}))


def attention_line(ax: Axes, start: Point, end: Point, weight: float) -> None:
    """A curve that leaves the encoder upwards and enters the context from below, as opaque as its weight."""
    if not math.isfinite(weight) or weight <= 0:
        return
    rise = end[1] - start[1]
    bends = (start[0], start[1] + 0.65 * rise), (end[0], end[1] - 0.65 * rise)
    path = Path([start, *bends, end], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    style = {"facecolor": "none", "edgecolor": COLORS["attention"], "capstyle": "round"}
    ax.add_patch(PathPatch(path, alpha=min(1.0, weight), linewidth=0.8 + 2.2 * weight, zorder=1, **style))
