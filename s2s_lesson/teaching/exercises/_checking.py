"""What all checks share: the list of exercises, the result, and ways to look at an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

EXERCISES: dict[str, tuple[str, Callable]] = {}  # number -> what it asks for, what checks it


class Hint(Exception):
    """What is off about an answer, said to the reader."""


class Unexpected(Exception):
    """The answer is of another kind than what was asked for; says what was received."""


@dataclass(frozen=True)
class Result:
    """Whether an answer is right, and a hint if it is not.

    Args:
        number: str, of the exercise.
        right: bool.
        hint: str, what is off; empty when right. In Markdown, where code stands in backticks.

    >>> Result("3.2", right=False, hint="Look at the padding.")
    Exercise 3.2: not yet. Look at the padding.
    """

    number: str
    right: bool
    hint: str = ""

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"Exercise {self.number}: {'right.' if self.right else f'not yet. {self.hint}'}"

    def _repr_markdown_(self):
        return f"**Exercise {self.number}: {'right.' if self.right else 'not yet.'}** {self.hint}".strip()


def exercise(number, asks):
    """Enter a function that checks an answer in the list; it raises ``Hint`` when the answer is wrong.

    Args:
        number: str, such as "3.2".
        asks: str, what is to be passed to ``check``.
    """

    def enter(verify):
        EXERCISES[number] = asks, verify
        return verify

    return enter


def look_at(number, answer):
    """``Result`` of an answer; nothing that is wrong with the answer is raised."""
    asks, verify = EXERCISES[number]
    try:
        verify(answer)
    except Hint as hint:
        return Result(number, False, str(hint))
    except Unexpected as unexpected:
        return Result(number, False, f"Expected {asks}; received {unexpected}.")
    except Exception as error:  # the answer's own, when it is looked at
        return Result(number, False, f"Expected {asks}. Looking at your answer raised {_said(error)}.")
    return Result(number, True)


def expect_function(answer):
    """Before anything is made for it: the answer is a function."""
    if not callable(answer) or isinstance(answer, type):
        raise Unexpected(_described(answer))


def run(function, *arguments):
    """What the reader's function returns; arrays are copied, so that it cannot change ours."""
    expect_function(function)
    copies = [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
    try:
        returned = function(*copies)
    except Exception as error:
        given = ", ".join(_described(value) for value in arguments)
        raise Hint(f"Your function raised {_said(error)}. It was called with {given}.") from error
    if returned is None:
        raise Hint("Your function returns nothing. Does it print its result? End it with `return`.")
    return returned


def parts(answer, count):
    """The parts of a tuple or list of so many."""
    if not isinstance(answer, (tuple, list)) or len(answer) != count:
        raise Unexpected(_described(answer))
    return answer


def entries(answer, keys):
    """The values of a dict that has these keys."""
    if not isinstance(answer, dict):
        raise Unexpected(_described(answer))
    missing = [key for key in keys if key not in answer]
    if missing:
        raise Hint(f"Expected the keys {', '.join(map(repr, keys))}; {missing[0]!r} is missing.")
    return [answer[key] for key in keys]


def numbers(value):
    """A float64 array of any engine's tensor, of lists, or of a number."""
    from keras import ops

    if value is None or isinstance(value, (str, bytes, dict, set)) or callable(value):
        raise Unexpected(_described(value))
    try:
        array = ops.convert_to_numpy(value) if ops.is_tensor(value) else np.asarray(value)
    except ValueError:
        raise Unexpected("rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        raise Unexpected(_described(value))
    return array.astype("float64")


def number(value):
    """One float."""
    array = numbers(value)
    if array.size != 1:
        raise Unexpected(_described(array))
    return float(array.reshape(()))


def compare(answer, right, name, mistakes=(), tolerance=1e-4):
    """Raise a ``Hint`` unless an answer equals the right one.

    Args:
        answer: array, tensor, list or number.
        right: array.
        name: str, what it is, such as "the weights".
        mistakes: list of pairs, what a mistake gives and the hint for it.
        tolerance: float, absolute and relative.
    """
    answer, right = numbers(answer), numbers(right)
    if _equal(answer, right, tolerance):
        return
    for wrong, hint in mistakes:
        if _equal(answer, numbers(wrong), tolerance):
            raise Hint(hint)
    if np.isnan(answer).any():
        raise Hint(f"There is a NaN in {name}. Look for 0 / 0, and for 0 times infinity.")
    if answer.shape != right.shape:
        for order in permutations(range(answer.ndim)):
            if _equal(answer.transpose(order), right, tolerance):
                raise Hint(
                    f"The axes of {name} are swapped: expected {right.shape}; received {answer.shape}."
                )
        raise Hint(f"Expected {name} of shape {right.shape}; received {answer.shape}.")
    if not right.ndim:
        raise Hint(f"Expected another value for {name}; received {answer:.4g}.")
    wrong = ~np.isclose(answer, right, tolerance, tolerance)
    raise Hint(f"The shape of {name} is right, but {wrong.sum()} of {wrong.size} numbers are not.")


def _equal(array, other, tolerance):
    return array.shape == other.shape and np.allclose(array, other, tolerance, tolerance, equal_nan=True)


def _said(error):
    """``ValueError: the first line of its message``"""
    lines = str(error).strip().splitlines()
    return (
        f"`{type(error).__name__}: {lines[0][:200].replace('`', '')}`"
        if lines
        else f"`{type(error).__name__}`"
    )


def _described(value):
    """What a value is, in words that fit into a sentence."""
    if value is None:
        return "None"
    if hasattr(value, "shape"):
        return f"an array of shape {tuple(value.shape)}"
    if isinstance(value, (bool, int, float)):
        return f"the number {value}"
    if isinstance(value, (str, bytes)):
        return "a text"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (tuple, list, dict, set)):
        return f"a {type(value).__name__} of length {len(value)}"
    if callable(value):
        return "a function"
    return f"an object of type {type(value).__name__}"
