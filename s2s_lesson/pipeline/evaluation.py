"""Scores of a pipeline on held-out pairs: what it writes, and how it copes with its own past."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, get_args

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.data import scores
from s2s_lesson.data.bleu_tokenizers import BleuTokenizer
from s2s_lesson.data.expected import PositiveInt, Seed, Share, checked
from s2s_lesson.data.metrics import TextMetric, expect_metrics, score_texts
from s2s_lesson.data.prediction import without_end
from s2s_lesson.data.sides import Source
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import detokenize
from s2s_lesson.pipeline.ensembles import PipelineEnsemble
from s2s_lesson.pipeline.to_text import ToText
from s2s_lesson.training import loop
from s2s_lesson.training.pasts import corrupted_past, mixed_past

TeacherForced: TypeAlias = Literal["perplexity", "perplexity_per_character", "token_accuracy"]
Metric: TypeAlias = Literal[TeacherForced, "token_error_rate", "distinct", TextMetric]


@checked
def evaluate(
    pipeline: ToText[Source] | PipelineEnsemble[Source],
    pairs: Iterable[tuple[Source, str]],
    beam_size: PositiveInt = 5,
    batch_size: PositiveInt = 64,
    unknown: bool = False,
    progress: bool = False,
    *,
    metrics: Sequence[Metric] | None = None,
    bleu_tokenizer: BleuTokenizer | None = None,
) -> dict[str, Any]:
    """Score a pipeline on pairs that it has not seen.

    All the targets that the pairs give for a source count as right; each array is a source of its own.

    Args:
        pipeline: ``TextToText``, ``SequenceToText``, or a ``PipelineEnsemble`` of such.
        pairs: (source, target) pairs, as for ``fit``.
        beam_size: int.
        batch_size: int.
        unknown: bool. Whether outputs may hold the unknown token, as in ``predict``.
        progress: bool. Show a progress bar.
        metrics: names, one or more, or None, which chooses what suits the pipeline's tokens. Teacher-forced:
            "perplexity" (per target token, the end token included), "perplexity_per_character" (of what the
            model is to write, cleaned as the targets are), "token_accuracy" (0 to 1). Of the tokens that the
            model writes: "exact_match" (0 to 1), "token_error_rate" (edits per reference token), "distinct"
            (``distinct_1`` and ``distinct_2``, 0 to 1). Of its texts: "bleu", "chrf", "chrf++" (0 to 100),
            "character_error_rate", "word_error_rate", as in ``data.score_texts``.
        bleu_tokenizer: what BLEU counts as a word, as in ``data.bleu``; None goes by the targets' script.

    Returns:
        dict of ``pairs``, ``sources``, ``beam_size``, and of what was chosen, with the signatures of BLEU and
        chrF. None chooses the teacher-forced ones, exact match and token error rate; where the target is made
        of words or subwords, also BLEU (not with "icu"), chrF and "distinct".

    Raises:
        ValueError: there is no pair that the model can read; a name is unknown, or there is none; or a
            tokenizer is given without "bleu".
    """
    chosen = _suited(pipeline.target_tokens) if metrics is None else list(metrics)
    expect_metrics(chosen, bleu_tokenizer)
    pairs = pipeline.plain_pairs(pairs)
    batches = pipeline.batches(pairs, batch_size, progress=progress)
    sources, references = pipeline.references(pairs)
    figures: dict[str, Any] = {"pairs": len(pairs), "sources": len(sources), "beam_size": beam_size}
    if forced := [name for name in get_args(TeacherForced) if name in chosen]:
        measured = _teacher_forced(pipeline, pairs, batches)
        figures |= {name: measured[name] for name in forced}
    if len(forced) == len(set(chosen)):
        return figures
    predictions = pipeline.predict(
        sources, beam_size, batch_size=batch_size, truncate=True, unknown=unknown, progress=progress
    )
    outputs = [without_end(prediction.tokens) for prediction in predictions]
    expected = [[pipeline.target_side(target) for target in targets] for targets in references]
    if "exact_match" in chosen:
        figures["exact_match"] = scores.exact_match(outputs, expected, "outputs")
    if "token_error_rate" in chosen:
        figures["token_error_rate"] = scores.edit_distance_rate(outputs, expected, "outputs")
    if of_texts := [name for name in get_args(TextMetric) if name in chosen and name != "exact_match"]:
        texts = [prediction.text for prediction in predictions]
        right = [[detokenize(tokens, pipeline.target_tokens) for tokens in lists] for lists in expected]
        figures |= score_texts(texts, right, of_texts, bleu_tokenizer, "outputs")
    if "distinct" in chosen:
        figures |= {f"distinct_{n}": scores.distinct_n(outputs, n) for n in (1, 2)}
    return figures


def _suited(target_tokens):
    """The metrics that suit the tokens of the targets."""
    chosen = [*get_args(TeacherForced), "exact_match", "token_error_rate"]
    if target_tokens in ("words", "casual", "icu") or isinstance(target_tokens, Subwords):
        chosen += ["chrf", "distinct"] if target_tokens == "icu" else ["bleu", "chrf", "distinct"]
    return chosen


def _teacher_forced(pipeline, pairs, batches):
    measured = pipeline.teacher_forced_scores(batches)
    targets = [pipeline.target_side(target) for source, target in pairs if pipeline.accepts(source, target)]
    return {
        "perplexity": measured["perplexity"],
        "perplexity_per_character": scores.perplexity_per_character(
            measured["loss"],
            sum(map(len, batches.target_ids)),
            [detokenize(tokens, pipeline.target_tokens) for tokens in targets],
        ),
        "token_accuracy": measured["accuracy"],
    }


@checked
def exposure(
    pipeline: ToText[Source],
    pairs: Iterable[tuple[Source, str]],
    shares: Sequence[Share] = (0.05, 0.1, 0.2),
    batch_size: PositiveInt = 128,
    seed: Seed = 0,
) -> dict[str, Any]:
    """Score every next token of the targets, given the true past, the model's own, and a corrupted one.

    The targets are the same in all three; only what the decoder reads differs. The model's own past is what
    greedy decoding writes, as long as the target.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        pairs: (source, target) pairs, as for ``fit``.
        shares: floats from 0 to 1. Shares of the past's tokens that random other ones replace.
        batch_size: int.
        seed: int, of what is corrupted.

    Returns:
        dict of dicts of ``loss`` (nats per token), ``perplexity`` and ``accuracy`` (0 to 1):
        ``teacher_forced``, ``free_running``, and one for each share, ``corrupted_0.05`` for example.
    """
    model, generator = pipeline.model, np.random.default_rng(seed)
    if not model.compiled:
        loop.compile_model(model)
    coins = keras.random.SeedGenerator(seed)

    def own_past(inputs):
        state = model.encode_inputs(inputs)
        return mixed_past(model, inputs["decoder_inputs"], state, 0.0, coins)

    def corrupted(share):
        vocab_size = len(pipeline.target_vocab)
        return lambda inputs: corrupted_past(inputs["decoder_inputs"], share, vocab_size, generator)

    pasts = {
        "teacher_forced": lambda inputs: inputs["decoder_inputs"],
        "free_running": engine.compile_function(own_past, model, batches=True),
        **{f"corrupted_{share}": corrupted(share) for share in shares},
    }
    padded = pipeline.batches(pairs, batch_size)
    batches = [padded[index] for index in range(len(padded))]
    scores = {}
    for name, past in pasts.items():
        given = [
            ({**inputs, "decoder_inputs": keras.ops.convert_to_numpy(past(inputs))}, targets)
            for inputs, targets in batches
        ]
        scores[name] = loop.teacher_forced_scores(model, given)
    return scores
