"""The command line: s2s-lesson COMMAND, as ``s2s-lesson --help`` lists them."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from s2s_lesson import __version__, _extras
from s2s_lesson.commands import (
    chat,
    distil,
    evaluate,
    export,
    init,
    inspect,
    models,
    plot,
    predict,
    serve,
    train,
)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notes are not for the user

COMMANDS = {
    "inspect": inspect,
    "train": train,
    "distil": distil,
    "predict": predict,
    "evaluate": evaluate,
    "chat": chat,
    "plot": plot,
    "export": export,
    "serve": serve,
    "models": models,
    "init": init,
}
EXAMPLES = """examples:
  s2s-lesson inspect pairs.tsv
  s2s-lesson train --data pairs.tsv --output runs/mine
  s2s-lesson evaluate runs/mine
  s2s-lesson predict runs/mine --input sources.txt --output outputs.txt
  s2s-lesson train --corpus dates --output runs/dates
  s2s-lesson predict runs/dates "30 sept. 2016" "Friday, September 30, 2016"
  s2s-lesson evaluate runs/dates
  s2s-lesson distil runs/dates --output runs/small --set model.encoder_units=32 --set model.decoder_units=32
  s2s-lesson plot runs/dates "30 sept. 2016" --output attention.png
  s2s-lesson chat runs/cornell
  s2s-lesson export runs/dates exported/dates --weights float16
  s2s-lesson serve exported/dates
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: list of str; None takes those of the process.

    Returns:
        The exit code, 0 if all went well.
    """
    try:
        with _extras.named():
            options = command_line().parse_args(arguments)
            COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong.

    >>> Parser(prog="s2s-lesson").parse_args([])
    Namespace()
    """

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} See {self.prog} --help.\n")


def command_line() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    parser = Parser(
        prog="s2s-lesson",
        description="Train and use sequence-to-sequence models with attention.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.HELP, description=command.__doc__))
    return parser


if __name__ == "__main__":
    sys.exit(main())
