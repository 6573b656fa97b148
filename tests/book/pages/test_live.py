"""Models at work in the page: what is typed is read and written as in Python, once the reader touches it."""

import os
import random

import pytest

import s2s_lesson
from s2s_lesson.corpora import load

pytestmark = pytest.mark.xdist_group("views")
SEED = int(os.environ.get("VIEWS_SEED", random.SystemRandom().randrange(10**6)))
DATES = random.Random(SEED).sample(sorted({pair.source for pair in load("dates").test}), 3)


def live(page):
    view = page.locator("figure[data-view=live]").first
    view.scroll_into_view_if_needed()
    return view


def type_text(view, text):
    """Type a text, and wait for what the model makes of it."""
    view.get_by_role("textbox").fill(text)
    view.get_by_role("button", name="Read and write").click()
    view.get_by_text(f"“{text}” →").wait_for()


def test_dates_at_random_are_written_as_in_python(open_page):
    print(f"VIEWS_SEED={SEED} draws {DATES}")
    view = live(open_page("intro"))
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


def test_what_is_read_is_shown_step_by_step_and_what_cannot_be_read_is_said(open_page):
    view = live(open_page("intro"))
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


def test_on_a_phone_the_model_is_fetched_when_it_is_touched_and_fits(browser, site):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto((site / "book" / "intro.html").as_uri())
    view, scripts = live(page), page.locator("script[src*='/models/']")
    assert view.locator(".s2s-answer").inner_text() == "“30 sept. 2016” → “2016-09-30”"
    assert scripts.count() == 0
    view.get_by_role("textbox").tap()
    scripts.wait_for(state="attached")
    assert scripts.get_attribute("src").endswith("/models/dates.js")
    type_text(view, "Friday, September 30, 2016")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
