"""Public signatures have type hints, mypy finds them in order, and would find a fault.

No engine is needed.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from costs import budgets

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "s2s_lesson").rglob("*.py"))
IMPLEMENTATIONS = {
    f"{engine}.py" for engine in ("tensorflow", "jax", "torch")
}  # of functions that have hints
CALLED_BY_KERAS = ("__init__", "__call__")


def public_functions(body):
    """The public functions of a module and of its public classes."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef) and (
            not node.name.startswith("_") or node.name in CALLED_BY_KERAS
        ):
            yield node


def untyped(source):
    """The public functions of a source text of which an argument or the result has no hint."""
    names = []
    for function in public_functions(ast.parse(source).body):
        arguments = function.args
        every = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        bare = [argument for argument in every if argument is not None and argument.annotation is None]
        bare = [argument for argument in bare if argument.arg not in ("self", "cls")]
        if bare or (function.returns is None and function.name != "__init__"):
            names.append(function.name)
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "s2s_lesson").as_posix())
def test_public_signatures_have_type_hints(file):
    if file.name in IMPLEMENTATIONS or (file.stem.startswith("_") and not file.stem.startswith("__")):
        return  # not public
    assert untyped(file.read_text(encoding="utf-8")) == []


def test_a_missing_hint_is_found():
    source = (
        "def one(a: int) -> int: ...\ndef two(a) -> int: ...\ndef three(a: int): ...\ndef _four(a): ...\n"
    )
    assert untyped(source) == ["two", "three"]
    assert untyped("class A:\n    def __init__(self, b): ...\n    def c(self) -> None: ...\n") == ["__init__"]


def counts():
    """How often the package says ``Any``, and how often it asks mypy to look away."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
    return {"any": len(re.findall(r"\bAny\b", text)), "ignores": len(re.findall(r"#\s*type:\s*ignore", text))}


def test_what_is_not_checked_keeps_to_its_budget():
    limits = budgets()["types"]
    assert {name: count for name, count in counts().items() if count > limits[name]} == {}


@pytest.mark.slow(guard="tests/tools/test_types.py::test_a_missing_hint_is_found")
def test_mypy_finds_a_planted_fault(tmp_path):
    module = tmp_path / "planted.py"
    module.write_text(
        "from s2s_lesson.data import Vocabulary, pad\n\n\n"
        "def wrong(vocab: Vocabulary) -> str:\n    return pad([vocab.encode(['a'])], length='7')\n",
        encoding="utf-8",
    )
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *config, str(module)], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert '"pad" has incompatible type "str"' in run.stdout and "Incompatible return value" in run.stdout
