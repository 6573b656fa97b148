"""The command line of the benchmarks: python -m benchmarks NAME."""

import argparse
import importlib
import os
import sys

from benchmarks.shared import quick
from benchmarks.shared.results import Missing

NAMES = (
    "alignment",
    "attention",
    "bottleneck",
    "copying",
    "cornell",
    "decode",
    "encoder",
    "end_to_end",
    "figures",
    "fine_tuning",
    "first_paint",
    "improvements",
    "live",
    "memory",
    "million",
    "own_data",
    "parse",
    "passes",
    "pointer",
    "pretrained",
    "recall",
    "signals",
    "spanish",
    "strategies",
    "switches",
    "tagger",
    "train",
    "transformer",
    "translations",
    "wide_beams",
)
BENCHMARKS = {name: importlib.import_module(f"benchmarks.{name}") for name in NAMES}


def command_line():
    """Make the parser of all benchmarks."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure whole programs, and write the figures that the book quotes.",
    )
    commands = parser.add_subparsers(title="benchmarks", dest="benchmark", required=True, metavar="BENCHMARK")
    for name, module in BENCHMARKS.items():
        command = commands.add_parser(
            name,
            help=module.__doc__.splitlines()[0],
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument(
            "--quick", action="store_true", help="see that it works, in runs/quick; not for results"
        )
    return parser


def main(arguments=None):
    """Run one benchmark.

    Args:
        arguments: list of str; None takes those of the process.

    Returns:
        The exit code, 0 if all went well.
    """
    options = command_line().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if options.quick:
        quick.begin(options.benchmark)
    try:
        BENCHMARKS[options.benchmark].run(options)
    except Missing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
