"""``--quick``: small sizes, to see that a benchmark works. What it finds then is not for the book.

Everything is written below runs/quick/, which is emptied first, and nothing into the book or the package.
"""

import os
import shutil
from pathlib import Path

VARIABLE = "S2S_LESSON_QUICK"  # a variable, so that the processes of a benchmark know it as well
ROOT = Path(__file__).parents[2]


def begin(benchmark):
    """Go on with small sizes, in an empty folder: the benchmark's name."""
    os.environ[VARIABLE] = benchmark
    shutil.rmtree(folder(), ignore_errors=True)


def is_on():
    """Whether sizes are small."""
    return VARIABLE in os.environ


def folder():
    """Where everything is written then: Path."""
    return ROOT / "runs" / "quick" / os.environ[VARIABLE]


def size(usual, small):
    """The one or the other."""
    return small if is_on() else usual
