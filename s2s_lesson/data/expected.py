"""The form of an error about an option."""

from typing import Any


def expect(name: str, value: Any, holds: Any, what: str) -> None:
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
        raise ValueError(f"Expected {name} {what}; received {value!r}.")
