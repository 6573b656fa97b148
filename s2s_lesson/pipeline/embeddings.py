"""Pretrained embeddings in a pipeline: the method ``use_embeddings`` of ``TextToText``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import keras
import numpy as np

from s2s_lesson.data.embeddings import Embeddings, embedding_layout, vectors_of
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary
from s2s_lesson.layers.config import FrozenEmbeddings, Seq2SeqConfig
from s2s_lesson.models.seq2seq import Seq2Seq

if TYPE_CHECKING:
    from s2s_lesson.pipeline.text_to_text import TextToText

SIDES = ("source", "target")


@checked
@dataclass(frozen=True)
class Matched:
    """How much of a vocabulary pretrained embeddings have.

    Attributes:
        entries: int, tokens of the vocabulary, the special ones apart.
        matched: int, those of them with a pretrained vector.
        tokens: int, running tokens of the texts that were given; None where none were.
        matched_tokens: int, those of them with a pretrained vector.

    >>> print(Matched(entries=50, matched=40, tokens=1000, matched_tokens=990))
    40 of 50 words of the vocabulary (80.0%), 99.0% of the running words
    """

    entries: PositiveInt
    matched: NonNegativeInt
    tokens: NonNegativeInt | None = None
    matched_tokens: NonNegativeInt | None = None

    @property
    def share(self) -> float:
        """Of the vocabulary's tokens, those with a pretrained vector: 0 to 1."""
        return self.matched / self.entries

    @property
    def share_of_tokens(self) -> float | None:
        """Likewise of the running tokens; None where no texts were given."""
        if self.tokens is None or self.matched_tokens is None:
            return None
        return self.matched_tokens / max(1, self.tokens)

    def __str__(self):
        entries = f"{self.matched:,} of {self.entries:,} words of the vocabulary ({self.share:.1%})"
        return (
            entries if self.tokens is None else f"{entries}, {self.share_of_tokens:.1%} of the running words"
        )


@checked
def use_embeddings(
    pipeline: "TextToText",
    source: Embeddings | None = None,
    target: Embeddings | None = None,
    *,
    frozen: bool = False,
    rescale: bool = True,
    pairs: Iterable[tuple[str, str]] | None = None,
) -> dict[str, Matched]:
    """Put pretrained vectors of words into the embedding of a side, or of both, before training.

    A word without a pretrained vector keeps the vector that it has, and so do the four special tokens. With
    ``frozen`` that is so to the end: ``frozen_embeddings`` of the model's ``Seq2SeqConfig`` names the sides,
    and is saved with it. The pipeline has a new model then.

    Args:
        pipeline: ``TextToText``.
        source: str or Path, of a file as word2vec, GloVe or fastText (.vec) write it, see
            ``data.read_embeddings``; or a dict of vectors by token. None leaves that side as it is.
        target: likewise. Where both sides share an embedding, give one of the two.
        frozen: bool. Training leaves the embedding of the sides that are given as it is.
        rescale: bool. Multiply all vectors of a side by one number, so that their entries are as great as
            those of the table were, by their mean square: words with and without a pretrained vector are of
            one size then, and the model begins at the scale that it was made for. False takes the numbers as
            they are.
        pairs: (source, target) texts, to tell how many running words have a vector. None does not tell.

    Returns:
        dict of ``Matched`` by the side that was given, "source" or "target".

    Raises:
        OSError: a file cannot be read.
        TypeError: what is given is neither a path nor a dict.
        ValueError: nothing is given, or two for a shared embedding; vectors have another width than the
            embedding, or none is of a word of the vocabulary; or as ``data.read_embeddings``.

    >>> from s2s_lesson.pipeline import TextToText
    >>> pairs = [("one two", "1 2"), ("two", "2")]
    >>> pipeline = TextToText.from_pairs(pairs, embedding_dim=3)
    >>> matched = pipeline.use_embeddings(source={"two": [0.1, 0.2, 0.3]}, frozen=True, pairs=pairs)
    >>> print(matched["source"])
    1 of 2 words of the vocabulary (50.0%), 66.7% of the running words
    >>> pipeline.model.config.frozen_embeddings
    'source'
    """
    config = pipeline.model.config
    given = {side: one for side, one in zip(SIDES, (source, target), strict=True) if one is not None}
    if not given:
        raise ValueError(
            "Expected embeddings of the source, of the target, or of both; received none."
            " Give at least one of the two."
        )
    if config.shared_embedding and len(given) > 1:
        raise ValueError(
            "Expected embeddings of one side for a shared embedding, which is one table; received two. "
            "Leave one out."
        )
    for side, embeddings in given.items():
        if isinstance(embeddings, (str, Path)):
            _expect_width(pipeline, side, embedding_layout(embeddings).width, embeddings)
    chosen = {side: vectors_of(embeddings, _vocab(pipeline, side)) for side, embeddings in given.items()}
    for side, vectors in chosen.items():
        _expect_usable(pipeline, side, vectors, given[side])
    counts = {} if pairs is None else _counts(pipeline, plain_pairs(pairs))
    for side, vectors in chosen.items():
        _assign(_embedding(pipeline.model, side), _vocab(pipeline, side), vectors, rescale)
    if frozen and (names := _frozen(config, set(given))) != config.frozen_embeddings:
        model = Seq2Seq(replace(config, frozen_embeddings=names))
        model.set_weights(pipeline.model.get_weights())
        pipeline._hold(model)
    return {
        side: _matched(_vocab(pipeline, side), vectors, counts.get(side)) for side, vectors in chosen.items()
    }


def _vocab(pipeline, side) -> Vocabulary:
    return pipeline.source_vocab if side == "source" else pipeline.target_vocab


def _embedding(model, side) -> keras.layers.Embedding:
    return model.encoder.embedding if side == "source" else model.decoder.embedding


def _expect_width(pipeline, side, width, where):
    """Raise an error where vectors do not fit, which says what to set."""
    expected = _embedding(pipeline.model, side).output_dim
    option = "embedding_dim"
    if side == "target" and pipeline.model.config.decoder == "self_attention":
        option = "decoder_units"  # which is how wide its embedding is
    if width != expected:
        raise ValueError(
            f"Expected {side} embeddings of {expected} numbers, as the model has {option}={expected}; "
            f"received {width} in {where}. Make the model with {option}={width}: on the command line "
            f"--set model.{option}={width}."
        )


def _expect_usable(pipeline, side, vectors, embeddings):
    """Raise an error unless there are vectors, as wide as the embedding, and not all of them 0."""
    where = "a dict" if isinstance(embeddings, Mapping) else embeddings
    if not vectors:
        words = ", ".join(map(repr, _vocab(pipeline, side).tokens[len(SPECIAL_TOKENS) :][:3]))
        raise ValueError(
            f"Expected vectors of words of the {side} vocabulary, such as {words}; received none of them in "
            f"{where}. Do language, capitals and the tokenizer agree?"
        )
    _expect_width(pipeline, side, len(next(iter(vectors.values()))), where)
    if not any(vector.any() for vector in vectors.values()):
        raise ValueError(
            f"Expected {side} embeddings that are not 0 throughout; received zeros in {where}."
            " Give embeddings that training has changed, or another file."
        )


def _assign(embedding, vocab, vectors, rescale):
    """Put vectors into the rows of their tokens."""
    table = keras.ops.convert_to_numpy(embedding.embeddings).copy()
    rows = np.stack(list(vectors.values()))
    if rescale:
        rows = rows * np.sqrt(np.mean(np.square(table)) / np.mean(np.square(rows)))
    table[vocab.encode(list(vectors), add_eos=False)] = rows
    embedding.embeddings.assign(table)


def _frozen(config: Seq2SeqConfig, given: set[str]) -> FrozenEmbeddings:
    """The sides that are frozen now: those that were, and those that are given."""
    before = set(SIDES) if config.frozen_embeddings == "both" else {config.frozen_embeddings}
    together = (before | given) & set(SIDES)
    if config.shared_embedding or len(together) > 1:
        return "both"
    return cast(FrozenEmbeddings, together.pop())


def _counts(pipeline, pairs) -> dict[str, list[dict[str, int]]]:
    """How often each token stands in the texts that an embedding reads, by its side."""
    cache = pipeline.token_cache
    source = cache.tokens([source for source, _ in pairs], pipeline.prepare_source).counts()
    target = cache.tokens([target for _, target in pairs], pipeline.prepare_target).counts()
    if pipeline.model.config.shared_embedding:
        return {"source": [source, target], "target": [source, target]}
    return {"source": [source], "target": [target]}


def _matched(vocab, vectors, counts):
    entries, matched = len(vocab) - len(SPECIAL_TOKENS), len(vectors)
    if counts is None:
        return Matched(entries, matched)
    tokens = sum(sum(texts.values()) for texts in counts)
    there = sum(count for texts in counts for token, count in texts.items() if token in vectors)
    return Matched(entries, matched, tokens, there)
