"""What each step gave to the model of pronunciations that the package carries, at 0.45M parameters.

    python -m benchmarks improvements

writes book/results/improvements.json: the error of six epochs, of more epochs with dropout, of the mean of
the best epochs' weights, of an output layer that shares the target embedding, of learning from what a larger
model writes; and of that larger model. Each run is scored on both splits, and the best on dev is to ship. The
runs stay in runs/improvements/; one that was interrupted goes on when the command is given again. Several
processes may share the trainings: --only names what one does, and writes no results.
"""

import json
import warnings
from dataclasses import replace

from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.shipped import SHIPPED, teacher_of, trained_as
from benchmarks.shared.training import history_in, seconds_of

RESULTS = ("improvements",)
TWENTY = SHIPPED["pronunciations"]
OF_PRESET = {name: value for name, value in TWENTY.model.items() if name != "dropout"}
SIX = replace(TWENTY, model=OF_PRESET, training={"epochs": 6})
LARGER = replace(
    SIX,
    model={"encoder_units": 192, "decoder_units": 256, "dropout": 0.3},
    training={"epochs": 10, "average": 3, "label_smoothing": 0.1},
)
DISTILLED = replace(
    SIX,
    training={"epochs": 6, "average": 3},
    teacher=LARGER,
    distillation={"n_best": 3, "with_truth": 1.0},
)
RUNS = {
    "6 epochs": SIX,
    "20 epochs, dropout": TWENTY,
    "20 epochs, dropout, tied output": replace(TWENTY, model={**TWENTY.model, "tied_output": True}),
    "a larger model": LARGER,
    "distilled from the larger model": DISTILLED,
}
SPLITS = ("dev", "test")


def add_arguments(parser):
    """Which runs; None means all."""
    parser.add_argument("--only", nargs="+", choices=RUNS, metavar="RUN", help="; ".join(RUNS))


def run(options):
    """Run the benchmark."""
    warnings.simplefilter("ignore")  # overlong pairs are left out
    runs = [
        kept(runs_of("improvements") / f"{file_name(name)}.json", measure, name)
        for name in options.only or RUNS
    ]
    if not options.only:
        write_results("improvements", ["improvements"], corpus=SIX.corpus, runs=runs)


def folder_of(name):
    """Where a run lies: Path."""
    if name == "a larger model":
        return teacher_of(folder_of("distilled from the larger model"))
    return runs_of("improvements") / file_name(name)


def measure(name):
    """Train and score a model.

    Args:
        name: one of ``RUNS``.

    Returns:
        dict of ``name``, ``model`` and ``training`` (options in place of the preset's), ``parameters``,
        ``epochs``, ``training_seconds`` (by the clock) and ``scores``, for "best epoch" and "mean of
        epochs", where there is one, a dict of one dict a split, of ``word_error_rate`` and
        ``phoneme_error_rate``, shares of 1, with a beam of 5.
    """
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.training.averaging import EpochWeights
    from s2s_lesson.training.run_folder import BEGUN

    folder, options = folder_of(name), RUNS[name]
    corpus = trained_as(options, folder)
    pipeline, history = TextToText.load(folder), history_in(folder)
    scores = {}
    if options.training.get("average"):
        scores["mean of epochs"] = scores_of(pipeline, corpus)
        best = history["kept_epoch"][-1]
        run = json.loads((folder / BEGUN).read_text(encoding="utf-8"))["run"]
        pipeline.model.set_weights(EpochWeights(folder, run).average([best]))
    scores["best epoch"] = scores_of(pipeline, corpus)
    return {
        "name": name,
        "model": options.model,
        "training": options.training,
        "parameters": pipeline.model.count_params(),
        "epochs": len(history["loss"]),
        "training_seconds": seconds_of(history),
        "scores": scores,
    }


def scores_of(pipeline, corpus):
    """Errors on both splits."""
    from s2s_lesson.pipeline import evaluate

    figures = {}
    for split in SPLITS:
        scores = evaluate(pipeline, corpus.splits[split], metrics=["exact_match", "token_error_rate"])
        figures[split] = {
            "word_error_rate": 1 - scores["exact_match"],
            "phoneme_error_rate": scores["token_error_rate"],
        }
    return figures
