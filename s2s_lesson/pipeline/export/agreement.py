"""Agreement: how well an export agrees with its model, measured on texts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from s2s_lesson.data.sides import Options
from s2s_lesson.data.text import detokenize
from s2s_lesson.deployed.manifest import Weights
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.rounding import rounded
from s2s_lesson.search.ranking import log_softmax

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.deployed.exported import Exported
    from s2s_lesson.pipeline.to_text import ToText

TOLERANCE = 1e-5  # of probabilities
SOURCES, LONGEST, SEED = 50, 12, 0  # what is drawn where none are given


def with_stored_weights(model: Seq2Seq, weights: Weights) -> Seq2Seq:
    """The same model in float32, with the weights that are left when they were stored.

    Args:
        model: ``Seq2Seq``.
        weights: "float32", "float16" or "int8".

    Returns:
        ``Seq2Seq``, a new one.
    """
    twin = Seq2Seq(replace(model.config, precision="float32"))
    tables = {id(layer.embeddings) for layer in _embeddings(twin)}
    for new, old in zip(twin.weights, model.weights, strict=True):
        new.assign(rounded(ops.convert_to_numpy(old), weights, by_row=id(new) in tables))
    return twin


def agreement(
    pipeline: "ToText[Source]", model: Seq2Seq, exported: "Exported", sources: Iterable["Source"] | None
) -> dict[str, float]:
    """Compare an export with its model.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText`` that was exported.
        model: ``Seq2Seq`` with the weights as they were stored.
        exported: what was written, loaded again.
        sources: what to read; None draws some.

    Returns:
        dict of ``sources``, how many; ``drawn``, bool, whether they were drawn from the vocabulary;
        ``largest_difference``, between probabilities of the export and of ``model``, over all tokens and
        steps of greedy outputs; ``largest_log_difference``, likewise between log-probabilities, as a share
        where these are below -1: a text that the model can make nothing of has the largest;
        ``same_outputs``, the share of sources for which beam search of width 5 writes what the pipeline's
        own model writes.
    """
    drawn = sources is None
    chosen = _drawn(pipeline) if sources is None else pipeline.plain_sources(sources)
    sides = [
        side for side in map(pipeline.source_side, chosen) if 0 < len(side) <= pipeline.max_source_length
    ]
    if not sides:
        raise ValueError(
            f"Expected sources of 1 to {pipeline.max_source_length} {pipeline.parts}, to compare on; "
            "received none. Leave them out, and some are drawn."
        )
    search: Options = {"beam_size": 5, "truncate": True, "compile_step": False}
    both = [one.predict(chosen, **search) for one in (pipeline, exported)]
    same = [mine.tokens == other.tokens for mine, other in zip(*both, strict=True)]
    parts = [sides[start : start + 32] for start in range(0, len(sides), 32)]
    largest = np.max([_differences(pipeline, model, exported, part) for part in parts], axis=0)
    return {
        "sources": len(chosen),
        "drawn": drawn,
        "largest_difference": float(largest[0]),
        "largest_log_difference": float(largest[1]),
        "same_outputs": float(np.mean(same)),
    }


def _differences(pipeline, model, exported, sides):
    """The two largest differences over greedy outputs of a few sources: float (2,)."""
    inputs = pipeline.source_inputs(sides)
    mine, other = model.encode_inputs(inputs), exported.start(inputs)
    vocab = pipeline.target_vocab
    tokens, ended = np.full(len(sides), vocab.bos_id, "int32"), np.zeros(len(sides), bool)
    largest = np.zeros(2)
    for _ in range(pipeline.max_output_length):
        logits, mine = model.step(tokens, mine)
        other_logits, other = exported.step(tokens, other)
        expected, received = (log_softmax(ops.convert_to_numpy(one))[0] for one in (logits, other_logits))
        both = (
            np.abs(np.exp(expected) - np.exp(received)),
            np.abs(expected - received) / np.maximum(1, np.abs(expected)),
        )
        largest = np.maximum(largest, [differences[~ended].max() for differences in both])
        tokens = expected.argmax(axis=-1).astype("int32")
        ended |= tokens == vocab.eos_id
        if ended.all():
            break
    return largest


def _drawn(pipeline):
    """Short sources: texts of tokens of the vocabulary, or vectors."""
    rng = np.random.default_rng(SEED)
    lengths = rng.integers(1, min(LONGEST, pipeline.max_source_length) + 1, SOURCES)
    if pipeline.source_vocab is None:
        features = pipeline.model.config.source_features
        return [rng.normal(size=(length, features)).astype("float32") for length in lengths]
    tokens = pipeline.source_vocab.tokens[4:] or pipeline.source_vocab.tokens
    drawn = [[tokens[index] for index in rng.integers(0, len(tokens), length)] for length in lengths]
    return [detokenize(text, pipeline.source_tokens) for text in drawn]


def _embeddings(model):
    """Layers that look ids up in a table."""
    return [
        part.embedding for part in (model.encoder, model.decoder) if hasattr(part.embedding, "embeddings")
    ]
