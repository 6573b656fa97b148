"""A chapter's quiz: questions from a file, shown as a form that tells right from wrong in the page itself."""

import html
import json
import re
from dataclasses import dataclass
from importlib.resources import files

RESOURCES = files(__package__) / "quizzes"


def read_questions(chapter):
    """The questions of a chapter, a list of dict.

    Each has a ``question`` and either ``choices``, dicts with ``text``, ``right`` and ``feedback``, of which
    ``several`` may be right; or a ``number`` with a ``tolerance``, the feedback ``right`` and ``otherwise``,
    and ``wrong``, dicts with ``number`` and ``feedback``. In a text, code stands in backticks.

    The page reads a number with a decimal point or comma, and with blanks, apostrophes, low lines, points or
    commas between groups of three digits. "5,760" is right where 5760 or 5.76 is; where neither is, it asks.

    Args:
        chapter: str.
    """
    return json.loads(_read(f"chapter{chapter}.json"))


@dataclass(frozen=True)
class Quiz:
    """Questions that a notebook shows as a form. It needs no server and no network.

    Args:
        chapter: str.
        questions: list of dict, from ``read_questions``.

    >>> from s2s_lesson.teaching import quiz
    >>> repr(quiz("1")).splitlines()[0]
    'Quiz of chapter 1'
    """

    chapter: str
    questions: list

    def __repr__(self):
        lines = [f"Quiz of chapter {self.chapter}"]
        for number, question in enumerate(self.questions, start=1):
            lines.append(f"{number}. {question['question']}")
            lines += [f"   - {choice['text']}" for choice in question.get("choices", [])]
        return "\n".join(lines)

    def _repr_html_(self):
        numbered = enumerate(self.questions, start=1)
        forms = "\n".join(
            _form(question, f"quiz-{self.chapter}-{number}", number) for number, question in numbered
        )
        style, script = _read("quiz.css"), _read("quiz.js")
        return f'<div class="s2s-quiz">\n<style>{style}</style>\n{forms}\n<script>{script}</script>\n</div>'


def _form(question, name, number):
    """One question: a form with a group of fields, a button, and a place for the feedback."""
    if "number" in question:
        fields = _number_field(question, name)
        how = "A number."
    else:
        fields = "\n".join(
            _choice(choice, name, place, question) for place, choice in enumerate(question["choices"])
        )
        how = "All that apply." if question.get("several") else "One of them."
    legend = f"<legend>{number}. {_marked_up(question['question'])} <em>{how}</em></legend>"
    button = f'<button type="submit" aria-label="Check answer {number}">Check</button>'
    # By the method "dialog" nothing is sent and no page loaded, also where the script does not run.
    return (
        f'<form method="dialog" onsubmit="return answerQuiz(this)">\n'
        f"<fieldset>\n{legend}\n{fields}\n</fieldset>\n"
        f'{button}\n<div role="status"></div>\n</form>'
    )


def _choice(choice, name, place, question):
    kind = "checkbox" if question.get("several") else "radio"
    right, feedback = str(choice["right"]).lower(), html.escape(_marked_up(choice["feedback"]))
    field = (
        f'<input type="{kind}" name="{name}" value="{place}" data-right="{right}" data-feedback="{feedback}">'
    )
    return f"<label>{field} <span>{_marked_up(choice['text'])}</span></label>"


def _number_field(question, name):
    known = [{"number": question["number"], "feedback": question["right"], "right": True}, *question["wrong"]]
    known = [{**entry, "feedback": _marked_up(entry["feedback"])} for entry in known]
    facts = {
        "known": known,
        "tolerance": question["tolerance"],
        "otherwise": _marked_up(question["otherwise"]),
    }
    facts = html.escape(json.dumps(facts))
    field = f'<input type="text" inputmode="decimal" autocomplete="off" name="{name}" data-facts="{facts}">'
    return f"<label><span>Your answer:</span> {field}</label>"


def _marked_up(text):
    """HTML of a text; ``code`` and *stress* are the only marks."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)


def _read(name):
    return (RESOURCES / name).read_text(encoding="utf-8")
