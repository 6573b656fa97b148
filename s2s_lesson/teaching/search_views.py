"""Views of a model that searches and draws: a stored example, and what the page needs to go on from there."""

import math
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from s2s_lesson.data.expected import PositiveInt, Seed, checked, expect
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching._exact import exact_search
from s2s_lesson.teaching._reader import Reader
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.schematics.beam_tree import plot_beam_tree
from s2s_lesson.teaching.views import View, svg

if TYPE_CHECKING:
    from s2s_lesson.pipeline import TextToText

WIDEST = 10  # beam that the page offers
SHOWN = 8  # tokens of a distribution in the picture


@checked
def live_beam_view(
    pipeline: "TextToText",
    text: str,
    name: str,
    *,
    label: str = "A text",
    beam_size: PositiveInt = 3,
    n_best: PositiveInt = 1,
) -> View:
    """Show greedy search, beam search and the best output there is, side by side, and the tree of the beam.

    In the book the reader types another text, sets beam size, length penalty and ``n_best``, and forbids
    tokens; the model searches in the page.

    The data holds ``model``, ``label``, ``beam_size``, ``n_best`` and ``searched``: ``text``, ``unknown``, a
    list of str, and of ``greedy``, ``beam`` and ``exact`` the ``outputs``, best first, and ``steps``, how
    often the model made one, of one hypothesis; of ``exact`` also ``in_time``, false where it was given up
    after 2,000 steps (20,000 in the page), and of ``beam`` also ``nodes``. An output has ``ids``,
    ``tokens``, ``text``, ``log_probability`` and ``score``; a node has what ``BeamNode`` has, its token as
    text and as ``id``.

    Args:
        pipeline: ``TextToText``.
        text: str. The example.
        name: str. The model among those that ``tools/page_data.py`` makes for the page.
        label: str. What the reader is asked to type.
        beam_size: int, up to 10, that the view begins with.
        n_best: int, at most ``beam_size``, likewise.

    Returns:
        ``View``. Its picture is the tree of the beam.

    Raises:
        ValueError: the model can read nothing of the text, or a size is too large.
    """
    expect("beam_size", beam_size, beam_size <= WIDEST, f"up to {WIDEST}, as in the page")
    expect("n_best", n_best, n_best <= beam_size, f"of at most beam_size={beam_size}")
    reader = Reader(pipeline, text)
    greedy, beam = reader.beam(1, 1), reader.beam(beam_size, n_best)
    nodes = beam["nodes"]
    best, steps = exact_search(reader.log_probs, reader.state, **reader.ends)
    exact = [] if best is None else [reader.told(*best)]
    searched = {
        "text": text,
        "unknown": reader.unknown,
        "greedy": {name: greedy[name] for name in ("outputs", "steps")},
        "beam": {**beam, "nodes": [reader.node(node) for node in nodes]},
        "exact": {"outputs": exact, "in_time": best is not None, "steps": steps},
    }
    kept = sum(node.kept for node in nodes)
    alt = (
        f"Beam tree for {text} and a beam of {beam_size}: {1 + nodes[-1].time} steps from left to "
        f"right, {kept} candidates kept and {len(nodes) - kept} pruned. {_compared(searched)}"
    )
    data = {"model": name, "label": label, "beam_size": beam_size, "n_best": n_best, "searched": searched}
    return View("live-beam", data, svg(plot_beam_tree(nodes, reader.vocab.tokens)), alt)


@checked
def sampling_view(
    pipeline: "TextToText",
    text: str,
    name: str,
    *,
    label: str = "A text",
    count: PositiveInt = 20,
    seed: Seed = 0,
) -> View:
    """Show two distributions of a next token, where the model is surest and least sure, and what it draws.

    In the book the reader types another text, sets temperature, top-k and top-p, and draws again.

    The data holds ``model``, ``label``, ``count``, and ``next``: ``text``, ``unknown``, a list of str,
    ``tokens``, all that can be written, and ``surest`` and ``least_sure``, steps of the greedy output: what
    was ``written`` before, a list of str, ``log_probs``, of the tokens in their order, and ``entropy``, in
    nats. ``drawn`` lists the samples, the commonest first: outputs as in ``live_beam_view``, and ``times``.

    Args:
        pipeline: ``TextToText``.
        text: str. The example.
        name: str. The model among those that ``tools/page_data.py`` makes for the page.
        label: str. What the reader is asked to type.
        count: int. Samples to draw.
        seed: int. Of the example; the page has a generator of its own.

    Returns:
        ``View``. Its picture shows both distributions.

    Raises:
        ValueError: the model can read nothing of the text.
    """
    reader = Reader(pipeline, text)
    steps = reader.next_tokens()
    surest = min(steps, key=lambda step: step["entropy"])
    least_sure = max(steps, key=lambda step: step["entropy"])
    tokens = [fonts.visible(reader.vocab.tokens[index]) for index in reader.possible]
    next_tokens = {"text": text, "unknown": reader.unknown, "tokens": tokens}
    next_tokens |= {"surest": surest, "least_sure": least_sure}
    data = {"model": name, "label": label, "count": count, "next": next_tokens}
    data |= {"drawn": reader.draw(count, seed)}
    titles = {"Surest": surest, "Least sure": least_sure}
    alt = f"Bar charts of what may come next, for {text}. " + " ".join(
        f"{title}, {_where(step)}: {_in_words(step, tokens)}." for title, step in titles.items()
    )
    return View("sampling", data, svg(_plot_steps(titles, tokens)), alt)


def _compared(searched):
    """The outputs of the three searches in words."""
    searches = {"Greedy search": "greedy", "the beam": "beam", "the best there is": "exact"}
    parts = [
        f"{name}: {' '.join(map(fonts.label, best['tokens']))}, log-probability {best['log_probability']:.2f}"
        for name, key in searches.items()
        for best in searched[key]["outputs"][:1]
    ]
    return "; ".join(parts) + "."


def _where(step):
    return f"after {' '.join(map(fonts.label, step['written']))}" if step["written"] else "at the beginning"


def _likeliest(step):
    return np.argsort(-np.array(step["log_probs"]), kind="stable")[:SHOWN]


def _in_words(step, tokens):
    return ", ".join(
        f"{fonts.label(tokens[place])} {math.exp(step['log_probs'][place]):.2f}"
        for place in _likeliest(step)[:3]
    )


def _plot_steps(titles, tokens):
    """Bars of the likeliest tokens, a panel for each step."""
    _, axes = plt.subplots(1, len(titles), figsize=(8, 2.8), sharex=True, layout="constrained")
    for ax, (title, step) in zip(axes, titles.items(), strict=True):
        shown = _likeliest(step)
        labels = [fonts.label(tokens[place]) for place in shown]
        ax.barh(range(len(shown)), np.exp(np.array(step["log_probs"])[shown]), color=COLORS["decoder"])
        ax.set_yticks(range(len(shown)), labels, fontsize=8, fontfamily=fonts.families(labels))
        ax.set_title(f"{title}: {_where(step)}", fontsize=9)
        ax.invert_yaxis()
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_xlabel("probability")
    return axes[0]
