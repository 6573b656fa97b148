"""Questions are complete, and the form holds all that the page needs."""

import json
import re
from pathlib import Path

import pytest

from s2s_lesson.teaching import exercises

BOOK = Path(__file__).parents[3] / "book"
CHAPTERS = exercises.QUIZZES  # of "3d", a deeper page, too
QUESTIONS = [(chapter, question) for chapter in CHAPTERS for question in exercises.quiz(chapter).questions]
IDS = [f"{chapter}-{question['question'][:30]}" for chapter, question in QUESTIONS]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_quiz_is_short_and_asks_in_several_ways(chapter):
    questions = exercises.quiz(chapter).questions
    kinds = {"number" if "number" in q else "several" if q.get("several") else "one" for q in questions}
    assert 5 <= len(questions) <= 7
    assert kinds >= {"one", "number"}
    assert len({question["question"] for question in questions}) == len(questions)


@pytest.mark.parametrize(("chapter", "question"), QUESTIONS, ids=IDS)
def test_the_right_number_of_choices_is_right(chapter, question):
    if "number" in question:
        wrong = [entry["number"] for entry in question["wrong"]]
        assert all(abs(number - question["number"]) > 2 * question["tolerance"] for number in wrong)
        return
    right = [choice["right"] for choice in question["choices"]]
    if question.get("several"):
        assert 2 <= sum(right) < len(right)
    else:
        assert sum(right) == 1 and len(right) >= 3
    texts = [choice["text"] for choice in question["choices"]]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("chapter", "question"), QUESTIONS, ids=IDS)
def test_every_answer_has_feedback_that_explains(chapter, question):
    if "number" in question:
        feedback = [question["right"], question["otherwise"], *(e["feedback"] for e in question["wrong"])]
        assert len(question["wrong"]) >= 2
    else:
        feedback = [choice["feedback"] for choice in question["choices"]]
        assert len(set(feedback)) == len(feedback)
    assert all(len(text) > 25 and text.endswith((".", "?")) for text in feedback)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_form_is_accessible_and_stands_alone(chapter):
    quiz = exercises.quiz(chapter)
    page = quiz._repr_html_()
    count = len(quiz.questions)
    assert page.count("<fieldset>") == page.count("<legend>") == page.count('<div role="status">') == count
    assert page.count("<label>") == page.count("<input ")
    assert not re.search(r"""https?:|src=|@import|url\(""", page)
    names = re.findall(r'name="([^"]+)"', page)
    assert {f"quiz-{chapter}-{number}" for number in range(1, count + 1)} == set(names)


def test_text_cannot_become_markup():
    choices = [{"text": "`</s>` & *so*", "right": True, "feedback": 'The `<b>` says "it".'}]
    page = exercises.Quiz("1", [{"question": "What ends a <row>?", "choices": choices}])._repr_html_()
    assert "What ends a &lt;row&gt;?" in page
    assert "<code>&lt;/s&gt;</code> &amp; <em>so</em>" in page
    assert 'data-feedback="The &lt;code&gt;&amp;lt;b&amp;gt;&lt;/code&gt; says &quot;it&quot;."' in page


def test_where_no_html_is_shown_the_questions_are():
    text = repr(exercises.quiz("3"))
    assert text.startswith("Quiz of chapter 3\n1. Where does the query come from")
    assert "   - from a state of the decoder" in text


def test_an_unknown_chapter_is_an_error():
    with pytest.raises(ValueError, match=r"1, 2, 3, 3d, 4, 5, 6; received '7'"):
        exercises.quiz("7")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_shows_its_quiz_before_the_exercises(chapter):
    [file] = BOOK.glob(f"0{chapter}-*.ipynb")
    cells = ["".join(cell["source"]) for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]]
    head = next(place for place, source in enumerate(cells) if source.startswith("## Quiz\n"))
    assert cells[head + 1].endswith(f'exercises.quiz("{chapter}")')
    assert cells[head + 2].startswith("## Exercises\n")
