"""How likely a pipeline finds what others wrote: the method ``log_probabilities`` of ``ToText``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from s2s_lesson.data.expected import PositiveInt, checked

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.pipeline.to_text import ToText


@checked
def log_probabilities(
    pipeline: "ToText[Source]", pairs: Iterable[tuple["Source", str]], batch_size: PositiveInt = 64
) -> list[float]:
    """Tell how likely the model finds each target, given its source and the true past of every token.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        pairs: (source, target) pairs, as for ``fit``.
        batch_size: int. Pairs read at once; it changes the speed and nothing else.

    Returns:
        list of float, log p(target | source) in nats, the end token included, in order.

    Raises:
        ValueError: a side of a pair is empty or too long.
    """
    pairs = pipeline.plain_pairs(pairs)
    for index, (source, target) in enumerate(pairs):
        if not pipeline.accepts(source, target):
            lengths = pipeline.source_length(source), len(pipeline.target_side(target))
            raise ValueError(
                f"Expected pairs of 1 to {pipeline.max_source_length} source tokens and 1 to "
                f"{pipeline.max_output_length - 1} target tokens; pair {index} has {lengths[0]} and "
                f"{lengths[1]}. Leave out the pairs that accepts() refuses."
            )
    if not pairs:
        return []
    batches = pipeline.batches(pairs, batch_size)
    sums = np.zeros(len(pairs))
    for index in range(len(batches)):
        sums[batches.rows(index)] = ops.convert_to_numpy(pipeline.score(*batches[index]))
    return sums.tolist()
