"""The interactive views: a figure with a plain picture, words for it, and the data that the script reads."""

import base64
import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
import scripted
from scripted import IDS

from s2s_lesson.search import beam_trees
from s2s_lesson.teaching import COLORS, attention_view, beam_view

WEIGHTS = np.array([[0.12345, 0.5, 0.37655], [0.0, 0.25, 0.75]])
PREDICTION = SimpleNamespace(
    source_tokens=("<b>", " ", "</s>"), tokens=('"', "</s>"), attention_weights=WEIGHTS
)
TOKENS = ["<s>", "</s>", "a", "</script>", "e"]
[TREE] = beam_trees(
    scripted.step,
    scripted.initial_state(scripted.random_tables(11, 1, 5, scripted.tree_nodes(5, 4))),
    beam_sizes=(1, 2, 3),
    max_output_length=4,
    **IDS,
)
VIEWS = {
    "attention": attention_view(PREDICTION),
    "beam": beam_view("beet", TREE, TOKENS),
}


class Elements(HTMLParser):
    """The elements of some HTML, each with its attributes, and the text of the last script."""

    def __init__(self, html):
        super().__init__()
        self.seen, self.script = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.script += data


@pytest.fixture(params=VIEWS)
def view(request):
    return VIEWS[request.param]


def test_the_html_is_a_figure_with_picture_and_data(view):
    elements = Elements(view._repr_html_())
    assert [tag for tag, _ in elements.seen] == ["figure", "img", "script"]
    (_, figure), (_, image), (_, script) = elements.seen
    assert figure["class"] == "s2s-view" and figure["data-view"] == view.kind
    assert image["alt"] == view.alt
    assert script == {"type": "application/json"}
    assert json.loads(elements.script) == json.loads(json.dumps(view.data))


def test_the_colours_are_those_of_the_figures(view):
    [(_, figure), *_] = Elements(view._repr_html_()).seen
    assert dict(part.split(":") for part in figure["style"].split(";")) == {
        f"--{name}": color for name, color in COLORS.items()
    }


def test_the_picture_is_an_svg_that_is_the_same_each_time():
    again = attention_view(PREDICTION)
    assert again._repr_html_() == VIEWS["attention"]._repr_html_()
    _, (_, image), _ = Elements(again._repr_html_()).seen
    kind, data = image["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    assert re.search(r"<svg [^>]*viewBox", base64.b64decode(data).decode())


def test_attention_data_equal_the_arrays():
    data = VIEWS["attention"].data
    assert data["source"] == ["<b>", "␣", "</s>"] and data["output"] == ['"', "</s>"]
    np.testing.assert_allclose(data["weights"], WEIGHTS, atol=5e-4)
    assert data["weights"][0] == [0.123, 0.5, 0.377]


def test_beam_data_are_what_was_given():
    assert VIEWS["beam"].data == {"text": "beet", "tree": TREE, "tokens": TOKENS}


def test_the_words_for_the_pictures():
    assert VIEWS["attention"].alt == (
        'Attention map: a model reads <b> ␣ </s> and writes " </s>. '
        'The heaviest weight of each row: " on ␣, </s> on </s>.'
    )
    assert VIEWS["beam"].alt.startswith("Beam tree for beet and a beam of 2: ")
    best = max(
        (TREE["log_probabilities"][number], number)
        for number in TREE["beams"]["2"]["kept"]
        if TREE["token_ids"][number] == IDS["eos_id"]
    )
    assert VIEWS["beam"].alt.endswith(f"</s>, log-probability {best[0]:.2f}.")


@pytest.mark.parametrize(("sizes", "shown"), [("123", 2), ("13", 3), ("3", 3), ("1", 1)])
def test_beam_sizes_may_have_gaps(sizes, shown):
    tree = {**TREE, "beams": {size: TREE["beams"][size] for size in sizes}}
    assert (
        f" and a beam of {shown}: {TREE['beams'][str(shown)]['steps']} steps"
        in beam_view("beet", tree, TOKENS).alt
    )


def test_long_tokens_are_whole_in_the_data_and_short_in_picture_and_words():
    long = "a" * 3000
    weights = {"attention_weights": WEIGHTS}
    view = attention_view(SimpleNamespace(source_tokens=(long, "b", "c"), tokens=("d", long), **weights))
    assert view.data["source"][0] == view.data["output"][1] == long
    tree = beam_view("beet", TREE, ["<s>", long, "a", "b", "c"])
    assert tree.data["tokens"][1] == long
    for one in (view, tree):
        assert "a" * 19 + "…" in one.alt and "a" * 20 not in one.alt
        assert float(re.search(r'<svg [^>]*width="([\d.]+)pt"', one.picture)[1]) < 2000


def test_what_cannot_be_shown_is_an_error():
    with pytest.raises(ValueError, match="Expected a tree with a beam size or more; received none"):
        beam_view("beet", {**TREE, "beams": {}}, TOKENS)
    with pytest.raises(ValueError, match="a token for each id"):
        beam_view("beet", TREE, TOKENS[:2])
    with pytest.raises(ValueError, match="Expected attention weights of shape"):
        attention_view(SimpleNamespace(**{**vars(PREDICTION), "attention_weights": WEIGHTS.T}))
