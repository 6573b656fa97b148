"""Growing: a trained pipeline gets words that it lacks, and writes what it wrote before until it learns."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import keras
import numpy as np

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.layers.config import VocabSize
from s2s_lesson.layers.embeddings import TiedOutput
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.texts import sides

if TYPE_CHECKING:
    from s2s_lesson.pipeline.text_to_text import TextToText

NEW_SHARE = 1e-6  # of the probability, at most, that all new words together begin with


@checked
def grown(
    pipeline: "TextToText",
    pairs: Iterable[tuple[str, str]],
    min_count: PositiveInt = 1,
    max_vocab_size: VocabSize | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> "TextToText":
    """Copy a pipeline, with the tokens of new pairs that it lacks in its vocabularies and in its model.

    What it gives out stays the same to a millionth of the probability. A vocabulary that serves both sides
    goes on doing so. That of ``Subwords`` stays as it is: their pieces spell words that are new.

    Args:
        pipeline: ``TextToText``. It stays as it is.
        pairs: (source, target) texts, those that training goes on with.
        min_count: int. Of the tokens that are new, those that are rarer stay unknown.
        max_vocab_size: int or None, to which each side may grow, the special tokens included.
        say: function of a str, which hears how the vocabularies grow.

    Returns:
        A ``TextToText``.
    """
    source_vocab, target_vocab = _grown_vocabularies(pipeline, pairs, min_count, max_vocab_size)
    for side, vocab in (("source", source_vocab), ("target", target_vocab)):
        say(_growth(side, getattr(pipeline, f"{side}_vocab"), vocab, getattr(pipeline, f"{side}_tokens")))
    model = grown_model(pipeline.model, len(source_vocab), len(target_vocab))
    _, _, options = pipeline.description()
    larger = type(pipeline)(model, source_vocab, target_vocab, **options)
    larger.token_cache = pipeline.token_cache
    return larger


@checked
def grown_model(model: Seq2Seq, source_vocab_size: VocabSize, target_vocab_size: VocabSize) -> Seq2Seq:
    """Copy a model, with room for more tokens.

    Embeddings of new tokens begin as its layers begin, or, where the output layer shares their table, as
    ``begin_unlikely`` says; and their logits so low that they take at most ``NEW_SHARE`` of any distribution
    together.

    Args:
        model: ``Seq2Seq`` of ids. It stays as it is.
        source_vocab_size: int, as large as that of the model, or larger.
        target_vocab_size: likewise.

    Returns:
        A ``Seq2Seq``.
    """
    config = replace(model.config, source_vocab_size=source_vocab_size, target_vocab_size=target_vocab_size)
    larger = Seq2Seq(config)
    both = zip(model.get_weights(), larger.get_weights(), strict=True)
    larger.set_weights([_in_the_corner(old, new) for old, new in both])
    for layer in (larger.decoder.output_layer, larger.encoder.output_layer):
        if layer is not None and target_vocab_size > model.config.target_vocab_size:
            begin_unlikely(layer, model.config.target_vocab_size)
    return larger


def begin_unlikely(layer: keras.layers.Dense | TiedOutput, known: int) -> None:
    """Let the last outputs of an output layer begin with next to no probability, whatever it reads.

    The logarithm of a sum of exponentials is never less than its tangent:

    ln sum_i exp(logit[i]) >= sum_i share[i] (logit[i] - ln share[i])

    with shares of sum 1. Each new logit is this tangent, less ln(number of new ones / ``NEW_SHARE``). The
    shares are those that the biases alone give, and the tangent's own bias is then ln sum_i exp(bias[i]).
    The vectors of new tokens are then the mean of the old ones, by these shares: that of an embedding, too,
    where the output layer shares its table.

    Args:
        layer: ``keras.layers.Dense`` or ``TiedOutput``, whose outputs are logits.
        known: int. Outputs that stay as they are: the first ones.

    Source: Hewitt 2021, "Initializing New Word Embeddings for Pretrained Language Models", with even shares.
    """
    kernel = layer.embedding.embeddings if isinstance(layer, TiedOutput) else layer.kernel
    vectors = keras.ops.convert_to_numpy(kernel).copy()  # a row for each token, or a column
    bias = keras.ops.convert_to_numpy(layer.bias).copy()
    by_token = vectors if isinstance(layer, TiedOutput) else vectors.T
    new = len(bias) - known
    greatest = bias[:known].max()
    exponentials = np.exp(bias[:known] - greatest)
    by_token[known:] = exponentials / exponentials.sum() @ by_token[:known]
    bias[known:] = greatest + np.log(exponentials.sum()) + np.log(NEW_SHARE / new)
    kernel.assign(vectors)
    layer.bias.assign(bias)


def _grown_vocabularies(pipeline, pairs, min_count, max_vocab_size):
    """The vocabularies of both sides, with the tokens of pairs."""
    sources, targets = sides(plain_pairs(pairs))
    vocabs = [pipeline.source_vocab, pipeline.target_vocab]
    preparations = [pipeline.prepare_source, pipeline.prepare_target]
    counts = [
        Counter({} if isinstance(how.tokens, Subwords) else pipeline.token_cache.tokens(texts, how).counts())
        for texts, how in zip((sources, targets), preparations, strict=True)
    ]
    if vocabs[0] == vocabs[1]:
        both = vocabs[0].grown(counts[0] + counts[1], min_count, max_vocab_size)
        return both, both
    return [
        vocab.grown(count, min_count, max_vocab_size) for vocab, count in zip(vocabs, counts, strict=True)
    ]


def _growth(side: str, old: Vocabulary, new: Vocabulary, tokens: object) -> str:
    """How the vocabulary of a side grows, for people."""
    if isinstance(tokens, Subwords):
        return f"{side}s: the {len(old):,} subwords stay as they are, and spell words that are new"
    words = ", ".join(map(repr, new.tokens[len(old) : len(old) + 5]))
    added = len(new) - len(old)
    shown = f" ({words}{', ...' if added > 5 else ''})" if added else ""
    return f"{side}s: {added:,} new token{'s' * (added != 1)}{shown}, {len(new):,} in the vocabulary"


def _in_the_corner(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """A new array with an old one, no larger, written over its beginning along every axis."""
    new[tuple(map(slice, old.shape))] = old
    return new
