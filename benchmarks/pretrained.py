"""Train the model that the package carries, and write its measured error.

    python benchmarks/pretrained.py pretrained

writes s2s_lesson/weights/pronunciations/ and book/results/pretrained.json. The run stays in runs/pretrained/;
one that was interrupted goes on where it stopped when the command is given again.
"""

import argparse
import json
import warnings

from results import ROOT, write_results

from s2s_lesson import presets
from s2s_lesson.evaluation import evaluate
from s2s_lesson.pipeline import TextToText

OPTIONS = {"encoder_layers": 1, "encoder_units": 128, "decoder_units": 128}  # in place of the preset's
EPOCHS = 6


def main():
    """Train, copy the weights into the package, score them and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["pretrained"], help="of the file in book/results/")
    parser.parse_args()
    warnings.simplefilter("ignore")  # overlong pairs are left out
    run, weights = ROOT / "runs" / "pretrained", ROOT / "s2s_lesson" / "weights" / "pronunciations"
    corpus, pipeline = presets.untrained("pronunciations", **OPTIONS)
    training = {**presets.PRESETS["pronunciations"].training, "epochs": EPOCHS}
    pipeline.fit(corpus.train, corpus.dev, folder=run, resume=True, progress=False, **training)
    history = json.loads((run / "history.json").read_text(encoding="utf-8"))

    TextToText.load(run).save(weights)
    pipeline = TextToText.load(weights)
    measured = {
        "corpus": "pronunciations",
        "seed": 0,
        "epochs": len(history["loss"]),
        "training_seconds": round(sum(history["seconds"]), 1),
        "parameters": pipeline.model.count_params(),
        "bytes": sum(file.stat().st_size for file in weights.iterdir()),
        "scores": {split: evaluate(pipeline, corpus.splits[split]) for split in ("dev", "test")},
    }
    write_results("pretrained", ["python benchmarks/pretrained.py pretrained"], runs=[measured])


if __name__ == "__main__":
    main()
