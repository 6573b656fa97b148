"""Each check accepts the right answer, and tells mistakes apart; headings and checks belong together."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from exercise_answers import MISTAKES, RIGHT
from keras import ops
from other_answers import OTHER_RIGHT
from wrong_answers import RAISED, Hostile, altered, recorded, replayed

from s2s_lesson.teaching import exercises
from s2s_lesson.teaching.exercises._checking import described, look_at

BOOK = Path(__file__).parents[3] / "book"
HEADING = re.compile(r"^### Exercise (\d+\.\d+) \((easy|medium|hard)\)$", re.MULTILINE)
NUMBERS = sorted(RIGHT)
BUILT = ("2.3", "4.2", "4.5", "5.2", "6.1")  # what is asked for is built once, and works or does not


RUBBISH = {
    "None": None,
    "a text": "42",
    "an empty list": [],
    "three texts": ["one", "two", "three"],
    "rows of different lengths": [[1.0, 2.0], [3.0]],
    "a wrong shape": np.zeros((2, 3, 5, 7)),
    "a shape with many axes": np.zeros((1,) * 20),
    "a number": 3,
    "an empty dict": {},
    "a dict of a dict": {"one": {"two": None}},
    "pairs of nothing": (None, None),
    "three times nothing": (None, None, None),
    "functions of nothing": (lambda: 1, lambda: 2),
    "a class": dict,
    "a function of nothing": lambda: 1,
    "a function of too much": lambda a, b, c, d, e, f, g, h, i: 1,
    "a function that returns nothing": lambda *given: None,
    "a function that returns a text": lambda *given: "42",
    "a function that returns a number": lambda *given: 42,
    "a function that returns NaN": lambda *given: np.nan,
    "a function that returns a dict": lambda *given: {(1, 2): 3},
    "a function that returns a generator": lambda *given: (one for one in given),
    "a function that returns ragged lists": lambda *given: [[1.0, 2.0], [3.0]],
    "a function that returns wrong shapes": lambda *given: (np.zeros((2, 3, 5, 7)), np.zeros(23)),
    "a function that returns many axes": lambda *given: np.zeros((1,) * 20),
    "a function that returns what it gets": lambda *given: given,
    "a function that returns a function": lambda *given: lambda *these: these,
}


def check(number, answer):
    """With the same draws at each run of the tests."""
    return look_at(number, answer, seed=0)


def cells():
    for file in sorted(BOOK.glob("0*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            yield cell["cell_type"], "".join(cell["source"])


def expect_a_hint(result):
    """A refusal in a few clear sentences, without what an engine or Python adds to its errors."""
    assert not result.right
    assert 20 < len(result.hint) < 900 and result.hint[-1] in ".?" and "\n" not in result.hint
    for noise in ("Traceback", "function_node", "[Op:", "\x1b", "InvalidArgument", "Exception encountered"):
        assert noise not in result.hint


def expect_a_hint_of_the_check(result):
    """One that does not come from an error of the check itself, when it looks at the answer."""
    expect_a_hint(result)
    assert "Looking at your answer" not in result.hint


@pytest.mark.parametrize("number", NUMBERS)
def test_right_answers_pass(number):
    result = check(number, RIGHT[number])
    assert result.right, result


@pytest.mark.parametrize(("number", "answer"), OTHER_RIGHT, ids=[number for number, _ in OTHER_RIGHT])
def test_right_answers_of_other_shapes_pass(number, answer):
    result = check(number, answer)
    assert result.right, result


def test_each_exercise_has_another_right_answer():
    assert {number for number, _ in OTHER_RIGHT} == set(NUMBERS)


@pytest.mark.parametrize(("number", "answer", "words"), MISTAKES, ids=[f"{n} {w}" for n, _, w in MISTAKES])
def test_mistakes_get_their_own_hint(number, answer, words):
    result = check(number, answer)
    expect_a_hint(result)
    assert words in result.hint


@pytest.mark.slow(guard="tests/package/teaching/test_exercises.py::test_mistakes_get_their_own_hint")
@pytest.mark.parametrize("number", NUMBERS)
def test_whatever_is_drawn_right_answers_pass_and_mistakes_get_their_own_hint(number):
    for seed in range(1, 5):
        for answer in (RIGHT[number], *(answer for other, answer in OTHER_RIGHT if other == number)):
            result = look_at(number, answer, seed)
            assert result.right, (seed, result)
        for answer, words in ((answer, words) for other, answer, words in MISTAKES if other == number):
            result = look_at(number, answer, seed)
            assert words in result.hint, (seed, words, result)


def test_each_exercise_knows_two_mistakes_at_least():
    hints = {number: {words for n, _, words in MISTAKES if n == number} for number in NUMBERS}
    assert {number for number, words in hints.items() if len(words) < 2} == set()


@pytest.mark.parametrize("answer", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("number", NUMBERS)
def test_rubbish_gets_a_hint(number, answer):
    expect_a_hint_of_the_check(check(number, answer))


@pytest.mark.parametrize("number", [number for number in NUMBERS if number not in BUILT])
def test_what_a_right_answer_returned_once_is_no_answer(number):
    """Neither the first result for all that is drawn, nor the results of one check at the next."""
    results, makes_functions = [], number in ("4.6", "4.7")
    assert look_at(number, recorded(RIGHT[number], results), seed=1).right
    assert not check(number, replayed(RIGHT[number], results, makes_functions)).right
    assert not look_at(number, replayed(RIGHT[number], results[:1], makes_functions), seed=1).right


@pytest.mark.parametrize("number", NUMBERS)
def test_a_right_answer_with_other_leaves_gets_a_hint(number):
    for leaf in (
        lambda value: np.full(np.shape(value), np.nan),
        lambda value: np.full(np.shape(value), "words"),
        lambda value: np.stack([value, value]),
    ):
        expect_a_hint_of_the_check(check(number, altered(RIGHT[number], leaf)))


def raising(number, error):
    """A right answer that raises an error instead; where it has no functions, once it is looked at."""

    def raises(value):
        raise error

    return altered(RIGHT[number], (lambda value: Hostile(error)) if number in BUILT else raises)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_answer_that_ends_the_program_gets_a_hint(number):
    expect_a_hint(check(number, Hostile(SystemExit(3))))
    result = check(number, raising(number, SystemExit(3)))
    expect_a_hint(result)
    assert "`SystemExit: 3`" in result.hint


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_whatever_an_answer_raises_is_said_in_a_line(error):
    for number in ("3.2", "4.6", "5.2", "5.3"):  # a function, one that makes another, numbers, a class
        expect_a_hint(check(number, raising(number, error)))
        assert type(error).__name__ in check(number, raising(number, error)).hint


def test_the_readers_own_interrupt_goes_through():
    def waits(*given):
        raise KeyboardInterrupt

    hostile = Hostile(KeyboardInterrupt())
    for answer in (waits, hostile, lambda *given: hostile):
        with pytest.raises(KeyboardInterrupt):
            check("5.5", answer)


def test_an_error_of_the_engine_is_told_without_its_noise():
    def adds(scores, mask):
        return ops.add(ops.ones((2, 3)), ops.ones((4, 5)))

    result = exercises.check("3.2", adds)
    expect_a_hint(result)
    assert "at `return ops.add(ops.ones((2, 3)), ops.ones((4, 5)))`" in result.hint
    assert "called with an array of shape (3, 7), an array of shape (3, 7). Do the shapes" in result.hint


def test_a_function_that_takes_something_else_is_told_what_it_was_given():
    hint = exercises.check("3.6", lambda vocabulary, weights: vocabulary).hint
    assert hint.startswith(
        "Your function takes `(vocabulary, weights)`. It was called with an array of shape (11,)"
    )


def test_checks_draw_anew_each_time_and_leave_the_readers_seeds_alone():
    given = []
    np.random.seed(3)
    for _ in range(2):
        exercises.check("3.2", lambda scores, mask: given.append(scores))
    assert not np.array_equal(*given)
    drawn = np.random.random()
    np.random.seed(3)
    assert drawn == np.random.random()
    for seed in (3, 3):
        look_at("3.2", lambda scores, mask: given.append(scores), seed)
    assert np.array_equal(*given[2:])


def test_an_error_in_the_answer_is_said():
    def divides(k):
        return k / 0

    hint = exercises.check("5.1", divides).hint
    assert "`ZeroDivisionError: division by zero`" in hint and "It was called with the number " in hint


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
        for signature in re.findall(r"`\w+\([^`]*\)`", exercises.EXERCISES[number][0]):
            assert signature in " ".join(part.split()), number


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "None"),
        (np.zeros((2, 3)), "an array of shape (2, 3)"),
        (7, "the number 7"),
        ("seven", "a text"),
        (Hostile, "the class Hostile"),
        ([2, 3, 5], "a list of length 3"),
        (len, "a function"),
        (object(), "an object of type object"),
    ],
)
def test_a_hint_can_say_what_an_answer_is(answer, words):
    assert described(answer) == words
