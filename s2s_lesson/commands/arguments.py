"""Arguments that several commands have, and what a run folder says of the command that made it."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, made by train")


def add_beam_size(parser: argparse.ArgumentParser) -> None:
    """Add the width of the beam."""
    parser.add_argument(
        "--beam-size", type=at_least(1), default=5, help="hypotheses kept at every step (default: 5)"
    )


def at_least(lowest: int) -> Callable[[str], int]:
    """A type of argument: whole numbers from a lowest one on."""

    def number(text: str) -> int:
        value = int(text)
        if value < lowest:
            raise argparse.ArgumentTypeError(f"expected a number of at least {lowest}; received {value}")
        return value

    return number


def read_run(folder: Path) -> dict[str, Any]:
    """What ``train`` wrote about a run: empty for a run from Python."""
    from s2s_lesson.training.run_folder import RUN

    path = folder / RUN
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def context_of(run: dict[str, Any]) -> int:
    """How many utterances the model of a run reads."""
    return run.get("context", 1)
