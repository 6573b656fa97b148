"""Train a small model on a toy corpus, in a process of its own that can be killed.

    python tests/helpers/training_script.py FOLDER [--strategies] [--average EPOCHS] [--resume]
        [--kill-at STEP] [--kill-at-file FILE]

STEP counts the batches that are asked for, from 1, over all epochs. FILE counts the files that get a name,
from 1: the process is killed when the file is written and has none yet. At the end FOLDER/end.npz holds every
variable of the model and of its optimiser, and all random states.
"""

import argparse
import os
import signal
from collections import namedtuple
from pathlib import Path

import keras
import numpy as np

from s2s_lesson import engine, training
from s2s_lesson.corpora import load
from s2s_lesson.data import Noise, Vocabulary
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import (
    JointTraining,
    LearningRate,
    LinearDecay,
    PairBatches,
    ScheduledSampling,
    StrategicModel,
)

LOG_EVERY = 2
NOISE = Noise(drop=0.1, swap=0.2, blank=0.1)
Size = namedtuple("Size", "length batches dev_batches epochs checkpoint_every passes")
LARGE, SMALL = Size(5, 11, 2, 3, 3, None), Size(2, 2, 1, 2, 1, 1)
CONFIG = {
    "embedding_dim": 5,
    "encoder_units": 7,
    "decoder_units": 11,
    "dropout": 0.2,
    "recurrent_dropout": 0.3,
}
ONE_WAY = {"cell": "gru", "bidirectional": False}


def kill():
    """End the process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class KillingBatches(PairBatches):
    """Batches of which one kills the process, or what else ``kill`` does."""

    batches_left, kill = None, staticmethod(kill)

    def __getitem__(self, index):
        if self.batches_left is not None:
            self.batches_left -= 1
            if self.batches_left == 0:
                self.kill()
        return super().__getitem__(index)


def data(size=LARGE):
    """Training and development batches of the toy corpus "reverse", and the size of its vocabulary.

    All batches have one shape, so that TensorFlow traces the model only once.
    """
    sizes = {"train_size": size.batches * 17, "dev_size": size.dev_batches * 17, "test_size": 0}
    corpus = load("reverse", min_length=size.length, max_length=size.length, **sizes)
    vocab = Vocabulary.from_tokens(pair.source.split() for pair in corpus.train)

    def ids(pairs):
        return [[vocab.encode(text.split()) for text in side] for side in zip(*pairs, strict=True)]

    train = KillingBatches(*ids(corpus.train), batch_size=17, noise=NOISE)
    dev = PairBatches(*ids(corpus.dev), batch_size=17, shuffle=False)
    return train, dev, len(vocab)


def kill_at_file(number):
    """Kill the process when so many files have been written and the last one of them has no name yet."""
    left, replace = [number], os.replace

    def replace_or_die(part, path):
        left[0] -= 1
        if left[0] == 0:
            kill()
        replace(part, path)

    os.replace = replace_or_die


def train(
    folder, resume=False, kill_at=None, strategies=False, size=LARGE, kill=kill, keep="best", average=1
):
    """Seed everything, make the model and train it."""
    engine.seed_everything(0)
    train_batches, dev_batches, vocab_size = data(size)
    train_batches.batches_left, train_batches.kill = kill_at, kill
    cells = {} if strategies and size is LARGE else ONE_WAY  # the former is an LSTM that reads both ways
    config = Seq2SeqConfig(vocab_size, vocab_size, **CONFIG, **cells, encoder_output_layer=strategies)
    model = Seq2Seq(config)
    if strategies:
        steps = size.epochs * len(train_batches)
        mixture = [ScheduledSampling(LinearDecay(steps), 1.0, "sample", size.passes), JointTraining()]
        model = StrategicModel(model, mixture, seed=5)
        rate = LearningRate(0.03, steps // 2, warmup_steps=min(3, steps // 2 - 1))
        training.compile_model(model, rate, accumulation=2)
    else:
        training.compile_model(model, learning_rate=0.01)
    training.fit(
        model,
        train_batches,
        dev_batches,
        epochs=size.epochs,
        folder=folder,
        resume=resume,
        keep=keep,
        average=average,
        checkpoint_every=size.checkpoint_every,
        log_every=LOG_EVERY,
        progress=False,
    )
    return model


def end_of(model):
    """Every variable of a model and of its optimiser, and all random states: arrays."""
    variables = [*map(keras.ops.convert_to_numpy, [*model.variables, *model.optimizer.variables])]
    return [*variables, *engine.random_states()]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--strategies", action="store_true")
    parser.add_argument("--average", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--kill-at", type=int)
    parser.add_argument("--kill-at-file", type=int)
    arguments = parser.parse_args()
    if arguments.kill_at_file:
        kill_at_file(arguments.kill_at_file)
    model = train(
        arguments.folder,
        arguments.resume,
        arguments.kill_at,
        arguments.strategies,
        average=arguments.average,
    )
    np.savez(arguments.folder / "end.npz", *end_of(model))
