"""Run: the state of a training, in memory and on disk."""

import json
from pathlib import Path

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.run_log import Totals, write_at_once

BEST_MODEL = "model.keras"
CHECKPOINT = "checkpoint.npz"
HISTORY = "history.json"


class TrainingDiverged(RuntimeError):
    """The loss or a weight became NaN or infinite; the last good checkpoint is kept."""


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


def run_folder(folder, resume):
    """Make the folder of a run; one that holds a run already is for resuming alone.

    Args:
        folder: str or Path.
        resume: bool.

    Returns:
        Path.

    Raises:
        FileExistsError: the folder holds a checkpoint and ``resume`` is false.
        OSError: the folder cannot be written to.
    """
    folder = writable_folder(folder)
    if (folder / CHECKPOINT).exists() and not resume:
        raise FileExistsError(
            f"Expected a folder without a checkpoint; {folder} holds that of an earlier run. "
            "Choose another folder, or go on with that run (resume=True, on the command line --resume)."
        )
    return folder


class Run:
    """All that a run is made of, in memory and on disk."""

    def __init__(self, model, folder, log):
        self.model, self.folder, self.log = model, folder, log
        self.epoch, self.step, self.seconds = 0, 0, 0.0
        self.totals = Totals()
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
        self.log.add_epoch(self, dev)
        self.epoch, self.step, self.seconds = self.epoch + 1, 0, 0.0
        self.totals = Totals()
        self.expect_finite(f"the development loss after epoch {self.epoch}", dev["loss"])
        if self.epoch == 1 or dev["loss"] < min(self.history["val_loss"][:-1]):
            self.best_weights = self.model.get_weights()
            if self.folder is not None:
                write_at_once(self.folder / BEST_MODEL, self.model.save)
        self.save()

    def out_of_patience(self, patience):
        losses = self.history["val_loss"]
        if patience is None or not losses:
            return False
        return len(losses) - 1 - losses.index(min(losses)) >= patience

    def restore_best(self):
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def expect_finite(self, name, values):
        """Raise ``TrainingDiverged`` where a number is NaN or infinite."""
        if np.isfinite(values).all():
            return
        if self.folder is not None and (self.folder / CHECKPOINT).exists():
            kept = f"The last good checkpoint is kept in {self.folder}."
        else:
            kept = "There was no checkpoint yet."
        raise TrainingDiverged(
            f"Expected finite numbers; received NaN or infinity in {name}. {kept} "
            "Lower the learning rate, or look for bad data."
        )

    def _variables(self):
        """Weights, random states, optimiser slots and step count; metrics are not part of a run's state."""
        weights = [v for v in self.model.variables if not any(v is m for m in self.model.metrics_variables)]
        optimizer = [v for v in self.model.optimizer.variables if not any(v is w for w in weights)]
        return weights + optimizer

    def save(self):
        if self.folder is None:
            return
        arrays = {f"variable_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self._variables())}
        for array in arrays.values():
            self.expect_finite(f"the weights at step {self.step} of epoch {self.epoch + 1}", array)
        for index, weight in enumerate(self.best_weights or []):
            arrays[f"best_{index}"] = weight
        for index, random_state in enumerate(engine.random_states()):
            arrays[f"random_{index}"] = random_state
        state = {
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "totals": vars(self.totals),
            "history": self.history,
            "log": self.log.state(),
        }
        arrays["state"] = np.array(json.dumps(state))
        write_at_once(self.folder / CHECKPOINT, lambda path: np.savez(path, **arrays))
        history = json.dumps(self.history, indent=1) + "\n"
        write_at_once(self.folder / HISTORY, lambda path: path.write_text(history, encoding="utf-8"))
        self.log.write()

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
            engine.set_random_states([arrays[name] for name in arrays.files if name.startswith("random_")])
            state = json.loads(str(arrays["state"]))
        self.epoch, self.step, self.seconds = state["epoch"], state["step"], state["seconds"]
        self.totals, self.history = Totals(**state["totals"]), state["history"]
        self.log.go_on(state["log"])
