"""evaluate: score a pipeline on held-out pairs of texts."""

from s2s_lesson import metrics, training
from s2s_lesson.corpora import group_references
from s2s_lesson.prediction import without_end
from s2s_lesson.text import detokenize


def evaluate(pipeline, pairs, beam_size=5, batch_size=64, progress=False):
    """Score a pipeline on pairs that it has not seen.

    All the targets that the pairs give for a source count as right.

    Args:
        pipeline: ``TextToText``.
        pairs: list of (source, target) texts.
        beam_size: int.
        batch_size: int.
        progress: bool. Show a progress bar.

    Returns:
        dict of ``pairs``, ``sources``, ``beam_size``, ``perplexity`` (per target token, the end token
        included), ``token_accuracy`` (teacher-forced, 0 to 1), ``exact_match`` (0 to 1) and
        ``token_error_rate`` (edits per reference token). Where the target is made of words, also ``bleu`` and
        ``chrf`` (0 to 100) with their signatures, ``distinct_1`` and ``distinct_2`` (0 to 1).

    Raises:
        ValueError: there is no pair that the model can read.
    """
    if not pipeline.model.compiled:
        training.compile_model(pipeline.model)
    teacher_forced = training.teacher_forced_scores(pipeline.model, pipeline.batches(pairs, batch_size))
    sources, references = group_references(pairs)
    predictions = pipeline.predict(
        sources, beam_size, batch_size=batch_size, truncate=True, progress=progress
    )
    outputs = [without_end(prediction.tokens) for prediction in predictions]
    expected = [[pipeline.target_side(target) for target in targets] for targets in references]
    scores = {
        "pairs": len(pairs),
        "sources": len(sources),
        "beam_size": beam_size,
        "perplexity": teacher_forced["perplexity"],
        "token_accuracy": teacher_forced["accuracy"],
        "exact_match": metrics.exact_match(outputs, expected),
        "token_error_rate": metrics.edit_distance_rate(outputs, expected),
    }
    if pipeline.target_tokens in ("words", "casual"):
        texts = [prediction.text for prediction in predictions]
        right = [[detokenize(tokens, pipeline.target_tokens) for tokens in lists] for lists in expected]
        scores["bleu"], scores["bleu_signature"] = metrics.bleu(texts, right)
        scores["chrf"], scores["chrf_signature"] = metrics.chrf(texts, right)
        scores["distinct_1"] = metrics.distinct_n(outputs, 1)
        scores["distinct_2"] = metrics.distinct_n(outputs, 2)
    return scores
