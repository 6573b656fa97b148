"""What options may be: kinds, ranges, and how a function looks at them. No engine is needed."""

import inspect
import math
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from s2s_lesson.data import expected
from s2s_lesson.data.expected import (
    FiniteFloat,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    PositiveShare,
    Range,
    Seed,
    Share,
    ShareBelowOne,
    check,
    checked,
    options_of,
)

MADE = []


@checked
def options(
    whole: PositiveInt = 1,
    inside: Annotated[float, Range(0, 1, above=True, below=True)] = 0.5,
    share: ShareBelowOne = 0.0,
    whole_or_none: PositiveInt | None = None,
    number: FiniteFloat = 0.0,
    *,
    name: Literal["one", "two"] = "one",
    truth: bool = True,
    shares: Sequence[Share] = (),
    cost: Literal["edits"] | Callable = "edits",
    seed: Seed | Sequence[Any] = 0,
    steps: PositiveInt | Any = 1,
    text: str = "",
):
    """Do nothing."""
    return whole


WRONG = [
    ("whole", 0, "of at least 1"),
    ("whole", -(10**40), "of at least 1"),
    ("whole", 2.0, "as an int"),
    ("whole", "2", "as an int"),
    ("whole", True, "as an int"),
    ("whole", math.nan, "as an int"),
    ("whole", None, "as an int"),
    ("whole", np.float32(2), "as an int"),
    ("inside", 0, "above 0 and below 1"),
    ("inside", 1, "above 0 and below 1"),
    ("share", 1, "from 0 to below 1"),
    ("share", -0.1, "from 0 to below 1"),
    ("share", math.nan, "from 0 to below 1"),
    ("share", "0.1", "as a number"),
    ("share", False, "as a number"),
    ("whole_or_none", 0, "of at least 1, or None"),
    ("whole_or_none", 1.5, "as an int, or None"),
    ("number", math.inf, "as a finite number"),
    ("number", np.float32("-inf"), "as a finite number"),
    ("number", math.nan, "as a finite number"),
    ("number", 10**400, "as a finite number"),
    ("name", "three", "one of one, two"),
    ("name", np.array(["one"]), "one of one, two"),
    ("truth", 1, "as True or False"),
    ("truth", None, "as True or False"),
    ("shares", (0.5, 1.5), "with each from 0 to 1"),
    ("shares", 0.5, "as a list"),
    ("cost", "words", "one of edits, or a Callable"),
    ("seed", -1, "from 0 to 4294967295, or a Sequence"),
    ("seed", "ab", "as an int, or a Sequence"),
    ("steps", 0, "of at least 1, or as an array"),
]


@pytest.mark.parametrize(("name", "value", "what"), WRONG)
def test_what_an_option_may_not_be(name, value, what):
    expected = f"Expected {name} {what}; received {value!r}. Give another value."
    for look in (options, lambda **given: check(options, **given)):
        with pytest.raises(ValueError) as error:
            look(**{name: value})
        assert str(error.value) == expected


def test_arguments_by_place_are_looked_at_as_well():
    with pytest.raises(ValueError, match=r"Expected share from 0 to below 1; received 2\."):
        options(1, 0.5, 2)


@pytest.mark.parametrize(
    "given",
    [
        {"whole": np.int64(3), "whole_or_none": 3},
        {"share": np.float32(0.5), "inside": Fraction(1, 2), "number": 10**300},
        {"name": np.str_("two"), "truth": np.False_, "cost": max},
        {"shares": np.array([0.5, 1.0]), "seed": [1, "a"], "steps": np.ones(2)},
        {"text": 5},  # of which nothing is declared
    ],
)
def test_what_an_option_may_be(given):
    options(**given)
    check(options, **given, unknown=1)


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (PositiveInt, [1, 10**40], [0]),
        (Seed, [0, 2**32 - 1], [-1, 2**32]),
        (PositiveFloat, [5e-324, 1e308], [0, -1]),
        (NonNegativeFloat, [0, -0.0], [-5e-324]),
        (Share, [0, 1], [-5e-324, math.nextafter(1, 2)]),
        (PositiveShare, [1], [0]),
        (ShareBelowOne, [0, math.nextafter(1, 0)], [1]),
    ],
)
def test_ranges(kind, inside, outside):
    limits = kind.__metadata__[0]
    assert all(value in limits for value in inside) and not any(value in limits for value in outside)
    assert math.nan not in limits


def test_a_signature_says_what_an_option_may_be():
    assert list(inspect.signature(options).parameters)[:2] == ["whole", "inside"]
    assert "whole: typing.Annotated[int, of at least 1] = 1" in str(inspect.signature(options))
    assert options.__doc__ == "Do nothing." and "return whole" in inspect.getsource(options)
    assert "text" not in options_of(options) and options_of(len) == {}


@checked
@dataclass(frozen=True)
class Made:
    """A dataclass."""

    size: PositiveInt = 7

    def __post_init__(self):
        MADE.append(self.size)


def test_a_class_looks_before_it_makes_anything():
    MADE.clear()
    with pytest.raises(ValueError, match=r"Expected size of at least 1; received 0\."):
        Made(0)
    assert MADE == [] and options_of(Made).keys() == {"size"}
    assert pickle.loads(pickle.dumps(Made(3))) == Made(3) and str(inspect.signature(Made)).startswith("(size")


def test_hints_are_read_when_something_is_declared_and_not_at_each_call(monkeypatch):
    read = []
    monkeypatch.setattr(inspect, "signature", read.append)
    monkeypatch.setattr(expected, "kinds_of", read.append)
    options(1, 0.5, name="two", truth=False, seed=3)
    assert read == []
