"""Exercises that are checked, and quizzes: ``check`` and ``quiz``.

Each chapter's exercises have a module here, and its quiz a file in ``quizzes/``. A check runs the reader's
answer on inputs that it draws each time, and compares. Where it is wrong, the hint names what is off.
"""

from typing import Any

from s2s_lesson.teaching.exercises import (
    chapter1,
    chapter2,
    chapter3,
    chapter3d,
    chapter4,
    chapter4b,
    chapter5,
    chapter6,
)
from s2s_lesson.teaching.exercises._checking import EXERCISES, Result, look_at
from s2s_lesson.teaching.exercises._quiz import Quiz, read_questions

__all__ = ["EXERCISES", "Quiz", "Result", "check", "quiz"]
CHAPTERS = (chapter1, chapter2, chapter3, chapter3d, chapter4, chapter4b, chapter5, chapter6)
QUIZZES = ("1", "2", "3", "3d", "4", "5", "6")


def check(number: str, answer: Any) -> Result:
    """Check the answer to an exercise.

    Args:
        number: str, such as "3.2".
        answer: what the exercise's text asks for: a function, an array, a number, several of them.

    Returns:
        ``Result``: right, or a hint. A wrong answer raises nothing.

    Raises:
        ValueError: there is no exercise of this number.
    """
    if number not in EXERCISES:
        raise ValueError(f"Expected the number of an exercise, {', '.join(EXERCISES)}; received {number!r}.")
    return look_at(number, answer)


def quiz(chapter: str) -> Quiz:
    """Make the quiz of a chapter, which a notebook shows as questions to be answered in the page.

    Args:
        chapter: str, "1" to "6", or "3d", that chapter's page on the Transformer.

    Returns:
        ``Quiz``.

    Raises:
        ValueError: there is no quiz of this chapter.
    """
    if chapter not in QUIZZES:
        raise ValueError(f"Expected a chapter, {', '.join(QUIZZES)}; received {chapter!r}.")
    return Quiz(chapter, read_questions(chapter))
