"""Searches and samples in the page are those of Python, and nothing waits for the slow one."""

import os
import random
import re

import numpy as np
import pytest
from page_twins import twin, view_of

from s2s_lesson.corpora import load
from s2s_lesson.search import Constraints, Scoring, beam_search, sampling_probabilities
from s2s_lesson.teaching import sampling_view
from s2s_lesson.teaching._exact import exact_search
from s2s_lesson.teaching._reader import Reader

pytestmark = pytest.mark.xdist_group("views")
SEED = int(os.environ.get("VIEWS_SEED", random.SystemRandom().randrange(10**6)))
DRAWN = random.Random(SEED)
WORDS = [word for word in sorted({pair.source for pair in load("pronunciations").dev}) if 3 < len(word) < 10]
ROUNDED = 0.0061  # how far a number with two decimals may be from what it stands for
PAGES = {"live-beam": "04b-search-deeper", "sampling": "04d-sampling-and-scores"}  # those of words


@pytest.fixture(scope="module")
def pipeline():
    """The model with the weights of the page."""
    return twin("pronunciations")


def search(view, word, wait=True):
    view.get_by_role("textbox").fill(word)
    view.get_by_role("button", name="Search").click()
    view.get_by_text(f"“{word}” →").wait_for()
    if wait:
        at_rest(view)


def at_rest(view):
    """Wait until nothing is asked any more."""
    view.locator("form[aria-busy=false]").wait_for()


def number(text):
    return float(text.replace("−", "-"))


def shown_outputs(view):
    """Of each line of the table: search, tokens of the output, log-probability, score and steps."""
    lines = view.locator(".s2s-outputs tbody tr").evaluate_all(
        "rows => rows.map((row) => Array.from(row.children).map((cell) => cell.innerText))"
    )
    return [(name, output.split(), *cells) for name, output, *cells in lines]


def expect_lines(lines, predictions):
    assert [line[1] for line in lines] == [list(one.tokens) for one in predictions], SEED
    for line, one in zip(lines, predictions, strict=True):
        assert abs(number(line[2]) - one.log_probability) < ROUNDED, SEED
        assert abs(number(line[3]) - one.score) < ROUNDED, SEED


def shown_tree(view):
    """Output so far -> whether it was kept, its score, and its place among siblings."""
    labels = view.locator("[role=treeitem]").evaluate_all("all => all.map((one) => one.ariaLabel)")
    tree = {}
    for label in labels:
        output, rest = label.split(": log-probability ")
        score = re.search(r"score ([−\d.]+)", rest) or re.match(r"([−\d.]+)", rest)
        tree[output] = "Pruned" not in rest, number(score[1])
    return tree


@pytest.mark.parametrize("turn", range(3))
def test_a_word_and_options_at_random_are_searched_as_in_python(open_views, pipeline, turn):
    word, beam_size = DRAWN.choice(WORDS), DRAWN.randint(1, 10)
    n_best, penalty = DRAWN.randint(1, beam_size), [0.0, 0.3, 0.6][turn]
    formula = DRAWN.choice(["gnmt", "average"]) if turn == 1 else "gnmt"
    print(f"VIEWS_SEED={SEED} draws {word}, {beam_size}, {n_best}, {penalty}, {formula}")
    view = view_of(open_views(PAGES["live-beam"]), "live-beam")
    view.get_by_label("Beam size").fill(str(beam_size))
    view.get_by_label("n-best").fill(str(n_best))
    view.get_by_label("Length penalty α").fill(str(penalty))
    view.get_by_label("Length formula").select_option(formula)
    search(view, word)

    scoring = Scoring(length_penalty=penalty, length_formula=formula)
    lines, others = shown_outputs(view), [f"{rank}." for rank in range(2, n_best + 1)]
    [greedy] = pipeline.predict([word], 1, scoring=scoring)
    [best] = pipeline.predict([word], beam_size, n_best, scoring=scoring)
    assert [line[0] for line in lines] == ["greedy", f"beam of {beam_size}", *others, "exact"]
    expect_lines(lines[:-1], [greedy, best, *best.alternatives])
    assert int(lines[0][4]) == len(greedy.tokens)

    reader = Reader(pipeline, word)
    sizes = {"beam_size": beam_size, "n_best": n_best, "scoring": scoring, "return_tree": True}
    nodes = beam_search(reader.step, reader.state, **sizes, **reader.options).tree.nodes(0)
    outputs = []
    for node in nodes:
        before = [] if node.parent is None else outputs[node.parent]
        outputs.append([*before, pipeline.target_vocab.tokens[node.token]])
    expected = {" ".join(output): node for output, node in zip(outputs, nodes, strict=True)}
    tree = shown_tree(view)
    assert {output: kept for output, (kept, _) in tree.items()} == {
        output: node.kept for output, node in expected.items()
    }, SEED
    assert all(abs(tree[output][1] - node.score) < ROUNDED for output, node in expected.items()), SEED
    assert int(lines[1][4]) == len({node.parent for node in nodes})

    exact, steps = exact_search(reader.log_probs, reader.state, scoring=scoring, **reader.ends)
    if exact is not None:
        assert lines[-1][1] == [pipeline.target_vocab.tokens[index] for index in exact[0]], SEED
        assert abs(number(lines[-1][3]) - exact[2]) < ROUNDED and abs(int(lines[-1][4]) - steps) <= 1, SEED


def test_a_sentence_at_random_is_searched_as_in_python(open_views):
    sentences = sorted({pair.source for pair in load("spanish").test if pair.source.count(" ") == 5})
    sentence, size = DRAWN.choice(sentences), DRAWN.choice([2, 4])
    print(f"VIEWS_SEED={SEED} draws {sentence}, {size}")
    view = view_of(open_views("04-decoder"), "live-beam")
    view.get_by_label("Beam size").fill(str(size))
    search(view, sentence, wait=False)
    view.get_by_role("row", name=f"beam of {size}").wait_for()
    model = twin("spanish")
    expected = [list(model.predict([sentence], beam_size)[0].tokens) for beam_size in (1, size)]
    assert [line[1] for line in shown_outputs(view)[:2]] == expected, SEED


def test_a_text_that_ends_with_a_mark_of_its_own_gets_no_other_one(open_views):
    view = view_of(open_views("04-decoder"), "live-beam")
    view.get_by_role("button", name="First step").click()
    answer, looked_at = (view.locator(name).inner_text() for name in (".s2s-answer", ".s2s-now"))
    assert ".” " in answer and ".”." not in answer
    assert ".”, beam of 2, step 1: " in looked_at


def test_a_forbidden_token_is_written_by_no_search_until_it_is_allowed_again(open_views, pipeline):
    word = DRAWN.choice(WORDS)
    print(f"VIEWS_SEED={SEED} draws {word}")
    page = open_views(PAGES["live-beam"])
    view = view_of(page, "live-beam")
    search(view, word)
    token = shown_outputs(view)[0][1][0]
    chip = view.get_by_role("button", name=f"Forbid {token}", exact=True)
    free = shown_outputs(view)

    chip.click()
    at_rest(view)
    assert chip.get_attribute("aria-pressed") == "true" and "×" in chip.inner_text()
    [expected] = pipeline.predict([word], 1, constraints=Constraints(forbidden=token))
    assert shown_outputs(view)[0][1] == list(expected.tokens), SEED
    assert not any(token in output.split() for output in shown_tree(view)), SEED

    chip.focus()
    page.keyboard.press("Space")
    page.wait_for_function(
        "text => document.querySelector('.s2s-outputs').innerText.includes(text)", arg=f"\t{token} "
    )
    at_rest(view)
    assert chip.get_attribute("aria-pressed") == "false" and shown_outputs(view) == free


def test_a_token_is_forbidden_in_the_tree_by_mouse_and_by_keyboard(open_views):
    page = open_views(PAGES["live-beam"])
    view = view_of(page, "live-beam")
    search(view, "colonel")
    first = view.locator("[role=treeitem]").first
    token = first.get_attribute("aria-label").split(":")[0]
    chip = view.get_by_role("button", name=f"Forbid {token}", exact=True)
    first.click()
    view.locator(f".s2s-tokens [aria-pressed=true][aria-label='Forbid {token}']").wait_for()
    page.wait_for_function(
        "token => !document.querySelector('[role=treeitem]').ariaLabel.startsWith(`${token}:`)", arg=token
    )

    view.locator("[role=treeitem][tabindex='0']").focus()
    page.keyboard.press("Home")
    second = page.evaluate("document.activeElement.ariaLabel").split(":")[0]
    page.keyboard.press("Enter")
    view.locator(f".s2s-tokens [aria-pressed=true][aria-label='Forbid {second}']").wait_for()
    assert view.locator(".s2s-tokens [aria-pressed=true]").count() == 2
    at_rest(view)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "treeitem"
    chip.click()
    view.locator(f".s2s-tokens [aria-pressed=false][aria-label='Forbid {token}']").wait_for()


def test_a_finger_looks_first_and_forbids_with_the_second_tap(open_views):
    page = open_views(PAGES["live-beam"], width=390, height=800, touch=True)
    view = view_of(page, "live-beam")
    candidate = view.locator("[role=treeitem]").nth(1)
    candidate.tap()
    assert candidate.get_attribute("aria-label") in view.locator(".s2s-now").inner_text()
    assert view.locator(".s2s-tokens [aria-pressed=true]").count() == 0
    candidate.tap()
    view.locator(".s2s-tokens [aria-pressed=true]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_typing_is_answered_while_an_exact_search_goes_on_and_that_one_is_dropped(open_views):
    view = view_of(open_views(PAGES["live-beam"]), "live-beam")
    view.get_by_label("Length penalty α").fill("2")
    search(view, "recommendation", wait=False)
    assert shown_outputs(view)[-1][:2] == ("exact", ["searching", "…"])
    search(view, "cat", wait=False)
    assert shown_outputs(view)[0][1] == ["K", "AE", "T", "</s>"]
    at_rest(view)
    assert shown_outputs(view)[-1][1] == ["K", "AE", "T", "</s>"]


def test_what_cannot_be_read_is_said_and_n_best_keeps_below_the_beam(open_views):
    view = view_of(open_views(PAGES["live-beam"]), "live-beam")
    view.get_by_label("Beam size").fill("2")
    assert view.get_by_label("n-best").input_value() == "2"
    view.get_by_role("textbox").fill("")
    view.get_by_role("button", name="Search").click()
    view.get_by_text("Type something that the model can read.").wait_for()
    search(view, "Cat")
    assert "It does not know “C”." in view.locator(".s2s-answer").inner_text()


def shares(view, place):
    """Of each line of a distribution: the token, and how long its bars are."""
    rows = view.locator(".s2s-bars").nth(place).locator("tbody tr")
    return rows.evaluate_all(
        """rows => rows.map((row) => [
            row.querySelector("th").innerText,
            row.classList.contains("s2s-cut"),
            ...Array.from(row.querySelectorAll("span")).map((bar) => +bar.style.getPropertyValue("--share")),
        ])"""
    )


def test_filters_at_random_leave_what_they_leave_in_python(open_views, pipeline):
    word = DRAWN.choice(WORDS)
    temperature, top_k, top_p = (
        DRAWN.choice([0.3, 0.75, 1.5, 2]),
        DRAWN.choice([2, 5, 19]),
        DRAWN.choice([0.6, 0.95]),
    )
    print(f"VIEWS_SEED={SEED} draws {word}, {temperature}, {top_k}, {top_p}")
    view = view_of(open_views(PAGES["sampling"]), "sampling")
    view.get_by_role("textbox").fill(word)
    view.get_by_role("button", name="Draw again").click()
    view.get_by_text(f"samples of “{word}”").wait_for()
    for label, value in (("Temperature", temperature), ("Top-k", top_k), ("Top-p", top_p)):
        view.get_by_label(label).fill(str(value))

    expected = sampling_view(pipeline, word, "pronunciations").data["next"]
    filters = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    for place, name in enumerate(("surest", "least_sure")):
        log_probs = np.array(expected[name]["log_probs"])
        before = np.exp(log_probs) / np.exp(log_probs).sum()
        [after] = sampling_probabilities(log_probs[None], **filters)
        *rows, others = shares(view, place)
        assert others[0] == f"{len(log_probs) - len(rows)} others"
        for token, cut, *bars in rows:
            index = expected["tokens"].index(token)
            assert bars == pytest.approx([before[index], after[index]], abs=1e-3), SEED
            assert cut == (after[index] == 0), SEED
        assert sum(row[3] for row in [*rows, others]) == pytest.approx(1, abs=1e-6)
        caption = view.locator(".s2s-bars caption").nth(place).inner_text()
        assert f"{(after > 0).sum()} of {len(log_probs)} tokens left" in caption, SEED


def drawn(view):
    """How often each output came, and how likely the page says that it is."""
    rows = view.locator(".s2s-samples tbody tr").evaluate_all(
        "rows => rows.map((row) => Array.from(row.children).map((cell) => cell.innerText))"
    )
    return {output: (int(times), float(share.rstrip("%")) / 100) for output, _, times, share in rows}


def test_samples_are_as_likely_as_in_python_and_can_be_drawn_again(open_views, pipeline):
    word = DRAWN.choice(WORDS)
    print(f"VIEWS_SEED={SEED} draws {word}")
    page = open_views(PAGES["sampling"])
    view = view_of(page, "sampling")
    view.get_by_label("Temperature").fill("2")
    view.get_by_role("textbox").fill(word)
    view.get_by_text(f"samples of “{word}”").wait_for()
    samples = drawn(view)
    assert sum(times for times, _ in samples.values()) == 20
    likely = np.exp(pipeline.log_probabilities([(word, output) for output in samples]))
    assert [share for _, share in samples.values()] == pytest.approx(likely.tolist(), abs=1e-3), SEED

    before = view.locator(".s2s-samples").inner_text()
    view.get_by_role("button", name="Draw again").click()
    page.wait_for_function("text => document.querySelector('.s2s-samples').innerText !== text", arg=before)
    view.get_by_label("Temperature").fill("0")
    view.get_by_text("one output").wait_for()
    [greedy] = pipeline.predict([word], 1)
    assert {output: times for output, (times, _) in drawn(view).items()} == {greedy.text: 20}, SEED


def test_what_is_cut_differs_by_more_than_colour(open_views):
    view = view_of(open_views(PAGES["sampling"]), "sampling")
    view.get_by_label("Top-k").fill("1")
    cut = view.locator(".s2s-cut").first
    assert cut.locator("td").last.inner_text() == "cut"
    assert "line-through" in cut.locator("th").evaluate("one => getComputedStyle(one).textDecoration")
    assert view.locator(".s2s-bars tbody tr:not(.s2s-cut)").count() == 2


@pytest.mark.parametrize("kind", ["live-beam", "sampling"])
def test_on_paper_nothing_waits_to_be_pressed(open_views, kind):
    page = open_views(PAGES[kind])
    view = view_of(page, kind)
    assert view.get_by_role("textbox").is_visible()
    page.emulate_media(media="print")
    assert not view.get_by_role("textbox").is_visible() and not view.get_by_role("slider").first.is_visible()
    assert view.locator(".s2s-answer").is_visible()
