"""Quizzes in the built pages: answered by mouse and by keyboard, in light and dark, with feedback."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2s_lesson.teaching import exercises

BOOK = Path(__file__).parents[3] / "book"
CHAPTERS = {file.name[1]: file.stem for file in sorted(BOOK.glob("0[1-6]-*.ipynb"))}


def first_with_choices(chapter):
    """Number of the first question with one right choice, and the places of a right and a wrong one."""
    for number, question in enumerate(exercises.quiz(chapter).questions):
        if "choices" in question and not question.get("several"):
            right = [choice["right"] for choice in question["choices"]].index(True)
            return number, right, 1 if right == 0 else 0
    raise AssertionError(f"Expected a question with one right choice in chapter {chapter}; found none.")


def plain(text):
    return text.replace("`", "").replace("*", "")


@pytest.fixture(scope="module")
def quiz_page(chapter, visit_html, parts_of):
    """The quiz of a chapter, opened once for all its tests."""
    with visit_html(parts_of(CHAPTERS[chapter], "s2s-quiz")) as page:
        yield page


def test_answers_by_mouse(chapter, quiz_page):
    number, *places = first_with_choices(chapter)
    form = quiz_page.locator(".s2s-quiz form").nth(number)
    for place in places:
        choice = exercises.quiz(chapter).questions[number]["choices"][place]
        form.locator("label").nth(place).click()
        form.get_by_role("button").click()
        words = "Right. " if choice["right"] else "Not right. "
        assert form.get_by_role("status").inner_text() == words + plain(choice["feedback"])


def test_answers_by_keyboard(chapter, quiz_page):
    number, right, wrong = first_with_choices(chapter)
    form = quiz_page.locator(".s2s-quiz form").nth(number)
    form.locator("input").first.focus()
    quiz_page.keyboard.press("Space")
    here = 0
    for place, words in ((right, "Right."), (wrong, "Not right.")):
        for _ in range(abs(place - here)):
            quiz_page.keyboard.press("ArrowDown" if place > here else "ArrowUp")
        here = place
        quiz_page.keyboard.press("Enter")
        assert form.get_by_role("status").inner_text().startswith(words)
    quiz_page.keyboard.press("Tab")
    assert quiz_page.evaluate("document.activeElement.type") == "submit"


def test_numbers(chapter, quiz_page):
    questions = exercises.quiz(chapter).questions
    number = next(place for place, question in enumerate(questions) if "number" in question)
    question, form = questions[number], quiz_page.locator(".s2s-quiz form").nth(number)
    known = question["wrong"][0]
    cases = (
        ("many", "Not yet. Write a number, such as 0.5."),
        (str(known["number"]), "Not right. " + plain(known["feedback"])),
        ("-123.5", "Not right. " + plain(question["otherwise"])),
        (str(question["number"]).replace(".", ","), "Right. " + plain(question["right"])),
    )
    for typed, feedback in cases:
        form.get_by_role("textbox").fill(typed)
        quiz_page.keyboard.press("Enter")
        assert form.get_by_role("status").inner_text() == feedback


def test_several_right_choices(visit_html, parts_of):
    questions = exercises.quiz("3").questions
    number = next(place for place, question in enumerate(questions) if question.get("several"))
    with visit_html(parts_of(CHAPTERS["3"], "s2s-quiz")) as page:
        form = page.locator(".s2s-quiz form").nth(number)
        form.get_by_role("button").click()
        assert form.get_by_role("status").inner_text() == "Not yet. Choose an answer first."
        right = [place for place, choice in enumerate(questions[number]["choices"]) if choice["right"]]
        form.get_by_role("checkbox").nth(right[0]).check()
        form.get_by_role("button").click()
        assert "Not all. 1 more to be found." in form.get_by_role("status").inner_text()
        form.get_by_role("checkbox").nth(right[1]).check()
        form.get_by_role("button").click()
        feedback = form.get_by_role("status").inner_text()
        assert feedback.count("Right, ") == 2 and "Not" not in feedback


def test_dark_text_is_light(open_page):
    page = open_page(CHAPTERS["1"], dark=True)
    color = "getComputedStyle(document.querySelector('.s2s-quiz legend')).color.match(/\\d+/g).map(Number)"
    assert min(page.evaluate(color)[:3]) > 150


UNDERSCORES = [{"question": "What is `_`?", "choices": [{"text": "`_`", "right": True, "feedback": "`_`"}]}]


def gaps_above_the_border(page):
    """Of each code that is an underscore: whether a light line parts it from the border below, in pixels."""
    gaps = []
    for code in page.locator("code").all():
        shades = np.asarray(Image.open(BytesIO(code.screenshot())).convert("L"))
        # Down the middle: the border, nothing, the underscore, nothing, the border.
        dark = shades[:, shades.shape[1] // 2] < 200
        rows = np.flatnonzero(dark)
        lines = 1 + np.count_nonzero(np.diff(rows) > 1)
        gaps.append(lines == 3)
    return gaps


def test_underscores_are_seen_on_a_plain_screen(visit_html):
    form = exercises.Quiz("1", UNDERSCORES)._repr_html_()
    sizes = "".join(f'<div style="font-size: {size}px">{form}</div>' for size in range(13, 21))
    family = "<style>code { font-family: DejaVu Sans Mono, monospace; font-size: 0.875em }</style>"
    with visit_html(family + sizes, device_scale_factor=1) as page:
        assert gaps_above_the_border(page) == [True] * 16


def test_without_a_script_a_quiz_is_a_list_to_read(visit_html):
    with visit_html(exercises.quiz("1")._repr_html_(), java_script_enabled=False) as page:
        controls = page.locator(".s2s-quiz :is(input, button)").all()
        assert len(controls) > 10 and not any(control.is_visible() for control in controls)
        for key in ("Tab", "Enter", "Space", "Enter"):
            page.keyboard.press(key)
        page.wait_for_load_state()
        assert page.url.endswith("/page.html")
        for question in exercises.quiz("1").questions:
            assert page.get_by_text(plain(question["question"])).is_visible()
            for choice in question.get("choices", []):
                assert page.get_by_text(plain(choice["text"]), exact=True).first.is_visible()


def test_where_the_script_does_not_answer_the_page_stays(visit_html):
    with visit_html(exercises.Quiz("1", UNDERSCORES)._repr_html_()) as page:
        page.evaluate("() => { window.answerQuiz = () => {}; window.here = true; }")
        page.get_by_role("radio").check()
        page.keyboard.press("Enter")
        page.get_by_role("button").click()
        page.wait_for_load_state()
        assert page.evaluate("window.here") and page.get_by_role("radio").is_checked()
        assert "?" not in page.url
