"""Write a file of settings with every option, its meaning and its default, for ``train --config``."""

import argparse
from pathlib import Path

from s2s_lesson.commands.arguments import named_path

HELP = "write a commented file of settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "file",
        nargs="?",
        type=named_path,
        default=Path("run.toml"),
        metavar="FILE",
        help="(default: run.toml)",
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.settings import template
    from s2s_lesson.training.run_folder import writable_folder

    if options.file.exists():
        raise FileExistsError(f"Expected a new file; {options.file} is there already. Choose another name.")
    writable_folder(options.file.parent)
    options.file.write_text(template(), encoding="utf-8")
    print(f"Wrote {options.file}; next: s2s-lesson train --config {options.file} --output runs/mine")
