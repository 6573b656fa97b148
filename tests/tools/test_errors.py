"""What the package raises says what was expected, what came, and what to do."""

import ast
import re

from messages import PACKAGE, text_of, tree_of

FORM = re.compile(r"Expected .+; .+(?:[.?] [A-Z{]|\} [A-Z]).+", re.S)
BEGINNING = re.compile(r"[A-Z{]")  # a small letter begins a part, which another message holds
OTHER_FORMS = {
    "deployed/exported.py": "a module that is not there, in the words of Python",
    "corpora/_cornell_files.py": "names the line first, as compilers do",
    "commands/predict.py": "a report of that form, with what was done or what --strict means",
    "corpora/files/unpacking.py": "what to do comes with the kind of file",
    "pipeline/settings.py": "an error of that form, with where the option stands",
}


def said():
    """What is raised, or begins as errors do: file, line and text, with ``{}`` for what is filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("teaching/exercises/"):
            continue  # hints to a reader
        for node, text in errors(tree_of(path)):
            yield name, node.lineno, " ".join(text.split())


def errors(node):
    """The errors in a tree, with their text."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call) and child.exc.args:
            yield child, text_of(child.exc.args[0])
        elif isinstance(child, ast.JoinedStr | ast.Constant) and re.match("Expected .", text_of(child)):
            yield child, text_of(child)
        else:
            yield from errors(child)


def test_errors_say_what_was_expected_what_came_and_what_to_do():
    whole = [(name, line, text) for name, line, text in said() if BEGINNING.match(text)]
    assert len(whole) > 350
    other = [(name, line, text) for name, line, text in whole if not FORM.match(text)]
    assert [where for where in other if where[0] not in OTHER_FORMS] == []
    assert {name for name, *_ in other} == OTHER_FORMS.keys(), "a reason that no message needs any more"


def test_another_form_is_found():
    for text in ("The file is wrong.", "Expected a number.", "Expected a number; received {} {}."):
        assert not FORM.match(text)
    assert FORM.match("Expected a number; received {}. Give one.")
