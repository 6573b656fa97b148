"""What options may be: declared in signatures, checked at each call, and one form of an error.

An option says in its hint what it may be: ``beam_size: PositiveInt``, ``dropout: ShareBelowOne | None``,
``cell: Literal["lstm", "gru"]``, ``bidirectional: bool``. ``@checked`` makes a function or a class look at
what it receives before it does anything. What holds between several options is for ``expect``, in the body.
"""

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, is_dataclass
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin

Checked = TypeVar("Checked", bound=Callable)
MAKES = "__init__"  # what a class is made with
SCALARS = (str, bytes, Real, NoneType)


@dataclass(frozen=True, repr=False)
class Range:
    """The numbers from a lowest to a highest one.

    Args:
        lowest: float.
        highest: float.
        above: bool. The lowest itself is none of them.
        below: bool. The highest itself is none of them.

    >>> Range(1), Range(0, above=True), Range(0, 1, below=True)
    (of at least 1, above 0, from 0 to below 1)
    """

    lowest: float = -math.inf
    highest: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, value: float) -> bool:
        over = value > self.lowest if self.above else value >= self.lowest
        return over and (value < self.highest if self.below else value <= self.highest)

    def __repr__(self) -> str:
        if self.lowest == -math.inf:
            return "as a finite number"
        if self.highest == math.inf:
            return f"above {self.lowest}" if self.above else f"of at least {self.lowest}"
        start = f"above {self.lowest} and" if self.above else f"from {self.lowest} to"
        return f"{start} {'below ' if self.below else 'up to ' if self.above else ''}{self.highest}"


PositiveInt: TypeAlias = Annotated[int, Range(1)]
NonNegativeInt: TypeAlias = Annotated[int, Range(0)]
Seed: TypeAlias = Annotated[int, Range(0, 2**32 - 1)]
FiniteFloat: TypeAlias = Annotated[float, Range()]
PositiveFloat: TypeAlias = Annotated[float, Range(0, above=True)]
NonNegativeFloat: TypeAlias = Annotated[float, Range(0)]
Share: TypeAlias = Annotated[float, Range(0, 1)]
PositiveShare: TypeAlias = Annotated[float, Range(0, 1, above=True)]
ShareBelowOne: TypeAlias = Annotated[float, Range(0, 1, below=True)]


def expect(name: str, value: object, holds: object, what: str) -> None:
    """Raise an error unless a value is what it should be.

    Args:
        name: str, of the option.
        value: what was received.
        holds: bool. Whether it is what was expected.
        what: str. What was expected, such as "above 0".

    Raises:
        ValueError: it does not hold.

    >>> expect("steps", 3, holds=True, what="of at least 1")
    """
    if not holds:
        raise ValueError(f"Expected {name} {what}; received {value!r}. Give another value.")


def checked(declared: Checked) -> Checked:
    """Let a function or a class look at its options before anything else.

    Args:
        declared: function, or class with an ``__init__`` of its own, a dataclass for example. The hints say
            what its options may be. Arguments with other hints are not looked at.

    Returns:
        The class itself, or a function with the same signature.

    >>> @checked
    ... def search(beam_size: PositiveInt = 5): ...
    >>> search(beam_size=0)
    Traceback (most recent call last):
    ValueError: Expected beam_size of at least 1; received 0. Give another value.
    """
    if isinstance(declared, type):
        setattr(declared, MAKES, checked(vars(declared)[MAKES]))
        return declared
    signature = inspect.signature(declared)
    options, names = _options(signature), tuple(signature.parameters)

    @functools.wraps(declared)
    def look_first(*values: object, **named: object) -> object:
        for name, value in zip(names, values, strict=False):
            if name in options:
                _look_at(name, value, options[name])
        for name, value in named.items():
            if name in options:
                _look_at(name, value, options[name])
        return declared(*values, **named)

    vars(look_first).update(__signature__=signature, __options__=options)
    return cast(Checked, look_first)


def options_of(declared: Callable) -> dict[str, tuple]:
    """What the options of a checked function or class may be, by name; empty for one that is not checked."""
    function = getattr(declared, MAKES) if isinstance(declared, type) else declared
    return getattr(function, "__options__", {})


def check(declared: Callable, **options: object) -> None:
    """Look at options as a checked function or class does, without calling it.

    Args:
        declared: function or class.
        options: values by name. Those that it does not look at are passed over.

    Raises:
        ValueError: one is not what it may be.
    """
    hints = options_of(declared)
    for name, value in options.items():
        if name in hints:
            _look_at(name, value, hints[name])


def kinds_of(hint: object) -> tuple:
    """What a hint allows, one kind after the other: ``PositiveInt | None`` allows two."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def is_declared(kind: object) -> bool:
    """Whether a kind is looked at: numbers in a range, names, bools, sequences of these, dataclasses."""
    origin = get_origin(kind)
    if origin is Sequence:
        return is_declared(*get_args(kind))
    return kind is bool or origin in (Annotated, Literal) or is_dataclass(kind)


def _options(signature):
    allowed = {name: kinds_of(parameter.annotation) for name, parameter in signature.parameters.items()}
    return {name: kinds for name, kinds in allowed.items() if any(map(is_declared, kinds))}


def _look_at(name, value, kinds):
    expected = []
    for kind in kinds:
        trouble = _trouble(kind, value)  # no walrus: TensorFlow's AutoGraph cannot read one
        if not trouble:
            return
        expected.append(trouble)
    expect(name, value, holds=False, what=", or ".join(expected))


def _trouble(kind, value):
    """What was expected instead of a value; empty if the value is of a kind."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _number_trouble(*get_args(kind), value)
    if origin is Literal:
        known = get_args(kind)
        return "" if isinstance(value, str) and value in known else f"one of {', '.join(known)}"
    if kind is bool:
        return "" if type(value).__name__ in ("bool", "bool_") else "as True or False"  # NumPy's as well
    if kind is NoneType:
        return "" if value is None else "None"
    if origin is Sequence and is_declared(kind):
        return _element_trouble(*get_args(kind), value)
    if kind is Any:
        return "as an array" if isinstance(value, SCALARS) else ""
    fits = isinstance(value, origin or kind) and (kind is str or not isinstance(value, str))
    return "" if fits else f"{'as ' * is_dataclass(kind)}a {kind.__name__}"


def _number_trouble(kind, limits, value):
    if isinstance(value, bool) or not isinstance(value, Integral if kind is int else Real):
        return "as an int" if kind is int else "as a number"
    if value not in limits:
        return repr(limits)
    return "" if kind is int or _is_finite(value) else "as a finite number"


def _is_finite(value):
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float holds
        return False


def _element_trouble(kind, values):
    if isinstance(values, SCALARS) or not isinstance(values, Iterable):
        return "as a list"
    troubles = (_trouble(kind, value) for value in values)
    return next((f"with each {trouble}" for trouble in troubles if trouble), "")
