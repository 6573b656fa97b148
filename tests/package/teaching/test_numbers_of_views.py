"""Every number that goes into a view is finite, or the function that makes the view says which one is not."""

import copy
import json
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scripted
from scripted import IDS

from s2s_lesson import teaching
from s2s_lesson.pipeline import TextToText
from s2s_lesson.search import beam_trees
from s2s_lesson.teaching.views import View

RESULTS = Path(__file__).parents[3] / "book" / "results"
SWITCHES, SHIPPED = (
    json.loads((RESULTS / f"{name}.json").read_text()) for name in ("switches", "pretrained")
)
[TREE] = beam_trees(
    scripted.step,
    scripted.initial_state(scripted.random_tables(11, 1, 5, scripted.tree_nodes(5, 3))),
    max_output_length=3,
    beam_sizes=(2,),
    **IDS,
)
WEIGHTS = {"attention_weights": [[0.25, 0.75]]}
# What each function is given: a function of what stands in it, the name of its numbers, and those numbers.
OF_NUMBERS = {
    "attention_view": (
        lambda weights: teaching.attention_view(
            SimpleNamespace(source_tokens="ab", tokens="c", attention_weights=weights["attention_weights"])
        ),
        "attention_weights",
        WEIGHTS,
    ),
    "beam_view": (lambda tree: teaching.beam_view("a", tree["tree"], "abcde"), "tree", {"tree": TREE}),
    "copying_view": (
        lambda results: teaching.copying_view(results["switches"]),
        "switches",
        {"switches": SWITCHES},
    ),
    "removed_view": (
        lambda results: teaching.removed_view(["masks"], SWITCHES, results["shipped"]),
        "shipped",
        {"shipped": SHIPPED},
    ),
}
OF_A_MODEL = {
    "live_view": lambda pipeline: teaching.live_view(pipeline, "cab", "small"),
    "live_beam_view": lambda pipeline: teaching.live_beam_view(pipeline, "cab", "small"),
    "sampling_view": lambda pipeline: teaching.sampling_view(pipeline, "cab", "small"),
    "two_pasts_view": lambda pipeline: teaching.two_pasts_view(pipeline, [("cab", "y x")], "small"),
}


def places_of(data, path=()):
    """The places of all numbers in dicts and lists."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inner:
        yield from places_of(value, (*path, name))
    if isinstance(data, float | int) and not isinstance(data, bool):
        yield path


def with_number(data, path, number):
    """A copy with another number in one place."""
    changed = copy.deepcopy(data)
    *outer, last = path
    inside = changed
    for name in outer:
        inside = inside[name]
    inside[last] = number
    return changed


def test_every_function_that_makes_a_view_is_tried():
    names = {name for name in dir(teaching) if name.endswith("_view")}
    assert names == {*OF_NUMBERS, *OF_A_MODEL, "stepped_view"}  # the last one holds pictures alone


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", OF_NUMBERS)
def test_a_number_that_is_not_finite_is_named(name, number):
    make, named, given = OF_NUMBERS[name]
    assert isinstance(make(given), View)
    places = list(places_of(given))
    for path in places[:: len(places) // 7 + 1]:
        place = re.escape(named + "".join(f"[{part!r}]" for part in path[1:]))
        with pytest.raises(ValueError, match=f"Expected {place} as a finite number; received {number}. "):
            make(with_number(given, path, number))


@pytest.mark.parametrize("name", OF_A_MODEL)
def test_a_model_that_diverged_makes_no_view(name, uncompiled):
    tokens = {"source_tokens": "characters", "target_tokens": "whitespace"}
    sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}
    pipeline = TextToText.from_pairs([("abc", "x y"), ("cab", "y x z")], **tokens, **sizes)
    pipeline.model.decoder.output_layer.bias.assign(np.full(len(pipeline.target_vocab), math.nan))
    with pytest.raises(ValueError, match=r"Expected .*finite.*; received (nan|NaN)"):
        OF_A_MODEL[name](pipeline)


def test_any_view_refuses_what_a_page_cannot_read():
    with pytest.raises(ValueError, match=r"Expected data\['a'\]\[1\] as a finite number; received nan"):
        View("attention", {"a": [1, math.nan]}, picture="<svg/>", alt="")
