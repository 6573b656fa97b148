"""Views that remove a part of a model, and of two pasts: what is typed at random comes out as in Python."""

import json
import os
import random
import string
from pathlib import Path

import numpy as np
import pytest
from page_data import model_of_page
from page_twins import twin, view_of
from rapidfuzz.distance import Levenshtein

from benchmarks.shared.masks import written_behind_padding
from s2s_lesson.corpora import load
from s2s_lesson.teaching.past_views import two_pasts

pytestmark = pytest.mark.xdist_group("views")
SEED = int(os.environ.get("VIEWS_SEED", random.SystemRandom().randrange(10**6)))
DRAW = random.Random(SEED)
DATES = DRAW.sample(sorted({pair.source for pair in load("dates").splits["test_unseen_locales"]}), 2)
PADDINGS = DRAW.randint(1, 20)
ROW = "".join(DRAW.choices(string.ascii_lowercase, k=DRAW.randint(12, 24)))
PAIRS = DRAW.sample(sorted(load("pronunciations").test), 3)
RESULTS = Path(__file__).parents[3] / "book" / "results"
[WHOLE] = [
    run for run in json.loads((RESULTS / "pretrained.json").read_text())["runs"] if run["name"] == "dates"
]
RIGHT = [WHOLE["scores"][split]["exact_match"] for split in ("test", "test_unseen_locales")]


def answer(view):
    return view.locator(".s2s-answer").inner_text()


def written(view):
    """What each model writes, where it is marked as something else with its gaps left out."""
    return [text.replace("·", "") for text in view.locator("td.s2s-written").all_inner_texts()]


def type_date(view, date):
    view.get_by_role("textbox").fill(date)
    view.get_by_role("button", name="Write").click()
    view.get_by_text(f"“{date}” →").wait_for()


def test_dates_are_written_with_attention_and_without(open_views):
    print(f"VIEWS_SEED={SEED} draws {DATES}")
    view = view_of(open_views("03-attention"), "removed")
    models = [model_of_page(name) for name in ("dates", "dates-without-attention")]
    for date in DATES:
        type_date(view, date)
        expected = [model.predict([date])[0].text for model in models]
        assert written(view) == expected, SEED
        assert (view.locator(".s2s-differs").count() == 0) == (expected[0] == expected[1])
    view.get_by_role("button", name="no attention").click()
    view.locator("tbody tr").nth(1).wait_for(state="detached")
    shares = view.locator("td.s2s-share").all_inner_texts()
    assert [float(share.rstrip("%")) for share in shares] == pytest.approx([100 * share for share in RIGHT])


def test_padding_is_read_and_a_reader_of_one_direction_is_turned_to(open_views):
    print(f"VIEWS_SEED={SEED} draws {DATES[0]} and {PADDINGS} paddings")
    view = view_of(open_views("02-encoder"), "removed")
    whole, without, one_way = map(model_of_page, ("dates", "dates-without-masks", "dates-one-way"))
    type_date(view, DATES[0])
    slider = view.get_by_role("slider", name="paddings")
    ignored, used_to_it = (written_behind_padding(model, DATES[0], PADDINGS) for model in (whole, without))
    [prediction] = whole.predict([DATES[0]])
    slider.fill(str(PADDINGS))
    view.get_by_text(said("the same, its mask ignored", ignored, prediction.text)).wait_for()
    assert written(view) == [prediction.text, ignored, used_to_it], SEED

    view.get_by_role("button", name="one-way reader").click()
    [other] = one_way.predict([DATES[0]])
    view.get_by_text(said("reads in one direction", other.text, prediction.text)).wait_for()
    assert written(view) == [prediction.text, other.text] and not slider.is_visible()
    pressed = view.locator(".s2s-switch").evaluate_all("all => all.map((one) => one.ariaPressed)")
    assert pressed == ["false", "true"]


def said(name, output, whole):
    return f"{name}: the same" if output == whole else f"{name}: “{output}”"


def test_wrong_letters_of_copies_are_marked(open_views):
    print(f"VIEWS_SEED={SEED} draws {ROW}")
    view = view_of(open_views("03-attention"), "copying")
    view.get_by_role("textbox").fill(ROW)
    view.get_by_role("button", name="Copy").click()
    row = view.locator(".s2s-places").first
    row.get_by_text(ROW[0], exact=True).first.wait_for()
    view.get_by_text(f"Test rows of {len(ROW)} letters").wait_for()
    copies = view.locator(".s2s-places")
    for place, name in enumerate(("rows", "rows-without-attention"), start=1):
        [prediction] = model_of_page(name).predict([" ".join(ROW)], beam_size=1)
        output = prediction.text.replace(" ", "")
        assert copies.nth(place).inner_text().replace("\n", "").replace("·", "") == output, SEED
        assert copies.nth(place).locator(".s2s-differs").count() == Levenshtein.distance(output, ROW)

    view.get_by_role("slider").fill("7")
    view.get_by_text("Test rows of 7 letters").wait_for()
    assert copies.first.locator(".s2s-place").count() == 7
    assert len(view.get_by_role("textbox").input_value().split()) == 7


def compare(view, word, sounds):
    """Type a pair, the word last: an answer that names it is one for both."""
    view.get_by_label("its sounds").fill(sounds)
    view.get_by_label("A word").fill(word)


def test_both_pasts_of_a_pair_are_those_of_python(open_views):
    print(f"VIEWS_SEED={SEED} draws {PAIRS}")
    view, model = view_of(open_views("05-training-strategies"), "pasts"), twin("pronunciations")
    for word, sounds in PAIRS:
        compare(view, word, sounds)
        view.get_by_text(f"“{word}”:").wait_for()
        expected = two_pasts(model, word, sounds)
        cells = view.locator(".s2s-writes td").all_inner_texts()
        missing = len(expected["truth"]) - len(expected["written"])
        assert [*map(str.strip, cells)] == [*expected["written"], *missing * [""]], SEED
        for past in ("forced", "own"):
            bars = view.locator(f".s2s-bars .s2s-{past}:not(.s2s-none)")
            shares = bars.evaluate_all("all => all.map((bar) => bar.style.getPropertyValue('--share'))")
            np.testing.assert_allclose([*map(float, shares)], expected[past], atol=2e-4, err_msg=str(SEED))


def test_an_output_that_ends_before_the_truth_and_what_is_unknown_is_said(open_views):
    view = view_of(open_views("05-training-strategies"), "pasts")
    compare(view, "savary", "S AE V EH R IY")
    view.get_by_text("“savary”:").wait_for()
    assert "At place 6 it ends, before the truth does" in answer(view)
    assert view.locator(".s2s-none").count() == 1
    view.get_by_role("button", name="</s>").press("ArrowLeft")
    assert view.locator(".s2s-now").inner_text().startswith("“IY” has ")
    view.get_by_role("button", name="IY").press("End")
    assert view.locator(".s2s-now").inner_text().endswith("Its own output has ended before.")
    view.get_by_label("its sounds").fill("S AE x")
    view.get_by_role("button", name="Compare").click()
    view.get_by_text("as the model writes them; received x.").wait_for()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("02-encoder", "removed"), ("03-attention", "copying"), ("05-training-strategies", "pasts")],
)
def test_on_a_phone_models_are_fetched_when_they_are_touched_and_fit(open_views, name, kind):
    page = open_views(name, width=390, height=800, touch=True)
    view, scripts = view_of(page, kind), page.locator("script[src*='/models/']")
    assert answer(view) and scripts.count() == 0
    view.get_by_role("textbox").first.tap()
    scripts.first.wait_for(state="attached")
    assert view.evaluate("view => view.scrollWidth") <= 390
