"""Scores of texts and tokens: perplexity, error rates, BLEU, chrF and diversity."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from s2s_lesson import _extras


def perplexity(cross_entropy: float) -> float:
    """exp(cross_entropy): among how many equally likely tokens the model is as uncertain.

    Args:
        cross_entropy: float, nats per token.

    Returns:
        float, infinite where the exponential is too large.
    """
    return math.exp(cross_entropy) if cross_entropy < 700 else math.inf


def perplexity_per_character(cross_entropy: float, tokens: int, texts: Sequence[str]) -> float:
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


def exact_match(outputs: Sequence[Any], references: Sequence[Any]) -> float:
    """Share of the outputs that equal one of their references.

    Args:
        outputs: list of outputs, of any type that can be compared.
        references: list of lists of the same type: what counts as right for each output.

    Returns:
        float from 0 to 1.
    """
    _expect_same_length(outputs, references)
    return sum(output in right for output, right in zip(outputs, references, strict=True)) / len(outputs)


def edit_distance_rate(outputs: Sequence[Any], references: Sequence[Any]) -> float:
    """Insertions, deletions and substitutions per reference token, summed over the corpus.

    Of several references the one with the fewest edits per token counts. On phonemes this is the phoneme
    error rate, on characters the character error rate, on words the word error rate.

    Args:
        outputs: list of lists of tokens, or of str to compare by character.
        references: list of lists of the same type.

    Returns:
        float, 0 or greater; it can exceed 1.
    """
    with _extras.named():
        from rapidfuzz.distance import Levenshtein

    _expect_same_length(outputs, references)
    edits = tokens = 0
    for output, right in zip(outputs, references, strict=True):
        distances = [(Levenshtein.distance(output, reference), len(reference)) for reference in right]
        fewest, length = min(distances, key=lambda pair: pair[0] / max(pair[1], 1))
        edits, tokens = edits + fewest, tokens + length
    return edits / max(tokens, 1)


def bleu(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, str]:
    """BLEU by sacrebleu, on text.

    Args:
        outputs: list of str.
        references: list of lists of str.

    Returns:
        score: float from 0 to 100.
        signature: str that names tokeniser, smoothing and version, to be reported with the score.

    Source: Post 2018, arXiv:1804.08771.
    """
    with _extras.named():
        from sacrebleu.metrics import BLEU

    return _sacrebleu(BLEU(), outputs, references)


def chrf(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, str]:
    """Character n-gram F-score by sacrebleu, on text.

    Args, returns: as ``bleu``.

    Source: Popović 2015, doi:10.18653/v1/W15-3049.
    """
    with _extras.named():
        from sacrebleu.metrics import CHRF

    return _sacrebleu(CHRF(), outputs, references)


def distinct_n(outputs: Sequence[Any], n: int) -> float:
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


def commonest_share(outputs: Sequence[Any], n: int = 10) -> float:
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


def unique_share(outputs: Sequence[Any]) -> float:
    """Number of different outputs over the number of outputs.

    Args:
        outputs: list of str, or of lists of tokens.

    Returns:
        float above 0, up to 1.
    """
    return len(_counts(outputs)) / len(outputs)


def mean_length(outputs: Sequence[Any]) -> float:
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
