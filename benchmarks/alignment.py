"""Train two of the models whose attention maps chapter 3 shows, and keep their weights.

    python benchmarks/alignment.py alignment

writes book/results/alignment.json, book/weights/window.npz and book/weights/appointments.npz. The function
that trains is the chapter's: the cells that define it are run as they stand.
"""

import argparse
import time

from memory import defined_in
from results import write_results, write_weights

CELLS = ("attention-002", "attention-003", "attention-004", "attention-059")  # of chapter 3
SETTINGS = {
    "window": {"name": "reverse", "window": "monotonic", "half_width": 2},
    "appointments": {"name": "appointments", "epochs": 2, "batch_size": 64, "learning_rate": 4e-3},
}


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["alignment"], help="of the file in book/results/")
    parser.parse_args()
    train = defined_in("03-attention", CELLS)["train"]
    runs = [measure(train, name, options) for name, options in SETTINGS.items()]
    write_results("alignment", ["python benchmarks/alignment.py alignment"], runs=runs)


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
    pipeline, _, _, right = train(**options)
    seconds = time.perf_counter() - started
    write_weights(pipeline, weights)
    return {
        "weights": weights,
        "options": options,
        "parameters": pipeline.model.count_params(),
        "training_seconds": round(seconds, 1),
        "exact_match": float(right.mean()),
    }


if __name__ == "__main__":
    main()
