"""What the command line understands: the commands, and the parser that each adds its arguments to."""

import argparse

from s2s_lesson import __version__
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


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong, and takes texts before, between and after options."""

    _mixing = False

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message.removesuffix('.')}. See {self.prog} --help.\n")

    def parse_known_args(self, args=None, namespace=None):
        if self._mixing or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._mixing = True  # what follows may call this method again
        try:
            options, unknown = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


def command_line() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    parser = _Parser(
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
