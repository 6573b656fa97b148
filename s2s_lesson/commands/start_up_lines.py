"""What TensorFlow notes on standard error as it starts, kept from the terminal; everything else is shown.

``TF_CPP_MIN_LOG_LEVEL`` hides notes from 1 on, warnings from 2 on, and errors from 3 on; but not those lines
that TensorFlow writes before it has read that variable, or by another library. They come from C++, straight
to the file of standard error: on import, when devices are looked for, when something is compiled first.
"""

import os
import re
import signal
import sys
from contextlib import suppress

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
USUAL_LEVEL = 2
SEVERITIES = b"IWE"  # notes, warnings, errors: each level hides one more
_ABSL = re.compile(rb"([IWEF])\d{4} [\d:.]+ +\d+ [\w./-]+:\d+\] ")
_TENSORFLOW = re.compile(rb"\d{4}-\d\d-\d\d [\d:.]+: ([IWEF]) ")
# Lines that are called errors, or nothing, and that every start without a GPU brings.
_HARMLESS = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    rb"|To enable the following instructions: .*, rebuild TensorFlow"
    rb"|Skipping registering GPU devices"
    rb"|.*\] Unable to register cu\w+ (?:factory|plugin)"
    rb"|.*\] failed call to cuInit: .*(?:UNKNOWN ERROR \(303\)|CUDA_ERROR_NO_DEVICE)"
    rb"|.*\] oneDNN supports DT_BOOL only on platforms with AVX-512"
)


def is_start_up(line: bytes, level: int = USUAL_LEVEL) -> bool:
    """Whether a line of standard error is one of those that a level hides.

    Args:
        line: bytes.
        level: int, from 0, which hides none, to 3.

    >>> is_start_up(b"I0000 00:00:1790000000.325268  9459 port.cc:153] oneDNN custom operations are on.")
    True
    >>> is_start_up(b"E0000 00:00:1790000000.325268  9459 allocator.cc:12] Out of memory")
    False
    """
    marked = _ABSL.match(line) or _TENSORFLOW.match(line)
    hidden = marked is not None and marked[1] in SEVERITIES[:level]
    return hidden or (level > 0 and _HARMLESS.match(line) is not None)


def hide_start_up_lines() -> None:
    """Show what is written to the file of standard error from now on but for start-up lines.

    A process of its own reads along, so that not a word is lost if this one breaks down. ``sys.stderr``, and
    with it all that Python says, goes past it. Who sets ``TF_CPP_MIN_LOG_LEVEL`` to 0 sees everything. Only
    for a process that has no threads yet.
    """
    level = _level()
    if level == 0 or not hasattr(os, "fork"):
        return
    shown = os.dup(2)
    reading, writing = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no process more: then all is shown
        for number in (shown, reading, writing):
            os.close(number)
        return
    if child == 0:
        os.close(writing)
        _read_along(reading, shown, level)
    os.close(reading)
    sys.stderr.flush()
    sys.stderr = os.fdopen(
        shown, "w", 1, encoding=sys.stderr.encoding, errors="backslashreplace", closefd=False
    )
    os.dup2(writing, 2)
    os.close(writing)


def _level() -> int:
    """The level that is asked for, which TensorFlow is told, too."""
    said = os.environ.setdefault(LEVEL, str(USUAL_LEVEL))
    return min(int(said), len(SEVERITIES)) if said.isdecimal() else USUAL_LEVEL


def _read_along(reading, shown, level):
    """Hand on lines until nobody can write any more, and end this process."""
    try:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(ending, signal.SIG_IGN)  # they are for the other process, whose last words count
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)  # whoever waits for the end of the output does not wait for this process
        with suppress(OSError), open(reading, "rb") as lines, open(shown, "wb", buffering=0) as output:
            for line in lines:
                if not is_start_up(line, level):
                    output.write(line)
    finally:
        os._exit(0)
