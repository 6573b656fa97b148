"""How the page's script reads the numbers that are typed into a quiz, in Node.js. No engine is needed."""

import pytest
from in_node import run_in_node

from s2s_lesson.teaching.exercises._quiz import RESOURCES

# what is typed -> the numbers that it may mean; none where it is no number
READINGS = {
    "5760": [5760],
    "5,760": [5760, 5.76],
    "5.760": [5.76, 5760],
    "5,76": [5.76],
    "5.76": [5.76],
    "5,7600": [5.76],
    "5760,0": [5760],
    "5 760": [5760],
    "5\u00a0760": [5760],
    "5\u202f760": [5760],
    "5'760": [5760],
    "5\u2019760": [5760],
    "5_760": [5760],
    "12,345,678": [12345678],
    "12.345.678": [12345678],
    "1,234.5": [1234.5],
    "1.234,5": [1234.5],
    "1 234,5": [1234.5],
    "1234,567": [1234.567],
    "0,536": [0.536],
    "0.536": [0.536],
    ",5": [0.5],
    ".5": [0.5],
    "5.": [5],
    "+5": [5],
    "-1,5": [-1.5],
    "\u22121.5": [-1.5],
    " 8 ": [8],
    "5.76e3": [5760],
    "5,76E+3": [5760],
    "": [],
    "many": [],
    "1,2,3": [],
    "12,34,567": [],
    "1,234,56": [],
    "1,234 567": [],
    "0,123,456": [],
    "5 76": [],
    "1/2": [],
    "0x10": [],
    "Infinity": [],
    "-": [],
    ",": [],
    "e3": [],
    "5 apples": [],
}
OTHERWISE = "Count again."


def facts(right, wrong=()):
    known = [{"number": right, "feedback": "So it is.", "right": True}]
    known += [{"number": number, "feedback": f"It is not {number}."} for number in wrong]
    return {"known": known, "tolerance": 0.004, "otherwise": OTHERWISE}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Feedback to what is typed where a number is right, and others are known mistakes."""

    def of(*questions):
        script = str(RESOURCES / "quiz.js")
        tasks = [{"script": script, "facts": facts, "typed": typed} for typed, facts in questions]
        return run_in_node("run_quiz.mjs", tasks, tmp_path_factory.mktemp("quiz"))

    return of


def test_a_number_is_right_in_each_of_its_readings_and_in_no_other(answers):
    numbers = sorted({number for readings in READINGS.values() for number in readings})
    questions = [(typed, number) for typed in READINGS for number in numbers]
    feedback = answers(*((typed, facts(number)) for typed, number in questions))
    right = {question for question, said in zip(questions, feedback, strict=True) if "Right." in said}
    assert right == {(typed, number) for typed, readings in READINGS.items() for number in readings}


def test_what_is_no_number_is_asked_for_again(answers):
    typed = [typed for typed, readings in READINGS.items() if not readings]
    for said in answers(*((text, facts(5)) for text in typed)):
        assert said == '<p class="open"><strong>Not yet.</strong> Write a number, such as 0.5.</p>'


def test_a_comma_that_may_mean_either_is_asked_about_where_it_is_wrong_in_both(answers):
    asked, meant, decimal, point = answers(
        ("5,760", facts(384)),
        ("5,760", facts(384, wrong=[5760])),
        ("5,76", facts(384)),
        ("5.760", facts(384)),
    )
    assert (
        asked == '<p class="open"><strong>Not yet.</strong> Do you mean 5760 or 5.76? Write one of them.</p>'
    )
    assert "Not right." in meant and "It is not 5760." in meant
    assert decimal == point == f'<p class="wrong"><strong>Not right.</strong> {OTHERWISE}</p>'
