"""Train the model of dates that chapter 2 looks into, with masks and without, and keep the weights of one.

    python -m benchmarks encoder

writes book/results/encoder.json and book/weights/encoder.npz. The model has no attention. "Without masks"
means that its encoder reads padding as if it were tokens; the loss leaves padding out in both.
"""

from contextlib import nullcontext

from benchmarks.shared import quick
from benchmarks.shared.masks import without_masks
from benchmarks.shared.results import write_results, write_weights
from benchmarks.shared.training import seconds_of, untrained

RESULTS = ("encoder",)
SIZES = {"attention": "none", "encoder_units": 64, "decoder_units": 128}
TRAINING = {"epochs": 4, "batch_size": 64, "learning_rate": 5e-3}


def add_arguments(parser):
    """It has none."""


def run(options):
    """Run the benchmark."""
    runs = [measure(masked) for masked in (True, False)]
    write_results("encoder", ["encoder"], training=TRAINING, runs=runs)


def measure(masked):
    """Train one model and score it, by itself and beside a long date.

    Args:
        masked: bool. False lets the encoder read padding, in training and afterwards.

    Returns:
        dict of ``masked``, ``parameters``, ``training_seconds``, ``exact_match`` (of 500 test dates) and, of
        the test dates with ten characters, ``short_dates`` (how many), ``right_alone``,
        ``right_beside_a_long_one`` and ``changed``.
    """
    with nullcontext() if masked else without_masks():
        return _measure(masked)


def _measure(masked):
    import numpy as np

    from s2s_lesson.pipeline import evaluate

    corpus, pipeline = untrained("dates", seed=0, **SIZES)
    training = {**TRAINING, "epochs": quick.size(TRAINING["epochs"], 1)}
    history = pipeline.fit(corpus.train, corpus.dev, **training, progress=False)
    if masked:
        write_weights(pipeline, "encoder")
    longest = sorted(corpus.test, key=lambda pair: len(pair.source))[-1]
    short = [pair for pair in corpus.test if len(pair.source) == 10]
    one_batch = {"beam_size": 1, "batch_size": len(short) + 1}
    alone, beside = (
        [output.text for output in pipeline.predict([pair.source for pair in pairs], **one_batch)]
        for pairs in (short, [*short, longest])
    )
    targets = [pair.target for pair in short]
    return {
        "masked": masked,
        "parameters": pipeline.model.count_params(),
        "training_seconds": seconds_of(history),
        "exact_match": evaluate(pipeline, corpus.test[:500], beam_size=1)["exact_match"],
        "short_dates": len(short),
        "right_alone": float(np.mean(np.equal(alone, targets))),
        "right_beside_a_long_one": float(np.mean(np.equal(beside[:-1], targets))),
        "changed": int(np.sum(np.not_equal(alone, beside[:-1]))),
    }
