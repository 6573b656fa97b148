"""Train on appointments with and without copying, and write the figures that the book quotes.

    python benchmarks/copying.py copying --seeds 0 1 2

writes book/results/copying.json. Finished runs are kept in runs/copying/.
"""

import argparse

from results import ROOT, kept, spread, write_results

from s2s_lesson import presets
from s2s_lesson.evaluation import evaluate

SETTINGS = {"copying": True, "vocabulary alone": False}
SPLITS = ("test", "test_known_places")
SCORES = ("exact_match", "token_error_rate")


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["copying"], help="of the file in book/results/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    folder = ROOT / "runs" / "copying"
    runs = [
        kept(folder / f"{setting.replace(' ', '_')}-{seed}.json", measure, setting, seed)
        for seed in options.seeds
        for setting in SETTINGS
    ]
    write_results(
        "copying",
        ["python benchmarks/copying.py copying --seeds", *options.seeds],
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
    corpus, pipeline = presets.untrained("appointments", seed, copy=SETTINGS[setting])
    training = presets.PRESETS["appointments"].training
    history = pipeline.fit(corpus.train, corpus.dev, **training, seed=seed, progress=False)
    scores = {split: evaluate(pipeline, corpus.splits[split]) for split in SPLITS}
    return {
        "setting": setting,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "training_seconds": round(sum(history["seconds"]), 1),
        "source_vocab_size": len(pipeline.source_vocab),
        "target_vocab_size": len(pipeline.target_vocab),
        "scores": {split: {name: found[name] for name in SCORES} for split, found in scores.items()},
    }


def summary(runs):
    """Mean, least and greatest of every score over the seeds: a dict of dicts of dicts."""
    return {
        split: {name: spread([run["scores"][split][name] for run in runs]) for name in SCORES}
        for split in SPLITS
    }


if __name__ == "__main__":
    main()
