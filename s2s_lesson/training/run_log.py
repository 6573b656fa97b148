"""RunLog: what a training reports on the way, as a CSV file and for TensorBoard."""

import csv
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from s2s_lesson import _extras
from s2s_lesson.data.scores import perplexity
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.data.whole_files import write_at_once
from s2s_lesson.training.optimizers import gradient_norm
from s2s_lesson.training.run_folder import LOG, TENSORBOARD

if TYPE_CHECKING:
    from s2s_lesson.training.run import Run

MEANS = ("loss", "perplexity", "accuracy")
COLUMNS = (
    *("step", "epoch", *MEANS, *(f"val_{name}" for name in MEANS)),
    *("gradient_norm", "learning_rate", "tokens_per_second"),
)
OLD_COLUMNS = tuple(f"old_val_{name}" for name in MEANS)  # of a run that scores old pairs as well, at the end


class Totals:
    """Sums over real tokens, each times its weight, of cross-entropy and of right guesses.

    Args:
        cross_entropy: float, in nats.
        accuracy: float, the number of right guesses.
        weight: float, the sum of the weights.
        tokens: int.

    >>> Totals(cross_entropy=6.0, accuracy=1.0, weight=4.0, tokens=4).means()["loss"]
    1.5
    """

    def __init__(
        self, cross_entropy: float = 0.0, accuracy: float = 0.0, weight: float = 0.0, tokens: int = 0
    ):
        self.cross_entropy, self.accuracy, self.weight, self.tokens = cross_entropy, accuracy, weight, tokens

    def add(self, logs: dict[str, Any], targets: np.ndarray, weights: np.ndarray | None = None) -> int:
        """Add the means of a batch.

        Args:
            logs: dict, from ``train_on_batch`` or ``test_on_batch``.
            targets: int (batch, target_length).
            weights: float (batch,), or None, which weighs all alike.

        Returns:
            int, the real tokens of the batch.
        """
        tokens = (targets != Vocabulary.pad_id).sum(axis=1)
        weight = float((tokens if weights is None else tokens * weights).sum())
        self.cross_entropy += float(logs["cross_entropy"]) * weight
        self.accuracy += float(logs["accuracy"]) * weight
        self.weight += weight
        self.tokens += int(tokens.sum())
        return int(tokens.sum())

    def loss(self) -> float:
        """The mean cross-entropy so far: float, in nats per token."""
        return self.cross_entropy / (self.weight or 1)

    def means(self) -> dict[str, float]:
        """All means: dict of ``loss``, ``perplexity`` and ``accuracy``."""
        loss = self.loss()
        return {
            "loss": loss,
            "perplexity": perplexity(loss),
            "accuracy": self.accuracy / (self.weight or 1),
        }


def dev_figures(dev: dict[str, float], old_dev: dict[str, float] | None = None) -> dict[str, float]:
    """The scores on development pairs, new and old ones, by the names of the history.

    Args:
        dev: dict of the means of ``Totals``.
        old_dev: likewise, or None.

    >>> dev_figures({"loss": 0.5}, {"loss": 0.7})
    {'val_loss': 0.5, 'old_val_loss': 0.7}
    """
    figures = {f"val_{name}": value for name, value in dev.items()}
    return figures | {f"old_val_{name}": value for name, value in (old_dev or {}).items()}


class RunLog:
    """Figures of every so many training steps, and of every epoch's end.

    It is part of a run's checkpoint: what is logged after the last checkpoint is gone with the steps.

    Loss, perplexity and accuracy of a line are means over its steps. ``gradient_norm`` is that of one step,
    the line's last: the norm of all gradients together before clipping or, where several batches make an
    update, of the last update's mean gradient. Parts of a model with optimisers of their own are clipped by
    norms of their own; the column has the norm of all. It is empty for an optimiser that ``compile_model``
    did not make.

    Args:
        folder: Path or None. None keeps the figures in memory.
        every: int. Training steps from one line to the next.
        tensorboard: bool. Write for TensorBoard as well.

    Raises:
        ModuleNotFoundError: TensorBoard is asked for and not installed.
        ValueError: TensorBoard is asked for without a folder.

    >>> RunLog(None, every=100, tensorboard=False).state()["lines"]
    []
    """

    def __init__(self, folder: Path | None, every: int, tensorboard: bool):
        self.folder, self.every = folder, every
        self.lines: list[dict[str, float]] = []
        self.steps, self.recent, self.seconds = 0, Totals(), 0.0
        self.writer, self.shown = None, 0  # of TensorBoard, and how many lines it has
        if tensorboard:
            self._begin_tensorboard()
        self.latest = time.perf_counter()

    def add_step(
        self, run: "Run", logs: dict[str, Any], targets: np.ndarray, weights: np.ndarray | None = None
    ) -> None:
        """Count a training step.

        Args:
            run: ``Run``.
            logs: dict, from ``train_on_batch``.
            targets, weights: as in ``Totals.add``.
        """
        self.steps += 1
        self.recent.add(logs, targets, weights)
        now = time.perf_counter()
        self.seconds, self.latest = self.seconds + now - self.latest, now
        if self.steps % self.every == 0:
            speed = self.recent.tokens / max(self.seconds, 1e-9)
            norm = gradient_norm(run.model.optimizer)
            measured = {} if norm is None else {"gradient_norm": norm}
            self._add(run, **self.recent.means(), **measured, tokens_per_second=round(speed, 1))
            self.recent, self.seconds = Totals(), 0.0

    def add_start(self, run: "Run", dev: dict[str, float], old_dev: dict[str, float]) -> None:
        """Add the scores before the first step, as those of epoch 0.

        Args:
            run, dev, old_dev: as of ``add_epoch``.
        """
        self.add_epoch(run, dev, old_dev)
        self.lines[-1]["epoch"] = 0

    def add_epoch(self, run: "Run", dev: dict[str, float], old_dev: dict[str, float] | None = None) -> None:
        """Add the scores on the development split.

        Args:
            run: ``Run``.
            dev: dict of the means of ``Totals``.
            old_dev: likewise, on old development pairs, or None.
        """
        self._add(run, **dev_figures(dev, old_dev))
        self.latest = time.perf_counter()

    def state(self) -> dict[str, Any]:
        """All that a checkpoint must hold: a dict that JSON can hold."""
        return {
            "lines": self.lines,
            "steps": self.steps,
            "recent": vars(self.recent),
            "seconds": self.seconds,
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` returned."""
        self.lines, self.steps, self.seconds = state["lines"], state["steps"], state["seconds"]
        self.recent, self.latest = Totals(**state["recent"]), time.perf_counter()

    def write(self) -> None:
        """Write the lines so far, if there is a folder."""
        if self.folder is None:
            return
        write_at_once(self.folder / LOG, self._write_csv)
        if self.writer is None:
            return
        for line in self.lines[self.shown :]:
            for name in (*COLUMNS[2:], *OLD_COLUMNS):
                if name in line:
                    self.writer.add_scalar(name, line[name], line["step"])
        self.shown = len(self.lines)
        self.writer.flush()

    def _add(self, run, **figures):
        rate = float(ops.convert_to_numpy(run.model.optimizer.learning_rate))
        self.lines.append({"step": self.steps, "epoch": run.epoch + 1, **figures, "learning_rate": rate})

    def _write_csv(self, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            old = [name for name in OLD_COLUMNS if any(name in line for line in self.lines)]
            writer = csv.DictWriter(file, [*COLUMNS, *old])
            writer.writeheader()
            writer.writerows(self.lines)

    def _begin_tensorboard(self):
        if self.folder is None:
            raise ValueError("Expected a folder for TensorBoard's files; received None. Pass folder=.")
        with _extras.named():
            from tensorboard.summary import Writer
        shutil.rmtree(self.folder / TENSORBOARD, ignore_errors=True)  # all lines are written again
        self.writer = Writer(str(self.folder / TENSORBOARD))
