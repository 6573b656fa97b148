"""Measure the fixed-length bottleneck: accuracy against source length, without attention and with it.

    python -m benchmarks bottleneck --seeds 0 1 2 --processes 2

writes book/results/bottleneck.json. The task is to repeat a row of random letters. Nothing in such a row can
be guessed from the rest of it: all of it has to get from the encoder to the decoder. No row is seen twice, so
that no model can learn rows by heart.

Each run uses one core. Finished runs stay in runs/bottleneck/: given again after an interruption, the command
makes those that are missing.
"""

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.rows import BATCH_SIZE, ROWS, TEST_SIZE, TRAIN_SIZE, scores_by_length, trained
from benchmarks.shared.summaries import spread

RESULTS = ("bottleneck",)
SETTINGS = {
    "luong_general": {"attention": "luong_general"},
    "none": {"attention": "none"},
    "none, twice the units": {"attention": "none", "encoder_units": 128, "decoder_units": 256},
    "none, four times the updates": {"attention": "none", "train_size": 4 * TRAIN_SIZE},
}
LONG = "none, four times the updates"  # for the first seed alone
SCORES = ("exact_match", "token_error_rate", "token_accuracy")


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, one core each")


def run(options):
    """Run the benchmark."""
    jobs = [
        (setting, seed)
        for seed in options.seeds
        for setting in SETTINGS
        if setting != LONG or seed == options.seeds[0]
    ]
    runs = in_processes(measured, jobs, options.processes, threads=1)
    runs.sort(key=lambda run: (list(SETTINGS).index(run["setting"]), run["seed"]))
    write_results(
        "bottleneck",
        ["bottleneck", "--seeds", *options.seeds],
        cores_per_run=1,
        task={"task": "copy", **ROWS, "test_size": TEST_SIZE, "batch_size": BATCH_SIZE},
        settings={setting: summary(setting, runs) for setting in SETTINGS},
        runs=runs,
    )


def measured(setting, seed):
    """``measure``, where that is not done."""
    return kept(runs_of("bottleneck") / f"{file_name(setting, seed)}.json", measure, setting, seed)


def measure(setting, seed):
    """Train one model and score it on new rows of each length.

    Args:
        setting: a key of ``SETTINGS``.
        seed: int, of the rows, the weights and the order of the batches.

    Returns:
        dict of ``setting``, ``seed``, ``parameters``, ``updates``, ``training_seconds`` (processor time) and
        ``lengths``, a list with one dict a source length: ``length``, ``pairs`` and the ``SCORES``, by
        greedy search.
    """
    train_size = quick.size(SETTINGS[setting].get("train_size", TRAIN_SIZE), 256)
    options = {name: value for name, value in SETTINGS[setting].items() if name != "train_size"}
    pipeline, corpus, seconds = trained(seed, train_size, **options)
    return {
        "setting": setting,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "updates": len(pipeline.batches(corpus.train[:train_size], BATCH_SIZE)),
        "training_seconds": round(seconds, 1),
        "lengths": scores_by_length(pipeline, corpus.test, SCORES),
    }


def summary(setting, runs):
    """Mean, least and greatest of every score over the seeds, for each source length.

    Args:
        setting: a key of ``SETTINGS``.
        runs: list of what ``measure`` returned, those of other settings included.

    Returns:
        dict of ``options``, ``lengths`` and for each score a dict of ``mean``, ``min`` and ``max``, lists in
        the order of ``lengths``.
    """
    chosen = [run["lengths"] for run in runs if run["setting"] == setting]
    figures = {"options": SETTINGS[setting], "lengths": [scores["length"] for scores in chosen[0]]}
    for name in SCORES:
        by_length = [spread([scores[name] for scores in length]) for length in zip(*chosen, strict=True)]
        figures[name] = {key: [round(one[key], 4) for one in by_length] for key in by_length[0]}
    return figures
