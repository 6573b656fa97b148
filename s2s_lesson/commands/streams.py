"""The standard streams of a process that is a command's own: how they are held, and let go of."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from s2s_lesson.commands.start_up_lines import hide_start_up_lines


@contextmanager
def own_process() -> Iterator[None]:
    """Hold the standard streams of the process as a command needs them, and let go of them at its end."""
    _fill_closed()
    hide_start_up_lines()
    try:
        yield
    finally:
        with suppress(ValueError):  # not in the main thread
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends at once what libraries do
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)


def _fill_closed():
    """Put an empty file where a standard stream is closed: the next file opened would take its place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", closefd=False)


def _let_go(stream):
    """Write what is left; where that fails, write it nowhere: Python would try again, and complain."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
