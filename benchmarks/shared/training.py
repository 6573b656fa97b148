"""Models for benchmarks: of a preset, of the command line, and by what a chapter defines."""

import dataclasses
import json
import subprocess
import sys

from benchmarks.shared import quick
from benchmarks.shared.results import ROOT, runs_of

SPLITS = {"dates": ["test", "test_unseen_locales"]}  # of other corpora: test


def untrained(preset, seed=0, pairs=256, **options):
    """Load a corpus and make the untrained pipeline of a preset, as ``presets.untrained`` does.

    Args:
        preset: str.
        seed: int.
        pairs: int, see ``shortened``.
        **options: of ``presets.untrained``.
    """
    from s2s_lesson.pipeline import presets

    corpus, pipeline = presets.untrained(preset, seed, **options)
    return shortened(corpus, pairs), pipeline


def shortened(corpus, pairs=256):
    """The corpus; with --quick the first pairs of training, and a quarter as many of each other split."""
    if not quick.is_on():
        return corpus
    splits = {
        name: split[: pairs if name == "train" else pairs // 4] for name, split in corpus.splits.items()
    }
    return dataclasses.replace(corpus, splits=splits)


def training_of(preset, **changes):
    """The options of ``fit`` that a preset has, with changes; with --quick, one epoch."""
    from s2s_lesson.pipeline.presets import PRESETS

    options = {**PRESETS[preset].training, **changes}
    return {**options, "epochs": quick.size(options["epochs"], 1)}


def seconds_of(history):
    """Seconds of all epochs together, by the clock."""
    return round(sum(history["seconds"]), 1)


def history_in(folder):
    """The history that a run folder holds."""
    return json.loads((folder / "history.json").read_text(encoding="utf-8"))


def trained_by_command_line(corpus, seed):
    """Train a preset by the command line, as a reader would, or go on with it: the run folder."""
    folder = runs_of("figures") / f"{corpus}-{seed}"
    few = quick.size([], ["--epochs", "1"])
    _command("train", "--corpus", corpus, "--output", folder, "--seed", seed, *resumed(folder), *few)
    return folder


def resumed(folder):
    """What the command line needs to go on with the run in a folder, where there is one: a list."""
    from s2s_lesson.training import holds_run

    return ["--resume"] if holds_run(folder) else []


def measured_by_command_line(corpus, seed):
    """Train and score a preset by the command line, as a reader would.

    Args:
        corpus: name of a preset.
        seed: int.

    Returns:
        dict of ``seed``, ``training_seconds``, ``epochs`` and ``scores``, a dict of one dict a split.
    """
    folder = trained_by_command_line(corpus, seed)
    history, few = history_in(folder), quick.size([], ["--limit", "40"])
    scores = {
        split: json.loads(_command("evaluate", folder, "--split", split, "--json", *few, capture=True))
        for split in SPLITS.get(corpus, ["test"])
    }
    return {
        "seed": seed,
        "training_seconds": seconds_of(history),
        "epochs": len(history["loss"]),
        "scores": scores,
    }


def _command(*arguments, capture=False):
    """Run a command of s2s-lesson, and return what it printed, if asked to."""
    finished = subprocess.run(
        [sys.executable, "-m", "s2s_lesson", *map(str, arguments)],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    return finished.stdout


def defined_in(chapter, cells):
    """Run some cells of a chapter, and return what they define: a dict of names."""
    notebook = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names = {}
    for cell in cells:
        exec(sources[cell], names)
    return names
