"""Scores of texts by the names of metrics: what a model wrote beside what it should have written."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from s2s_lesson.data import scores
from s2s_lesson.data.bleu_tokenizers import BleuTokenizer
from s2s_lesson.data.expected import checked, expect

TextMetric: TypeAlias = Literal[
    "bleu", "chrf", "chrf++", "character_error_rate", "word_error_rate", "exact_match"
]


@checked
def score_texts(
    outputs: Sequence[str],
    references: Sequence[Sequence[str]],
    metrics: Sequence[TextMetric] = ("bleu", "chrf"),
    bleu_tokenizer: BleuTokenizer | None = None,
    order: scores.Order | None = None,
) -> dict[str, float | str]:
    """Score outputs, of whatever model, by the metrics that are named.

    Args:
        outputs: list of str.
        references: list of lists of str, for each output what counts as right.
        metrics: names, one or more: "bleu", "chrf" and "chrf++" (which counts words and pairs of words as
            well), 0 to 100; "character_error_rate" and "word_error_rate", edits per character or word of the
            references, words being what stands between blanks; "exact_match", 0 to 1.
        bleu_tokenizer: what BLEU counts as a word, as in ``data.bleu``; None goes by the references' script.
        order: as in ``data.exact_match``.

    Returns:
        dict of a score for each name, in the order of the names. Those of sacrebleu, the first three, are
        followed by their signature, such as ``bleu_signature``, to be reported with the score.

    Raises:
        ModuleNotFoundError, OSError: what a metric needs is not installed.
        TypeError: an output or a reference is no string; or as ``data.exact_match``.
        ValueError: a name is unknown, there is none, or a tokenizer is given without "bleu"; or as
            ``data.exact_match``.

    >>> figures = score_texts(["他今天走得很早。"], [["他今天走得很早。"]], ["bleu", "exact_match"])
    >>> round(figures["bleu"]), figures["exact_match"], "tok:zh" in figures["bleu_signature"]
    (100, 1.0, True)
    """
    expect_metrics(metrics, bleu_tokenizer)
    outputs, references = scores.texts_with_references(outputs, references, order)
    by_sacrebleu: dict[str, Callable[[], tuple[float, str]]] = {
        "bleu": lambda: scores.bleu(outputs, references, "outputs", bleu_tokenizer),
        "chrf": lambda: scores.chrf(outputs, references, "outputs"),
        "chrf++": lambda: scores.chrf(outputs, references, "outputs", word_order=2),
    }
    others: dict[str, Callable[[], float]] = {
        "character_error_rate": lambda: scores.edit_distance_rate(outputs, references, "outputs"),
        "word_error_rate": lambda: scores.edit_distance_rate(
            [output.split() for output in outputs],
            [[reference.split() for reference in right] for right in references],
            "outputs",
        ),
        "exact_match": lambda: scores.exact_match(outputs, references, "outputs"),
    }
    figures: dict[str, float | str] = {}
    for name in metrics:
        if name in by_sacrebleu:
            figures[name], figures[f"{name}_signature"] = by_sacrebleu[name]()
        else:
            figures[name] = others[name]()
    return figures


def expect_metrics(metrics: Sequence[str], bleu_tokenizer: str | None) -> None:
    """Make sure that there is a metric, and BLEU where a tokenizer is given for it.

    Raises:
        ValueError: there is none, or the tokenizer would be of no use.
    """
    expect("metrics", list(metrics), len(metrics) > 0, "with at least one name")
    fits = bleu_tokenizer is None or "bleu" in metrics
    expect("bleu_tokenizer", bleu_tokenizer, fits, 'None, or metrics with "bleu"')
