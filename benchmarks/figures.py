"""Train a preset with several seeds, score it on held-out data, and write the figures that the book quotes.

    python benchmarks/figures.py dates --seeds 0 1 2

writes book/results/dates.json. The runs themselves stay in runs/figures/; a run that was interrupted goes on
where it stopped when the command is given again.
"""

import argparse
import json
import subprocess
import sys

from results import ROOT, spread, write_results

SPLITS = {"dates": ["test", "test_unseen_locales"]}  # of other corpora: test


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    runs = [measure(options.corpus, seed) for seed in options.seeds]
    write_results(
        options.corpus,
        ["python benchmarks/figures.py", options.corpus, "--seeds", *options.seeds],
        splits={split: summary([run["scores"][split] for run in runs]) for split in runs[0]["scores"]},
        runs=runs,
    )


def measure(corpus, seed):
    """Train and score one run by the command line, as a reader would.

    Args:
        corpus: name of a preset.
        seed: int.

    Returns:
        dict of ``seed``, ``training_seconds``, ``epochs`` and ``scores``, a dict of one dict a split.
    """
    run = f"runs/figures/{corpus}-{seed}"
    command("train", "--corpus", corpus, "--output", run, "--seed", str(seed), "--resume")
    history = json.loads((ROOT / run / "history.json").read_text(encoding="utf-8"))
    scores = {}
    for split in SPLITS.get(corpus, ["test"]):
        scores[split] = json.loads(command("evaluate", run, "--split", split, "--json", capture=True))
    return {
        "seed": seed,
        "training_seconds": round(sum(history["seconds"]), 1),
        "epochs": len(history["loss"]),
        "scores": scores,
    }


def command(*arguments, capture=False):
    """Run ``python -m s2s_lesson`` and return what it printed, if asked to."""
    finished = subprocess.run(
        [sys.executable, "-m", "s2s_lesson", *arguments],
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE if capture else None,
    )
    return finished.stdout


def summary(scores):
    """Mean, least and greatest of every figure over the seeds.

    Args:
        scores: list of dicts, one a seed.

    Returns:
        dict of dicts with ``mean``, ``min`` and ``max``.
    """
    names = [name for name, value in scores[0].items() if isinstance(value, float)]
    return {name: spread([score[name] for score in scores]) for name in names}


if __name__ == "__main__":
    main()
