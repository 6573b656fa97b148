"""Sides: what a pipeline reads and what it writes, and in which lengths; each kind says what it reads."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from s2s_lesson.data.expected import PositiveInt, Seed
from s2s_lesson.data.incoming import plain_list
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.training.batches import PairBatches

Source = TypeVar("Source")  # a text, or an array
Options: TypeAlias = dict[str, Any]  # of a pipeline, for its folder


class Sides(Generic[Source]):
    """The target side, which is text, and what there has to be of a source side.

    ``Texts`` reads texts and ``Sequences`` reads arrays. Below, a source's *side* is what remains of it for
    the model to read: a list of tokens, or a standardised array.

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

    def accepts(self, source: Source, target: str) -> bool:
        """Tell whether ``fit`` and ``log_probabilities`` can take a pair: no side is empty or too long."""
        ((source, target),) = self.plain_pairs([(source, target)])
        return bool(self._fit(len(self.source_side(source)), len(self.target_side(target))))

    def plain_sources(self, sources: Iterable[Source]) -> list[Source]:
        """Put sources into a list, each of them checked."""
        raise NotImplementedError

    def plain_pairs(
        self, pairs: Iterable[tuple[Source, str]], name: str = "pairs"
    ) -> list[tuple[Source, str]]:
        """Put pairs into a list, both sides of each checked; ``name`` is for errors."""
        raise NotImplementedError

    def references(self, pairs: Iterable[tuple[Source, str]]) -> tuple[list[Source], list[list[str]]]:
        """What is to be read once, and all that counts as right for each: sources, and lists of targets."""
        raise NotImplementedError

    def source_side(self, source: Source) -> Any:
        """What the model reads of a source; nothing of a blank one."""
        raise NotImplementedError

    def source_words(self, side: Any) -> Sequence[str]:
        """What labels each position of a side: its tokens, or their places."""
        raise NotImplementedError

    def source_inputs(self, sides: Sequence[Any]) -> dict[str, np.ndarray]:
        """Sides as padded arrays: the inputs of ``Seq2Seq.encode_inputs``."""
        raise NotImplementedError

    def batches(
        self,
        pairs: Iterable[tuple[Source, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
        progress: bool = True,
    ) -> PairBatches:
        """Turn pairs into batches; those with a side that is empty or too long are left out."""
        raise NotImplementedError

    def description(self) -> tuple[Vocabulary | None, Vocabulary, Options]:
        """All that a folder has to hold beside the model: source and target vocabulary, and options."""
        raise NotImplementedError

    def _fit(self, source_lengths, target_lengths):
        """Whether pairs of these lengths are accepted; NumPy arrays of them, or two numbers."""
        source_fits = (source_lengths > 0) & (source_lengths <= self.max_source_length)
        return source_fits & (target_lengths > 0) & (target_lengths < self.max_output_length)

    def _warn_of_left_out(self, fit):
        """Warn of pairs that are not accepted: bool (pairs,)."""
        if left_out := int(len(fit) - fit.sum()):
            warnings.warn(
                f"{left_out} of {len(fit)} pairs were left out: a side was empty, the source had more than "
                f"{self.max_source_length} {self.parts}, or the target {self.max_output_length} or more.",
                stacklevel=3,
            )


def weights_of(weights: Sequence[float] | None, count: int) -> list[float] | None:
    """Put the weights of pairs into a list, one for each pair.

    Args:
        weights: list of float, or None.
        count: int, pairs.

    Returns:
        list of float, or None.

    Raises:
        ValueError: there are more or fewer.

    >>> weights_of((1.0, 0.5), 2)
    [1.0, 0.5]
    """
    if weights is None:
        return None
    weights = plain_list(weights, "weights")
    if len(weights) != count:
        raise ValueError(f"Expected one weight for each of {count} pairs; received {len(weights)}.")
    return weights
