"""Texts: pairs of texts as the ids that a model learns from, and what learns tokenizers and vocabularies."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Literal, TypeAlias, cast

import numpy as np

from s2s_lesson.corpora import group_references
from s2s_lesson.data.expected import PositiveInt, Seed, checked
from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.noise import Noise
from s2s_lesson.data.subwords import KINDS, Kind, Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.text_sides import TextSides
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary
from s2s_lesson.pipeline.sides import PairedSides, weights_of
from s2s_lesson.pipeline.token_cache import TokenCache
from s2s_lesson.training.batches import PairBatches

Learnable: TypeAlias = Literal[TokenizerName, Kind] | Subwords  # tokenizers, and kinds of subwords to train


class Texts(TextSides, PairedSides[str]):
    """Texts of both sides, read, written and made into batches to learn from.

    Args:
        source_vocab, target_vocab: ``Vocabulary``.
        **options: ``source_tokens``, ``target_tokens``, ``normalisation``, ``cleaning``,
            ``max_source_length``, ``max_output_length``, ``copies``, as in ``data.TextSides``.

    Raises:
        ValueError: a tokenizer is unknown.

    >>> vocab, tokens = Vocabulary("abc"), "characters"
    >>> texts = Texts(vocab, vocab, source_tokens=tokens, target_tokens=tokens, max_source_length=3)
    >>> texts.accepts("abc", "cab"), texts.accepts("abca", "cab")
    (True, False)
    """

    @cached_property
    def token_cache(self) -> TokenCache:
        """What was split already."""
        return TokenCache()

    def plain_pairs(self, pairs: Iterable[tuple[str, str]], name: str = "pairs") -> list[tuple[str, str]]:
        """As ``data.plain_pairs``."""
        return plain_pairs(pairs, name)

    def references(self, pairs: Iterable[tuple[str, str]]) -> tuple[list[str], list[list[str]]]:
        """As ``corpora.group_references``."""
        return group_references(pairs)

    @checked
    def batches(
        self,
        pairs: Iterable[tuple[str, str]],
        batch_size: PositiveInt = 64,
        shuffle: bool = False,
        seed: Seed = 0,
        weights: Sequence[float] | None = None,
        progress: bool = True,
        noise: Noise | None = None,
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
            progress: bool. Show a progress bar in a terminal or notebook, where it takes long.
            noise: ``data.noise.Noise`` or None. What happens to the words of the sources, in each epoch anew.

        Returns:
            ``PairBatches``.

        Raises:
            TypeError: the pairs are no pairs of strings.
            ValueError: no pair is left, or the weights cannot be used: see ``PairBatches``.
        """
        pairs = plain_pairs(pairs)
        weights = weights_of(weights, len(pairs))
        sources, targets = sides(pairs)
        source_tokens = self.token_cache.tokens(sources, self.prepare_source, progress)
        target_tokens = self.token_cache.tokens(targets, self.prepare_target, progress)
        fit = self._fit(source_tokens.lengths, target_tokens.lengths)
        self._warn_of_left_out(fit)
        source_tokens, target_tokens = source_tokens.chosen(fit), target_tokens.chosen(fit)
        target_ids = target_tokens.encoded(self.target_vocab)
        copy_ids = None
        if self.copies:
            copy_ids = source_tokens.encoded(self.target_vocab)
            write_copies(self.target_vocab, source_tokens, target_tokens, copy_ids, target_ids)
        return PairBatches(
            source_tokens.encoded(self.source_vocab),
            target_ids,
            batch_size,
            shuffle,
            seed,
            copy_ids=copy_ids,
            weights=None if weights is None else [weights[row] for row in np.flatnonzero(fit)],
            noise=noise,
            copies_from=len(self.target_vocab),
        )


def sides(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The sources and the targets of pairs."""
    return [source for source, _ in pairs], [target for _, target in pairs]


def write_copies(
    vocab: Vocabulary, sources: TokenLists, targets: TokenLists, copy_ids: IdLists, target_ids: IdLists
) -> None:
    """Write the ids that the words of each source get which the vocabulary does not know.

    Args:
        vocab: ``Vocabulary`` of the targets.
        sources: ``TokenLists``.
        targets: ``TokenLists``.
        copy_ids: ``IdLists``, the sources by that vocabulary. It is written to.
        target_ids: ``IdLists``, likewise the targets.
    """
    unknown = np.concatenate([[0], np.cumsum(copy_ids.ids == vocab.unk_id)])
    ends = np.cumsum(copy_ids.lengths)
    for row in np.flatnonzero(unknown[ends] > unknown[ends - copy_ids.lengths]).tolist():
        words = ExtendedVocabulary(vocab, sources.row(row))
        copy_ids[row][:] = words.copy_ids()
        target_ids[row][:] = words.encode(targets.row(row))


def learned(
    sides: Sequence[Sequence[str]],
    tokens: Learnable,
    min_count: int,
    max_vocab_size: int | None,
    prepare: Callable[[str], str],
    split: Callable[[Sequence[str], TokenizerName], TokenLists],
) -> tuple[TokenizerName | Subwords, Vocabulary]:
    """Make the tokenizer and the vocabulary of one side, or of both.

    Args:
        sides: lists of str, the texts of each side that they are for.
        tokens: a tokenizer, or one of ``data.subwords.KINDS``, to be trained.
        min_count: int. Tokens that are rarer become unknown; no subword does.
        max_vocab_size: int or None, the special tokens included. Training of subwords needs a number.
        prepare: function of a text, that gives the text to train subwords on.
        split: function of texts and a tokenizer, that gives their tokens.

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
        prepared = (prepare(text) for texts in sides for text in texts)
        tokens = Subwords.train(prepared, max_vocab_size - len(SPECIAL_TOKENS), cast(Kind, tokens))
    if isinstance(tokens, Subwords):
        return tokens, Vocabulary(piece for piece in tokens.pieces if piece not in SPECIAL_TOKENS)
    name = cast(TokenizerName, tokens)
    counts: Counter[str] = Counter()
    for texts in sides:
        counts.update(split(texts, name).counts())
    return name, Vocabulary.from_counts(counts, min_count, max_vocab_size)
