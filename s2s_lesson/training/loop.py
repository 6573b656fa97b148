"""fit: train with checkpoints, exact resume, early stopping, callbacks, a history, logs and a bar."""

import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
from keras.optimizers.schedules import LearningRateSchedule
from tqdm.auto import tqdm

from s2s_lesson import engine
from s2s_lesson.data.expected import PositiveFloat, PositiveInt, ShareBelowOne, checked, expect
from s2s_lesson.data.scores import perplexity
from s2s_lesson.training.batches import PairBatches
from s2s_lesson.training.begun import begun_with
from s2s_lesson.training.distribution import Share, share_of
from s2s_lesson.training.held_folder import HeldFolder, held_folder
from s2s_lesson.training.losses import MaskedCrossEntropy
from s2s_lesson.training.metrics import TokenAccuracy, TokenCrossEntropy
from s2s_lesson.training.optimizers import MeasuringAdam, SplitOptimizer, unscaled
from s2s_lesson.training.run import Keep, Run
from s2s_lesson.training.run_folder import CHECKPOINT
from s2s_lesson.training.run_lines import epoch_line, figures_told, kept_told
from s2s_lesson.training.run_log import RunLog, Totals, dev_figures
from s2s_lesson.training.schedules import Rate, scaled
from s2s_lesson.training.strategic_model import StrategicModel

WHOLE = Share()
MANY = 5  # epochs after which a first one that did best is worth a warning


@checked
def compile_model(
    model: keras.Model,
    learning_rate: Rate = 1e-3,
    label_smoothing: ShareBelowOne = 0.0,
    clip_norm: PositiveFloat | None = 1.0,
    accumulation: PositiveInt = 1,
) -> None:
    """Compile for training: Adam, masked cross-entropy, and cross-entropy and accuracy per token.

    Args:
        model: a ``Seq2Seq``, trained by teacher forcing, or a ``StrategicModel``.
        learning_rate: float or ``keras.optimizers.schedules.LearningRateSchedule``.
        label_smoothing: float from 0 to below 1.
        clip_norm: float above 0, or None. Gradients whose common norm is greater are scaled down to it.
        accumulation: int. Batches whose mean gradient makes one update. They are counted on from one epoch to
            the next.

    Raises:
        ValueError: an option is out of range, or labels are to be smoothed for a model that copies or points:
            most tokens can stand in no output of a source.
    """
    fits = not label_smoothing or getattr(model, "takes_label_smoothing", True)
    expect("label_smoothing", label_smoothing, fits, "0 for a model that copies or points")

    def make(scale):
        return MeasuringAdam(
            scaled(learning_rate, scale, accumulation),
            global_clipnorm=clip_norm,
            gradient_accumulation_steps=accumulation if accumulation > 1 else None,
        )

    model.compile(
        optimizer=model.make_optimizer(make) if isinstance(model, StrategicModel) else make(1.0),
        loss=MaskedCrossEntropy(label_smoothing),
        weighted_metrics=[TokenCrossEntropy(), TokenAccuracy()],  # Keras gives others no sample weights
        jit_compile=engine.jit_compile(),
    )


@checked
def fit(
    model: keras.Model,
    train_batches: PairBatches,
    dev_batches: PairBatches,
    *,
    old_dev_batches: PairBatches | None = None,
    distribution: keras.distribution.DataParallel | None = None,
    epochs: PositiveInt,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    folder: str | Path | HeldFolder | None = None,
    patience: PositiveInt | None = None,
    keep: Keep = "best",
    average: PositiveInt = 1,
    checkpoint_every: PositiveInt = 500,
    log_every: PositiveInt = 100,
    tensorboard: bool = False,
    resume: bool = False,
    progress: bool = True,
) -> dict[str, list[float]]:
    """Train, and end with the weights that did best on the development split by teacher forcing, or the last.

    The same seed on the same machine gives the same history. With a ``folder``, a run that was killed goes
    on from its last checkpoint with ``resume=True`` as if nothing had happened: weights, optimiser, random
    states, history, logs and position in the epoch are those of an uninterrupted run.

    Args:
        model: compiled with ``compile_model``.
        train_batches: ``PairBatches``.
        dev_batches: ``PairBatches``.
        old_dev_batches: ``PairBatches``, of pairs that are not trained on now and that the model could do
            before, or None. They are scored before training, in step 0 of the log, and after every epoch.
        distribution: ``keras.distribution.DataParallel`` in whose scope the model was made, or None. Each
            process trains on its rows of every batch, and all figures are of the whole batch. The first one
            writes to the folder; the others read it, to resume.
        epochs: int.
        callbacks: list of ``keras.callbacks.Callback``, called as ``keras.Model.fit`` calls them. At the end
            of an epoch they see the figures of the history. ``ReduceLROnPlateau`` needs a learning rate that
            is a plain number. What a callback keeps in itself is no part of a checkpoint.
        folder: str, Path or None. Where ``model.keras`` (of the epochs that are kept), ``checkpoint.npz``
            (last), ``history.json`` (a figure an epoch) and ``log.csv`` (a line every ``log_every`` steps)
            are written, each all at once or not at all; ``epochs/``, the weights of each epoch that is
            averaged; and ``begun.json``, what the run was begun with. No other training can write there
            meanwhile. A ``HeldFolder`` is one that is held already.
        patience: int or None. Stop after so many epochs without a lower development loss.
        keep: which epoch's weights are kept, in the model and in the folder: "best", the one with the lowest
            development loss, or "last". A run may go on with another choice than it began with.
        average: int. With more than 1, what is kept is the mean of the weights of so many epochs, the best or
            the last as ``keep`` says. It costs a further pass over ``dev_batches`` an epoch.
        checkpoint_every: int. Steps from one checkpoint to the next within an epoch.
        log_every: int. Steps from one line of the log to the next.
        tensorboard: bool. Write the log for TensorBoard as well, in ``tensorboard/`` of the folder; it
            needs the package of this name.
        resume: bool. Go on with the run in the folder, from its last checkpoint. All that its steps depend on
            must be as it was begun with; ``epochs`` may be more, and what is kept, logged or shown may
            change. ``holds_run`` tells whether there is a run.
        progress: bool. Show a progress bar.

    Returns:
        The history, a dict of lists with one entry an epoch: ``loss`` and ``val_loss``, the cross-entropy in
        nats per token, in training given what the strategies feed; ``perplexity`` and ``val_perplexity``,
        ``accuracy`` and ``val_accuracy`` (0 to 1), ``seconds``, and ``kept_epoch``, the epoch, from 1, whose
        weights were kept then: the last entry tells which one the model ends with. Where that is the first
        of five or more, the best one, a warning says why this may be and what to do. With ``average`` there
        are also ``average_val_loss``, ``average_val_perplexity`` and ``average_val_accuracy``, of what was
        averaged after each epoch: the model ends with the last of these averages. With ``old_dev_batches``
        there are ``old_val_loss``, ``old_val_perplexity`` and ``old_val_accuracy`` too.

    Raises:
        FileExistsError: the folder holds a run or a model, and ``resume`` is false.
        FileNotFoundError: the folder holds no run, and ``resume`` is true.
        ModuleNotFoundError: TensorBoard is asked for and not installed.
        OSError: the folder cannot be written to, or another training holds it.
        TrainingDiverged: the loss or a weight became NaN or infinite.
        ValueError: the run was begun with something else, or a file of it is damaged or of another run;
            TensorBoard is asked for without a folder, a callback cannot be used, or no update is made, since
            more batches make one than there are.
    """
    _expect_usable(callbacks, model)
    _expect_updates(model.optimizer, epochs * len(train_batches))
    with nullcontext() if folder is None else held_folder(folder, resume) as held:
        share = share_of(distribution)
        log = RunLog(held.path if held is not None and held.writes else None, log_every, tensorboard)
        if held is not None:
            named = {"pairs": train_batches, "validation_data": dev_batches}
            held.begin(begun_with(model, {**named, "old_validation_data": old_dev_batches}))
        run = Run(model, held, log, keep, average, scores_old=old_dev_batches is not None)
        if held is not None and (held.path / CHECKPOINT).exists():
            _go_on(run, epochs, callbacks, progress)
        elif old_dev_batches is not None:
            scores = [
                teacher_forced_scores(model, batches, share) for batches in (dev_batches, old_dev_batches)
            ]
            log.add_start(run, *scores)
            if progress:
                print(f"before: {figures_told(dev_figures(*scores))}", flush=True)

        calls = keras.callbacks.CallbackList(
            list(callbacks), model=model, epochs=epochs, steps=len(train_batches)
        )
        model.stop_training = False
        calls.on_train_begin()
        while run.epoch < epochs and not run.out_of_patience(patience) and not model.stop_training:
            epoch = run.epoch
            train_batches.set_epoch(epoch)
            calls.on_epoch_begin(epoch)
            title = f"epoch {epoch + 1}/{epochs}"
            _train_epoch(run, train_batches, checkpoint_every, progress, title, calls, share)
            calls.on_test_begin()
            dev = teacher_forced_scores(model, dev_batches, share)
            calls.on_test_end(dev)
            old_dev = (
                None if old_dev_batches is None else teacher_forced_scores(model, old_dev_batches, share)
            )
            run.end_epoch(dev, old_dev, score=lambda: teacher_forced_scores(model, dev_batches, share))
            calls.on_epoch_end(epoch, run.last_figures())
            if progress:
                print(epoch_line(run.history, epochs), flush=True)
        calls.on_train_end(run.last_figures() if run.epoch else None)
        run.restore_kept()
    if progress and run.epoch:
        print(f"Kept {kept_told(run)}.", flush=True)
    if run.kept_epoch() == 1 and run.epoch >= MANY and keep == "best" and average == 1:
        warnings.warn(
            f"Kept {kept_told(run)}: no later one did better on the development pairs, so what they learned "
            "is not kept. The development pairs may be too few or unlike the training pairs, the learning "
            "rate too high, or the model overfits. Give more development pairs, lower the rate, or keep the "
            'last epoch: keep="last", with resume=True for a run in a folder.',
            stacklevel=2,
        )
    return run.history


def _go_on(run, epochs, callbacks, progress):
    """Go on from the checkpoint, and say what that means."""
    run.load()
    if run.epoch >= epochs:
        if progress:
            print(f"Nothing to do: the run has {run.epoch} epochs already, and {epochs} were asked for.")
    elif callbacks:
        warnings.warn(
            "The run goes on and its callbacks begin anew: what they had counted is in no checkpoint.",
            stacklevel=3,
        )


def teacher_forced_scores(model: keras.Model, batches: Any, share: Share = WHOLE) -> dict[str, float]:
    """Score a model on batches, every real token counting the same, or by its pair's weight.

    Args:
        model: compiled with ``compile_model``.
        batches: ``PairBatches``, or a list of batches as these give them.
        share: ``distribution.Share``, the rows that this process scores; the figures are of all.

    Returns:
        dict of ``loss`` (nats per token), ``perplexity``, ``accuracy`` (0 to 1).
    """
    totals = Totals()
    for index in range(len(batches)):
        inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batches[index])
        model.reset_metrics()
        logs = model.test_on_batch(*share.of(inputs, targets, weights), return_dict=True)
        totals.add(logs, targets, weights)
    return totals.means()


def _train_epoch(run, batches, checkpoint_every, progress, title, calls, share):
    """Train from step ``run.step`` of the epoch to its end, or until a callback stops it."""
    steps = range(run.step, len(batches))
    started, seconds_before = time.perf_counter(), run.seconds
    hidden = None if progress else True  # None: shown in a terminal or notebook, not in a log file
    bar = tqdm(steps, desc=title, initial=run.step, total=len(batches), disable=hidden, leave=False)
    tokens_here = 0
    for index in bar:
        inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batches[index])
        calls.on_train_batch_begin(index)
        run.model.reset_metrics()
        logs = run.model.train_on_batch(*share.of(inputs, targets, weights), return_dict=True)
        run.expect_finite(f"the loss of step {index + 1} of {title}", logs["loss"])
        tokens_here += run.totals.add(logs, targets, weights)
        run.step = index + 1
        elapsed = time.perf_counter() - started
        run.seconds = seconds_before + elapsed
        run.log.add_step(run, logs, targets, weights)
        calls.on_train_batch_end(index, logs)
        if progress:
            so_far = perplexity(run.totals.loss())
            bar.set_postfix_str(f"perplexity {so_far:.3f}, {tokens_here / elapsed:,.0f} tokens/s")
        if run.model.stop_training:
            break
        if run.step % checkpoint_every == 0 and run.step < len(batches):
            run.save()


def _expect_usable(callbacks, model):
    """Raise an error where a callback would do nothing, or the wrong thing."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            raise ValueError(
                "Expected callbacks other than BackupAndRestore, which resumes by epoch only; received it. "
                "Pass folder=..., and resume=True to go on to the bit."
            )
        plateau = isinstance(callback, keras.callbacks.ReduceLROnPlateau)
        optimizer = unscaled(model.optimizer)
        split = isinstance(optimizer, SplitOptimizer)
        if plateau and (split or isinstance(optimizer._learning_rate, LearningRateSchedule)):
            raise ValueError(
                "Expected a learning rate that is a plain number for ReduceLROnPlateau; received "
                f"{'one for each part of the model' if split else 'a schedule'}. Pass decay=None, without "
                "warm-up and without joint training."
            )


def _expect_updates(optimizer, batches):
    """Raise an error where the weights would stay as they are to the end."""
    optimizer = unscaled(optimizer)
    parts = optimizer.optimizers if isinstance(optimizer, SplitOptimizer) else [optimizer]
    accumulation = max(part.gradient_accumulation_steps or 1 for part in parts)
    fits = accumulation <= batches
    expect("accumulation", accumulation, fits, f"of at most {batches}, the batches of the run")
