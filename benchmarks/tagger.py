"""Train encoders with an output layer to find where words begin, reading in one direction and in both.

    python -m benchmarks tagger --seeds 0 1 2

writes book/results/tagger.json. Task and functions are those of the page, 02b: the cells that define them are
run as they stand. Finished runs are kept in runs/tagger/.
"""

import time

from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.training import defined_in

RESULTS = ("tagger",)
CELLS = ("f003", "e089", "e090", "e092", "e093-scores")  # of the page: imports, task, training, scores
READERS = {
    "forwards": {"bidirectional": False},
    "forwards, twice the units": {"bidirectional": False, "units": 128},
    "both ways": {"bidirectional": True},
}


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    folder = runs_of("tagger")
    jobs = [(reader, seed) for reader in READERS for seed in options.seeds]
    runs = [kept(folder / f"{file_name(*job)}.json", measure, *job) for job in jobs]
    write_results("tagger", ["tagger", "--seeds", *options.seeds], runs=runs)


def measure(reader, seed):
    """Train and score one tagger.

    Returns:
        dict of ``reader``, ``seed``, ``parameters``, ``training_seconds``, ``letters``, the share of letters
        whose label is right, and ``texts``, of texts in which all are.
    """
    page = defined_in("02b-encoder-deeper", CELLS)
    started = time.perf_counter()
    tagger = page["train_tagger"](**READERS[reader], seed=seed)
    seconds = time.perf_counter() - started
    letters, texts = page["scores"](tagger)
    return {
        "reader": reader,
        "seed": seed,
        "parameters": tagger.count_params(),
        "training_seconds": round(seconds, 1),
        "letters": round(float(letters), 4),
        "texts": round(float(texts), 4),
    }
