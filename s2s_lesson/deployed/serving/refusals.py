"""Refusals: what is wrong with a request, in the words of the package."""

from collections.abc import Mapping, Sequence

LONGEST = 60  # characters of what was received, in an error


def in_words(errors: Sequence[Mapping[str, object]]) -> str:
    """Say what pydantic found, the first fault of a request.

    Args:
        errors: as ``RequestValidationError.errors`` lists them.

    Returns:
        str, as "Expected beam_size as a valid integer; received '5'. See /docs."

    >>> in_words([{"type": "missing", "loc": ("body", "texts"), "msg": "Field required", "input": {}}])
    'Expected texts; received none. See /docs.'
    """
    fault = errors[0]
    kind, message, place = str(fault["type"]), str(fault["msg"]), fault["loc"]
    parts = [str(part) for part in place if part != "body"] if isinstance(place, Sequence) else []
    name = ".".join(parts)
    if kind == "json_invalid" or not parts:
        return (
            "Expected a JSON object, sent with content-type: application/json; received something else. See "
            "/docs."
        )
    if kind == "missing":
        return f"Expected {name}; received none. See /docs."
    if kind == "extra_forbidden":
        return (
            f"Expected no option {name}; received {received(fault['input'])}. See /docs for those there are."
        )
    wanted = message.removeprefix("Input should be ").rstrip(".")
    return f"Expected {name} as {wanted}; received {received(fault['input'])}. See /docs."


def received(value: object) -> str:
    """What was received, shortened; half characters, which no answer can hold, are written out."""
    shown = repr(value)
    return writable(shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}...")


def writable(text: str) -> str:
    """A text without half characters: they are written out, as \\\\ud800."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
