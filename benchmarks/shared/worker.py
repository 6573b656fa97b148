"""What runs in a process that is measured. Any Python runs it, with its standard library alone.

    python -m benchmarks.shared.worker MODULE:FUNCTION [ARGUMENTS]

The function gets the arguments, a list in JSON, and returns another, which answers requests.
"""

import importlib
import json
import sys
import time
from pathlib import Path


def answer(work):
    """Answer requests, one line of JSON each, until there are no more.

    Args:
        work: function whose arguments a request names. The answer holds its ``result``, the ``seconds`` that
            it took, and the ``peak_mebibytes`` of this process up to now.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print must not come between
    print(json.dumps({"peak_mebibytes": peak()}), file=answers, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        result = work(**json.loads(line))
        seconds = time.perf_counter() - started
        report = {"result": result, "seconds": seconds, "peak_mebibytes": peak()}
        print(json.dumps(report), file=answers, flush=True)


def peak():
    """Mebibytes of memory that this process has held at most, on Linux.

    Not by ``getrusage``, whose figure a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


def main(target, arguments="[]"):
    """Import what answers, make it and let it answer."""
    module, _, function = target.partition(":")
    answers = sys.stdout
    sys.stdout = sys.stderr
    work = getattr(importlib.import_module(module), function)(*json.loads(arguments))
    sys.stdout = answers
    answer(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
