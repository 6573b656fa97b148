"""Sides: what a model reads and what it writes, and in which lengths; each kind says what it reads."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.vocabulary import Vocabulary

Source = TypeVar("Source")  # a text, or an array
Side: TypeAlias = Any  # what remains of a source for the model to read: tokens, or a standardised array
Options: TypeAlias = dict[str, Any]  # of sides, for their folder


class Sides(Generic[Source]):
    """The target side, which is text, and what there has to be of a source side: all that writing needs.

    ``TextSides`` reads texts and ``VectorSides`` reads arrays. Below, a source's *side* is what remains of it
    for the model to read: a list of tokens, or a standardised array.

    Args:
        target_vocab: a ``Vocabulary``.
        target_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``.
        normalisation: bool. Whether texts go through ``data.text.normalise`` first.
        cleaning: options for ``data.text.clean``; None cleans nothing.
        max_source_length: int. The longest source to accept.
        max_output_length: int. The longest target to train on and to write, in tokens.

    >>> sides = Sides(Vocabulary("abc"), "characters", False, None, 5, 3)
    >>> sides.target_side("cab")
    ['c', 'a', 'b']
    """

    kind, parts = "text", "tokens"  # what a source is, and what it consists of, for errors
    source_vocab: Vocabulary | None = None  # of the source's tokens, where it has any
    copies: bool = False  # whether words of the source that the target vocabulary does not know get ids

    def __init__(
        self,
        target_vocab: Vocabulary,
        target_tokens: TokenizerName | Subwords,
        normalisation: bool,
        cleaning: dict[str, bool] | None,
        max_source_length: int,
        max_output_length: int,
    ):
        self.target_vocab, self.target_tokens = target_vocab, target_tokens
        self.normalisation, self.cleaning = normalisation, cleaning
        self.max_source_length, self.max_output_length = max_source_length, max_output_length
        self.prepare_target = Preparation(target_tokens, normalisation, cleaning)

    def target_side(self, text: str) -> list[str]:
        """The tokens of a target text."""
        return self.prepare_target(text)

    def source_length(self, source: Source) -> int:
        """Count what the model reads of a source, an end token not included."""
        return len(self.source_side(source))

    def plain_sources(self, sources: Iterable[Source]) -> list[Source]:
        """Put sources into a list, each of them checked."""
        raise NotImplementedError

    def source_side(self, source: Source) -> Side:
        """What the model reads of a source; nothing of a blank one."""
        raise NotImplementedError

    def source_words(self, side: Side) -> Sequence[str]:
        """What labels each position of a side: its tokens, or their places."""
        raise NotImplementedError

    def source_inputs(self, sides: Sequence[Side]) -> dict[str, np.ndarray]:
        """Sides as padded arrays: the inputs of ``Seq2Seq.encode_inputs``."""
        raise NotImplementedError

    def description(self) -> tuple[Vocabulary | None, Vocabulary, Options]:
        """All that a folder has to hold beside the model: source and target vocabulary, and options."""
        raise NotImplementedError
