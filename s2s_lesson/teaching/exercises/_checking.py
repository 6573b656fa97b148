"""What all checks share: the list of exercises, the result, and ways to look at an answer.

A check takes an answer and a generator, from which it draws whatever it gives to the answer. It is called
several times, each time with another generator: the results of one time are no answer to the next.
"""

import functools
import inspect
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

ROUNDS = 3
EXERCISES: dict[str, tuple[str, Callable, int]] = {}  # number -> what it asks for, what checks it, how often
ENGINES = {"tensorflow": "TensorFlow", "jax": "JAX", "jaxlib": "JAX", "torch": "PyTorch"}
SHAPES = re.compile("shapes|broadcast|dimension|size of tensor")
NOISE = re.compile(r"\x1b\[[0-9;]*m|\{\{.*?\}\}|\[Op:.*|`")  # colours, names of operations


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


def exercise(number, asks, rounds=ROUNDS):
    """Enter a function that checks an answer in the list; it raises ``Hint`` when the answer is wrong.

    Args:
        number: str, such as "3.2".
        asks: str, what is to be passed to ``check``.
        rounds: int, how often the answer is looked at, with other numbers each time.
    """

    def enter(verify):
        EXERCISES[number] = asks, verify, rounds
        return verify

    return enter


def look_at(number, answer, seed=None):
    """``Result`` of an answer; nothing that is wrong with the answer is raised.

    A check draws anew at each call, unless a test gives it a seed.
    """
    asks, verify, rounds = EXERCISES[number]
    for drawn in np.random.SeedSequence(seed).spawn(rounds):
        try:
            verify(answer, np.random.default_rng(drawn))
        except Hint as hint:
            return Result(number, False, str(hint))
        except Unexpected as unexpected:
            return Result(number, False, f"Expected {asks}; received {unexpected}.")
        except KeyboardInterrupt:  # the reader's own
            raise
        except BaseException as error:  # of an answer that cannot be looked at; ``SystemExit``, too
            return Result(number, False, f"Expected {asks}. Looking at your answer raised {said(error)}.")
    return Result(number, True)


def expect_function(answer):
    """Before anything is made for it: the answer is a function."""
    if not callable(answer) or isinstance(answer, type):
        raise Unexpected(described(answer))


def run(function, *arguments, what="Your function"):
    """What the reader's function returns; arguments are copied, so that it cannot change ours.

    Args:
        function: the reader's.
        arguments: what it is called with.
        what: str, what the function is, the subject of a sentence.
    """
    given = ", ".join(map(described, arguments))
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it does not say what it takes
        signature = inspect.signature(lambda *anything: None)
    try:
        signature.bind(*arguments)
    except TypeError:
        raise Hint(f"{what} takes `{str(signature)[:200]}`. It was called with {given}.") from None
    try:
        returned = function(*map(_copied, arguments))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raised = f"{what} raised {said(error)}{_line_of(function, error)}. It was called with {given}."
        advice = " Do the shapes fit together on the way?" if SHAPES.search(raised) else ""
        raise Hint(raised + advice) from error
    if returned is None:
        raise Hint(f"{what} returns nothing. Does it print its result? End it with `return`.")
    return returned


def parts(answer, count, name=""):
    """The parts of a tuple, a list or an array of so many.

    Args:
        answer: what has the parts.
        count: int.
        name: str, what it is, where it is not the whole answer.
    """
    if isinstance(answer, (tuple, list)) and len(answer) == count:
        return answer
    if not isinstance(answer, (tuple, list)) and tuple(getattr(answer, "shape", ()))[:1] == (count,):
        return [answer[place] for place in range(count)]
    if name:
        raise Hint(f"Expected {name} to have {count} parts; received {described(answer)}.")
    raise Unexpected(described(answer))


def returned_parts(count, function, *arguments, what="Your function"):
    """The parts of what the reader's function returns."""
    return parts(run(function, *arguments, what=what), count, f"what {what[0].lower()}{what[1:]} returns")


def numbers(value, name="your answer"):
    """A float64 array of any engine's tensor, of lists, or of a number."""
    try:
        array = np.asarray(_plain(value))
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise Hint(f"Expected numbers for {name}; received rows of different lengths.") from None
    if value is None or array.dtype.kind not in "biuf":
        raise Hint(f"Expected numbers for {name}; received {described(value)}.")
    return array.astype("float64")


def number(value, name="your answer"):
    """One float."""
    array = numbers(value, name)
    if array.size != 1:
        raise Hint(f"Expected one number for {name}; received {described(array)}.")
    return float(array.reshape(()))


def choice(value, letters="abc"):
    """One of the letters of a question with choices."""
    named = value.strip(" .:").lower() if isinstance(value, str) else ""
    if len(named) != 1 or named not in letters:
        raise Hint(f"Give the reason as a letter, {', '.join(map(repr, letters))}.")
    return named


def redraw(layer, generator):
    """A layer or model that has its weights, with others."""
    for variable in layer.trainable_variables:
        variable.assign(generator.normal(0, 0.5, variable.shape).astype("float32"))
    return layer


def compare(answer, right, name, mistakes=(), tolerance=1e-4):
    """Raise a ``Hint`` unless an answer equals the right one.

    Args:
        answer: array, tensor, list or number.
        right: array.
        name: str, what it is, such as "the weights".
        mistakes: list of pairs, what a mistake gives and the hint for it; or a function that makes it.
        tolerance: float, absolute and relative.
    """
    right = numbers(right)
    answer = numbers(answer, name) if right.ndim else np.array(number(answer, name))
    if _equal(answer, right, tolerance):
        return
    for wrong, hint in mistakes() if callable(mistakes) else mistakes:
        if _equal(answer, numbers(wrong), tolerance):
            raise Hint(hint)
    if np.isnan(answer).any():
        raise Hint(f"There is a NaN in {name}. Look for 0 / 0, and for 0 times infinity.")
    if answer.shape != right.shape:
        orders = permutations(range(answer.ndim)) if sorted(answer.shape) == sorted(right.shape) else ()
        for order in orders:
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


def said(error):
    """What an error says, in one line: kind and message, and of an engine's error the message alone."""
    name, engine = type(error).__name__, ENGINES.get(type(error).__module__.partition(".")[0])
    try:
        lines = [line.strip() for line in NOISE.sub("", str(error)).splitlines()]
    except Exception:  # it cannot say anything
        lines = []
    lines = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    said = lines[0][:200].rstrip(".") if lines else ""
    if engine:
        return f"an error of {engine}" + (f": `{said}`" if said else "")
    return f"`{name}: {said}`" if said else f"`{name}`"


def _line_of(function, error):
    """The line of a function in which it raised an error, as the end of a sentence."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if code and frame.filename == code.co_filename and frame.line]
    return f" at `{lines[-1][:200].replace('`', '')}`" if lines else ""


def _copied(value):
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return value.copy() if isinstance(value, (np.ndarray, set)) else value


def _plain(value):
    """Arrays for tensors, those in lists too."""
    from keras import ops

    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return ops.convert_to_numpy(value) if ops.is_tensor(value) else value


def described(value):
    """What a value is, in words that fit into a sentence."""
    if value is None:
        return "None"
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return f"the number {value}"
    if isinstance(value, (str, bytes)):
        return "a text"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, (tuple, list, dict, set)):
        return f"a {type(value).__name__} of length {len(value)}"
    if inspect.isroutine(value) or isinstance(value, functools.partial):
        return "a function"
    if hasattr(value, "shape"):
        numeric = getattr(getattr(value, "dtype", None), "kind", "f") in "biuf"
        return f"an array of shape {tuple(value.shape)}" + ("" if numeric else f" and dtype {value.dtype}")
    return f"an object of type {type(value).__name__}"
