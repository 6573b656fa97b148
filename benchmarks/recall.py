"""Measure whether LSTMs and GRUs learn to name the first of 20 symbols, by where the bias of a gate begins.

    python -m benchmarks recall --seeds 0 1 2

writes book/results/recall.json. The function is that of the page, 02b: the cells that define it are run as
they stand. Those whose gate begins at Keras's own bias are also given a thousand updates. Finished runs are
kept in runs/recall/.
"""

import time

from benchmarks.shared import quick
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.training import defined_in

RESULTS = ("recall",)
CELLS = ("f003", "e024", "e030")  # of the page: what is imported, the bias of a gate, the function
UPDATES, PATIENT = 150, 1_000
ARMS = [("LSTM", 1, UPDATES), ("LSTM", 3, UPDATES), ("GRU", 0, UPDATES), ("GRU", 3, UPDATES)]
ARMS += [("LSTM", 1, PATIENT), ("GRU", 0, PATIENT)]


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    folder = runs_of("recall")
    jobs = [
        (kind, bias, quick.size(updates, 5), seed) for kind, bias, updates in ARMS for seed in options.seeds
    ]
    runs = [kept(folder / f"{file_name(*job)}.json", measure, *job) for job in jobs]
    write_results("recall", ["recall", "--seeds", *options.seeds], runs=runs)


def measure(kind, gate_bias, updates, seed):
    """Train and score one network.

    Returns:
        dict of ``kind``, ``gate_bias``, ``updates``, ``seed``, ``training_seconds`` and ``recalled``, the
        share of new rows whose first symbol is named.
    """
    from keras import layers

    recall = defined_in("02b-encoder-deeper", CELLS)["recall"]
    started = time.perf_counter()
    share = recall(getattr(layers, kind), gate_bias, seed, updates)
    return {
        "kind": kind,
        "gate_bias": gate_bias,
        "updates": updates,
        "seed": seed,
        "training_seconds": round(time.perf_counter() - started, 1),
        "recalled": round(float(share), 4),
    }
