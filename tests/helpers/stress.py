"""Save, train, kill, load and resume at random moments, and count answers that are wrong or lost.

    python tests/helpers/stress.py FOLDER ROUNDS [SEED]

Rounds are of two kinds, by turns. In one a process saves two pipelines of equal sizes and different words
to one folder, over and over, and is killed (``kill -9``) at a moment that is drawn: what is loaded then has
to be one of them, with its own answers. In the other a process trains, is killed, goes on, and is killed
again: what is loaded has to answer, and the run, resumed, ends as one does that nobody kills.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from uncompiled import uncompiled

from s2s_lesson import TextToText, engine
from s2s_lesson.training import TrainingDiverged, holds_run

PAIRS = {
    "digits": [("one two", "1 2"), ("two", "2"), ("one", "1"), ("two two", "2 2")],
    "letters": [("six ten", "a b"), ("ten", "b"), ("six", "a"), ("ten ten", "b b")],
}
SIZES = {"embedding_dim": 7, "encoder_units": 11, "decoder_units": 13, "dropout": 0.1}
TRAINING = {"epochs": 4, "batch_size": 1, "checkpoint_every": 1, "learning_rate": 0.03, "progress": False}


def made(words):
    """An untrained pipeline, each time the same."""
    engine.seed_everything(3)
    return TextToText.from_pairs(PAIRS[words], **SIZES)


def answers(pipeline):
    """What it answers to all sources, with log-probabilities."""
    texts = [source for pairs in PAIRS.values() for source, _ in pairs]
    predictions = pipeline.predict(texts, beam_size=2)
    return [(prediction.text, round(prediction.log_probability, 4)) for prediction in predictions]


def save_for_ever(folder):
    pipelines = [made(words) for words in PAIRS]
    print("ready", flush=True)
    while True:
        for pipeline in pipelines:
            for weights in ("float32", "float16"):
                pipeline.save(folder, weights)


def train(folder):
    pipeline = made("digits")
    if __name__ == "__main__" and sys.argv[1] == "train":
        print("ready", flush=True)
    return pipeline.fit(PAIRS["digits"], PAIRS["digits"], folder=folder, resume=holds_run(folder), **TRAINING)


def killed(what, folder, longest):
    """Start a process that does something, and kill it at a moment that is drawn; whether it was killed."""
    process = subprocess.Popen([sys.executable, __file__, what, folder], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()  # ready
    time.sleep(random.uniform(0, longest))
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def main(folder, rounds, seed):
    random.seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    saved = folder / "saved"
    right = {}
    for words in PAIRS:
        pipeline = made(words)
        for weights in ("float32", "float16"):
            pipeline.save(saved, weights)
            right[words, weights] = answers(TextToText.load(saved))
    expected = made("digits")
    whole = expected.fit(PAIRS["digits"], PAIRS["digits"], folder=folder / "whole", **TRAINING)
    wrong = lost = kills = 0
    for number in range(rounds):
        run = folder / f"run-{number}"
        try:
            if number % 2:
                kills += killed("save", saved, 0.5)
                wrong += answers(TextToText.load(saved)) not in right.values()
                continue
            for _ in range(2):
                kills += killed("train", run, 3)
                if (run / "model.keras").exists():
                    answers(TextToText.load(run))
            history = train(run)
            end = TextToText.load(run).model.get_weights()
            same = all(map(np.array_equal, end, expected.model.get_weights()))
            wrong += not same or history["val_loss"] != whole["val_loss"] or any(run.rglob(".part-*"))
        except (OSError, ValueError, TrainingDiverged) as error:
            lost += 1
            print(f"round {number}: {error}")
    print(f"{rounds} rounds: {wrong} wrong, {lost} lost, {kills} kills")
    return int(wrong + lost > 0)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with uncompiled():
        if sys.argv[1] == "save":
            save_for_ever(sys.argv[2])
        elif sys.argv[1] == "train":
            train(sys.argv[2])
        else:
            sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
