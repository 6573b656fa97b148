"""Interactive views of attention and of beam trees: a picture, and the data from which a script makes a view.

A view is shown by itself at the end of a notebook cell. Its HTML is a figure with a plain picture and with
the data as JSON. The pages of the book load a script, made from the folder ``views/``, that puts the view in
place of the picture. Where no script runs, as on Colab, the picture stays.
"""

import base64
import html
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from s2s_lesson.search import tree_nodes
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS, plot_attention
from s2s_lesson.teaching.schematics.beam_tree import plot_beam_tree

Json: TypeAlias = dict[str, Any]  # what a file of results or the data of a view holds
PICTURE_BEAM_SIZE = 2  # of the plain picture, or the next one there is; a wider beam would be a heavy one


@dataclass(frozen=True, repr=False)
class View:
    """A figure with a plain picture, and with data for the script of the book.

    Attributes:
        kind: "attention", "beam" or another that ``views/src/views.js`` knows.
        data: dict, ready for JSON: see the function that made it, such as ``attention_view``.
        picture: str. An image in SVG.
        alt: str. What the picture shows, in words.

    Raises:
        ValueError: a number of the data is not finite; a page could not read any of them.

    >>> view = View("attention", {"source": ["a"], "output": ["b"]}, picture="<svg/>", alt="a on b")
    >>> 'data-view="attention"' in view._repr_html_()
    True
    """

    kind: str
    data: Json
    picture: str
    alt: str

    def __post_init__(self):
        expect_finite("data", self.data)

    def _repr_html_(self):
        image = base64.b64encode(self.picture.encode()).decode()
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        colors = ";".join(f"--{name}:{color}" for name, color in COLORS.items())
        return (
            f'<figure class="s2s-view" data-view="{self.kind}" style="{colors}">'
            f'<img alt="{html.escape(self.alt)}" src="data:image/svg+xml;base64,{image}">'
            f'<script type="application/json">{data}</script>'
            "</figure>"
        )


def attention_view(prediction: Any) -> View:
    """Show attention weights as a map whose rows and columns can be looked at one by one.

    The data holds ``source`` and ``output``, lists of str, and ``weights``, a list of one list for each
    output token, rounded to three decimals. Tokens are written as in ``plot_attention``.

    Args:
        prediction: anything with ``source_tokens``, ``tokens`` (sequences of str) and ``attention_weights``,
            float (len(tokens), len(source_tokens)) from 0 to 1.

    Returns:
        ``View``.

    Raises:
        ValueError: there are no tokens, the shape of the weights does not match the tokens, or one of them is
            not finite.
    """
    picture = svg(plot_attention(prediction))
    source, output = (
        [fonts.visible(token) for token in tokens] for tokens in (prediction.source_tokens, prediction.tokens)
    )
    weights = np.asarray(prediction.attention_weights, float)
    expect_finite("attention_weights", weights.tolist())
    read, written = (list(map(fonts.label, tokens)) for tokens in (source, output))
    heaviest = [
        f"{token} on {read[place]}" for token, place in zip(written, weights.argmax(axis=1), strict=True)
    ]
    alt = (
        f"Attention map: a model reads {' '.join(read)} and writes {' '.join(written)}. "
        f"The heaviest weight of each row: {', '.join(heaviest)}."
    )
    data = {"source": source, "output": output, "weights": weights.round(3).tolist()}
    return View("attention", data, picture, alt)


def beam_view(text: str, tree: Json, tokens: Sequence[str]) -> View:
    """Show what beam searches looked at, step by step, for each beam size: for a step function of one's own.

    The data holds ``text``, ``tree`` and ``tokens``, all as they were given.

    Args:
        text: str. What the model read.
        tree: dict, from ``search.beam_trees``.
        tokens: list of str. The token of each id, such as ``vocab.tokens``.

    Returns:
        ``View``.

    Raises:
        ValueError: an id of the tree has no token, a number of it is not finite, or it has no beam size.
    """
    expect_finite("tree", tree)
    sizes = sorted(map(int, tree["beams"]))
    if not sizes:
        raise ValueError(
            "Expected a tree with a beam size or more; received none. Make it with search.beam_trees."
        )
    beam_size = next((size for size in sizes if size >= PICTURE_BEAM_SIZE), sizes[-1])
    nodes = tree_nodes(tree, beam_size)
    picture = svg(plot_beam_tree(nodes, tokens))
    best = max(
        (node for node in nodes if node.kept and node.ended), key=lambda node: node.score, default=None
    )
    outcome = "No hypothesis has ended."
    if best is not None:
        outcome = f"The best output is {_output(best, nodes, tokens)}, log-probability {best.score:.2f}."
    kept = sum(node.kept for node in nodes)
    alt = (
        f"Beam tree for {text} and a beam of {beam_size}: {1 + nodes[-1].time} steps from left to "
        f"right, {kept} candidates kept and {len(nodes) - kept} pruned. {outcome}"
    )
    data = {"text": text, "tree": tree, "tokens": list(tokens)}
    return View("beam", data, picture, alt)


def _output(node, nodes, tokens):
    """The tokens from the first one to that of a node, with blanks between."""
    output = [fonts.label(tokens[node.token])]
    while node.parent is not None:
        node = nodes[node.parent]
        output.insert(0, fonts.label(tokens[node.token]))
    return " ".join(output)


def expect_finite(name: str, data: object) -> None:
    """Raise an error that names the first number that is not finite.

    Args:
        name: str, of the data.
        data: dicts and lists of any depth, such as what goes into a page as JSON.

    Raises:
        ValueError: there is such a number.
    """
    for place, number in _numbers(name, data):
        if not math.isfinite(number):
            raise ValueError(
                f"Expected {place} as a finite number; received {number}. Look at what made it: did a "
                "training diverge, or does a measurement lack a value?"
            )


def _numbers(place: str, data: object) -> Iterator[tuple[str, float]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _numbers(f"{place}[{name!r}]", value)
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from _numbers(f"{place}[{index}]", value)
    elif isinstance(data, float | np.floating):
        yield place, float(data)


def svg(ax: Axes) -> str:
    """The figure of some Axes in SVG, with letters as shapes; the figure is closed."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "s2s_lesson"}):
        ax.figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(ax.figure)
    return buffer.getvalue()
