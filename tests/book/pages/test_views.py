"""The interactive views in the browser: by mouse, keyboard and touch they show what Python stored."""

import json
import os
import random

import pytest
from page_twins import view_of

import s2s_lesson
from s2s_lesson.corpora import load
from s2s_lesson.data import pad
from s2s_lesson.search import beam_search, beam_trees
from s2s_lesson.teaching import beam_view

pytestmark = pytest.mark.xdist_group("views")
SIZES = range(1, 11)
SEED = int(os.environ.get("VIEWS_SEED", random.SystemRandom().randrange(10**6)))
WORD = random.Random(SEED).choice(sorted({pair.source for pair in load("pronunciations").dev}))


@pytest.fixture(scope="module")
def searched():
    """What beam search finds for WORD with each beam size, nodes and result; and the view of it."""
    print(f"VIEWS_SEED={SEED} draws the word {WORD}")
    pipeline = s2s_lesson.pretrained("pronunciations")
    vocab, ids = pipeline.target_vocab, pad([pipeline.source_vocab.encode(list(WORD))])
    ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "max_output_length": 40}
    searched = {}
    for size in SIZES:
        result = beam_search(
            pipeline.model.step, pipeline.model.encode(ids), beam_size=size, return_tree=True, **ends
        )
        searched[size] = readable(result.tree.nodes(0), vocab), result
    [tree] = beam_trees(pipeline.model.step, pipeline.model.encode(ids), **ends)
    return searched, beam_view(WORD, tree, vocab.tokens)


@pytest.fixture
def stored_beams(searched, open_view):
    """A page with the stored beams of WORD."""
    _, view = searched
    return open_view(view)


def readable(nodes, vocab):
    """Output so far -> (kept, log-probability) of the candidates of a search."""
    outputs = []
    for node in nodes:
        before = [] if node.parent is None else outputs[node.parent]
        outputs.append([*before, vocab.tokens[node.token]])
    return {
        " ".join(output): (node.kept, node.log_probability)
        for output, node in zip(outputs, nodes, strict=True)
    }


def stored(view):
    return json.loads(view.locator("script").text_content())


def map_of(page):
    """A live view with the attention map of its example, and what it shows."""
    view = view_of(page, "live")
    return view, stored(view)["run"]


def now(view):
    return view.locator(".s2s-now").inner_text()


def shown_numbers(view):
    return view.locator("td.s2s-looked-at span, tr.s2s-looked-at td span").all_inner_texts()


def short(weight):
    """A weight as the view writes it: .93, 1, 0."""
    return f"{weight:.2f}".replace("0.", ".").replace("1.00", "1").replace(".00", "0")


def in_the_tree(view):
    """Output so far -> (kept, log-probability) of what the tree shows, read from its labels."""
    labels = view.locator("[role=treeitem]").evaluate_all("all => all.map(one => one.ariaLabel)")
    listed = {}
    for label in labels:
        output, rest = label.split(": log-probability ")
        listed[output] = ("Pruned" not in rest, float(rest.split(";")[0].replace("−", "-")))
    return listed


def test_attention_by_mouse(open_views):
    view, data = map_of(open_views("03-attention"))
    rows, columns = view.locator("tbody th button"), view.locator("thead th button")
    assert rows.all_inner_texts() == data["output"] and columns.all_inner_texts() == data["source"]

    rows.nth(2).hover()
    assert shown_numbers(view) == [short(weight) for weight in data["weights"][2]]
    heaviest = max(data["weights"][2])
    place = data["weights"][2].index(heaviest)
    assert now(view).startswith(
        f"To write “{data['output'][2]}” the model looks at “{data['source'][place]}”"
    )
    assert f"({heaviest:.2f})" in now(view)

    columns.nth(1).hover()
    assert shown_numbers(view) == [short(row[1]) for row in data["weights"]]
    assert columns.nth(1).get_attribute("aria-pressed") == "true"
    assert rows.nth(2).get_attribute("aria-pressed") == "false"


def test_attention_by_keyboard(open_views):
    page = open_views("03-attention")
    view, data = map_of(page)
    view.locator("tbody th button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert now(view).startswith(f"To write “{data['output'][2]}”")
    assert page.evaluate("document.activeElement.innerText") == data["output"][2]
    page.keyboard.press("End")
    assert now(view).startswith(f"To write “{data['output'][-1]}”")

    view.get_by_role("button", name="First step").focus()
    page.keyboard.press("Enter")
    assert view.locator("tr.s2s-to-come").count() == len(data["output"])
    for _ in data["source"]:
        page.keyboard.press("ArrowRight")
    assert f"Step {len(data['source']) + 1} of" in view.locator(".s2s-status").inner_text()
    assert view.locator("tr.s2s-to-come").count() == len(data["output"]) - 1


def test_attention_plays(open_views):
    view, _ = map_of(open_views("03-attention"))
    view.get_by_role("button", name="Last step").click()
    view.get_by_role("button", name="Play").click()
    view.get_by_text("Step 3 of").wait_for()
    view.get_by_role("button", name="Pause").click()
    assert view.get_by_role("button", name="Play").count() == 1


def test_views_by_touch(open_views):
    phone = {"width": 390, "height": 800, "touch": True}
    view, data = map_of(open_views("03-attention", **phone))
    view.locator("tbody tr").nth(3).locator("td").first.tap()
    assert shown_numbers(view) == [short(weight) for weight in data["weights"][3]]
    view.locator("thead th button").nth(2).tap()
    assert now(view).startswith(f"“{data['source'][2]}” is looked at")

    page = open_views("04-decoder", **phone)
    view = view_of(page, "live-beam")
    view.get_by_role("button", name="First step").tap()
    candidate = view.locator("[role=treeitem]").nth(1)
    candidate.tap()
    assert candidate.get_attribute("aria-label") in view.locator(".s2s-now").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_word_at_random_shows_what_beam_search_finds(stored_beams, searched):
    view = view_of(stored_beams, "beam")
    for place, size in enumerate(SIZES):
        view.locator("input").fill(str(place))
        assert view.locator("output").inner_text() == str(size)
        nodes, result = searched[0][size]
        shown = in_the_tree(view)
        assert {output: kept for output, (kept, _) in shown.items()} == {
            output: kept for output, (kept, _) in nodes.items()
        }, f"VIEWS_SEED={SEED}, {WORD}, beam of {size}"
        assert all(abs(shown[output][1] - nodes[output][1]) < 0.0061 for output in nodes)
        best = view.locator("[role=treeitem].s2s-best")
        shown_best = shown[best.get_attribute("aria-label").split(": log-probability ")[0]]
        assert abs(shown_best[1] - result.log_probabilities[0, 0]) < 0.0061


def test_the_beam_tree_by_keyboard(stored_beams, searched):
    page = stored_beams
    view = view_of(page, "beam")
    steps = [len(output.split()) for output in searched[0][10][0]]
    view.locator("input").focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert view.locator("output").inner_text() == "10"

    view.get_by_role("button", name="First step").focus()
    page.keyboard.press("Enter")
    assert view.locator("[role=treeitem]").count() == steps.count(1), f"VIEWS_SEED={SEED}"
    page.keyboard.press("ArrowRight")
    assert view.locator("[role=treeitem]").count() == steps.count(1) + steps.count(2), f"VIEWS_SEED={SEED}"

    view.locator("[role=treeitem][tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.ariaLabel")
    assert len(label.split(":")[0].split()) == 2 and label in now(view)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.ariaLabel") in now(view)
    assert view.locator("[aria-selected=true]").count() == 1


def test_the_table_lists_the_candidates_of_the_step(stored_beams):
    view = view_of(stored_beams, "beam")
    view.locator("summary").click()
    view.get_by_role("button", name="Step back").click()
    lines = view.locator("tbody tr").all_inner_texts()
    shown = in_the_tree(view)
    step = max(len(output.split()) for output in shown)
    assert sorted(line.split("\t")[0] for line in lines) == sorted(
        output for output in shown if len(output.split()) == step
    )


def test_kept_pruned_and_ended_differ_by_more_than_colour(stored_beams):
    view = view_of(stored_beams, "beam")
    look = """one => {
        const box = getComputedStyle(one.querySelector("rect"));
        return [box.strokeDasharray, box.rx];
    }"""
    kept = view.locator(".s2s-kept:not(.s2s-ended, .s2s-active)[role=treeitem]").first.evaluate(look)
    ended = view.locator(".s2s-kept.s2s-ended:not(.s2s-active)[role=treeitem]").first.evaluate(look)
    pruned = view.locator(".s2s-pruned:not(.s2s-ended, .s2s-active)[role=treeitem]").first.evaluate(look)
    assert len({str(kept), str(ended), str(pruned)}) == 3
    assert view.locator(".s2s-best .s2s-token").inner_html().startswith("★")


@pytest.mark.parametrize("name", ["intro", "03-attention", "04-decoder"])
def test_without_a_script_the_picture_is_shown(browser, site, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "book" / f"{name}.html").as_uri())
    picture = page.locator("figure.s2s-view > img").first
    assert picture.is_visible() and picture.bounding_box()["width"] > 200
    assert len(picture.get_attribute("alt")) > 60
    context.close()


def test_the_theme_changes_the_colours(open_page):
    page = open_page("03-attention")
    place = view_of(page).locator("tbody th button").nth(1)
    colours = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.add(place.evaluate("one => getComputedStyle(one).color"))
    assert len(colours) == 2
