"""Run: the state of a training, in memory and in its folder."""

import json
from pathlib import Path
from typing import Any, Literal, TypeAlias

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.data.whole_files import write_at_once
from s2s_lesson.training.run_folder import BEST_MODEL, CHECKPOINT, HISTORY
from s2s_lesson.training.run_log import MEANS, OLD_COLUMNS, RunLog, Totals, dev_figures

Keep: TypeAlias = Literal["best", "last"]  # the epoch with the lowest development loss, or the last one


class TrainingDiverged(RuntimeError):
    """The loss or a weight became NaN or infinite; the last good checkpoint is kept."""


class Run:
    """All that a run is made of: where it stands, what it has measured, and the weights that it keeps.

    Args:
        model: ``keras.Model``, compiled.
        folder: Path or None. None keeps nothing on disk.
        log: ``RunLog``.
        keep: which epoch's weights are kept, "best" or "last".
        scores_old: bool. Each epoch is scored on old development pairs as well.

    >>> from s2s_lesson import Seq2Seq, Seq2SeqConfig
    >>> from s2s_lesson.training import compile_model
    >>> model = Seq2Seq(Seq2SeqConfig(5, 5, encoder_units=2, decoder_units=2))
    >>> compile_model(model)
    >>> Run(model, None, RunLog(None, every=100, tensorboard=False)).out_of_patience(1)
    False
    """

    def __init__(
        self,
        model: keras.Model,
        folder: Path | None,
        log: RunLog,
        keep: Keep = "best",
        scores_old: bool = False,
    ):
        self.model, self.folder, self.log, self.keep = model, folder, log, keep
        self.epoch, self.step, self.seconds = 0, 0, 0.0  # epochs and, of the next one, steps and seconds done
        self.totals = Totals()
        scores = (*MEANS, *(f"val_{name}" for name in MEANS), *(OLD_COLUMNS if scores_old else ()))
        self.history: dict[str, list[float]] = {name: [] for name in (*scores, "seconds", "kept_epoch")}
        self.best_weights: list[np.ndarray] | None = None
        model.optimizer.build(model.trainable_variables)

    def end_epoch(self, dev: dict[str, float], old_dev: dict[str, float] | None = None) -> None:
        """Enter an epoch's figures, keep the weights if they are to be kept, and save.

        Args:
            dev: dict of the means of ``Totals``, on the development split.
            old_dev: likewise, on old development pairs, of a run that ``scores_old``.

        Raises:
            TrainingDiverged: the development loss or a weight is NaN or infinite.
        """
        for name, value in {**self.totals.means(), **dev_figures(dev, old_dev)}.items():
            self.history[name].append(value)
        self.history["seconds"].append(self.seconds)
        self.log.add_epoch(self, dev, old_dev)
        self.epoch, self.step, self.seconds = self.epoch + 1, 0, 0.0
        self.totals = Totals()
        self.history["kept_epoch"].append(self._kept_of(self.epoch))
        self.expect_finite(f"the development loss after epoch {self.epoch}", dev["loss"])
        if self.epoch == 1 or dev["loss"] < min(self.history["val_loss"][:-1]):
            self.best_weights = self.model.get_weights()
        if self.folder is not None and self.kept_epoch() == self.epoch:
            write_at_once(self.folder / BEST_MODEL, self.model.save)
        self.save()

    def kept_epoch(self) -> int:
        """The epoch, from 1, whose weights are kept so far; 0 before the first one ends."""
        return self._kept_of(self.epoch) if self.epoch else 0

    def last_figures(self) -> dict[str, float]:
        """The figures of the last epoch: loss, val_loss and so on."""
        return {name: values[-1] for name, values in self.history.items()}

    def out_of_patience(self, patience: int | None) -> bool:
        """Whether so many epochs have passed without a lower development loss; never, with None."""
        losses = self.history["val_loss"]
        if patience is None or not losses:
            return False
        return len(losses) - 1 - losses.index(min(losses)) >= patience

    def restore_kept(self) -> None:
        """Give the model the weights that are kept: after the last step of an epoch, it has the last ones."""
        if self.keep == "best" and self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def expect_finite(self, name: str, values: Any) -> None:
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

    def save(self) -> None:
        """Write checkpoint, history and log to the folder, if there is one.

        Raises:
            TrainingDiverged: a weight is NaN or infinite; the checkpoint before stays.
        """
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
            "keep": self.keep,
            "history": self.history,
            "log": self.log.state(),
        }
        arrays["state"] = np.array(json.dumps(state))
        write_at_once(self.folder / CHECKPOINT, lambda path: np.savez(path, **arrays))
        history = json.dumps(self.history, indent=1) + "\n"
        write_at_once(self.folder / HISTORY, lambda path: path.write_text(history, encoding="utf-8"))
        self.log.write()

    def load(self) -> None:
        """Go on from the folder's checkpoint.

        Raises:
            ValueError: the checkpoint is of another model, or of a run that scored old development pairs
                where this one does not, or the other way round; or there is no folder.
        """
        if self.folder is None:
            raise ValueError("Expected a run with a folder to go on from; received one without.")
        with np.load(self.folder / CHECKPOINT, allow_pickle=False) as arrays:
            state = json.loads(str(arrays["state"]))
            self._expect_same_scores(state["history"])
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
        self.epoch, self.step, self.seconds = state["epoch"], state["step"], state["seconds"]
        self.totals, self.history = Totals(**state["totals"]), state["history"]
        self.log.go_on(state["log"])
        self.history["kept_epoch"] = [self._kept_of(epoch + 1) for epoch in range(self.epoch)]
        if state.get("keep", "best") != self.keep:
            self._keep_other(self.folder)

    def _kept_of(self, epochs):
        """The epoch that a run of so many epochs keeps: both counted from 1."""
        losses = self.history["val_loss"][:epochs]
        return epochs if self.keep == "last" else 1 + losses.index(min(losses))

    def _expect_same_scores(self, history):
        """Raise an error where old development pairs are scored from now on, or no longer."""
        (first, *_), said = OLD_COLUMNS, {True: "old development pairs", False: "none"}
        if (first in history) != (first in self.history):
            raise ValueError(
                f"Expected {said[first in history]} to score, as the run in {self.folder} began with; "
                f"received {said[first in self.history]}. Resume with the same, or choose another folder."
            )

    def _keep_other(self, folder):
        """Write the model anew of a run that began with the other choice of what is kept.

        Within an epoch the weights of the one before are gone: the model of the last is written at its end.
        """
        weights = self.model.get_weights()
        if self.epoch and (self.keep == "best" or self.step == 0):
            self.restore_kept()
            write_at_once(folder / BEST_MODEL, self.model.save)
            self.model.set_weights(weights)
        self.save()

    def _variables(self):
        """Weights, random states, optimiser slots and step count; metrics are not part of a run's state."""
        weights = [v for v in self.model.variables if not any(v is m for m in self.model.metrics_variables)]
        optimizer = [v for v in self.model.optimizer.variables if not any(v is w for w in weights)]
        return weights + optimizer
