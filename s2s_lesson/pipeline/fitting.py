"""How a pipeline is trained on pairs: the method ``fit`` of ``ToText``."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from s2s_lesson.corpora.splits import split_pairs
from s2s_lesson.data.description import description_files
from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Seed, ShareBelowOne, check, checked, expect
from s2s_lesson.data.noise import Noise
from s2s_lesson.pipeline.recommendation import training_for
from s2s_lesson.pipeline.unknown import warn_of_unknown
from s2s_lesson.training import loop
from s2s_lesson.training.distribution import share_of, spread
from s2s_lesson.training.held_folder import HeldFolder, held_folder
from s2s_lesson.training.optimizers import Optimization
from s2s_lesson.training.strategic_model import StrategicModel
from s2s_lesson.training.strategies import Strategy

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.pipeline.to_text import ToText

WEIGHTS_NEED = "None where no validation_data is given"  # which pairs are held back is not known before


@checked
def fit(
    pipeline: "ToText[Source]",
    pairs: Iterable[tuple["Source", str]],
    validation_data: Iterable[tuple["Source", str]] | None = None,
    *,
    old_validation_data: Iterable[tuple["Source", str]] | None = None,
    epochs: PositiveInt | None = None,
    weights: Sequence[float] | None = None,
    batch_size: PositiveInt = 64,
    learning_rate: PositiveFloat | None = None,
    label_smoothing: ShareBelowOne = 0.0,
    optimization: Optimization | None = None,
    strategies: Sequence[Strategy] = (),
    noise: Noise | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    distribution: keras.distribution.DataParallel | None = None,
    folder: str | Path | HeldFolder | None = None,
    seed: Seed = 0,
    resume: bool = False,
    **options: Any,
) -> dict[str, list[float]]:
    """Train, and keep the weights that did best on the development pairs by teacher forcing, or the last.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        pairs: (source, target) pairs to learn from: of texts, as ``data.plain_pairs`` takes them, or of an
            array, float (length, features), and a text.
        validation_data: likewise, the development pairs. None holds back a twentieth of the source texts, by
            ``corpora.split_pairs``, and says so.
        old_validation_data: likewise, development pairs of what the pipeline was trained on before, or None.
            They are scored as well, before training and after every epoch, so that forgetting is seen.
        epochs: int, or None: as many as ``recommendation.training_for`` says for so many pairs.
        weights: list of float, 0 or greater: how much each of ``pairs`` counts, in the loss and in the
            history's figures of training. 0 is as good as leaving a pair out, and 2 as having it twice.
        batch_size: int.
        learning_rate: float above 0: short for ``optimization=Optimization(learning_rate)``.
        label_smoothing: float from 0 to below 1.
        optimization: ``Optimization``, or None for its defaults.
        strategies: list of ``training.Strategy``. None of them means teacher forcing.
        noise: ``data.Noise`` or None. What happens to the words of the sources to learn from, in each epoch
            anew: of texts alone. The development pairs stay as they are.
        callbacks: list of ``keras.callbacks.Callback``: see ``training.fit``.
        distribution: ``keras.distribution.DataParallel``, on JAX, or None: see ``training.join``. The rows of
            each batch are spread over its devices, also those of other processes, which train on the same
            pairs with the same options. Batch size and learning rate mean the same as on one device, and so
            do all figures. The first process writes to the folder.
        folder: str, Path or None. Where the pipeline and the checkpoints are written: a new one, or that of
            the run to go on with. Or a ``training.HeldFolder``.
        seed: int, of the order of the batches and of what the strategies and the noise draw.
        resume: bool. Go on with the run in the folder: see ``training.fit``.
        **options: ``patience``, ``keep``, ``average``, ``checkpoint_every``, ``log_every``,
            ``tensorboard``, ``progress``: see ``training.fit``.

    Returns:
        The history: see ``training.fit``.

    Raises:
        ValueError: labels are to be smoothed for a model that copies: most of what it could copy
            stands in no source; the run in the folder began with something else; a learning rate is given
            twice; sources that are arrays are to get noise; or an option is out of range, as a warm-up is
            that does not end within the run.
    """
    check(loop.fit, **options)
    progress = options.get("progress", True)
    expect("weights", weights, weights is None or validation_data is not None, WEIGHTS_NEED)
    train_pairs, dev_pairs = with_held_out(pipeline, pairs, validation_data, progress)
    if epochs is None:
        epochs = training_for(len(train_pairs))["epochs"]
    if optimization is None:
        optimization = Optimization() if learning_rate is None else Optimization(learning_rate)
    elif learning_rate is not None:
        raise ValueError(
            f"Expected the learning rate within optimization; received {learning_rate} beside {optimization}."
            " Set it there, and leave learning_rate out."
        )
    follows = share_of(distribution).process > 0
    with (
        nullcontext() if folder is None else held_folder(folder, resume, follows) as held,
        spread(pipeline.model, distribution) as model,
    ):
        if held is not None:
            held.enclosed = description_files(*pipeline.description())
        train_batches = pipeline.batches(
            train_pairs, batch_size, shuffle=True, seed=seed, weights=weights, progress=progress, noise=noise
        )
        dev_batches = pipeline.batches(dev_pairs, batch_size, progress=progress)
        warn_of_unknown(pipeline, dev_batches)
        old_dev_batches = None
        if old_validation_data is not None:
            old_pairs = pipeline.plain_pairs(old_validation_data, "old_validation_data")
            old_dev_batches = pipeline.batches(old_pairs, batch_size, progress=progress)
        rate = optimization.rate(epochs * len(train_batches))
        trained = StrategicModel(model, strategies, seed) if strategies else model
        loop.compile_model(trained, rate, label_smoothing, optimization.clip_norm, optimization.accumulation)
        return loop.fit(
            trained,
            train_batches,
            dev_batches,
            old_dev_batches=old_dev_batches,
            distribution=distribution,
            epochs=epochs,
            callbacks=callbacks,
            folder=held,
            resume=resume,
            **options,
        )


def with_held_out(
    pipeline: "ToText[Source]",
    pairs: Iterable[tuple["Source", str]],
    validation_data: Iterable[tuple["Source", str]] | None,
    progress: bool,
) -> tuple[list[tuple["Source", str]], list[tuple["Source", str]]]:
    """Put pairs to learn from and development pairs into lists, and hold some back where there are none.

    Args:
        pipeline, pairs, validation_data: as of ``fit``.
        progress: bool. Say how many are held back.

    Returns:
        train_pairs: list of pairs.
        dev_pairs: likewise.

    Raises:
        ValueError: pairs of arrays are to be held back, of which no hash is taken.
    """
    listed = pipeline.plain_pairs(pairs)
    if validation_data is None:
        return _held_back(pipeline, listed, progress)
    return listed, pipeline.plain_pairs(validation_data, "validation_data")


def _held_back(pipeline, pairs, progress):
    """Pairs to learn from and development pairs."""
    if pipeline.reads_vectors:
        raise ValueError("Expected validation_data where sources are arrays; received None. Hold pairs back.")
    corpus = split_pairs(pairs, test_share=0.0)
    if progress:
        print(
            f"No validation_data: {len(corpus.dev):,} of {len(pairs):,} pairs are held back as development "
            "pairs, chosen by a hash of their sources.",
            flush=True,
        )
    return corpus.train, corpus.dev
