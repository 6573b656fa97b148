"""Arguments that several commands have, and what a run folder says of the command that made it."""

import argparse
import contextlib
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from s2s_lesson.data.expected import check, options_of


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, made by train")


def add_beam_size(parser: argparse.ArgumentParser) -> None:
    """Add the width of the beam."""
    beam_size = option("search.beam.beam_search", "beam_size")
    parser.add_argument(
        "--beam-size", type=beam_size, default=5, help="hypotheses kept at every step (default: 5)"
    )


def option(function: str, name: str) -> Callable[[str], object]:
    """A type of argument: what the option of a function may be, which is imported when the argument is read.

    Args:
        function: its dotted name below the package, or that of a class.
        name: of the option.
    """
    module, _, attribute = function.rpartition(".")

    def read(text: str) -> object:
        declared = getattr(importlib.import_module(f"s2s_lesson.{module}"), attribute)
        read_as = {int: int, float: float}.get(get_args(options_of(declared)[name][0])[0], str)
        value: object = text
        with contextlib.suppress(ValueError):
            value = read_as(text)
        try:
            check(declared, **{name: value})
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return value

    return read


def read_run(folder: Path) -> dict[str, Any]:
    """What ``train`` wrote about a run: empty for a run from Python."""
    from s2s_lesson.training.run_folder import RUN

    path = folder / RUN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def context_of(run: dict[str, Any]) -> int:
    """How many utterances the model of a run reads."""
    return run.get("context", 1)
