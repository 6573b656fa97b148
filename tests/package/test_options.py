"""Every option of what the package offers says in its hint what it may be, and refuses everything else."""

import ast
import importlib
import inspect
import math
import pkgutil
from collections.abc import Sequence
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest

import s2s_lesson
from s2s_lesson import corpora
from s2s_lesson.data.expected import (
    PositiveInt,
    Range,
    ShareBelowOne,
    check,
    checked,
    is_declared,
    kinds_of,
    options_of,
)

PACKAGE = Path(s2s_lesson.__file__).parent
# Arguments that are data, not options: what they hold is checked where it is read, if at all.
DATA = {
    **dict.fromkeys(
        ("text", "line", "source", "target", "token", "bos", "label", "target_label", "legend"),
        "what somebody writes",
    ),
    **dict.fromkeys(("path", "folder", "where"), "where files are"),
    **dict.fromkeys(("files", "dev", "test"), "where files of pairs are"),
    **dict.fromkeys(("target_files", "dev_target_files", "test_target_files"), "where files of targets are"),
    **dict.fromkeys(("cross_entropy", "log_probability", "score", "looked_at"), "a measured figure"),
    **dict.fromkeys(("index", "sentence"), "a place in data"),
    "address": "where a process listens",
    **dict.fromkeys(("file", "run"), "what a file says of itself"),
    **dict.fromkeys(("channel", "replies_of"), "a name that the data hold"),
    **dict.fromkeys(("locale", "pattern", "color"), "a name that another library knows"),
    **dict.fromkeys(("number", "chapter"), "a name of the book's"),
    **dict.fromkeys(("prefix", "forbidden", "required"), "ids or texts"),
    "host": "an address, which the machine knows or not",
    "sha256": "of files, with which it is compared",
    **dict.fromkeys(("licence", "attribution"), "what the maker of a model says of it"),
    "name": "of a folder of weights, or of a layer",
    "training": "Keras passes it, also as None",
}


def offered():
    """What the stubs of the folders name, and the functions of the corpora, by their dotted names."""
    names = {"s2s_lesson.corpora.load": corpora.load}
    for stub in sorted(PACKAGE.rglob("__init__.pyi")):
        for node in ast.parse(stub.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                names |= {f"{node.module}.{alias.name}": getattr(module, alias.name) for alias in node.names}
    for each in pkgutil.iter_modules([PACKAGE / "corpora"]):
        if not each.name.startswith("_"):
            module = importlib.import_module(f"s2s_lesson.corpora.{each.name}")
            members = inspect.getmembers(module, inspect.isfunction)
            own = {name: function for name, function in members if function.__module__ == module.__name__}
            names |= {f"{module.__name__}.{name}": function for name, function in own.items()}
    return names


def functions_of(names):
    """The public functions among some objects, and how its public classes are made, and their methods."""
    for name, value in names.items():
        if inspect.isclass(value):
            methods = {key: getattr(method, "__func__", method) for key, method in vars(value).items()}
            for key, method in methods.items():
                if inspect.isfunction(method) and (key == "__init__" or not key.startswith("_")):
                    yield f"{name}.{key}", method
        elif inspect.isfunction(value) and not value.__name__.startswith("_"):
            yield name, value


def undeclared(function):
    """Arguments of a function that are numbers, names or truth values, and that it does not look at."""
    looked_at, names = options_of(function), []
    for name, parameter in inspect.signature(function).parameters.items():
        kinds = kinds_of(parameter.annotation)
        plain = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        bare = {int, float, str} & set(kinds) and not any(map(is_declared, kinds))
        missed = name not in looked_at and any(map(is_declared, kinds))
        if plain and name not in DATA and (bare or missed):
            names.append(name)
    return names


def outside(kind):
    """Values that are not of a declared kind, whatever else a hint allows."""
    if get_origin(kind) is Annotated:
        number, limits = get_args(kind)
        yield from ("5", True, math.nan, object())
        if number is int:
            yield from (limits.lowest + 0.5, limits.lowest - 1 + limits.above)
            if limits.highest < math.inf:
                yield limits.highest + 1 - limits.below
        else:
            yield from (math.inf, -math.inf)
            if limits.lowest > -math.inf:
                yield limits.lowest if limits.above else math.nextafter(limits.lowest, -math.inf)
            if limits.highest < math.inf:
                yield limits.highest if limits.below else math.nextafter(limits.highest, math.inf)
    elif get_origin(kind) is Literal:
        yield from ("no such name", 5, object())
    elif kind is bool:
        yield from (0, 1.0, "yes", object())
    elif is_dataclass(kind):
        yield from (5, "yes", object(), kind)
    elif get_origin(kind) is Sequence:
        yield 5
        yield from ([value] for value in outside(*get_args(kind)))


def inside(kind):
    """Values at the edges of a declared kind."""
    if get_origin(kind) is Annotated:
        number, limits = get_args(kind)
        step = 1 if number is int else 1e-9
        if limits.lowest > -math.inf:
            yield limits.lowest + step * limits.above
        if limits.highest < math.inf:
            yield limits.highest - step * limits.below
    elif get_origin(kind) is Literal:
        yield from get_args(kind)
    elif kind is bool:
        yield from (True, False)
    elif get_origin(kind) is Sequence:
        yield list(inside(*get_args(kind)))


FUNCTIONS = dict(functions_of(offered()))
OPTIONS = [(name, option) for name, function in FUNCTIONS.items() for option in options_of(function)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_option_says_what_it_may_be(name):
    assert undeclared(FUNCTIONS[name]) == []


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_option_refuses_what_it_may_not_be_before_anything_is_done(name, option):
    """The other arguments are left out: a body that runs would miss them."""
    kinds = options_of(FUNCTIONS[name])[option]
    for value in (value for kind in filter(is_declared, kinds) for value in outside(kind)):
        if type(value) is object and Any in kinds:
            continue  # it could be an array
        with pytest.raises(ValueError) as error:
            FUNCTIONS[name](**{option: value})
        message = str(error.value)
        assert message.startswith(f"Expected {option} ")
        assert message.endswith(f"; received {value!r}. Give another value.")


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_an_option_takes_what_it_may_be(name, option):
    function = FUNCTIONS[name]
    kinds, default = options_of(function)[option], inspect.signature(function).parameters[option].default
    values = [value for kind in filter(is_declared, kinds) for value in inside(kind)]
    values += [None] * (NoneType in kinds) + [default] * (default is not inspect.Parameter.empty)
    assert values or any(map(is_dataclass, kinds))
    for value in values:
        check(function, **{option: value})


def test_what_is_offered_has_options():
    assert len(OPTIONS) > 200
    wanted = {("pipeline.text_to_text.TextToText.predict", "batch_size"), ("corpora.toy.load", "train_size")}
    assert {(f"s2s_lesson.{name}", option) for name, option in wanted} <= set(OPTIONS)


class Planted:
    """Options that are not declared, or not looked at."""

    def bare(self, size: int, share: float | None, mode: str = "on", text: str = "", **options: int): ...

    def missed(self, size: PositiveInt, share: ShareBelowOne | None, mode: Literal["on"], loud: bool): ...

    @checked
    def good(self, size: PositiveInt, share: ShareBelowOne | None, mode: Literal["on"], loud: bool): ...


def test_an_option_without_a_range_is_noticed():
    missing = {name: undeclared(method) for name, method in functions_of({"Planted": Planted})}
    assert missing == {
        "Planted.bare": ["size", "share", "mode"],
        "Planted.missed": ["size", "share", "mode", "loud"],
        "Planted.good": [],
    }
    assert list(outside(Annotated[int, Range(2, 5, below=True)]))[-2:] == [1, 5]
    assert list(inside(Annotated[int, Range(2, 5, below=True)])) == [2, 4]
