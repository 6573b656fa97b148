"""Trained models as scripts for the page, where plain JavaScript runs them: see ``views/src/model/``."""

import base64
from dataclasses import asdict

import keras
from page_tokens import tokens_for_page

from s2s_lesson.deployed.manifest import Weights
from s2s_lesson.layers.embeddings import TiedOutput
from s2s_lesson.pipeline.export.rounding import stored_form

# Options that the engine of the page reads, and others, of which it knows these values alone.
READ = (
    "encoder_layers",
    "encoder_units",
    "decoder_layers",
    "decoder_units",
    "cell",
    "bidirectional",
    "residual",
    "attention",
    "attention_order",
    "input_feeding",
    "temperature",
    "shared_embedding",
    "tied_output",
)
PLAIN = {"decoder": "recurrent", "window": "none", "coverage": False, "copy": False, "source_features": None}


def model_for_page(model, weights: Weights):
    """What the engine of the page needs of a model.

    Args:
        model: ``Seq2Seq``.
        weights: "float16" or "int8", how its weights are stored.

    Returns:
        dict for JSON of ``config`` and ``weights``, by name, each with its ``shape``, and in base64
        ``float16``, or ``int8`` with its ``scale`` and ``by``, whether that is of each "row" or "column".

    Raises:
        ValueError: the model has a part that the engine of the page has not.
    """
    config = asdict(model.config)
    if others := {name: config[name] for name, value in PLAIN.items() if config[name] != value}:
        raise ValueError(f"Expected a model with {PLAIN}, as the page runs them; received {others}.")
    return {
        "config": {name: config[name] for name in READ},
        "weights": {name: _stored(value, weights, by_row) for name, value, by_row in named_weights(model)},
    }


def pipeline_for_page(pipeline, weights: Weights):
    """What the page needs of a trained pipeline: ``model_for_page``, its tokenizers, and its longest texts.

    Args:
        pipeline: ``TextToText``.
        weights: "float16" or "int8".

    Returns:
        dict for JSON.

    Raises:
        ValueError: the model, or a tokenizer, has a part that the page has not.
    """
    return {
        **model_for_page(pipeline.model, weights),
        "source": tokens_for_page(pipeline.prepare_source, pipeline.source_vocab),
        "target": tokens_for_page(pipeline.prepare_target, pipeline.target_vocab),
        "max_source_length": pipeline.max_source_length,
        "max_output_length": pipeline.max_output_length,
    }


def named_weights(model):
    """The weights of a model: its variables, by the names that the page knows them by.

    Args:
        model: ``Seq2Seq``.

    Yields:
        Names, ``keras.Variable`` and whether a row is a token's.
    """
    config, encoder, decoder = model.config, model.encoder, model.decoder
    yield "encoder.embedding", encoder.embedding.embeddings, True
    for index, layer in enumerate(encoder.recurrent_layers):
        ways = [layer.forward_layer, layer.backward_layer] if config.bidirectional else [layer]
        for way, one in zip(("forward", "backward"), ways, strict=False):
            yield from _parts(f"encoder.{index}.{way}", one.cell, "kernel", "recurrent_kernel", "bias")
    for index, projection in enumerate(model.bridge.projections):
        yield from _parts(f"bridge.{index}", projection, "kernel", "bias")
    if not config.shared_embedding:
        yield "decoder.embedding", decoder.embedding.embeddings, True
    for index, layer in enumerate(decoder.recurrent_layers):
        yield from _parts(f"decoder.{index}", layer.cell, "kernel", "recurrent_kernel", "bias")
    names = [name for name in ("key_kernel", "query_kernel", "v") if hasattr(decoder.attention, name)]
    yield from _parts("attention", decoder.attention, *names)
    yield from _parts("attended", decoder.attended_layer, "kernel", "bias")
    output = decoder.output_layer
    if not isinstance(output, TiedOutput):
        yield from _parts("output", output, "kernel", "bias")
        return
    if output.projection is not None:
        yield "output.projection", output.projection.kernel, False
    yield from _parts("output", output, "bias")


def _parts(name, layer, *parts):
    for part in parts:
        yield f"{name}.{part}", getattr(layer, part), False


def _stored(variable, weights, by_row):
    """A variable as the page reads it."""
    array, scale = stored_form(keras.ops.convert_to_numpy(variable), weights, by_row)
    told = {"shape": list(array.shape), array.dtype.name: _base64(array)}
    return told if scale is None else {**told, "scale": _base64(scale), "by": "row" if by_row else "column"}


def _base64(array):
    """The bytes of an array, the lowest of each number first, as browsers' machines have them."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<"), order="C").tobytes()).decode()
