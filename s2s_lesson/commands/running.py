"""How a command is run and how it ends: by an exit code, and one line for what went wrong."""

import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from s2s_lesson import _extras
from s2s_lesson.commands.advice import Flags, flags_of, with_flags
from s2s_lesson.commands.command_line import COMMANDS, command_line

UNREAD = 141  # the exit code of other tools where nobody reads their output any more
SHOW = "S2S_LESSON_TRACEBACK"  # an environment variable: with it, errors come with their traceback
# Errors that are no fault of this package; of others it is said where they come from.
USUAL = (ImportError, OSError, ValueError, RuntimeError, MemoryError)
PACKAGE = Path(__file__).parents[1]


def run(arguments: Sequence[str] | None) -> int:
    """Run one command.

    Args:
        arguments: list of str; None takes those of the process.

    Returns:
        The exit code, as ``__main__.main`` tells.

    Raises:
        KeyboardInterrupt: it was stopped by Ctrl-C.
        SystemExit: arguments are wrong, or ask for help or the version.
    """
    flags: Flags = {}
    try:
        with _extras.named():
            _expect_output()
            parser = command_line()
            try:
                options = parser.parse_args(arguments)
            finally:
                sys.stdout.flush()  # of what --help wrote
            flags = flags_of(parser, options.command)
            with _warnings_in_one_line(flags):
                code = COMMANDS[options.command].run(options) or 0
            sys.stdout.flush()
            return code
    except Exception as error:
        if os.environ.get(SHOW):
            raise
        return _ended_by(error, flags)


def _expect_output():
    if sys.stdout is None:
        raise OSError(
            "Expected an open standard output; received a closed one. Open it, for example: > output.txt"
        )


def _ended_by(error: Exception, flags: Flags) -> int:
    """Say what went wrong, unless nobody would read it."""
    if any(isinstance(reason, KeyboardInterrupt) for reason in _reasons(error)):
        raise KeyboardInterrupt from error  # Ctrl-C within an import may come out as an ImportError
    if isinstance(error, BrokenPipeError):
        return UNREAD
    if isinstance(error, UnicodeEncodeError) and error.encoding != "utf-8":
        letter = error.object[error.start : error.start + 1]
        error = ValueError(
            f"Expected an output that can hold {letter!r}; received one in {error.encoding}. Set the "
            "environment variable PYTHONIOENCODING=utf-8, or choose a terminal in UTF-8."
        )
    text = with_flags(f"{type(error).__name__}: {error}".removesuffix(": "), flags)
    if not isinstance(error, USUAL):
        text = f"{text} {_place(error)}"
    with suppress(OSError):  # nobody reads that either
        print(text, file=sys.stderr)
    return 1


def _reasons(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it came from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _place(error: Exception) -> str:
    """Where an error comes from that nobody foresaw, and what to do."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if PACKAGE in Path(frame.filename).parents
    ]
    place = (
        f"{Path(frames[-1].filename).relative_to(PACKAGE.parent)}, line {frames[-1].lineno}"
        if frames
        else "?"
    )
    return f"(from {place}). This was not foreseen: please report it, with what {SHOW}=1 shows."


@contextmanager
def _warnings_in_one_line(flags: Flags) -> Iterator[None]:
    """Show warnings to users without the line of code that they come from; others as Python does."""
    before = warnings.formatwarning

    def formatted(message, category, filename, lineno, line=None):
        if category is UserWarning:
            return with_flags(f"warning: {message}", flags) + "\n"
        return before(message, category, filename, lineno, line)

    warnings.formatwarning = formatted
    try:
        yield
    finally:
        warnings.formatwarning = before
