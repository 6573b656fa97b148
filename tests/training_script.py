"""Train a small model on a toy corpus, in a process of its own that can be killed.

    python tests/training_script.py FOLDER [--resume] [--kill-at STEP]

STEP counts the batches that are asked for, from 1, over all epochs. At the end FOLDER/end.npz holds every
variable of the model and of its optimiser, random states too, and FOLDER/history.json the history.
"""

import argparse
import os
import signal
from pathlib import Path

import keras
import numpy as np

from s2s_lesson import engine, training
from s2s_lesson.batching import PairBatches
from s2s_lesson.corpora import load
from s2s_lesson.model import Seq2Seq, Seq2SeqConfig
from s2s_lesson.vocab import Vocabulary

EPOCHS, CHECKPOINT_EVERY = 3, 3
CONFIG = {
    "embedding_dim": 5,
    "encoder_units": 7,
    "decoder_units": 11,
    "dropout": 0.2,
    "recurrent_dropout": 0.3,
}


class KillingBatches(PairBatches):
    """Batches of which one kills the process, as ``kill -9`` does."""

    batches_left = None

    def __getitem__(self, index):
        if self.batches_left is not None:
            self.batches_left -= 1
            if self.batches_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def data():
    """Training and development batches of the toy corpus "reverse", and the size of its vocabulary.

    All batches have one shape, so that TensorFlow traces the model only once.
    """
    sizes = {"min_length": 5, "max_length": 5, "train_size": 11 * 17, "dev_size": 2 * 17, "test_size": 0}
    corpus = load("reverse", **sizes)
    vocab = Vocabulary.from_tokens(pair.source.split() for pair in corpus.train)

    def ids(pairs):
        return [[vocab.encode(text.split()) for text in side] for side in zip(*pairs, strict=True)]

    train = KillingBatches(*ids(corpus.train), batch_size=17)
    dev = PairBatches(*ids(corpus.dev), batch_size=17, shuffle=False)
    return train, dev, len(vocab)


def train(folder, resume, kill_at):
    """Seed everything, make the model and train it."""
    engine.seed_everything(0)
    train_batches, dev_batches, vocab_size = data()
    train_batches.batches_left = kill_at
    model = Seq2Seq(Seq2SeqConfig(vocab_size, vocab_size, **CONFIG))
    training.compile_model(model, learning_rate=0.01)
    training.fit(
        model,
        train_batches,
        dev_batches,
        epochs=EPOCHS,
        folder=folder,
        resume=resume,
        checkpoint_every=CHECKPOINT_EVERY,
        progress=False,
    )
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--kill-at", type=int)
    arguments = parser.parse_args()
    model = train(arguments.folder, arguments.resume, arguments.kill_at)
    variables = [*model.variables, *model.optimizer.variables]
    np.savez(arguments.folder / "end.npz", *map(keras.ops.convert_to_numpy, variables))
