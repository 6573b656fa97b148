"""What the steps print, without the lines that say nothing to a reader."""

import re
import subprocess
import sys
from collections.abc import Iterable

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Sphinx's lists of settings, and the start-up notes of TensorFlow and Jupyter.
NOISE = re.compile(
    r"""(Md|Nb)ParserConfig\(
    | ^WARNING:\ All\ log\ messages\ before\ absl
    | ^[IWE]0000\ 00:00
    | ^[0-9:\ .-]+E\ (external/local_xla|tensorflow/core/framework/node_def_util)
    | ^\[IPKernelApp\]\ WARNING\ \|\ Kernel\ is\ running\ over\ TCP""",
    re.VERBOSE,
)


def write_plainly(lines: Iterable[str]) -> None:
    """Print lines but for the noise; without colours where no terminal shows them."""
    for line in lines:
        line = line.rstrip("\n")
        if not NOISE.search(line):
            print(line if sys.stdout.isatty() else COLOURS.sub("", line), flush=True)


def run(*command: str, plainly: bool = False, **options) -> None:
    """Run a command; its output is printed, with `plainly` through `write_plainly`.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    if not plainly:
        subprocess.run(command, check=True, **options)
        return
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options
    ) as process:
        write_plainly(process.stdout)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
