"""Run: the state of a training, in memory and in its folder."""

import json
import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.data.whole_files import readable, write_at_once
from s2s_lesson.training.averaging import EpochWeights
from s2s_lesson.training.held_folder import HeldFolder
from s2s_lesson.training.run_folder import CHECKPOINT, HISTORY
from s2s_lesson.training.run_log import MEANS, OLD_COLUMNS, RunLog, Totals, dev_figures

Keep: TypeAlias = Literal["best", "last"]  # the epochs with the lowest development loss, or the last ones


class TrainingDiverged(RuntimeError):
    """The loss or a weight became NaN or infinite; the last good checkpoint is kept."""


class Run:
    """All that a run is made of: where it stands, what it has measured, and the weights that it keeps.

    Args:
        model: ``keras.Model``, compiled.
        folder: ``HeldFolder``, entered, or None. None keeps nothing on disk.
        log: ``RunLog``.
        keep: which epochs' weights are kept, "best" or "last".
        average: int. How many epochs' weights are averaged.
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
        folder: HeldFolder | None,
        log: RunLog,
        keep: Keep = "best",
        average: int = 1,
        scores_old: bool = False,
    ):
        self.model, self.folder, self.log, self.keep, self.average = model, folder, log, keep, average
        self.epoch, self.step, self.seconds = 0, 0, 0.0  # epochs and, of the next one, steps and seconds done
        self.totals = Totals()
        scores = [*MEANS, *(f"val_{name}" for name in MEANS)]
        scores += [f"average_val_{name}" for name in MEANS] if average > 1 else []
        scores += OLD_COLUMNS if scores_old else ()
        self.history: dict[str, list[float]] = {name: [] for name in (*scores, "seconds", "kept_epoch")}
        self.best_weights: list[np.ndarray] | None = None
        writes = folder is not None and folder.writes
        self.epoch_weights = (
            EpochWeights(folder.path, folder.run) if folder and writes else EpochWeights(None)
        )
        model.optimizer.build(model.trainable_variables)

    def end_epoch(
        self,
        dev: dict[str, float],
        old_dev: dict[str, float] | None = None,
        *,
        score: Callable[[], dict[str, float]],
    ) -> None:
        """Enter an epoch's figures, keep the weights if they are to be kept, and save.

        Args:
            dev: dict of the means of ``Totals``, on the development split.
            old_dev: likewise, on old development pairs, of a run that ``scores_old``.
            score: function that gives the same of the model as it is, once it has averaged weights.

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
        if self.average > 1:
            self._average(score)
        elif self.folder is not None and self.kept_epoch() == self.epoch:
            self.folder.write_model(self.model)
        self.save()
        self.epoch_weights.keep_only(self.averaged_epochs())

    def averaged_epochs(self) -> list[int]:
        """The epochs, from 1, whose weights are averaged so far; none where one epoch alone is kept."""
        if self.average == 1:
            return []
        there = self.epoch_weights.epochs()
        return [epoch for epoch in self._epochs_to_average() if epoch in there]

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
        if epochs := self.averaged_epochs():
            self.model.set_weights(self.epoch_weights.average(epochs))
        elif self.keep == "best" and self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def expect_finite(self, name: str, values: Any) -> None:
        """Raise ``TrainingDiverged`` where a number is NaN or infinite."""
        if np.isfinite(values).all():
            return
        if self.folder is not None and (self.folder.path / CHECKPOINT).exists():
            kept = f"The last good checkpoint is kept in {self.folder.path}."
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
        if self.folder is None or not self.folder.writes:
            return
        arrays = {f"variable_{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self._variables())}
        for array in arrays.values():
            self.expect_finite(f"the weights at step {self.step} of epoch {self.epoch + 1}", array)
        for index, weight in enumerate(self.best_weights or []):
            arrays[f"best_{index}"] = weight
        for index, random_state in enumerate(engine.random_states()):
            arrays[f"random_{index}"] = random_state
        state = {
            "run": self.folder.run,
            "epoch": self.epoch,
            "step": self.step,
            "seconds": self.seconds,
            "totals": vars(self.totals),
            "keep": self.keep,
            "average": self.average,
            "history": self.history,
            "log": self.log.state(),
        }
        arrays["state"] = np.array(json.dumps(state))
        write_at_once(self.folder.path / CHECKPOINT, lambda path: np.savez(path, **arrays))
        history = json.dumps(self.history, indent=1) + "\n"
        write_at_once(self.folder.path / HISTORY, lambda path: path.write_text(history, encoding="utf-8"))
        self.log.write()

    def load(self) -> None:
        """Go on from the folder's checkpoint.

        Raises:
            ValueError: the checkpoint is damaged, or of another run or model; or there is no folder.
        """
        if self.folder is None:
            raise ValueError(
                "Expected a run with a folder to go on from; received one without. Give fit a folder."
            )
        path = self.folder.path / CHECKPOINT
        with readable(path, "a checkpoint", "Delete it, to train from the start, or put back the right one."):
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            state = json.loads(str(arrays["state"]))
            run, done = state["run"], (state["epoch"], state["step"], state["seconds"])
            totals, history = Totals(**state["totals"]), dict(state["history"])
            self.log.go_on(state["log"])
            saved, best, random_states = (
                [array for name, array in arrays.items() if name.startswith(kind)]
                for kind in ("variable_", "best_", "random_")
            )
        self.folder.expect_own(CHECKPOINT, run)
        variables = self._variables()
        if [v.shape for v in variables] != [array.shape for array in saved]:
            raise ValueError(
                f"Expected the checkpoint of this very model in {path}; received one of other shapes. "
                "Use the options that the run began with, or choose another folder."
            )
        for variable, array in zip(variables, saved, strict=True):
            variable.assign(array)
        engine.set_random_states(random_states)
        self.best_weights = best or None
        self.epoch, self.step, self.seconds = done
        self.totals, self.history = totals, history
        if not self.folder.writes:
            self.epoch_weights = EpochWeights(self.folder.path, run).held_in_memory()
        self.history["kept_epoch"] = [self._kept_of(epoch + 1) for epoch in range(self.epoch)]
        self._enter_averages()
        if (state.get("keep", "best"), state.get("average", 1)) != (self.keep, self.average):
            self._keep_other(self.folder)
        self.epoch_weights.keep_only(self.averaged_epochs())

    def _kept_of(self, epochs):
        """The epoch that a run of so many epochs keeps: both counted from 1."""
        losses = self.history["val_loss"][:epochs]
        return epochs if self.keep == "last" else 1 + losses.index(min(losses))

    def _epochs_to_average(self):
        """The last epochs, or those with the lowest development loss, of equal ones the first; in order."""
        epochs = list(range(1, self.epoch + 1))
        if self.keep == "best":
            epochs = sorted(epochs, key=lambda epoch: self.history["val_loss"][epoch - 1])
            return sorted(epochs[: self.average])
        return epochs[-self.average :]

    def _average(self, score):
        """Average anew, score and write the model, where this epoch is one of those that are averaged."""
        if self.epoch not in self._epochs_to_average():
            for name in MEANS:
                self.history[f"average_val_{name}"].append(self.history[f"average_val_{name}"][-1])
            return
        weights = self.model.get_weights()
        self.epoch_weights.add(self.epoch, weights)
        self.restore_kept()
        for name, value in score().items():
            self.history[f"average_val_{name}"].append(value)
        if self.folder is not None:
            self.folder.write_model(self.model)
        self.model.set_weights(weights)

    def _enter_averages(self):
        """Let the history of a run that began with another choice hold what this one enters."""
        for name in MEANS:
            if self.average == 1:
                self.history.pop(f"average_val_{name}", None)
                continue
            of_kept = [self.history[f"val_{name}"][int(kept) - 1] for kept in self.history["kept_epoch"]]
            self.history.setdefault(f"average_val_{name}", of_kept)
        gone = sorted(set(self._epochs_to_average()) - set(self.epoch_weights.epochs()))
        if self.average > 1 and gone:
            warnings.warn(
                f"The weights of the epochs {', '.join(map(str, gone))} are gone, since the run began with "
                "another choice of what is kept: the average leaves them out.",
                stacklevel=4,
            )

    def _keep_other(self, folder):
        """Write the model anew of a run that began with another choice of what is kept.

        Within an epoch the weights of the one before are gone: the model of the last is written at its end.
        """
        weights = self.model.get_weights()
        if self.epoch and (self.keep == "best" or self.step == 0 or self.averaged_epochs()):
            self.restore_kept()
            folder.write_model(self.model)
            self.model.set_weights(weights)
        self.save()

    def _variables(self):
        """Weights, random states, optimiser slots and step count; metrics are not part of a run's state."""
        weights = [v for v in self.model.variables if not any(v is m for m in self.model.metrics_variables)]
        optimizer = [v for v in self.model.optimizer.variables if not any(v is w for w in weights)]
        return weights + optimizer
