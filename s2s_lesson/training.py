"""fit: train with checkpoints, exact resume, early stopping, a history and a progress bar."""

import json
import math
import os
import time
from pathlib import Path

import keras
import numpy as np
from tqdm.auto import tqdm

from s2s_lesson import engine
from s2s_lesson.losses import MaskedCrossEntropy
from s2s_lesson.metrics import TokenAccuracy, TokenCrossEntropy, perplexity
from s2s_lesson.vocab import Vocabulary

BEST_MODEL = "model.keras"
CHECKPOINT = "checkpoint.npz"
HISTORY = "history.json"


class TrainingDiverged(RuntimeError):
    """The loss or a weight became NaN or infinite; the last good checkpoint is kept."""


def compile_model(model, learning_rate=1e-3, label_smoothing=0.0, clip_norm=1.0):
    """Compile for teacher forcing: Adam, masked cross-entropy, cross-entropy and accuracy per token.

    Args:
        model: a ``Seq2Seq``.
        learning_rate: float or ``keras.optimizers.schedules.LearningRateSchedule``.
        label_smoothing: float from 0 to below 1.
        clip_norm: float. Gradients whose common norm is greater are scaled down to it.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate, global_clipnorm=clip_norm),
        loss=MaskedCrossEntropy(label_smoothing),
        metrics=[TokenCrossEntropy(), TokenAccuracy()],
        jit_compile=engine.jit_compile(),
    )


def fit(
    model,
    train_batches,
    dev_batches,
    *,
    epochs,
    folder=None,
    patience=None,
    checkpoint_every=500,
    resume=False,
    progress=True,
):
    """Train by teacher forcing and end with the weights that did best on the development split.

    The same seed on the same machine gives the same history. With a ``folder``, a run that was killed goes
    on from its last checkpoint with ``resume=True`` as if nothing had happened: weights, optimiser, random
    states, history and position in the epoch are those of an uninterrupted run.

    Args:
        model: compiled with ``compile_model``.
        train_batches: ``PairBatches``.
        dev_batches: ``PairBatches``.
        epochs: int.
        folder: str, Path or None. Where ``model.keras`` (best on the development split),
            ``checkpoint.npz`` (last) and ``history.json`` are written, each all at once or not at all.
        patience: int or None. Stop after so many epochs without a lower development loss.
        checkpoint_every: int. Steps from one checkpoint to the next within an epoch.
        resume: bool. Go on from the folder's checkpoint where there is one.
        progress: bool. Show a progress bar.

    Returns:
        The history, a dict of lists with one entry an epoch: ``loss`` and ``val_loss`` (nats per token),
        ``perplexity`` and ``val_perplexity``, ``accuracy`` and ``val_accuracy`` (0 to 1), ``seconds``.

    Raises:
        FileExistsError: the folder holds a checkpoint and ``resume`` is false.
        OSError: the folder cannot be written to.
        TrainingDiverged: the loss or a weight became NaN or infinite.
        ValueError: the checkpoint is of another model.
    """
    folder = None if folder is None else writable_folder(folder)
    run = _Run(model, folder)
    if folder is not None and (folder / CHECKPOINT).exists():
        if not resume:
            raise FileExistsError(
                f"Expected a folder without a checkpoint; {folder} holds that of an earlier run. "
                "Choose another folder, or go on with that run (resume=True, on the command line --resume)."
            )
        run.load()

    while run.epoch < epochs and not run.out_of_patience(patience):
        train_batches.set_epoch(run.epoch)
        _train_epoch(run, train_batches, checkpoint_every, progress, f"epoch {run.epoch + 1}/{epochs}")
        run.end_epoch(evaluate(model, dev_batches))
        if progress:
            _report(run.history, epochs)
    run.restore_best()
    return run.history


def evaluate(model, batches):
    """Score a model on batches, every real token counting the same.

    Args:
        model: compiled with ``compile_model``.
        batches: ``PairBatches``.

    Returns:
        dict of ``loss`` (nats per token), ``perplexity``, ``accuracy`` (0 to 1).
    """
    totals = _Totals()
    for index in range(len(batches)):
        inputs, targets = batches[index]
        totals.add(model.test_on_batch(inputs, targets, return_dict=True), targets)
    return totals.means()


def writable_folder(folder):
    """Make a folder and make sure, before any work is done, that files can be written to it.

    Args:
        folder: str or Path.

    Returns:
        Path.

    Raises:
        OSError: it cannot be made or written to.
    """
    folder = Path(folder)
    probe = folder / ".probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OSError(
            f"Expected a folder that can be written to; received {folder} ({error.strerror or error}). "
            "Choose another one."
        ) from error
    return folder


def _train_epoch(run, batches, checkpoint_every, progress, title):
    """Train from step ``run.step`` of the epoch to its end."""
    steps = range(run.step, len(batches))
    started, seconds_before = time.perf_counter(), run.seconds
    bar = tqdm(steps, desc=title, initial=run.step, total=len(batches), disable=not progress, leave=False)
    tokens_here = 0
    for index in bar:
        inputs, targets = batches[index]
        run.model.reset_metrics()
        logs = run.model.train_on_batch(inputs, targets, return_dict=True)
        if not math.isfinite(logs["loss"]):
            raise TrainingDiverged(
                f"Expected a finite loss; received {logs['loss']} at step {index + 1} of {title}. "
                f"{run.where_the_good_one_is()} Lower the learning rate, or look for bad data."
            )
        tokens_here += run.totals.add(logs, targets)
        run.step = index + 1
        elapsed = time.perf_counter() - started
        run.seconds = seconds_before + elapsed
        if progress:
            bar.set_postfix_str(f"loss {run.totals.loss():.3f}, {tokens_here / elapsed:,.0f} tokens/s")
        if run.step % checkpoint_every == 0 and run.step < len(batches):
            run.save()


def _report(history, epochs):
    last = {name: values[-1] for name, values in history.items()}
    print(
        f"epoch {len(history['loss'])}/{epochs}: {last['seconds']:.0f} s, loss {last['loss']:.4f}, "
        f"held-out loss {last['val_loss']:.4f}, perplexity {last['val_perplexity']:.2f}, "
        f"token accuracy {last['val_accuracy']:.2%}",
        flush=True,
    )


class _Totals:
    """Sums over real tokens of cross-entropy and of right guesses."""

    def __init__(self, cross_entropy=0.0, accuracy=0.0, tokens=0):
        self.cross_entropy, self.accuracy, self.tokens = cross_entropy, accuracy, tokens

    def add(self, logs, targets):
        tokens = int((targets != Vocabulary.pad_id).sum())
        self.cross_entropy += float(logs["cross_entropy"]) * tokens
        self.accuracy += float(logs["accuracy"]) * tokens
        self.tokens += tokens
        return tokens

    def loss(self):
        return self.cross_entropy / max(self.tokens, 1)

    def means(self):
        loss = self.loss()
        return {
            "loss": loss,
            "perplexity": perplexity(loss),
            "accuracy": self.accuracy / max(self.tokens, 1),
        }


class _Run:
    """All that a run is made of, in memory and on disk."""

    def __init__(self, model, folder):
        self.model, self.folder = model, folder
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        self.totals = _Totals()
        names = ("loss", "perplexity", "accuracy")
        self.history = {name: [] for name in (*names, *(f"val_{name}" for name in names), "seconds")}
        self.best_weights = None
        model.optimizer.build(model.trainable_variables)

    def end_epoch(self, dev):
        for name, value in self.totals.means().items():
            self.history[name].append(value)
        for name, value in dev.items():
            self.history[f"val_{name}"].append(value)
        self.history["seconds"].append(self.seconds)
        self.epoch, self.step, self.seconds = self.epoch + 1, 0, 0.0
        self.totals = _Totals()
        if not math.isfinite(dev["loss"]):
            raise TrainingDiverged(
                f"Expected a finite loss on the development split; received {dev['loss']} after epoch "
                f"{self.epoch}. {self.where_the_good_one_is()} Lower the learning rate."
            )
        if self.epoch == 1 or dev["loss"] < min(self.history["val_loss"][:-1]):
            self.best_weights = self.model.get_weights()
            if self.folder is not None:
                _write(self.folder / BEST_MODEL, self.model.save)
        self.save()

    def out_of_patience(self, patience):
        losses = self.history["val_loss"]
        if patience is None or not losses:
            return False
        return len(losses) - 1 - losses.index(min(losses)) >= patience

    def restore_best(self):
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def where_the_good_one_is(self):
        if self.folder is None or not (self.folder / CHECKPOINT).exists():
            return "There was no checkpoint yet."
        return f"The last good checkpoint is kept in {self.folder}."

    def _variables(self):
        """Weights, random states, optimiser slots and step count; metrics are not part of a run's state."""
        weights = [v for v in self.model.variables if not any(v is m for m in self.model.metrics_variables)]
        optimizer = [v for v in self.model.optimizer.variables if not any(v is w for w in weights)]
        return weights + optimizer

    def save(self):
        if self.folder is None:
            return
        arrays = {f"variable_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self._variables())}
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise TrainingDiverged(
                f"Expected finite weights; received NaN or infinity at step {self.step} of epoch "
                f"{self.epoch + 1}. {self.where_the_good_one_is()} Lower the learning rate."
            )
        for index, weight in enumerate(self.best_weights or []):
            arrays[f"best_{index}"] = weight
        state = {
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "totals": vars(self.totals),
            "history": self.history,
        }
        arrays["state"] = np.array(json.dumps(state))
        _write(self.folder / CHECKPOINT, lambda path: np.savez(path, **arrays))
        history = json.dumps(self.history, indent=1) + "\n"
        _write(self.folder / HISTORY, lambda path: path.write_text(history, encoding="utf-8"))

    def load(self):
        with np.load(self.folder / CHECKPOINT, allow_pickle=False) as arrays:
            variables = self._variables()
            saved = [arrays[name] for name in arrays.files if name.startswith("variable_")]
            if [v.shape for v in variables] != [array.shape for array in saved]:
                raise ValueError(
                    f"Expected the checkpoint of this very model in {self.folder}; received one of other "
                    "shapes. Use the options that the run began with, or choose another folder."
                )
            for variable, array in zip(variables, saved, strict=True):
                variable.assign(array)
            best = [arrays[name] for name in arrays.files if name.startswith("best_")]
            self.best_weights = best or None
            state = json.loads(str(arrays["state"]))
        self.epoch, self.step, self.seconds = state["epoch"], state["step"], state["seconds"]
        self.totals, self.history = _Totals(**state["totals"]), state["history"]


def _write(path, write):
    """Write a file all at once: whoever reads it finds the old one or the new one, never a part."""
    part = path.with_name(f".part-{path.name}")
    write(part)
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)
