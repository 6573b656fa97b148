"""Train a small model on what a larger one writes for the same sources, and leave a run folder."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import (
    expect_models,
    expect_n_best,
    loaded,
    model_folder,
    named_path,
    option,
)
from s2s_lesson.commands.train import train

if TYPE_CHECKING:
    from s2s_lesson.training.held_folder import HeldFolder

HELP = "train a small model on what a larger one writes"
DISTILLED = "pipeline.distillation:distilled"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "teacher",
        type=model_folder,
        metavar="TEACHER",
        help="a run folder; or one that export made, or a model's name, with --config",
    )
    parser.add_argument(
        "--output", required=True, type=named_path, metavar="FOLDER", help="where to write the run"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    parser.add_argument(
        "--n-best", type=option(DISTILLED, "n_best"), default=5, help="outputs for each source (default: 5)"
    )
    parser.add_argument(
        "--beam-size",
        type=option(DISTILLED, "beam_size"),
        help="hypotheses kept at every step (default: 5, or --n-best where that is more)",
    )
    parser.add_argument(
        "--interpolation",
        type=option(DISTILLED, "interpolation"),
        default="n_best",
        help="n_best weighs outputs by probability (default), best takes one, closest that nearest the truth",
    )
    parser.add_argument(
        "--with-truth",
        type=option(DISTILLED, "with_truth"),
        default=0.0,
        metavar="WEIGHT",
        help="learn from the real pairs as well, with this weight (default: 0)",
    )
    parser.add_argument(
        "--config",
        type=named_path,
        metavar="FILE",
        help="settings of the small model (default: the teacher's)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="TABLE.OPTION=VALUE",
        help="any setting of the small model, such as model.encoder_units=64",
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson import engine
    from s2s_lesson.pipeline.distillation import distilled
    from s2s_lesson.pipeline.recipe import prepare
    from s2s_lesson.pipeline.settings import assigned, merged, read_run, read_settings
    from s2s_lesson.training.held_folder import held_folder
    from s2s_lesson.training.run_folder import N_BEST, SETTINGS

    expect_n_best(options)
    how = {"n_best": options.n_best, "beam_size": options.beam_size}
    how |= {"interpolation": options.interpolation, "with_truth": options.with_truth}
    config = options.config
    if config is None and options.resume and (options.output / SETTINGS).exists():
        config = options.output / SETTINGS
    settings = read_run(options.teacher) if config is None else read_settings(config)
    if not settings:
        raise FileNotFoundError(
            f"Expected {SETTINGS}, which says what was learned from, in {options.teacher}; there is none. "
            "Name a folder that 's2s-lesson train' made, or settings with --config."
        )
    expect_models(options.teacher)
    settings.pop("from", None)  # where the teacher began; the student begins anew
    settings = merged(settings, *(assigned(text) for text in options.set))
    made_by = {"teacher": _fingerprint(options.teacher)}
    with held_folder(options.output, options.resume) as held:
        _remember(held, {**made_by, **how})
        print("Loading ...", flush=True)
        recipe = prepare(settings, say=lambda text: print(text, flush=True))
        pairs, weights = distilled(
            loaded(options.teacher),
            recipe.corpus.train,
            **how,
            path=held.path / N_BEST,
            made_by=made_by,
            progress=sys.stderr.isatty(),
        )
        print(f"{len(pairs):,} pairs of the teacher's outputs, which are in {held.path / N_BEST}", flush=True)
        engine.seed_everything(recipe.settings["run"]["seed"])  # whatever was decoded now, or before
        train(recipe, held, pairs, weights)


def _fingerprint(folder: Path) -> str:
    """What tells a teacher from others: the checksum of its weights, or of what lists those of an export."""
    from s2s_lesson.data.whole_files import sha256_of
    from s2s_lesson.deployed.manifest import MANIFEST
    from s2s_lesson.training.run_folder import model_file

    manifest = folder / MANIFEST
    return sha256_of(manifest if manifest.exists() else model_file(folder))


def _remember(held: "HeldFolder", how: dict[str, object]) -> None:
    """Write down what a run is distilled with; one that goes on needs the same."""
    from s2s_lesson.data.whole_files import readable, write_at_once
    from s2s_lesson.training.run_folder import DISTILLATION

    path = held.path / DISTILLATION
    if held.resume:
        with readable(path, "what a run is distilled with", "Distil anew, into another folder."):
            before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if before != how:
            raise ValueError(
                f"Expected what the run was begun with, {before}; received {how}."
                " Give the same options again, or distil into another folder."
            )
    text = json.dumps(how, indent=1) + "\n"
    write_at_once(path, lambda part: part.write_text(text, encoding="utf-8"))
