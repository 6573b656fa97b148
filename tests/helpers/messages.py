"""What the package says when something is wrong, read from its code: errors, warnings and notes."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import s2s_lesson

PACKAGE = Path(s2s_lesson.__file__).parent
SAYING = ("expect", "warn", "note", "print", "_malformed", "_fault", "Fault", "ArgumentTypeError")


class Message(NamedTuple):
    """A message, with ``{}`` for what is filled in."""

    place: str
    text: str


def path_of(module: str) -> Path | None:
    """The file of a module of the package."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.exists()), None)


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """What a file holds."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that one imports, wherever in it, by the lazy names of folders as well."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("s2s_lesson"):
            for alias in node.names:
                yield from homes(node.module, alias.name)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("s2s_lesson"))


def homes(module: str, name: str) -> Iterator[str]:
    """The modules that ``from module import name`` reads."""
    yield module
    if path_of(f"{module}.{name}"):
        yield f"{module}.{name}"
    stub = path_of(module).with_suffix(".pyi")
    if stub.exists():
        for node in tree_of(stub).body:
            if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
                yield node.module


def reachable(start: list[str]) -> dict[str, Path]:
    """The modules that some import, directly or through others."""
    modules, left = {}, list(start)
    while left:
        module = left.pop()
        path = path_of(module)
        if module in modules or path is None:
            continue
        modules[module] = path
        left += imported(path)
    return modules


def text_of(node: ast.AST) -> str:
    """All the text in an expression, in order; arguments of a call stand apart."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.FormattedValue):
        return "{}"
    between = " " if isinstance(node, ast.Call) else ""
    return between.join(text_of(child) for child in ast.iter_child_nodes(node))


def messages(module: str, path: Path) -> Iterator[Message]:
    """What a module says, with the functions that say it."""

    def walk(node, names):
        for child in ast.iter_child_nodes(node):
            inner = names
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = [*names, child.name]
            called = getattr(child, "func", None)
            called = getattr(called, "attr", getattr(called, "id", None))
            if (isinstance(child, ast.Raise) and child.exc) or called in SAYING:
                place = ".".join([module.removeprefix("s2s_lesson."), *inner])
                yield Message(place, " ".join(text_of(child).split()))
            else:
                yield from walk(child, inner)

    yield from walk(tree_of(path), [])
