"""Train five small models whose attention maps chapter 3 shows, and keep their weights.

    python -m benchmarks alignment

writes book/results/alignment.json, and reverse.npz, sort.npz, window.npz, attentive.npz and
appointments.npz in book/weights/: rows of letters reversed, sorted, reversed with a monotonic window, and
reversed by a decoder without an RNN in half the passes; appointments with places to copy, for two of the
preset's six passes.
"""

import time

from benchmarks.shared import quick
from benchmarks.shared.results import write_results, write_weights
from benchmarks.shared.training import untrained

RESULTS = ("alignment",)
LETTERS = {"epochs": 4, "batch_size": 32, "learning_rate": 5e-3}
SETTINGS = {  # weights -> preset, options of the model, options of the training
    "reverse": ("reverse", {}, LETTERS),
    "sort": ("sort", {}, LETTERS),
    "window": ("reverse", {"window": "monotonic", "half_width": 2}, LETTERS),
    "attentive": ("reverse", {"decoder": "self_attention"}, {**LETTERS, "epochs": 2}),
    "appointments": ("appointments", {}, {"epochs": 2, "batch_size": 64, "learning_rate": 4e-3}),
}
TESTED = 200


def add_arguments(parser):
    """It has none."""


def run(options):
    """Run the benchmark."""
    runs = [measure(name, *setting) for name, setting in SETTINGS.items()]
    write_results("alignment", ["alignment"], runs=runs)


def measure(weights, preset, options, training):
    """Train one model, and write its weights.

    Args:
        weights: str, name of the file.
        preset: str.
        options: dict, of the preset's model.
        training: dict, of ``fit``.

    Returns:
        dict of ``weights``, ``preset``, ``options``, ``training``, ``parameters``, ``training_seconds``
        (decoding of 200 texts included) and ``exact_match`` of these texts, by greedy search.
    """
    from s2s_lesson.pipeline import evaluate

    corpus, pipeline = untrained(preset, **options)
    training = {**training, **quick.size({}, {"epochs": 1, "batch_size": 1024})}
    started = time.perf_counter()
    pipeline.fit(corpus.train, corpus.dev, **training, progress=False)
    scores = evaluate(pipeline, corpus.test[:TESTED], beam_size=1, batch_size=200, metrics=["exact_match"])
    seconds = time.perf_counter() - started
    write_weights(pipeline, weights)
    return {
        "weights": weights,
        "preset": preset,
        "options": options,
        "training": training,
        "parameters": pipeline.model.count_params(),
        "training_seconds": round(seconds, 1),
        "exact_match": scores["exact_match"],
    }
