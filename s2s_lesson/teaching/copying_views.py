"""A view of rows of letters that are copied with attention and without it."""

import string

import matplotlib.pyplot as plt

from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.views import Json, View, expect_finite, svg

MODELS = {"rows": "with attention", "rows-without-attention": "without attention"}


def copying_view(switches: Json, *, label: str = "A row of letters") -> View:
    """Show where copies of a row go wrong, with attention and without; in the book, of any row.

    The data holds ``label``, ``text``, the ``alphabet``, the ``lengths`` of test rows, and ``models``, each
    with its ``model``, the name among the page's, ``name``, ``output`` and ``right``, the share of the test
    rows of each length that come back without a mistake.

    Args:
        switches: dict, what ``book/results/switches.json`` holds.
        label: str. What the reader is asked to type.

    Returns:
        ``View``.

    Raises:
        ValueError: a figure of the results is not finite.
    """
    expect_finite("switches", switches)
    scores = {run["name"]: run["scores"] for run in switches["runs"] if run["name"] in MODELS}
    examples = {one["name"]: one for one in switches["examples"] if one["name"] in MODELS}
    lengths = [score["length"] for score in scores["rows"]]
    models = [
        {
            "model": model,
            "name": name,
            "output": examples[model]["output"],
            "right": [score["exact_match"] for score in scores[model]],
        }
        for model, name in MODELS.items()
    ]
    text = examples["rows"]["source"]
    data = {"label": label, "text": text, "alphabet": string.ascii_lowercase, "lengths": lengths}
    told = (
        f"{model['name']} {model['right'][0]:.0%} at {lengths[0]} letters, {model['right'][-1]:.0%} at "
        f"{lengths[-1]}; of the row {text} it makes {model['output']}"
        for model in models
    )
    alt = (
        "Line chart of the share of rows that are copied without a mistake, by their length: "
        f"{'. '.join(told)}."
    )
    return View("copying", {**data, "models": models}, svg(_plot(lengths, models)), alt)


def _plot(lengths, models):
    """Lines of the share of rows without a mistake, by length."""
    _, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    for model, color, line in zip(models, ("attention", "decoder"), ("o-", "s--"), strict=True):
        ax.plot(lengths, model["right"], line, markersize=4, color=COLORS[color], label=model["name"])
    ax.set(xlabel="letters in the row", ylabel="rows without a mistake", ylim=(-0.03, 1.03))
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
