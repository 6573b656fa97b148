"""Models at work in the page: what is typed is read and written as in Python, once the reader touches it."""

import json
import math
import os
import random
import re
from datetime import datetime

import pytest
from axe_faults import serious
from page_data import FORMS
from page_twins import twin, view_of

import s2s_lesson
from s2s_lesson.corpora import load
from s2s_lesson.teaching import live_view

pytestmark = pytest.mark.xdist_group("views")
SEED = int(os.environ.get("VIEWS_SEED", random.SystemRandom().randrange(10**6)))


def drawn(corpus):
    return random.Random(SEED).sample(sorted({pair.source for pair in load(corpus).test}), 3)


DATES, WORDS = drawn("dates"), drawn("pronunciations")
WATCH = """() => {
    window.tasks = [0];
    window.watch?.disconnect();
    window.watch = new PerformanceObserver((list) => {
        for (const task of list.getEntries()) tasks.push(task.duration);
    });
    watch.observe({ type: "longtask" });
}"""  # milliseconds of tasks of 50 and more
LONG = "le vendredi trente septembre de l'année deux mille seize, à midi"


def type_text(view, text):
    """Type a text, and wait for what the model makes of it."""
    view.get_by_role("textbox").fill(text)
    view.get_by_role("button", name="Read and write").click()
    view.get_by_text(f"“{text}” →").wait_for()


def test_dates_at_random_are_written_as_in_python(open_views):
    print(f"VIEWS_SEED={SEED} draws {DATES}")
    view = view_of(open_views("intro"))
    for date, prediction in zip(DATES, s2s_lesson.pretrained("dates").predict(DATES), strict=True):
        type_text(view, date)
        assert view.locator(".s2s-answer").inner_text() == f"“{date}” → “{prediction.text}”", SEED
        rows = view.locator("tbody tr").evaluate_all(
            "rows => rows.map((row) => Array.from(row.querySelectorAll('td')).map((cell) => cell.style"
            ".getPropertyValue('--weight')))"
        )
        shown = [[float(weight) for weight in row] for row in rows]
        assert len(shown) == len(prediction.tokens)
        for row, expected in zip(shown, prediction.attention_weights, strict=True):
            assert row == pytest.approx(expected.tolist(), abs=1e-4)


def test_words_at_random_are_written_as_in_python(open_views):
    print(f"VIEWS_SEED={SEED} draws {WORDS}")
    view = view_of(open_views("02-encoder"))
    for word, prediction in zip(WORDS, twin("pronunciations").predict(WORDS), strict=True):
        type_text(view, word)
        assert view.locator(".s2s-answer").inner_text() == f"“{word}” → “{prediction.text}”", SEED
        assert view.locator("tbody th button").all_text_contents() == list(prediction.tokens)
    heads = view.locator("thead th[scope=col]")
    widths = heads.evaluate_all("heads => heads.map((head) => head.offsetWidth)")
    assert max(widths) - min(widths) <= 1  # though the theme has rules for tables below a cell


def test_what_is_read_is_shown_step_by_step_and_what_cannot_be_read_is_said(open_views):
    view = view_of(open_views("intro"))
    type_text(view, "1 mai")
    view.get_by_role("button", name="First step").click()
    assert view.locator(".s2s-now").inner_text() == "Reads “1” forwards, “</s>” backwards."
    assert view.locator("td.s2s-to-come").count() == 2 * 5 and view.locator("tr.s2s-to-come").count() > 5
    view.get_by_role("button", name="Last step").click()
    assert view.locator(".s2s-to-come").count() == 0

    for text, said in (
        ("", "Type something that the model can read."),
        ("9" * 101, "This is too long: the model reads 100 tokens at most; these are 101."),
    ):
        view.get_by_role("textbox").fill(text)
        view.get_by_role("button", name="Read and write").click()
        view.get_by_text(said).wait_for()
    type_text(view, "§ 1999")
    assert "It does not know “§”." in view.locator(".s2s-answer").inner_text()
    unknown = view.locator("thead .s2s-unknown")
    assert unknown.all_text_contents() == ["§, unknown"]


def test_on_a_phone_the_model_is_fetched_when_it_is_touched_and_fits(open_views):
    page = open_views("intro", width=390, height=800, touch=True)
    view, scripts = view_of(page), page.locator("script[src*='/models/']")
    assert view.locator(".s2s-answer").inner_text() == "“30 sept. 2016” → “2016-09-30”"
    assert scripts.count() == 0
    view.get_by_role("textbox").tap()
    scripts.wait_for(state="attached")
    assert scripts.get_attribute("src").endswith("/models/dates.js")
    type_text(view, "Friday, September 30, 2016")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def close_up(view):
    """What is shown of what was pressed: a sentence, and numbers."""
    return view.locator(".s2s-close-up p").inner_text(), view.locator(".s2s-close-up li").all_inner_texts()


def test_what_is_pressed_shows_its_numbers(open_views):
    page = open_views("intro")
    page.emulate_media(reduced_motion="reduce")
    view = view_of(page)
    run = json.loads(view.locator("script").text_content())["run"]
    assert not view.locator(".s2s-close-up ol").is_visible()

    backwards = run["states"][1]["vectors"][2]
    view.get_by_role("button", name="State at “␣” in column 3, read backwards").click()
    said, numbers = close_up(view)
    assert numbers == [f"{value or 0:.2f}".replace("-", "−") for value in backwards]
    norm = math.sqrt(sum(value**2 for value in backwards))
    figures = f"{len(backwards)} numbers from {min(backwards):.2f} to {max(backwards):.2f}, norm {norm:.2f}."
    assert said == "State at “␣” in column 3, read backwards: " + figures.replace("-", "−")

    view.locator("tbody tr").nth(3).locator("td").nth(1).click()
    assert close_up(view) == (
        f"{run['weights'][3][1]:.3f}: the weight of “0” in column 2 for “6” in row 4.",
        [],
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert close_up(view)[0].startswith(f"{run['weights'][3][2]:.3f}: the weight of “␣” in column 3")
    assert view.locator("td button[aria-pressed=true]").count() == 1
    page.keyboard.press("Escape")
    assert close_up(view)[0] == "" and view.locator("td button[aria-pressed=true]").count() == 0


def test_the_arrow_keys_lead_from_the_heads_to_each_strip_and_cell(open_views):
    page = open_views("intro")
    page.emulate_media(reduced_motion="reduce")
    view = view_of(page)
    view.locator("thead th button").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    label = "document.activeElement.ariaLabel"
    assert page.evaluate(label) == "State at “0” in column 2, read backwards"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.closest('td').cellIndex") == len("30 sept. 2016") + 1
    assert view.locator(".s2s-now").inner_text().startswith("To write “2” the model looks at")


def test_the_speed_stays_as_it_was_set(open_views):
    page = open_views("intro")
    page.emulate_media(reduced_motion="reduce")
    page.clock.install(time=datetime(2030, 1, 1))
    page.clock.pause_at(datetime(2030, 1, 2))
    view = view_of(page)
    speed, status = view.get_by_label("Speed"), view.locator(".s2s-status")
    for name, milliseconds in (("slow", 1800), ("fast", 300)):
        speed.select_option(name)
        view.get_by_role("button", name="First step").click()
        view.get_by_role("button", name="Play").click()
        assert status.inner_text().startswith("Step 2 of")
        page.clock.run_for(milliseconds - 1)
        assert status.inner_text().startswith("Step 2 of")
        page.clock.run_for(1)
        assert status.inner_text().startswith("Step 3 of")
    type_text(view, "1 mai")
    assert view.get_by_label("Speed").input_value() == "fast"


def test_typing_waits_for_no_model(open_views):
    """No task is long; of three tries the best counts, as a machine may be busy with something else."""
    page = open_views("intro")
    page.emulate_media(reduced_motion="reduce")
    view = view_of(page)
    type_text(view, "1 mai 1999")
    longest = []
    for _ in range(3):
        page.evaluate(WATCH)
        view.get_by_role("textbox").fill("")
        for letter in "12 mai 1987":
            view.get_by_role("textbox").press_sequentially(letter)
            page.wait_for_timeout(230)  # by then what is typed so far is being read
        view.get_by_text("“12 mai 1987” →").wait_for()
        longest.append(page.evaluate("Math.max(...tasks)"))
        if longest[-1] < 100:
            break
    assert min(longest) < 100, longest


def test_axe_finds_no_serious_fault_in_a_view_at_work(open_page):
    page = open_page("intro")
    page.emulate_media(reduced_motion="reduce")
    view = view_of(page)
    type_text(view, "§ 1999")
    view.locator(".s2s-states button").first.click()
    assert serious(page) == []


def test_a_wide_map_is_read_on_a_phone_and_on_paper(open_views):
    page = open_views("intro", width=390)
    page.emulate_media(reduced_motion="reduce")
    view = view_of(page)
    type_text(view, LONG)
    view.locator(".s2s-states button").first.click()
    region = view.locator(".s2s-scroll")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 900})
    table, figure = view.locator("table").bounding_box(), view.bounding_box()
    assert table["x"] + table["width"] <= figure["x"] + figure["width"]
    assert not view.locator("form").is_visible() and not view.locator(".s2s-player").is_visible()


def test_what_plays_is_whole_on_paper(open_views):
    page = open_views("01-concepts")
    view = view_of(page)
    view.get_by_role("button", name="Pause").wait_for()
    page.pdf()
    assert view.get_by_role("button", name="Play").count() == 1
    assert view.locator(".s2s-to-come").count() == 0

    page.emulate_media(media="print")
    page.set_viewport_size({"width": 640, "height": 900})  # a sheet with wide margins
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
    assert view.locator("th button").evaluate_all(cut) == 0


def test_weights_and_states_are_seen_in_forced_colours(open_views):
    page = open_views("intro")
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    view = view_of(page)
    look = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).borderStyle]"
    row = view.locator("tbody tr").first.locator("td")
    weights = [
        float(weight)
        for weight in row.evaluate_all(
            "cells => cells.map((cell) => cell.style.getPropertyValue('--weight'))"
        )
    ]
    heavy, light = (row.nth(weights.index(pick(weights))).evaluate(look) for pick in (max, min))
    assert heavy[0] != light[0] and heavy[1] == light[1] == "solid"
    ink = "one => one.getContext('2d').getImageData(0, 0, 1, one.height).data.some((value) => value > 0)"
    assert view.locator("canvas").first.evaluate(ink)


def test_replies_are_drawn_anew(open_view):
    pipeline = s2s_lesson.pretrained("pronunciations")
    page = open_view(live_view(pipeline, "attention", "pronunciations", search="sample"))
    drawn = set()
    for _ in range(8):
        page.evaluate("document.querySelector('.s2s-answer').textContent = ''")
        page.get_by_role("button", name="Another reply").click()
        page.get_by_text("“attention” →").wait_for()
        drawn.add(page.locator(".s2s-answer").inner_text())
    assert len(drawn) > 1
    page.get_by_role("button", name="Best reply found").click()
    [likeliest] = pipeline.predict(["attention"])
    page.get_by_text(f"“attention” → “{likeliest.text}”").wait_for()
    page.get_by_role("textbox").fill("chapter")  # what is typed next is answered in the same way
    [likeliest] = pipeline.predict(["chapter"])
    page.get_by_text(f"“chapter” → “{likeliest.text}”").wait_for()


def test_the_models_of_a_page_are_light(site):
    """By the names of models that stand in the data of its views."""
    models = {
        path.stem: path.stat().st_size for path in (site / "_static" / "s2s-views" / "models").glob("*.js")
    }
    assert set(FORMS) <= set(models) and max(models.values()) <= 3_000_000
    pages = {}
    for path in site.glob("book/*.html"):
        views = re.findall(
            r'<script type="application/json">(.*?)</script>', path.read_text(encoding="utf-8"), re.S
        )
        named = {name for name in models if any(f'"{name}"' in view for view in views)}
        pages[path.stem] = sum(models[name] for name in named)
    assert pages["intro"] > 0 and max(pages.values()) <= 3_500_000
