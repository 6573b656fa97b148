"""Scores of texts and tokens: perplexity, error rates, BLEU, chrF and diversity."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from s2s_lesson import _extras
from s2s_lesson.data.bleu_tokenizers import BleuTokenizer, bleu_by, bleu_tokenizer_for
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked
from s2s_lesson.data.incoming import plain_list, plain_texts

# Whose references a list of them holds: an output's, or one for every output.
Order: TypeAlias = Literal["outputs", "sets"]


def perplexity(cross_entropy: float) -> float:
    """exp(cross_entropy): among how many equally likely tokens the model is as uncertain.

    Args:
        cross_entropy: float, nats per token.

    Returns:
        float, infinite where the exponential is too large.
    """
    return math.exp(cross_entropy) if cross_entropy < 700 else math.inf


@checked
def perplexity_per_character(cross_entropy: float, tokens: NonNegativeInt, texts: Sequence[str]) -> float:
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
    texts = plain_texts(texts)
    if not texts:
        raise ValueError("Expected at least one text; received none. Give the texts to score.")
    return perplexity(cross_entropy * tokens / sum(len(text) + 1 for text in texts))


@checked
def exact_match(outputs: Sequence[Any], references: Sequence[Any], order: Order | None = None) -> float:
    """Share of the outputs that equal one of their references.

    Args:
        outputs: list of outputs, of any type that can be compared.
        references: list of lists of the same type: what counts as right for each output.
        order: "outputs" where ``references[i]`` are those of ``outputs[i]``, as said above; "sets" where
            ``references[i][j]`` is the i-th of ``outputs[j]``, as sacrebleu takes them. None means "outputs",
            and refuses references that could be either, as many for each output as there are outputs.

    Returns:
        float from 0 to 1.

    Raises:
        TypeError: outputs or references are no such lists.
        ValueError: there is no output, one has no reference, or the order could be either.
    """
    outputs, references = _with_references(outputs, references, order)
    return sum(output in right for output, right in zip(outputs, references, strict=True)) / len(outputs)


@checked
def edit_distance_rate(
    outputs: Sequence[Any], references: Sequence[Any], order: Order | None = None
) -> float:
    """Insertions, deletions and substitutions per reference token, summed over the corpus.

    Of several references the one with the fewest edits per token counts. On phonemes this is the phoneme
    error rate, on characters the character error rate, on words the word error rate.

    Args:
        outputs: list of lists of tokens, or of str to compare by character.
        references: list of lists of the same type.
        order: as in ``exact_match``.

    Returns:
        float, 0 or greater; it can exceed 1.

    Raises:
        TypeError, ValueError: as ``exact_match``.
    """
    with _extras.named():
        from rapidfuzz.distance import Levenshtein

    outputs, references = _with_references(outputs, references, order)
    edits = tokens = 0
    for output, right in zip(outputs, references, strict=True):
        distances = [(Levenshtein.distance(output, reference), len(reference)) for reference in right]
        fewest, length = min(distances, key=lambda pair: pair[0] / max(pair[1], 1))
        edits, tokens = edits + fewest, tokens + length
    return edits / max(tokens, 1)


@checked
def bleu(
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    order: Order | None = None,
    tokenize: BleuTokenizer | None = None,
) -> tuple[float, str]:
    """BLEU by sacrebleu, on text.

    Args:
        outputs: list of str.
        references: list of lists of str, for each output its own: sacrebleu's lists turned round.
        order: as in ``exact_match``.
        tokenize: what counts as a word, by sacrebleu's names: "13a" goes by blanks and marks, "intl" by
            Unicode's marks too, "none" by blanks alone; "zh" takes each Chinese character, and "char" every
            character; "ja-mecab" and "ko-mecab" cut Japanese and Korean, "flores101" and "flores200" any
            language in subwords, where they are installed. None chooses by the references' script: "13a",
            "zh", "ja-mecab" or "char", as ``bleu_tokenizers.bleu_tokenizer_for`` says.

    Returns:
        score: float from 0 to 100.
        signature: str that names tokeniser, smoothing and version, to be reported with the score.

    Raises:
        ModuleNotFoundError: a package that the tokenizer needs is not installed.
        OSError: a model that it needs is not here and cannot be downloaded.
        TypeError: an output or a reference is no string; or as ``exact_match``.
        ValueError: as ``exact_match``.

    Source: Post 2018, arXiv:1804.08771.

    >>> round(bleu(["he left early today"], [["he left early", "he left early today"]])[0])
    100
    """
    outputs, references = texts_with_references(outputs, references, order)
    chosen = tokenize or bleu_tokenizer_for(text for right in references for text in right)
    return _sacrebleu(bleu_by(chosen), outputs, references)


@checked
def chrf(
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    order: Order | None = None,
    word_order: NonNegativeInt = 0,
) -> tuple[float, str]:
    """Character n-gram F-score by sacrebleu, on text.

    Args:
        outputs: list of str.
        references: list of lists of str, for each output its own.
        order: as in ``exact_match``.
        word_order: int. Up to how many words in a row count as well: 0 is chrF, and 2 chrF++.

    Returns:
        score: float from 0 to 100.
        signature: str, to be reported with the score.

    Raises:
        TypeError, ValueError: as ``bleu``.

    Source: Popović 2015, doi:10.18653/v1/W15-3049, and 2017, doi:10.18653/v1/W17-4770.
    """
    with _extras.named():
        from sacrebleu.metrics import CHRF

    return _sacrebleu(CHRF(word_order=word_order), *texts_with_references(outputs, references, order))


@checked
def distinct_n(outputs: Sequence[Any], n: PositiveInt) -> float:
    """Share of different n-grams among all n-grams of the outputs: low where a model repeats itself.

    Args:
        outputs: list of lists of tokens.
        n: int, 1 or greater.

    Returns:
        float from 0 to 1; 0 where there is no n-gram.

    Source: Li et al. 2016, section 5, arXiv:1510.03055.
    """
    outputs = plain_list(outputs, "outputs")
    if any(isinstance(tokens, str) for tokens in outputs):
        raise TypeError("Expected lists of tokens; received a text. Tokenise it first.")
    ngrams = Counter(tuple(tokens[i : i + n]) for tokens in outputs for i in range(len(tokens) - n + 1))
    return len(ngrams) / max(ngrams.total(), 1)


@checked
def commonest_share(outputs: Sequence[Any], n: PositiveInt = 10) -> float:
    """Share of the outputs that are one of the n commonest: high where a model answers all alike.

    Args:
        outputs: list of str, or of lists of tokens.
        n: int, 1 or greater.

    Returns:
        float from 0 to 1.
    """
    counts = _counts(outputs)
    return sum(count for _, count in counts.most_common(n)) / counts.total()


def unique_share(outputs: Sequence[Any]) -> float:
    """Number of different outputs over the number of outputs.

    Args:
        outputs: list of str, or of lists of tokens.

    Returns:
        float above 0, up to 1.
    """
    counts = _counts(outputs)
    return len(counts) / counts.total()


def mean_length(outputs: Sequence[Any]) -> float:
    """Mean number of tokens in an output.

    Args:
        outputs: list of lists of tokens without the end token, or of str to count characters.

    Returns:
        float, 0 or greater.
    """
    counts = _counts(outputs)
    return sum(len(output) for output in counts.elements()) / counts.total()


def texts_with_references(
    outputs: Sequence[str], references: Sequence[Sequence[str]], order: Order | None = None
) -> tuple[Sequence[str], list[list[str]]]:
    """Put texts and, for each, its references into lists, whatever they come in.

    Args:
        outputs: list of str.
        references: list of lists of str.
        order: as in ``exact_match``.

    Returns:
        outputs: list of str.
        references: list of as many lists of str.

    Raises:
        TypeError, ValueError: as ``bleu``.
    """
    outputs, references = _with_references(plain_texts(outputs, "outputs"), references, order)
    return outputs, [plain_texts(right, f"references[{place}]") for place, right in enumerate(references)]


def _counts(outputs):
    outputs = plain_list(outputs, "outputs")
    if not outputs:
        raise ValueError("Expected at least one output; received none. Give the outputs to score.")
    return Counter(output if isinstance(output, str) else tuple(output) for output in outputs)


def _sacrebleu(metric, outputs, references):
    most = max(map(len, references))
    streams = [[right[i] if i < len(right) else None for right in references] for i in range(most)]
    score = metric.corpus_score(outputs, streams)
    return score.score, str(metric.get_signature())


def _with_references(outputs, references, order):
    """Outputs and, for each, its references: two lists of the same length."""
    outputs, references = plain_list(outputs, "outputs"), plain_list(references, "lists of references")
    if isinstance(next(iter(references), None), str):
        raise TypeError(
            "Expected for each output a list of references; received one string. Write [[text], ...]."
        )
    references = [plain_list(right, f"references in row {row}") for row, right in enumerate(references)]
    a_set_each = all(len(right) == len(outputs) for right in references)
    if order == "sets":
        if not a_set_each:
            raise ValueError(
                f'Expected a reference for each of {len(outputs)} outputs in every list, with order="sets"; '
                f"received {', '.join(str(len(right)) for right in references[:7])} in the first ones."
                " Give each list as many references as there are outputs."
            )
        references = [list(right) for right in zip(*references, strict=True)]
    if not outputs or len(outputs) != len(references) or not all(references):
        raise ValueError(
            "Expected at least one output, and for each a list of at least one reference; "
            f"received {len(outputs)} outputs and {len(references)} lists of references."
            " Give one list of references for each output."
        )
    if order is None and len(outputs) > 1 and a_set_each:
        raise ValueError(
            f"Expected an order with {len(outputs)} lists of {len(outputs)} references, which could be of an "
            'output each or as sacrebleu takes them; received none. Pass order="outputs" where references[i] '
            'are all of outputs[i], and order="sets" where references[i][j] is of outputs[j].'
        )
    return outputs, references
