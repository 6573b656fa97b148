"""How training goes on from a trained pipeline, on new pairs: the method ``fine_tune`` of ``TextToText``."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_lesson.data.expected import PositiveInt, check, checked, expect
from s2s_lesson.layers.config import VocabSize
from s2s_lesson.pipeline import fitting
from s2s_lesson.pipeline.growing import grown
from s2s_lesson.training import loop

if TYPE_CHECKING:
    from s2s_lesson.pipeline.text_to_text import TextToText


@checked
def fine_tune(
    pipeline: "TextToText",
    pairs: Iterable[tuple[str, str]],
    validation_data: Iterable[tuple[str, str]] | None = None,
    *,
    old_validation_data: Iterable[tuple[str, str]] | None = None,
    min_count: PositiveInt = 1,
    max_vocab_size: VocabSize | None = None,
    folder: str | Path | None = None,
    **options: Any,
) -> tuple["TextToText", dict[str, list[float]]]:
    """Train a copy on new pairs, from the weights that there are; the pipeline itself stays as it is.

    Words of the new pairs that a vocabulary lacks are appended to it, and begin with next to no probability:
    see ``pipeline.growing``. Subwords stay as they are. The optimiser begins anew, and the best epoch is the
    one that does best on the new development pairs.

    Args:
        pipeline: ``TextToText``, trained.
        pairs: new (source, target) texts to learn from, as ``data.plain_pairs`` takes them.
        validation_data: likewise, the new development pairs. None holds a share back, as ``fit`` does.
        old_validation_data: likewise, the old development pairs, or None. What the pipeline could do is
            scored on them before training and after every epoch: ``old_val_loss`` and so on of the history.
        min_count: int. Of the words that are new, those that are rarer in ``pairs`` stay unknown.
        max_vocab_size: int or None, to which each side may grow, the special tokens included.
        folder: str, Path or None. Where the new run is written: not the folder of the old one.
        **options: of ``fit``. With ``resume=True`` the pipeline must be the one that the run began from.

    Returns:
        tuned: ``TextToText``.
        history: see ``fit``.

    Raises:
        TypeError, ValueError: as ``fit``.
    """
    check(fitting.fit, **options)
    check(loop.fit, **options)
    progress, weights = options.get("progress", True), options.get("weights")
    expect("weights", weights, weights is None or validation_data is not None, fitting.WEIGHTS_NEED)
    train_pairs, dev_pairs = fitting.with_held_out(pipeline, pairs, validation_data, progress)
    say = print if progress else lambda text: None
    tuned = grown(pipeline, train_pairs, min_count, max_vocab_size, say)
    history = tuned.fit(
        train_pairs, dev_pairs, old_validation_data=old_validation_data, folder=folder, **options
    )
    return tuned, history
