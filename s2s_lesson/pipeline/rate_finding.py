"""find_learning_rate: a range test of a pipeline on its pairs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Range, Seed, ShareBelowOne, checked
from s2s_lesson.data.noise import Noise
from s2s_lesson.training.learning_rate_finder import RangeTest, range_test
from s2s_lesson.training.optimizers import Optimization
from s2s_lesson.training.strategic_model import StrategicModel
from s2s_lesson.training.strategies import Strategy

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.pipeline.to_text import ToText


@checked
def find_learning_rate(
    pipeline: "ToText[Source]",
    pairs: Iterable[tuple["Source", str]],
    *,
    weights: Sequence[float] | None = None,
    batch_size: PositiveInt = 64,
    label_smoothing: ShareBelowOne = 0.0,
    optimization: Optimization | None = None,
    strategies: Sequence[Strategy] = (),
    noise: Noise | None = None,
    seed: Seed = 0,
    lowest: PositiveFloat = 1e-6,
    highest: PositiveFloat = 1.0,
    steps: Annotated[int, Range(2)] = 100,
    progress: bool = True,
) -> RangeTest:
    """Try rising learning rates on pairs, in a training that leaves no trace: the pipeline stays as it is.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        pairs, weights, batch_size, label_smoothing, strategies, noise, seed: as in ``fit``.
        optimization: ``Optimization``, or None for its defaults; its rates are not looked at.
        lowest, highest, steps: as in ``training.range_test``.
        progress: bool. Show a progress bar where tokenising takes long.

    Returns:
        ``training.RangeTest``, with a ``suggestion``.

    Raises:
        ValueError: an option is out of range, or as ``fit``.
    """
    optimization = optimization or Optimization()
    batches = pipeline.batches(
        pairs, batch_size, shuffle=True, seed=seed, weights=weights, progress=progress, noise=noise
    )
    return range_test(
        StrategicModel(pipeline.model, strategies, seed) if strategies else pipeline.model,
        batches,
        lowest=lowest,
        highest=highest,
        steps=steps,
        label_smoothing=label_smoothing,
        clip_norm=optimization.clip_norm,
        accumulation=optimization.accumulation,
    )
