"""Scores of a pipeline on held-out pairs of texts: what it writes, and how it copes with its own past."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.corpora import group_references
from s2s_lesson.data import scores
from s2s_lesson.data.expected import PositiveInt, Seed, Share, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.prediction import without_end
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import detokenize
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training import loop
from s2s_lesson.training.pasts import corrupted_past, mixed_past


@checked
def evaluate(
    pipeline: TextToText,
    pairs: Iterable[tuple[str, str]],
    beam_size: PositiveInt = 5,
    batch_size: PositiveInt = 64,
    unknown: bool = False,
    progress: bool = False,
) -> dict[str, Any]:
    """Score a pipeline on pairs that it has not seen.

    All the targets that the pairs give for a source count as right.

    Args:
        pipeline: ``TextToText``.
        pairs: (source, target) texts, as ``data.plain_pairs`` takes them.
        beam_size: int.
        batch_size: int.
        unknown: bool. Whether outputs may hold the unknown token, as in ``predict``.
        progress: bool. Show a progress bar.

    Returns:
        dict of ``pairs``, ``sources``, ``beam_size``, ``perplexity`` (per target token, the end token
        included), ``perplexity_per_character`` (of what the model is to write, cleaned as the targets are),
        ``token_accuracy`` (teacher-forced, 0 to 1), ``exact_match`` (0 to 1) and ``token_error_rate``
        (edits per reference token). Where the target is made of words or subwords, also ``bleu`` (not with
        "icu", for languages without blanks) and ``chrf`` (0 to 100) with their signatures, ``distinct_1`` and
        ``distinct_2`` (0 to 1, of tokens).

    Raises:
        ValueError: there is no pair that the model can read.
    """
    pairs = plain_pairs(pairs)
    if not pipeline.model.compiled:
        loop.compile_model(pipeline.model)
    batches = pipeline.batches(pairs, batch_size)
    teacher_forced = loop.teacher_forced_scores(pipeline.model, batches)
    targets = [pipeline.target_side(target) for source, target in pairs if pipeline.accepts(source, target)]
    sources, references = group_references(pairs)
    predictions = pipeline.predict(
        sources, beam_size, batch_size=batch_size, truncate=True, unknown=unknown, progress=progress
    )
    outputs = [without_end(prediction.tokens) for prediction in predictions]
    expected = [[pipeline.target_side(target) for target in targets] for targets in references]
    figures: dict[str, Any] = {
        "pairs": len(pairs),
        "sources": len(sources),
        "beam_size": beam_size,
        "perplexity": teacher_forced["perplexity"],
        "perplexity_per_character": scores.perplexity_per_character(
            teacher_forced["loss"],
            sum(map(len, batches.target_ids)),
            [detokenize(tokens, pipeline.target_tokens) for tokens in targets],
        ),
        "token_accuracy": teacher_forced["accuracy"],
        "exact_match": scores.exact_match(outputs, expected, "outputs"),
        "token_error_rate": scores.edit_distance_rate(outputs, expected, "outputs"),
    }
    if pipeline.target_tokens in ("words", "casual", "icu") or isinstance(pipeline.target_tokens, Subwords):
        texts = [prediction.text for prediction in predictions]
        right = [[detokenize(tokens, pipeline.target_tokens) for tokens in lists] for lists in expected]
        if pipeline.target_tokens != "icu":  # BLEU counts what stands between blanks
            figures["bleu"], figures["bleu_signature"] = scores.bleu(texts, right, "outputs")
        figures["chrf"], figures["chrf_signature"] = scores.chrf(texts, right, "outputs")
        figures["distinct_1"] = scores.distinct_n(outputs, 1)
        figures["distinct_2"] = scores.distinct_n(outputs, 2)
    return figures


@checked
def exposure(
    pipeline: TextToText,
    pairs: Iterable[tuple[str, str]],
    shares: Sequence[Share] = (0.05, 0.1, 0.2),
    batch_size: PositiveInt = 128,
    seed: Seed = 0,
) -> dict[str, Any]:
    """Score every next token of the targets, given the true past, the model's own, and a corrupted one.

    The targets are the same in all three; only what the decoder reads differs. The model's own past is what
    greedy decoding writes, as long as the target.

    Args:
        pipeline: ``TextToText``.
        pairs: (source, target) texts, as ``data.plain_pairs`` takes them.
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
        state = model.encode(inputs["source_ids"], inputs.get("copy_ids"))
        return mixed_past(model, inputs["decoder_inputs"], state, 0.0, coins)

    def corrupted(share):
        vocab_size = len(pipeline.target_vocab)
        return lambda inputs: corrupted_past(inputs["decoder_inputs"], share, vocab_size, generator)

    pasts = {
        "teacher_forced": lambda inputs: inputs["decoder_inputs"],
        "free_running": engine.compile_function(own_past, model),
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
