"""The examples in docstrings run, and every public class and each search has one."""

import ast
import doctest
import importlib
from pathlib import Path

import keras
import pytest
from uncompiled import uncompiled

PACKAGE = Path(__file__).parents[2] / "s2s_lesson"
OF_ENGINES = {"tensorflow", "jax", "torch"} - {keras.backend.backend()}  # which need not be installed
FILES = {
    path: file
    for file in sorted(PACKAGE.rglob("*.py"))
    if not (path := file.relative_to(PACKAGE).as_posix()).startswith(
        ("__main__", *(f"engine/{name}" for name in OF_ENGINES))
    )
}
SEARCHES = ("beam_search", "greedy_search", "sample")


@pytest.mark.parametrize("path", FILES)
def test_examples_give_what_they_say(path):
    name = ".".join(["s2s_lesson", *Path(path).with_suffix("").parts]).removesuffix(".__init__")
    module = importlib.import_module(name)
    with uncompiled():
        result = doctest.testmod(module)
    assert result.failed == 0, "the examples are printed above"


def without_example(tree, functions=SEARCHES):
    """The public classes and the searches of a module that have no example; exceptions need none."""
    missing = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            raised = any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
            wanted = not node.name.startswith("_") and not raised
        else:
            wanted = isinstance(node, ast.FunctionDef) and node.name in functions
        if wanted and ">>>" not in (ast.get_docstring(node) or ""):
            missing.append(node.name)
    return missing


def test_every_public_class_and_each_search_has_an_example():
    trees = {path: ast.parse(file.read_text(encoding="utf-8")) for path, file in FILES.items()}
    missing = []
    for path, tree in trees.items():
        names = without_example(tree, SEARCHES if path.startswith("search/") else ())
        missing += [f"{path}: {name}" for name in names]
    assert missing == []


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("class Beam:\n    'Keeps the best.'", ["Beam"]),
        ("class Beam:\n    '''Keeps the best.\n\n    >>> Beam()\n    '''", []),
        ("class _Beam:\n    pass", []),
        ("class TooWide(ValueError):\n    pass", []),
        ("class Wide(keras.Model):\n    pass", ["Wide"]),
        ("def sample():\n    pass", ["sample"]),
        ("def draw():\n    pass", []),
    ],
)
def test_the_check_itself(code, missing):
    assert without_example(ast.parse(code)) == missing
