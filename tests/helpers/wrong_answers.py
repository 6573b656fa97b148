"""Ways to spoil an answer to an exercise, whichever exercise it is."""

from keras import ops


class OwnInterrupt(BaseException):
    """Not one of Python's."""


class Silent(Exception):
    """An error that cannot say anything."""

    def __str__(self):
        raise RuntimeError("silent")


RAISED = (
    ValueError("shapes of `a` and `b`\n\ndo not fit"),
    AssertionError(),
    KeyError("val_loss"),
    RecursionError("too deep"),
    MemoryError(),
    StopIteration(),
    SystemExit(3),
    GeneratorExit(),
    OwnInterrupt("enough"),
    Silent(),
)


class Hostile:
    """An object that raises an error whatever is done with it."""

    def __init__(self, error):
        self.__dict__["error"] = error

    def refuse(self, *given):
        raise self.error

    __getattr__ = __len__ = __iter__ = __getitem__ = __float__ = __int__ = __bool__ = __array__ = refuse
    __add__ = __radd__ = __mul__ = __rmul__ = __lt__ = __gt__ = __eq__ = __repr__ = __str__ = refuse
    __hash__ = None


def through(answer, change, called=True):
    """An answer whose functions return something else; of one without functions, something else itself.

    Args:
        answer: a right one.
        change: function of what a function of it returns.
        called: bool. False leaves the functions out, and changes None.
    """
    if isinstance(answer, type):

        class Changed(answer):
            def past(self, *given):
                return change(super().past(*given))

        return Changed
    if callable(answer):

        def wrapped(*given):
            returned = answer(*given) if called else None
            return through(returned, change) if callable(returned) else change(returned)

        return wrapped
    if isinstance(answer, tuple) and any(map(callable, answer)):
        return tuple(through(part, change, called) if callable(part) else part for part in answer)
    return change(answer)


def altered(answer, leaf):
    """An answer with something else in place of each number, array and text."""

    def change(value):
        if isinstance(value, dict):
            return {key: change(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)([change(part) for part in value])
        return leaf(ops.convert_to_numpy(value) if ops.is_tensor(value) else value)

    return through(answer, change)


def recorded(answer, results):
    """An answer, and all that it returns at the end of a list."""

    def change(value):
        results.append(value)
        return value

    return through(answer, change)


def replayed(answer, results, called):
    """An answer that returns what a list says, from the start, and the last of it again and again."""
    left = list(results)
    return through(answer, lambda value: left.pop(0) if len(left) > 1 else left[0], called)
