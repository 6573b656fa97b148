"""Views that cannot be shown, long tokens, narrow windows, odd texts, hasty hands: a view bears them all."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import scripted
from page_twins import view_of
from scripted import IDS

from s2s_lesson.search import beam_trees
from s2s_lesson.teaching import attention_view, beam_view

pytestmark = pytest.mark.xdist_group("views")
PREDICTION = {"source_tokens": "abc", "tokens": "xyz", "attention_weights": np.full((3, 3), 1 / 3)}
GOOD = attention_view(SimpleNamespace(**PREDICTION))._repr_html_()
[TREE] = beam_trees(
    scripted.step,
    scripted.initial_state(scripted.random_tables(5, 1, 5, scripted.tree_nodes(5, 4))),
    beam_sizes=(1, 3),
    max_output_length=4,
    **IDS,
)
TOKENS = ["<s>", "</s>", "a", "b", "c"]
DATA = re.compile(r'(<script type="application/json">)(.*?)(</script>)', re.S)
LONG = "a" * 3000
WHOLE = """view => [...view.querySelectorAll("[title], title")]
    .map((part) => part.getAttribute("title") ?? part.textContent)"""  # what is there where the mouse rests
WIDTH = "document.documentElement.scrollWidth"
# Texts that models of letters and of words read, or refuse, and what is said of them.
ODD = {
    "a" * 10_000: "This is too long",
    "👩\u200d👩\u200d👧 😀": None,
    "30 ספטמבר": None,
    "٣٠ سبتمبر": None,
    "a\u202eb\u200b": None,
    "": "Type something",
    "     ": "Type something",
}


def broken(*, kind="attention", data='{"source": ["a"], "output": ["b"], "weights": []}'):
    """A view that fails while it is drawn, or as its kind and data say."""
    return re.sub(
        'data-view="attention"',
        f'data-view="{kind}"',
        DATA.sub(lambda passage: passage[1] + data + passage[3], GOOD),
    )


def test_the_fault_of_a_view_is_its_own(visit_html):
    planted = [broken(), broken(data='{"weights": [NaN]}'), broken(kind="no such kind")]
    with visit_html(GOOD + "".join(planted) + GOOD) as page:
        views = page.locator("figure.s2s-view")
        for place, well in enumerate([True, False, False, False, True]):
            view = views.nth(place)
            assert view.locator("img").is_visible() is not well
            assert view.locator(".s2s-attention").count() == view.locator("table").count() == int(well)
            faults = view.locator(".s2s-fault").all_inner_texts()
            assert faults == ([] if well else ["This view cannot be shown; its picture stands in its place."])
        views.last.get_by_role("button", name="Next step").click()
        assert views.last.locator(".s2s-now").inner_text().startswith("To write “y”")
        assert len(page.faults) == len(planted)  # told to those who look for them
        page.faults.clear()


def test_beam_sizes_may_have_gaps(open_view):
    view = view_of(open_view(beam_view("a", TREE, TOKENS)), "beam")
    sizes = view.get_by_label("Beam size")
    assert view.locator("output").inner_text() == "3"
    sizes.press("ArrowLeft")
    assert view.locator("output").inner_text() == "1" and sizes.get_attribute("aria-valuetext") == "1"
    steps = TREE["beams"]["1"]["steps"]
    assert view.locator("[role=treeitem].s2s-kept").count() == steps
    sizes.press("ArrowRight")
    assert "beam of 3" in view.locator(".s2s-now").inner_text()


def with_long_token(html):
    """The HTML of views, each with a token of 3,000 letters in place of one that it shows."""

    def lengthened(passage):
        data = json.loads(passage[2])
        if "run" in data:
            token = data["run"].get("source", data["run"].get("truth"))[0]
        elif "next" in data:
            token = data["next"]["tokens"][np.argmax(data["next"]["least_sure"]["log_probs"])]
        else:
            token = data["searched"]["beam"]["nodes"][0]["token"]
        return (
            passage[1]
            + passage[2].replace(json.dumps(token, ensure_ascii=False), json.dumps(LONG))
            + passage[3]
        )

    return DATA.sub(lengthened, html)


def test_a_token_of_3000_letters_is_shortened_and_there_as_a_whole(visit_html, parts_of):
    names = ("04-decoder", "04b-search-deeper", "04d-sampling-and-scores", "05-training-strategies")
    views = with_long_token("".join(parts_of(name, "s2s-view") for name in names))
    both = {**PREDICTION, "source_tokens": ("a", "b", LONG), "tokens": (LONG, "y", "z")}
    made = attention_view(SimpleNamespace(**both)), beam_view("a", TREE, ["<s>", LONG, "a", "b", "c"])
    html = "".join(view._repr_html_() for view in made) + views
    with visit_html(html, width=390, reduced_motion="reduce") as page:
        assert page.evaluate(WIDTH) <= 390
        figures = page.locator("figure.s2s-view").all()
        assert len(figures) == 6
        for figure in figures:
            shown = figure.evaluate("one => one.innerText")
            assert "a" * 5 in shown and "…" in shown and "a" * 21 not in shown
            assert LONG in figure.evaluate(WHOLE)
            assert figure.bounding_box()["height"] < 1500
        boxes = page.locator("[role=treeitem]").evaluate_all(
            """nodes => nodes.map((node) => [...node.querySelectorAll("rect, .s2s-token")]
                .map((part) => part.getBoundingClientRect().width))"""
        )
        assert all(token <= box for box, token in boxes)


PLACES = """view => {
    const drawing = view.querySelector(".s2s-attention table, svg[role=tree]");
    const { top, width } = drawing.getBoundingClientRect();
    const cells = [...drawing.querySelectorAll("td, th")].map((cell) => [cell.offsetLeft, cell.offsetWidth]);
    return JSON.stringify([top + scrollY, width, cells]);
}"""


def test_nothing_moves_from_step_to_step(visit_html):
    """Nor where one sentence below the buttons is a line and the next one three."""
    words = [f"{letter}nother long word" for letter in "abcd"]
    weights = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])
    prediction = {"source_tokens": words, "tokens": words, "attention_weights": weights}
    made = attention_view(SimpleNamespace(**prediction)), beam_view("a", TREE, ["<s>", "</s>", *words[:3]])
    html = "".join(view._repr_html_() for view in made)
    with visit_html(html, width=320, reduced_motion="reduce") as page:
        for width, view in ((w, view) for w in (320, 1280) for view in page.locator("figure.s2s-view").all()):
            page.set_viewport_size({"width": width, "height": 900})
            view.get_by_role("button", name="First step").focus()
            page.keyboard.press("Enter")
            places, steps = {view.evaluate(PLACES)}, int(view.locator(".s2s-status").inner_text().split()[-1])
            for _ in range(steps - 1):
                page.keyboard.press("ArrowRight")
                places.add(view.evaluate(PLACES))
            assert view.locator(".s2s-status").inner_text() == f"Step {steps} of {steps}" and steps > 2
            assert len(places) == 1, (width, places)


COUNT_QUESTIONS = """() => {
    window.asked = 0;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message) {
        asked += 1;
        post.call(this, message);
    };
}"""


def settled(view):
    view.locator("form[aria-busy=false]").wait_for()


@pytest.mark.parametrize(
    "name", ["03-attention", "04-decoder", "04d-sampling-and-scores", "05-training-strategies"]
)
def test_odd_texts_are_read_or_refused_in_a_narrow_window(open_views, name):
    page = open_views(name, width=320, height=225, reduced_motion="reduce")  # 1280 pixels at 400 %
    assert page.evaluate(WIDTH) <= 320
    for view in page.locator("figure:has(form)").all():
        for text, said in ODD.items():
            view.get_by_role("textbox").first.fill(text)
            view.get_by_role("textbox").first.press("Enter")
            settled(view)
            answer = view.locator(".s2s-answer").inner_text()
            assert answer.startswith(said) if said else answer and not answer.startswith("Type"), (name, text)
            assert page.evaluate(WIDTH) <= 320, (name, text)


def test_hasty_hands_get_the_last_answer(open_views):
    """Keys and clicks while the model is read in and writes: what was asked last is answered, once."""
    page = open_views("04b-search-deeper", reduced_motion="reduce")
    view = view_of(page, "live-beam")
    field, tree = view.get_by_role("textbox"), view.locator("svg[role=tree]")
    for word in ("cat", "catalogue", "colonel"):
        field.fill(word)
        field.press("Enter")
        view.get_by_role("button", name="Search").click()
        view.get_by_role("button", name="Play").click()
        for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
            view.get_by_label("Beam size").press(key)
    for _ in range(4):
        view.get_by_role("button", name=re.compile("Play|Pause")).click()
        tree.locator("[role=treeitem]").first.focus()
        for key in ("End", "ArrowRight", "ArrowDown", "ArrowLeft", "Home", "ArrowUp"):
            page.keyboard.press(key)
    settled(view)
    assert view.locator(".s2s-answer").inner_text().startswith("“colonel” → ")
    assert view.locator("[role=treeitem][aria-selected=true]").count() == 1

    page.evaluate(COUNT_QUESTIONS)
    field.fill("cat")
    view.locator("form").evaluate(
        "form => { for (let time = 0; time < 50; time += 1) form.requestSubmit(); }"
    )
    settled(view)
    assert view.locator(".s2s-answer").inner_text().startswith("“cat” → ")
    assert 2 <= page.evaluate("asked") <= 5  # a search and an exact one, for what is asked first and last
