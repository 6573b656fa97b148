"""A view of what a part of a model is for: the whole model beside one, trained alike, that lacks it."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import matplotlib.pyplot as plt

from s2s_lesson.data.expected import checked
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.views import Json, View, expect_finite, svg

Part: TypeAlias = Literal["attention", "masks", "both_ways"]
TESTS = {"test": "unseen days", "test_unseen_locales": "unseen locales"}
MOST_PADDINGS = 20
HARDLY = 0.02  # a smaller share of the test that is lost is hardly one
SWITCHES: dict[Part, Json] = {
    "attention": {
        "name": "no attention",
        "models": {"dates-without-attention": "without attention"},
        "note": "",
    },
    "masks": {
        "name": "no mask",
        "models": {"dates": "the same, its mask ignored", "dates-without-masks": "trained without masks"},
        "note": "With its mask, the whole model reads no padding, however much there is.",
    },
    "both_ways": {
        "name": "one-way reader",
        "models": {"dates-one-way": "reads in one direction"},
        "note": "",
    },
}


@checked
def removed_view(parts: Sequence[Part], switches: Json, shipped: Json, *, label: str = "A date") -> View:
    """Show what a model of dates writes with one of its parts and without; in the book, for any date.

    The data holds ``label``, ``text``, ``tests``, ``whole`` and ``switches``, one for each part, with its
    ``name``, its ``models``, a ``verdict`` and ``paddings``, which is None where padding plays no part. Of
    each model there is its ``model``, the name among the page's, ``name``, ``parameters``, ``output``,
    ``right``, the share of each test that it gets right, or None, and ``padded``, whether it reads padding as
    if it were tokens.

    Args:
        parts: "attention", "masks" and "both_ways", those that can be removed.
        switches: dict, what ``book/results/switches.json`` holds.
        shipped: dict, what ``book/results/pretrained.json`` holds.
        label: str. What the reader is asked to type.

    Returns:
        ``View``.

    Raises:
        ValueError: a figure of the results is not finite.
    """
    expect_finite("switches", switches)
    expect_finite("shipped", shipped)
    runs = {run["name"]: run for run in [*shipped["runs"], *switches["runs"]]}
    paddings = max(example["paddings"] for example in switches["examples"])

    def shown(model, name, padded=False):
        read = paddings if padded else 0
        [output] = [
            example["output"]
            for example in switches["examples"]
            if (example["name"], example["paddings"]) == (model, read)
        ]
        measured = not (padded and model == "dates")  # its scores are those that it has with its mask
        return {
            "model": model,
            "name": name,
            "parameters": runs[model]["parameters"],
            "output": output,
            "right": _right(runs[model]) if measured else None,
            "padded": padded,
        }

    def switch(part):
        told, padded = SWITCHES[part], part == "masks"
        models = [shown(model, name, padded) for model, name in told["models"].items()]
        return {
            "name": told["name"],
            "models": models,
            "verdict": f"{_verdict(_right(runs['dates']), models[-1]['right'])} {told['note']}".rstrip(),
            "paddings": {"most": MOST_PADDINGS, "now": paddings} if padded else None,
        }

    data = {
        "label": label,
        "text": next(example["source"] for example in switches["examples"] if example["name"] == "dates"),
        "tests": [f"right, {test}" for test in TESTS.values()],
        "whole": shown("dates", "the whole model"),
        "switches": [switch(part) for part in parts],
    }
    models = [data["whole"], *(model for switch in data["switches"] for model in switch["models"])]
    return View("removed", data, svg(_plot_shares(models)), _words(data["text"], models))


def _right(run):
    """The share of each test that a model of dates gets right."""
    scores = (run["scores"][split] for split in TESTS)
    return [score["padded"] if "padded" in score else score["exact_match"] for score in scores]


def _verdict(whole, without):
    lost = [one - other for one, other in zip(whole, without, strict=True)]
    if max(lost) < HARDLY:
        return f"Dates hardly change: at most {_points(max(lost))} of 100 are lost."
    named = (
        f"{_points(share)} of 100 {test}" if share >= HARDLY else f"hardly any of {test}"
        for share, test in zip(lost, TESTS.values(), strict=True)
    )
    return f"What is lost: {' and '.join(named)}."


def _points(share):
    return f"{100 * max(share, 0):.2f}".rstrip("0").rstrip(".")


def _words(text, models):
    written = "; ".join(f"{model['name']} writes {model['output']}" for model in models)
    shares = "; ".join(
        f"{model['name']} " + " and ".join(f"{share:.2%}" for share in model["right"])
        for model in models
        if model["right"]
    )
    tests = " and of ".join(TESTS.values())
    return f"Bar chart: of {text}, {written}. Right of {tests}: {shares}."


def _plot_shares(models):
    """Bars of the shares that models of dates get right, with what each writes beside its name."""
    _, ax = plt.subplots(figsize=(6, 0.7 + 0.55 * len(models)), layout="constrained")
    for place, model in enumerate(models):
        for row, share in enumerate(model["right"] or ()):
            height = place + (0.2 if row else -0.2)
            ax.barh(height, share, 0.36, color=COLORS["state" if row else "decoder"])
            ax.text(share - 0.01, height, f"{share:.2%}", color="white", ha="right", va="center", fontsize=8)
    ax.set_yticks(range(len(models)), [f"{model['name']}\nwrites {model['output']}" for model in models])
    ax.set(xlabel="right: above " + ", below ".join(TESTS.values()), xlim=(0, 1))
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    return ax
