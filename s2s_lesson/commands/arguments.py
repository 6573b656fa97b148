"""Arguments that several commands have, and what a run folder says of the command that made it."""

import argparse
import contextlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args, get_origin

from s2s_lesson import _extras
from s2s_lesson.data.expected import check, options_of

if TYPE_CHECKING:
    from s2s_lesson.deployed.exported import ExportedTextToText
    from s2s_lesson.pipeline.settings import Settings
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.search.ensembles import Mean


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the folder of a run."""
    parser.add_argument(
        "run", type=model_folder, metavar="RUN", help="a run folder, made by train; or a model's name"
    )


def model_folder(text: str) -> Path:
    """The folder that an argument names: one that is there, or that of a model of the package."""
    from s2s_lesson.pipeline.cards import cards, shipped_folder

    folder = Path(text)
    return shipped_folder(text) if not folder.exists() and text in cards() else folder


def named_path(text: str) -> Path:
    """The path that an argument names: not an empty text, which would be the folder that one is in."""
    if not text:
        raise argparse.ArgumentTypeError("Expected a path; received an empty text. Name a file or a folder.")
    return Path(text)


def expect_models(*folders: Path) -> None:
    """Make sure, before one is loaded, that folders hold a run or what was exported of one.

    Args:
        *folders: those that arguments name.

    Raises:
        FileNotFoundError: one does not.
    """
    from s2s_lesson.deployed.manifest import MANIFEST

    expect_runs(*(folder for folder in folders if not (folder / MANIFEST).exists()))


def expect_runs(*folders: Path) -> None:
    """Make sure, before one is loaded, that folders hold a run whose model reads texts.

    Args:
        *folders: those that arguments name.

    Raises:
        FileNotFoundError: one does not.
        ValueError: the model of one reads arrays.
    """
    from s2s_lesson.data.description import DESCRIPTION, expect_file
    from s2s_lesson.data.whole_files import enclosed
    from s2s_lesson.deployed.manifest import MANIFEST
    from s2s_lesson.training.run_folder import model_file

    for folder in folders:
        if (folder / MANIFEST).exists():
            raise FileNotFoundError(
                f"Expected a run folder; {folder} holds an export, which predict and serve take. Name the "
                "folder of the run that it was made of."
            )
        description = enclosed(model_file(folder)).get(DESCRIPTION)
        if description is None:
            expect_file(folder / DESCRIPTION)
            description = (folder / DESCRIPTION).read_bytes()
        if b'"standardisation"' in description:
            raise ValueError(
                f"Expected a run whose model reads texts; that of {folder} reads arrays. Use it in Python: "
                "SequenceToText.load."
            )


def expect_n_best(options: argparse.Namespace) -> None:
    """Make sure that a beam is wide enough for the outputs that are asked for.

    Raises:
        ValueError: it is not.
    """
    if options.beam_size is not None and options.n_best > options.beam_size:
        raise ValueError(
            f"Expected --n-best of at most --beam-size, {options.beam_size}; received {options.n_best}. "
            "Use a wider beam."
        )


def add_beam_size(parser: argparse.ArgumentParser) -> None:
    """Add the width of the beam."""
    beam_size = option("search.beam:beam_search", "beam_size")
    parser.add_argument(
        "--beam-size", type=beam_size, default=5, help="hypotheses kept at every step (default: 5)"
    )


def add_ensemble(parser: argparse.ArgumentParser) -> None:
    """Add further models, which write together with the first."""
    parser.add_argument(
        "--with",
        dest="others",
        action="append",
        default=[],
        type=model_folder,
        metavar="FOLDER",
        help="a further model of the same pairs, to write together with; may be repeated",
    )
    parser.add_argument(
        "--mean",
        type=option("search:Ensemble", "mean"),
        metavar="OF",
        help="of which the mean decides: probabilities (default) or log_probabilities; goes with --with",
    )


def mean_of(options: argparse.Namespace) -> "Mean":
    """Of what the mean of several models is taken.

    Raises:
        ValueError: it is said, and there is only one model.
    """
    if options.mean and not options.others:
        raise ValueError(
            f"Expected --mean beside --with; received {options.mean} and one model alone."
            " Leave --mean out, or name the other models with --with."
        )
    return options.mean or "probabilities"


def option(function: str, name: str) -> Callable[[str], object]:
    """A type of argument: what the option of a function may be, which is imported when the argument is read.

    Args:
        function: "module:name" below the package, of a function or a class.
        name: of the option; where it is a list, arguments are its elements.
    """

    def read(text: str) -> object:
        with _extras.named():
            declared = pkgutil.resolve_name(f"s2s_lesson.{function}")
        kind = options_of(declared)[name][0]
        is_list = get_origin(kind) is Sequence
        read_as = {int: int, float: float}.get(get_args(kind)[0], str)
        value: object = text
        with contextlib.suppress(ValueError):
            value = read_as(text)
        try:
            check(declared, **{name: [value] if is_list else value})
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        if isinstance(value, int) and abs(value) > sys.maxsize:
            raise argparse.ArgumentTypeError(
                f"Expected {name} of at most {sys.maxsize}; received {value}. Give a smaller one."
            )
        return value

    return read


def loaded(folder: Path) -> "TextToText | ExportedTextToText":
    """A run, or what was exported of one."""
    from s2s_lesson.deployed.manifest import MANIFEST

    if (folder / MANIFEST).exists():
        from s2s_lesson.deployed import load

        return cast("ExportedTextToText", load(folder))
    from s2s_lesson.pipeline.text_to_text import TextToText

    return TextToText.load(folder)


def about(settings: "Settings") -> dict[str, object]:
    """What is worth telling beside figures of a run: what it learned from, and how."""
    run, files = settings["run"], settings.get("data", {}).get("files")
    told = {"files": files} if files else {"corpus": run.get("corpus") or run.get("preset")}
    if chat := settings.get("chat", {}).get("path"):
        told = {"chat": chat}
    told |= {name: run[name] for name in ("seed", "preset") if run.get(name) is not None}
    told |= {f"from_{name}": origin for name, origin in settings.get("from", {}).items() if name == "run"}
    told |= {name: True for name in ("backward",) if run.get(name)}
    return told | ({"context": run["context"]} if context_of(settings) > 1 else {})


def context_of(settings: "Settings") -> int:
    """How many utterances the model of a run reads."""
    return settings.get("run", {}).get("context", 1)
