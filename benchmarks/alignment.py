"""Train two of the models whose attention maps chapter 3 shows, and keep their weights.

    python -m benchmarks alignment

writes book/results/alignment.json, book/weights/window.npz and book/weights/appointments.npz. The function
that trains is the chapter's: the cells that define it are run as they stand.
"""

import time

from benchmarks.shared import quick
from benchmarks.shared.results import write_results, write_weights
from benchmarks.shared.training import defined_in

RESULTS = ("alignment",)
CELLS = ("attention-002", "attention-003", "attention-004", "attention-059")  # of chapter 3
SETTINGS = {
    "window": {"name": "reverse", "window": "monotonic", "half_width": 2},
    "appointments": {"name": "appointments", "epochs": 2, "batch_size": 64, "learning_rate": 4e-3},
}


def add_arguments(parser):
    """It has none."""


def run(options):
    """Run the benchmark."""
    train = defined_in("03-attention", CELLS)["train"]
    runs = [measure(train, name, setting) for name, setting in SETTINGS.items()]
    write_results("alignment", ["alignment"], runs=runs)


def measure(train, weights, options):
    """Train one model, and write its weights.

    Args:
        train: the chapter's function.
        weights: str, name of the file.
        options: dict, of ``train``.

    Returns:
        dict of ``weights``, ``options``, ``parameters``, ``training_seconds`` (decoding of 200 texts
        included) and ``exact_match`` of these texts.
    """
    started = time.perf_counter()
    pipeline, _, _, right = train(**{**options, **quick.size({}, {"epochs": 1, "batch_size": 1024})})
    seconds = time.perf_counter() - started
    write_weights(pipeline, weights)
    return {
        "weights": weights,
        "options": options,
        "parameters": pipeline.model.count_params(),
        "training_seconds": round(seconds, 1),
        "exact_match": float(right.mean()),
    }
