"""Quizzes in the built pages: answered by mouse and by keyboard, in light and dark, with feedback."""

from pathlib import Path

import pytest

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
