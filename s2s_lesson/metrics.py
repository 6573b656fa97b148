"""Scores: token accuracy and perplexity while training, error rates, BLEU, chrF and diversity on text."""

import math
from collections import Counter

import keras
from keras import ops

from s2s_lesson.losses import token_cross_entropy
from s2s_lesson.masks import padding_mask


class _TokenMean(keras.metrics.Metric):
    """Mean over all real tokens seen since the last reset."""

    def __init__(self, name, **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, targets, logits, sample_weight=None):
        mask = padding_mask(targets)
        values = ops.cast(self.per_token(targets, logits), self.dtype)
        self.total.assign_add(ops.sum(ops.where(mask, values, ops.zeros_like(values))))
        self.count.assign_add(ops.sum(ops.cast(mask, self.dtype)))

    def result(self):
        return self.total / ops.maximum(self.count, 1)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TokenCrossEntropy(_TokenMean):
    """Cross-entropy of the real tokens, in nats per token; its exponential is the perplexity."""

    def __init__(self, name="cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)

    def per_token(self, targets, logits):
        return token_cross_entropy(targets, logits)


@keras.saving.register_keras_serializable(package="s2s_lesson")
class TokenAccuracy(_TokenMean):
    """Share of the real tokens to which the model gives the highest score."""

    def __init__(self, name="accuracy", **kwargs):
        super().__init__(name=name, **kwargs)

    def per_token(self, targets, logits):
        return ops.equal(ops.cast(targets, "int32"), ops.cast(ops.argmax(logits, axis=-1), "int32"))


def perplexity(cross_entropy):
    """exp(cross_entropy): among how many equally likely tokens the model is as uncertain.

    Args:
        cross_entropy: float, nats per token.

    Returns:
        float, infinite where the exponential is too large.
    """
    return math.exp(cross_entropy) if cross_entropy < 700 else math.inf


def perplexity_per_character(cross_entropy, tokens, texts):
    """exp(cross_entropy * tokens / characters): compares models whose tokens differ, on the same texts.

    Args:
        cross_entropy: float, nats per token of the texts, their end tokens included.
        tokens: int, of all texts together, the end tokens included.
        texts: list of str. The end of each counts as one more character.

    Returns:
        float, 1 or greater.

    Raises:
        ValueError: there is no text.
    """
    if not texts:
        raise ValueError("Expected at least one text; received none.")
    return perplexity(cross_entropy * tokens / sum(len(text) + 1 for text in texts))


def exact_match(outputs, references):
    """Share of the outputs that equal one of their references.

    Args:
        outputs: list of outputs, of any type that can be compared.
        references: list of lists of the same type: what counts as right for each output.

    Returns:
        float from 0 to 1.
    """
    _expect_same_length(outputs, references)
    return sum(output in right for output, right in zip(outputs, references, strict=True)) / len(outputs)


def edit_distance_rate(outputs, references):
    """Insertions, deletions and substitutions per reference token, summed over the corpus.

    Of several references the one with the fewest edits per token counts. On phonemes this is the phoneme
    error rate, on characters the character error rate, on words the word error rate.

    Args:
        outputs: list of lists of tokens, or of str to compare by character.
        references: list of lists of the same type.

    Returns:
        float, 0 or greater; it can exceed 1.
    """
    from rapidfuzz.distance import Levenshtein

    _expect_same_length(outputs, references)
    edits = tokens = 0
    for output, right in zip(outputs, references, strict=True):
        distances = [(Levenshtein.distance(output, reference), len(reference)) for reference in right]
        fewest, length = min(distances, key=lambda pair: pair[0] / max(pair[1], 1))
        edits, tokens = edits + fewest, tokens + length
    return edits / max(tokens, 1)


def bleu(outputs, references):
    """BLEU by sacrebleu, on text.

    Args:
        outputs: list of str.
        references: list of lists of str.

    Returns:
        score: float from 0 to 100.
        signature: str that names tokeniser, smoothing and version, to be reported with the score.

    Source: Post 2018, arXiv:1804.08771.
    """
    from sacrebleu.metrics import BLEU

    return _sacrebleu(BLEU(), outputs, references)


def chrf(outputs, references):
    """Character n-gram F-score by sacrebleu, on text.

    Args, returns: as ``bleu``.

    Source: Popović 2015, doi:10.18653/v1/W15-3049.
    """
    from sacrebleu.metrics import CHRF

    return _sacrebleu(CHRF(), outputs, references)


def distinct_n(outputs, n):
    """Share of different n-grams among all n-grams of the outputs: low where a model repeats itself.

    Args:
        outputs: list of lists of tokens.
        n: int, 1 or greater.

    Returns:
        float from 0 to 1; 0 where there is no n-gram.

    Source: Li et al. 2016, section 5, arXiv:1510.03055.
    """
    if n < 1:
        raise ValueError(f"Expected n of at least 1; received {n}.")
    ngrams = Counter(tuple(tokens[i : i + n]) for tokens in outputs for i in range(len(tokens) - n + 1))
    return len(ngrams) / max(ngrams.total(), 1)


def commonest_share(outputs, n=10):
    """Share of the outputs that are one of the n commonest: high where a model answers all alike.

    Args:
        outputs: list of str, or of lists of tokens.
        n: int, 1 or greater.

    Returns:
        float from 0 to 1.
    """
    if n < 1:
        raise ValueError(f"Expected n of at least 1; received {n}.")
    return sum(count for _, count in _counts(outputs).most_common(n)) / len(outputs)


def unique_share(outputs):
    """Number of different outputs over the number of outputs.

    Args:
        outputs: list of str, or of lists of tokens.

    Returns:
        float above 0, up to 1.
    """
    return len(_counts(outputs)) / len(outputs)


def mean_length(outputs):
    """Mean number of tokens in an output.

    Args:
        outputs: list of lists of tokens without the end token, or of str to count characters.

    Returns:
        float, 0 or greater.
    """
    return sum(len(output) for output in _counts(outputs).elements()) / len(outputs)


def _counts(outputs):
    if isinstance(outputs, str):
        raise TypeError("Expected a list of outputs; received one string. Write [text].")
    if not outputs:
        raise ValueError("Expected at least one output; received none.")
    return Counter(output if isinstance(output, str) else tuple(output) for output in outputs)


def _sacrebleu(metric, outputs, references):
    _expect_same_length(outputs, references)
    most = max(map(len, references))
    streams = [[right[i] if i < len(right) else None for right in references] for i in range(most)]
    score = metric.corpus_score(outputs, streams)
    return score.score, str(metric.get_signature())


def _expect_same_length(outputs, references):
    if isinstance(next(iter(references), None), str):
        raise TypeError(
            "Expected for each output a list of references; received one string. Write [[text], ...]."
        )
    if not outputs or len(outputs) != len(references) or not all(references):
        raise ValueError(
            "Expected at least one output, and for each a list of at least one reference; "
            f"received {len(outputs)} outputs and {len(references)} lists of references."
        )
