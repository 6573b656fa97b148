"""The two tiers: each test marked slow names the fast test that watches the same promise in small."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def guards(tree):
    """Line and guard of each `pytest.mark.slow`, or of a call that gives a function the guard to mark with.

    The guard is None where a mark has none.
    """
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            words = {word.arg: word.value for word in node.keywords}
            marks = is_mark(node.func)
            if "guard" in words and ast.unparse(words["guard"]) != "guard":
                yield node.lineno, ast.literal_eval(words["guard"])
            elif marks and "guard" not in words:
                yield node.lineno, None
        elif is_mark(node) and id(node) not in called:
            yield node.lineno, None


def is_mark(node):
    """Whether this is `pytest.mark.slow`."""
    return isinstance(node, ast.Attribute) and node.attr == "slow" and ast.unparse(node) == "pytest.mark.slow"


def functions_of(tree):
    """The names of the tests of a module, and whether a decorator of them is a slow mark."""
    return {
        node.name: any("mark.slow" in ast.unparse(decorator) for decorator in node.decorator_list)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def faults(root):
    """What is wrong with the marks of a project: places, and why."""
    texts = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.glob("tests/**/*.py"))
    }

    @functools.cache
    def tree_of(file):
        return ast.parse(texts.get(file, ""))

    @functools.cache
    def tests_of(file):
        return functions_of(tree_of(file))

    for file in (file for file, text in texts.items() if "slow" in text or "guard" in text):
        for line, guard in guards(tree_of(file)):
            of_file, _, name = (guard or "").partition("::")
            if tests_of(of_file).get(name, True):
                yield f"{file}:{line}: expected the id of a fast test as guard; received {guard!r}"


def test_each_slow_test_names_a_fast_one():
    assert list(faults(ROOT)) == []


@pytest.mark.parametrize(
    ("mark", "wrong"),
    [
        ('pytest.mark.slow(guard="tests/test_it.py::test_fast")', 0),
        ('pytest.mark.slow(guard="tests/test_it.py::test_slow")', 1),
        ('pytest.mark.slow(guard="tests/test_it.py::test_none")', 1),
        ("pytest.mark.slow()", 1),
        ("pytest.mark.slow", 1),
    ],
)
def test_the_check_finds_marks_without_a_guard(tmp_path, mark, wrong):
    (tmp_path / "tests").mkdir()
    text = f"import pytest\n\n\ndef test_fast(): ...\n\n\n@{mark}\ndef test_slow(): ...\n"
    (tmp_path / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    assert len(list(faults(tmp_path))) == wrong
