"""How likely what can write finds given outputs, whatever computes the logits: ``log_probabilities``."""

from collections.abc import Iterable

import numpy as np

from s2s_lesson import search
from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.padding import pad
from s2s_lesson.data.sides import Source
from s2s_lesson.data.vectors import vector_pairs
from s2s_lesson.deployed.writing import Writer


def accepts(writer: Writer[Source], source: Source, target: str) -> bool:
    """Tell whether ``log_probabilities`` can take a pair: no side is empty or too long."""
    source_length, target_length = _lengths(writer, (source, target))
    source_fits = 0 < source_length <= writer.max_source_length
    return source_fits and 0 < target_length < writer.max_output_length


@checked
def log_probabilities(
    writer: Writer[Source], pairs: Iterable[tuple[Source, str]], batch_size: PositiveInt = 64
) -> list[float]:
    """Tell how likely the writer finds each target, given its source and the true past of every token.

    Args:
        writer: ``Writer``.
        pairs: (source, target) pairs: of texts, or of an array, float (length, features), and a text.
        batch_size: int. Pairs read at once; it changes the speed and nothing else.

    Returns:
        list of float, log p(target | source) in nats, the end token included, in order.

    Raises:
        ValueError: a side of a pair is empty or too long.
    """
    checked_pairs = _plain_pairs(writer, pairs)
    for index, pair in enumerate(checked_pairs):
        if not accepts(writer, *pair):
            lengths = _lengths(writer, pair)
            raise ValueError(
                f"Expected pairs of 1 to {writer.max_source_length} source {writer.parts} and 1 to "
                f"{writer.max_output_length - 1} target tokens; pair {index} has {lengths[0]} and "
                f"{lengths[1]}. Leave out the pairs that accepts() refuses."
            )
    order = sorted(range(len(checked_pairs)), key=lambda index: _lengths(writer, checked_pairs[index]))
    sums = np.zeros(len(checked_pairs))
    vocab = writer.target_vocab
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        sources, targets = zip(*(checked_pairs[row] for row in rows), strict=True)
        sides = [writer.source_side(source) for source in sources]
        words = [
            ExtendedVocabulary(vocab, writer.source_words(side) if writer.copies else []) for side in sides
        ]
        ids = [of.encode(writer.target_side(target)) for of, target in zip(words, targets, strict=True)]
        log_probs, _ = search.score_targets(
            writer.step,
            writer.start(writer.source_inputs(sides)),
            pad(ids),
            bos_id=vocab.bos_id,
            eos_id=vocab.eos_id,
        )
        sums[rows] = log_probs.sum(axis=1, dtype="float64")
    return sums.tolist()


def _plain_pairs(writer, pairs):
    """A list of pairs, both sides of each checked."""
    return vector_pairs(pairs) if writer.source_vocab is None else plain_pairs(pairs)


def _lengths(writer, pair):
    """How much the writer reads and writes of a pair."""
    source, target = pair
    return len(writer.source_side(source)), len(writer.target_side(target))
