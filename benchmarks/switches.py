"""Train what the switches of the live views turn to: models that lack one part, at the budget of the whole.

    python -m benchmarks switches

writes book/results/switches.json, and each model to book/weights/NAME/. Dates: trained as the model that the
package carries, without attention, without masks (padding is read as if it were tokens), and with an encoder
that reads in one direction. Rows of letters to copy: with attention and without. What is written and scored
has weights of 16 bits. Examples are what each model, and the one that the package carries, makes of a source.
The runs stay in runs/switches/; one that was interrupted goes on when the command is given again. Several
processes may share the trainings: --only names what one does, and writes no results.
"""

import random
import string
from collections import defaultdict
from contextlib import nullcontext

from benchmarks.shared import quick, rows
from benchmarks.shared.masks import without_masks, written_behind_padding
from benchmarks.shared.results import ROOT, kept, runs_of, write_results
from benchmarks.shared.shipped import SHIPPED, trained
from benchmarks.shared.training import history_in, seconds_of

RESULTS = ("switches",)
SEED = 0
DATES = {
    "dates-without-attention": {"attention": "none"},
    "dates-without-masks": {},
    "dates-one-way": {"bidirectional": False, "encoder_units": 192},  # outputs as wide as those of two ways
}
ROWS = {"rows": {"attention": "luong_general"}, "rows-without-attention": {"attention": "none"}}
SPLITS = ("test", "test_unseen_locales")
DATE, PADDINGS = "30 sept. 2016", 10
ROW_LENGTH = 16  # letters


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--only", nargs="+", choices=[*DATES, *ROWS], help="train these, write no results")


def run(options):
    """Run the benchmark."""
    runs = [
        kept(runs_of("switches") / f"{name}.json", of_dates if name in DATES else of_rows, name)
        for name in options.only or [*DATES, *ROWS]
    ]
    if not options.only:
        training = SHIPPED["dates"].training
        write_results("switches", ["switches"], seed=SEED, training=training, runs=runs, examples=examples())


def weights_of(name):
    """The folder of a model's weights: Path."""
    return quick.size(ROOT / "book", runs_of("switches")) / "weights" / name


def of_dates(name):
    """Train and score a model of dates.

    Args:
        name: one of ``DATES``.

    Returns:
        dict of ``name``, ``task``, ``parameters``, ``epochs``, ``training_seconds`` (by the clock) and
        ``scores``, for each split the share that is right, ``padded``, in batches of 64 sources, and
        ``not_padded``, where a batch has sources of one length.
    """
    from s2s_lesson.pipeline import TextToText

    folder, weights = runs_of("switches") / name, weights_of(name)
    with without_masks() if name == "dates-without-masks" else nullcontext():
        corpus = trained("dates", folder, **DATES[name])
        TextToText.load(folder).save(weights, weights="float16")
        pipeline = TextToText.load(weights)
        scores = {
            split: {
                "padded": exact_match(pipeline, [pairs]),
                "not_padded": exact_match(pipeline, by_length(pipeline, pairs)),
            }
            for split, pairs in corpus.splits.items()
            if split in SPLITS
        }
    history = history_in(folder)
    return {
        "name": name,
        "task": "dates",
        "parameters": pipeline.model.count_params(),
        "epochs": len(history["loss"]),
        "training_seconds": seconds_of(history),
        "scores": scores,
    }


def by_length(pipeline, pairs):
    """Pairs in lists, one for each length of their sources."""
    lists = defaultdict(list)
    for pair in pairs:
        lists[len(pipeline.source_side(pair.source))].append(pair)
    return list(lists.values())


def exact_match(pipeline, lists):
    """The share of sources for which the pipeline writes what is right.

    Args:
        pipeline: ``TextToText``.
        lists: lists of pairs. No batch has pairs of two of them.
    """
    from s2s_lesson.pipeline import evaluate

    scores = [evaluate(pipeline, pairs, metrics=["exact_match"]) for pairs in lists]
    right = sum(score["exact_match"] * score["sources"] for score in scores)
    return right / sum(score["sources"] for score in scores)


def of_rows(name):
    """Train and score a model that copies rows of letters.

    Args:
        name: one of ``ROWS``.

    Returns:
        dict of ``name``, ``task``, ``parameters``, ``epochs``, ``training_seconds`` (of the processor) and
        ``scores``, the ``exact_match`` of rows of each ``length``.
    """
    from s2s_lesson.pipeline import TextToText

    trained_one, corpus, seconds = rows.trained(SEED, **ROWS[name])
    trained_one.save(weights_of(name), weights="float16")
    pipeline = TextToText.load(weights_of(name))
    return {
        "name": name,
        "task": "rows of letters",
        "parameters": pipeline.model.count_params(),
        "epochs": 1,
        "training_seconds": round(seconds, 1),
        "scores": rows.scores_by_length(pipeline, corpus.test, ["exact_match"]),
    }


def examples():
    """What each model writes for one source: dicts of its ``name``, ``source``, ``paddings`` and ``output``.

    The date is also read with padding behind it, as if that were tokens, by the model that was trained so and
    by the one that the package carries.
    """
    from s2s_lesson import pretrained
    from s2s_lesson.pipeline import TextToText

    row = " ".join(random.Random(SEED).choices(string.ascii_lowercase, k=ROW_LENGTH))
    shown = []
    for name in ("dates", *DATES, *ROWS):
        pipeline = pretrained(name) if name == "dates" else TextToText.load(weights_of(name))
        source, beam_size = (row, 1) if name in ROWS else (DATE, 5)
        for paddings in (0, PADDINGS) if name in ("dates", "dates-without-masks") else (0,):
            output = written_behind_padding(pipeline, source, paddings, beam_size)
            shown.append({"name": name, "source": source, "paddings": paddings, "output": output})
    return shown
