"""What the package raises says what was expected and what came."""

import ast
import re

from messages import PACKAGE, text_of, tree_of

FORM = re.compile(r"Expected .+; .+", re.S)
BEGINNING = re.compile(r"[A-Z{]")  # a small letter begins a part, which another message holds
OTHER_FORMS = {
    "deployed/exported.py": "a module that is not there, in the words of Python",
    "corpora/_cornell_files.py": "names the line first, as compilers do",
    "commands/predict.py": "a report of that form, with what --strict means",
    "pipeline/settings.py": "an error of that form, with where the option stands",
}


def raised():
    """The messages in the code: file, line and text, with ``{}`` for what is filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("teaching/exercises/"):
            continue  # hints to a reader
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                yield name, node.lineno, " ".join(text_of(node.exc.args[0]).split())


def test_errors_say_what_was_expected_and_what_came():
    whole = [(name, line, text) for name, line, text in raised() if BEGINNING.match(text)]
    assert len(whole) > 300
    other = [(name, line, text) for name, line, text in whole if not FORM.match(text)]
    assert [where for where in other if where[0] not in OTHER_FORMS] == []
    assert {name for name, *_ in other} == OTHER_FORMS.keys(), "a reason that no message needs any more"


def test_another_form_is_found():
    assert not FORM.match("The file is wrong.") and not FORM.match("Expected a number.")
    assert FORM.match("Expected a number; received {}.")
