"""Train the model that the package carries, and write its measured error.

    python -m benchmarks pretrained

writes s2s_lesson/weights/pronunciations/ and book/results/pretrained.json. The run stays in runs/pretrained/;
one that was interrupted goes on where it stopped when the command is given again.
"""

import warnings

from benchmarks.shared import quick
from benchmarks.shared.results import ROOT, runs_of, write_results
from benchmarks.shared.training import history_in, seconds_of, training_of, untrained

RESULTS = ("pretrained",)
OPTIONS = {"encoder_layers": 1, "encoder_units": 128, "decoder_units": 128}  # in place of the preset's
EPOCHS = 6


def add_arguments(parser):
    """It has none."""


def run(options):
    """Train, copy the weights into the package, score them and write the figures."""
    from s2s_lesson.pipeline import TextToText, evaluate

    warnings.simplefilter("ignore")  # overlong pairs are left out
    folder = runs_of("pretrained")
    package = quick.size(ROOT / "s2s_lesson", folder)
    weights = package / "weights" / "pronunciations"
    corpus, pipeline = untrained("pronunciations", **OPTIONS)
    training = training_of("pronunciations", epochs=EPOCHS)
    pipeline.fit(corpus.train, corpus.dev, folder=folder, resume=True, progress=False, **training)
    history = history_in(folder)

    TextToText.load(folder).save(weights)
    pipeline = TextToText.load(weights)
    measured = {
        "corpus": "pronunciations",
        "seed": 0,
        "epochs": len(history["loss"]),
        "training_seconds": seconds_of(history),
        "parameters": pipeline.model.count_params(),
        "bytes": sum(file.stat().st_size for file in weights.iterdir()),
        "scores": {split: evaluate(pipeline, corpus.splits[split]) for split in ("dev", "test")},
    }
    write_results("pretrained", ["pretrained"], runs=[measured])
