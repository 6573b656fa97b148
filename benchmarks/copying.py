"""Train on appointments with and without copying, and write the figures that the book quotes.

    python -m benchmarks copying --seeds 0 1 2

writes book/results/copying.json. Finished runs are kept in runs/copying/.
"""

from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spreads
from benchmarks.shared.training import seconds_of, training_of, untrained

RESULTS = ("copying",)
SETTINGS = {"copying": True, "vocabulary alone": False}
SPLITS = ("test", "test_known_places")
SCORES = ("exact_match", "token_error_rate")


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    folder = runs_of("copying")
    runs = [
        kept(folder / f"{file_name(setting, seed)}.json", measure, setting, seed)
        for seed in options.seeds
        for setting in SETTINGS
    ]
    write_results(
        "copying",
        ["copying", "--seeds", *options.seeds],
        settings={
            setting: summary([run for run in runs if run["setting"] == setting]) for setting in SETTINGS
        },
        runs=runs,
    )


def measure(setting, seed):
    """Train one model and score it.

    Args:
        setting: one of ``SETTINGS``.
        seed: int.

    Returns:
        dict of ``setting``, ``seed``, ``parameters``, ``training_seconds``, ``source_vocab_size``,
        ``target_vocab_size`` and ``scores``, a dict of one dict a split.
    """
    from s2s_lesson.pipeline import evaluate

    corpus, pipeline = untrained("appointments", seed, copy=SETTINGS[setting])
    history = pipeline.fit(corpus.train, corpus.dev, **training_of("appointments"), seed=seed, progress=False)
    scores = {split: evaluate(pipeline, corpus.splits[split], unknown=True) for split in SPLITS}
    return {
        "setting": setting,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "training_seconds": seconds_of(history),
        "source_vocab_size": len(pipeline.source_vocab),
        "target_vocab_size": len(pipeline.target_vocab),
        "scores": {split: {name: figures[name] for name in SCORES} for split, figures in scores.items()},
    }


def summary(runs):
    """Mean, least and greatest of every score over the seeds: a dict of dicts of dicts."""
    return {split: spreads([run["scores"][split] for run in runs]) for split in SPLITS}
