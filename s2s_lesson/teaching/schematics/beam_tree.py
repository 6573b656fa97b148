"""What a beam search looked at, as a tree."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from s2s_lesson.search.results import BeamNode
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics._drawing import box, lettering, sheet


def plot_beam_tree(
    nodes: Sequence[BeamNode], tokens: Sequence[str], ax: Axes | None = None, *, bos: str = "<s>"
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

    labels = [fonts.label(tokens[node.token]) for node in nodes]
    family = fonts.families([*labels, bos])
    # One unit is a box's height; longer tokens make the boxes wider.
    box_width = 0.45 + 0.2 * max(4, len(bos), *map(len, labels))
    pitch, row = box_width + 0.95, 1.25
    right, height = pitch * len(columns), row * max(ranks.values()) + 2.8  # right: middle of the last column
    width = max(right + box_width + 0.3, 15)  # 15: the legend's
    inches = max(min(0.36, 9.5 / width), min(0.2, 20 / width))  # for one unit; 9.5 for all fit a page
    across = (right - width) / 2, (right + width) / 2
    ax, inches = sheet(ax, across, (0.75 - height, 0.75), inches)
    size = 25 * inches  # points

    def place(index):
        return (0.0, 0.0) if index is None else (pitch * (1 + nodes[index].time), -row * ranks[index])

    def write(x, y, text, size, color):
        lettering(ax, x, y, text, fontfamily=family, fontsize=size, color=color)

    box(ax, 0, 0, box_width, 1, COLORS["state"])
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
        box(ax, x, y, box_width, 1, fill, edge, rounding=0 if node.ended else 0.3)
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
