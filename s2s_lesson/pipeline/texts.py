"""Texts: what turns texts into the ids that a model reads and writes."""

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, cast

from s2s_lesson.data.expected import PositiveInt, Seed, checked
from s2s_lesson.data.incoming import plain_list, plain_pairs
from s2s_lesson.data.subwords import KINDS, Kind, Subwords
from s2s_lesson.data.text import TokenizerName, clean, normalise, tokenize
from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, ExtendedVocabulary, Vocabulary
from s2s_lesson.training.batches import PairBatches

Learnable: TypeAlias = Literal[TokenizerName, Kind] | Subwords  # tokenizers, and kinds of subwords to train


class Texts:
    """Normalisation, cleaning, tokenizers and vocabularies of both sides, and the lengths that are accepted.

    Args:
        source_vocab: a ``Vocabulary``.
        target_vocab: a ``Vocabulary``.
        source_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``.
        target_tokens: likewise.
        normalisation: bool. Whether sources and targets go through ``data.text.normalise`` first, those to
            learn from and those to write from. ``TextToText.from_pairs`` turns it on; a folder that does not
            mention it was learned without.
        cleaning: options for ``data.text.clean``, used on sources and targets; None cleans nothing.
        max_source_length: int. The longest source to accept, in tokens.
        max_output_length: int. The longest target to train on and to write, in tokens.
        copies: bool. Whether words of the source that the target vocabulary does not know get ids.

    Raises:
        ValueError: a tokenizer is unknown.

    >>> vocab, tokens = Vocabulary("abc"), "characters"
    >>> texts = Texts(vocab, vocab, source_tokens=tokens, target_tokens=tokens, max_source_length=3)
    >>> texts.accepts("abc", "cab"), texts.accepts("abca", "cab")
    (True, False)
    """

    @checked
    def __init__(
        self,
        source_vocab: Vocabulary,
        target_vocab: Vocabulary,
        *,
        source_tokens: TokenizerName | Subwords,
        target_tokens: TokenizerName | Subwords,
        normalisation: bool = False,
        cleaning: dict[str, bool] | None = None,
        max_source_length: PositiveInt = 100,
        max_output_length: PositiveInt = 100,
        copies: bool = False,
    ):
        self.source_vocab, self.target_vocab = source_vocab, target_vocab
        self.source_tokens, self.target_tokens = source_tokens, target_tokens
        self.normalisation, self.cleaning = normalisation, cleaning
        self.max_source_length, self.max_output_length = max_source_length, max_output_length
        self.copies = copies

    def source_side(self, text: str) -> list[str]:
        """The tokens of a source text; a blank text has none."""
        return tokenize(cleaned(text, self.normalisation, self.cleaning).strip(), self.source_tokens)

    def target_side(self, text: str) -> list[str]:
        """The tokens of a target text."""
        return tokenize(cleaned(text, self.normalisation, self.cleaning), self.target_tokens)

    def source_length(self, text: str) -> int:
        """Count the tokens of a source text, the end token not included."""
        return len(self.source_side(text))

    def accepts(self, source: str, target: str) -> bool:
        """Tell whether ``fit`` and ``log_probabilities`` can take a pair: no side is empty or too long."""
        ((source, target),) = plain_pairs([(source, target)])
        return self._fits(self.source_side(source), self.target_side(target))

    @checked
    def batches(
        self,
        pairs: Iterable[tuple[str, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
    ) -> PairBatches:
        """Turn pairs of texts into batches of ids.

        A pair with a side that is empty, or longer than the maximum, is left out, and a warning says how
        many were.

        Args:
            pairs: (source, target) texts, as ``data.plain_pairs`` takes them.
            batch_size: int.
            shuffle: bool. Draw the batches anew for every epoch.
            seed: int.
            weights: list of float, 0 or greater: how much each pair counts. None: all alike.

        Returns:
            ``PairBatches``.

        Raises:
            TypeError: the pairs are no pairs of strings.
            ValueError: no pair is left, or the weights cannot be used: see ``PairBatches``.
        """
        pairs = plain_pairs(pairs)
        if weights is not None:
            weights = plain_list(weights, "weights")
            if len(weights) != len(pairs):
                raise ValueError(
                    f"Expected one weight for each of {len(pairs)} pairs; received {len(weights)}."
                )
        source_ids, target_ids, copy_ids, kept = [], [], [], []
        for index, (source, target) in enumerate(pairs):
            source_side, target_side = self.source_side(source), self.target_side(target)
            if not self._fits(source_side, target_side):
                continue
            kept.append(index)
            source_ids.append(self.source_vocab.encode(source_side))
            if self.copies:
                words = ExtendedVocabulary(self.target_vocab, source_side)
                target_ids.append(words.encode(target_side))
                copy_ids.append(words.copy_ids())
            else:
                target_ids.append(self.target_vocab.encode(target_side))
        if left_out := len(pairs) - len(source_ids):
            warnings.warn(
                f"{left_out} of {len(pairs)} pairs were left out: a side was empty, the source had more than "
                f"{self.max_source_length} tokens or the target {self.max_output_length} or more.",
                stacklevel=2,
            )
        return PairBatches(
            source_ids,
            target_ids,
            batch_size,
            shuffle,
            seed,
            copy_ids=copy_ids or None,
            weights=None if weights is None else [weights[index] for index in kept],
        )

    def description(self) -> tuple[Vocabulary, Vocabulary, dict[str, Any]]:
        """All that a folder has to hold beside the model: source and target vocabulary, and options."""
        tokens = {"source_tokens": self.source_tokens, "target_tokens": self.target_tokens}
        names = ("normalisation", "cleaning", "max_source_length", "max_output_length")
        options = {name: getattr(self, name) for name in names}
        return self.source_vocab, self.target_vocab, {**tokens, **options}

    def _fits(self, source_side, target_side):
        return (
            0 < len(source_side) <= self.max_source_length and 0 < len(target_side) < self.max_output_length
        )


def cleaned(text: str, normalisation: bool, cleaning: dict[str, bool] | None) -> str:
    """What ``data.text.normalise`` and ``clean`` leave of a text with these options; None cleans nothing."""
    text = normalise(text) if normalisation else text
    return text if cleaning is None else clean(text, **cleaning)


def learned(
    texts: Sequence[str], tokens: Learnable, min_count: int, max_vocab_size: int | None
) -> tuple[TokenizerName | Subwords, Vocabulary]:
    """Make the tokenizer and the vocabulary of one side.

    Args:
        texts: list of str.
        tokens: a tokenizer, or one of ``data.subwords.KINDS``, to be trained.
        min_count: int. Tokens that are rarer become unknown; no subword does.
        max_vocab_size: int or None, the special tokens included. Training of subwords needs a number.

    Returns:
        tokens: name of a tokenizer, or a ``Subwords``.
        vocab: ``Vocabulary``.

    Raises:
        ValueError: subwords are to be trained, and ``max_vocab_size`` is None.
    """
    if isinstance(tokens, str) and tokens in KINDS:
        if max_vocab_size is None:
            raise ValueError(
                f"Expected max_vocab_size with the tokenizer {tokens!r}; received None. Pass a number."
            )
        tokens = Subwords.train(texts, max_vocab_size - len(SPECIAL_TOKENS), cast(Kind, tokens))
    if isinstance(tokens, Subwords):
        return tokens, Vocabulary(piece for piece in tokens.pieces if piece not in SPECIAL_TOKENS)
    name = cast(TokenizerName, tokens)
    token_lists = [tokenize(text, name) for text in texts]
    return name, Vocabulary.from_tokens(token_lists, min_count, max_vocab_size)
