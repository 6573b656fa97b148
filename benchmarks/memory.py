"""Measure how many steps back a small LSTM remembers, with more sizes and seeds than its page has time for.

    python -m benchmarks memory --seeds 0 1

writes book/results/memory.json. The function is that of the page, 01b: the cells that define it are run as
they stand. Finished runs are kept in runs/memory/.
"""

import time

from benchmarks.shared import quick
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.training import defined_in

RESULTS = ("memory",)
CELLS = ("d002", "c054", "c055")  # of the page: what is imported, the task, the function


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])


def run(options):
    """Run the benchmark."""
    updates = quick.size(300, 5)
    settings = [(units, seed, updates) for units in (8, 32, 128) for seed in options.seeds]
    settings.append((32, options.seeds[0], 3 * updates))
    folder = runs_of("memory")
    runs = [kept(folder / f"{file_name(*setting)}.json", measure, *setting) for setting in settings]
    write_results("memory", ["memory", "--seeds", *options.seeds], runs=runs)


def measure(units, seed, updates):
    """Train and score one network.

    Returns:
        dict of ``units``, ``seed``, ``updates``, ``training_seconds`` and ``correct``, the share of symbols
        named correctly for each distance.
    """
    memory_by_distance = defined_in("01b-concepts-deeper", CELLS)["memory_by_distance"]
    started = time.perf_counter()
    correct = memory_by_distance(units, seed, steps=updates)
    return {
        "units": units,
        "seed": seed,
        "updates": updates,
        "training_seconds": round(time.perf_counter() - started, 1),
        "correct": [round(float(share), 4) for share in correct],
    }
