"""One dialect: docstrings, double backticks, and names that say what a thing is.

ruff sees to absolute imports, and tests/tools/test_types.py to type hints. No engine is needed.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "s2s_lesson"
FILES = sorted(PACKAGE.rglob("*.py"))
INTERFACE = PACKAGE / "engine" / "__init__.py"
CODE = [
    path
    for folder in ("s2s_lesson", "tests", "tools", "benchmarks", "book/_ext")
    for path in (ROOT / folder).rglob("*.py")
]
BANNED = {"found", "src", "trg", "tgt", "Y_hat", "alphas"}  # the field has better names; `found` says nothing


def undocumented(path):
    """Public functions and classes of a module without a docstring; "" for the module itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    return ([] if ast.get_docstring(tree) else [""]) + [
        node.name for node in public if not ast.get_docstring(node)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_docstrings(file):
    missing = set(undocumented(file))
    if file.parent == INTERFACE.parent:  # what an engine does stands at the functions that all share
        interface = ast.parse(INTERFACE.read_text(encoding="utf-8")).body
        missing -= {node.name for node in interface if isinstance(node, ast.FunctionDef)}
    assert missing == set()


def test_a_missing_docstring_is_found(tmp_path):
    (tmp_path / "module.py").write_text('def one():\n    """One."""\n\n\ndef two(): ...\n', encoding="utf-8")
    assert undocumented(tmp_path / "module.py") == ["", "two"]


def docstrings(path):
    """All docstrings of a module; "" where there is none."""
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [ast.get_docstring(node) or "" for node in nodes if isinstance(node, kinds)]


def single_backticks(path):
    """Code in a docstring between single backticks, which Sphinx reads as a link."""
    code = r"(?<!`)`(?!`)([^`\n]+)(?<!`)`(?!`)"
    return [part for text in docstrings(path) for part in re.findall(code, text)]


def starred_among_others(path):
    """Arguments with stars in one entry with others, whose stars Sphinx reads as emphasis that never ends."""
    return [
        entry for text in docstrings(path) for entry in re.findall(r"^ *(\*?\w[\w, *]*, \*+\w+):", text, re.M)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_code_in_docstrings_stands_in_double_backticks(file):
    assert single_backticks(file) == []


def test_single_backticks_are_found(tmp_path):
    (tmp_path / "module.py").write_text('"""Of ``one`` and `two`."""\n', encoding="utf-8")
    assert single_backticks(tmp_path / "module.py") == ["two"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_arguments_with_stars_have_entries_of_their_own(file):
    assert starred_among_others(file) == []


def test_a_starred_argument_among_others_is_seen(tmp_path):
    text = '"""Do it.\n\nArgs:\n    path, **options: as there.\n    *rest: these.\n    **named: those.\n"""\n'
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    assert starred_among_others(tmp_path / "module.py") == ["path, **options"]


def banned_names(source):
    """Variables and arguments of a source text whose names are banned."""
    tree = ast.parse(source)
    names = {getattr(node, "id", getattr(node, "arg", None)) for node in ast.walk(tree)}
    return BANNED & names


def test_names_say_what_a_thing_is():
    naming = {
        path.relative_to(ROOT).as_posix(): banned_names(path.read_text(encoding="utf-8")) for path in CODE
    }
    assert {path: names for path, names in naming.items() if names} == {}


def test_a_banned_name_is_found():
    assert banned_names("found = 1") == banned_names("def f(found): ...") == {"found"}
    assert banned_names("lost = 'found'") == set()
