"""Each check accepts the right answer, and tells mistakes apart; headings and checks belong together."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from exercise_answers import MISTAKES, RIGHT

from s2s_lesson.teaching import exercises
from s2s_lesson.teaching.exercises._checking import _described

BOOK = Path(__file__).parents[3] / "book"
HEADING = re.compile(r"^### Exercise (\d+\.\d+) \((easy|medium|hard)\)$", re.MULTILINE)
NUMBERS = sorted(RIGHT)


class Awkward:
    """An object that nothing can be done with."""

    def __getattr__(self, name):
        raise RuntimeError("awkward")

    def __len__(self):
        raise RuntimeError("awkward")


RUBBISH = {
    "None": None,
    "a text": "42",
    "an empty list": [],
    "three texts": ["one", "two", "three"],
    "a wrong shape": np.zeros((2, 3, 5, 7)),
    "a number": 3,
    "an empty dict": {},
    "a function of nothing": lambda: 1,
    "a function that returns nothing": lambda *given: None,
    "a function that returns a text": lambda *given: "42",
    "a function that returns NaN": lambda *given: np.nan,
    "a function that returns wrong shapes": lambda *given: (np.zeros((2, 3, 5, 7)), np.zeros(23)),
    "an object": Awkward(),
}


def cells():
    for file in sorted(BOOK.glob("0*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            yield cell["cell_type"], "".join(cell["source"])


@pytest.mark.parametrize("number", NUMBERS)
def test_right_answers_pass(number):
    result = exercises.check(number, RIGHT[number])
    assert result.right, result


@pytest.mark.parametrize(("number", "answer", "words"), MISTAKES, ids=[f"{n} {w}" for n, _, w in MISTAKES])
def test_mistakes_get_their_own_hint(number, answer, words):
    result = exercises.check(number, answer)
    assert not result.right
    assert words in result.hint


def test_each_exercise_knows_two_mistakes_at_least():
    hints = {number: {words for n, _, words in MISTAKES if n == number} for number in NUMBERS}
    assert {number for number, words in hints.items() if len(words) < 2} == set()


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("number", NUMBERS)
def test_rubbish_gets_a_hint(number, answer):
    result = exercises.check(number, answer)
    assert not result.right
    assert len(result.hint) > 20 and "Traceback" not in result.hint


def test_an_error_in_the_answer_is_said():
    def divides(k):
        return k / 0

    hint = exercises.check("5.1", divides).hint
    assert "`ZeroDivisionError: division by zero`" in hint and "the number 50" in hint


def test_an_answer_cannot_change_what_it_is_given():
    def clears(scores, mask):
        weights = RIGHT["3.2"](scores, mask)
        scores[:], mask[:] = 0, True
        return weights

    assert exercises.check("3.2", clears).right


def test_an_unknown_number_is_an_error():
    with pytest.raises(ValueError, match=r"1\.1, 1\.2.*6\.6; received '7\.1'"):
        exercises.check("7.1", None)


def test_results_print_well():
    right, wrong = exercises.check("1.1", RIGHT["1.1"]), exercises.check("1.1", None)
    assert (repr(right), bool(right)) == ("Exercise 1.1: right.", True)
    assert repr(wrong) == "Exercise 1.1: not yet. " + wrong.hint and not wrong
    assert right._repr_markdown_() == "**Exercise 1.1: right.**"
    assert wrong._repr_markdown_() == "**Exercise 1.1: not yet.** " + wrong.hint


def test_headings_and_checks_belong_together():
    headings = [title for kind, source in cells() if kind == "markdown" for title in HEADING.findall(source)]
    assert [number for number, _ in headings] == sorted(exercises.EXERCISES) == NUMBERS
    levels = {number.split(".")[0]: set() for number in NUMBERS}
    for number, level in headings:
        levels[number.split(".")[0]].add(level)
    assert levels == {chapter: {"easy", "medium", "hard"} for chapter in "123456"}


def test_solutions_pass_their_answer_to_the_check():
    checked = [
        number
        for kind, source in cells()
        if kind == "code" and source.startswith("# @title Solution")
        for number in re.findall(
            r'^result = exercises\.check\("(\d+\.\d+)", .+\nassert result\.right, result$',
            source,
            re.MULTILINE,
        )
    ]
    assert checked == NUMBERS


def test_each_text_says_what_to_pass():
    texts = "\n".join(source for kind, source in cells() if kind == "markdown")
    for number, part in zip(NUMBERS, re.split(HEADING, texts)[3::3], strict=True):
        assert f'`exercises.check("{number}", ' in part, number


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "None"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (7, "the number 7"),
        ("seven", "a text"),
        (Awkward, "the class Awkward"),
        ([2, 3, 5], "a list of length 3"),
        (len, "a function"),
        (object(), "an object of type object"),
    ],
)
def test_a_hint_can_say_what_an_answer_is(answer, words):
    assert _described(answer) == words
