"""One step of the self-attention decoder as a graph, and what it needs of a source."""

import math

from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.parts import (
    dense,
    embeddings,
    masked_softmax,
    normalise,
    vocabulary_scores,
)


def add_block_leaves(graph: Graph, model: Seq2Seq, outputs: str) -> None:
    """Add to an encoder what the blocks need: leaves of the state before the first step.

    Of each block, the source's keys (sentences, heads, head_dim, source_length) and values (sentences, heads,
    source_length, head_dim), and caches for the target's, of length 0.

    Args:
        graph: ``Graph`` of the encoder.
        model: ``Seq2Seq`` with a self-attention decoder.
        outputs: float (sentences, source_length, width), the encoder's outputs.
    """
    heads, head_dim = _heads(model)
    sentences = graph("Shape", outputs, start=0, end=1)
    empty = graph("Concat", sentences, graph.integers(heads, 0, head_dim), axis=0)
    for index, block in enumerate(model.decoder.blocks):
        for name, layer, perm in (
            ("keys", block.source_attention.key_layer, [0, 2, 3, 1]),
            ("values", block.source_attention.value_layer, [0, 2, 1, 3]),
        ):
            split = _split(graph, dense(graph, layer, outputs), heads, head_dim)
            shape: list[int | str] = ["sentences", heads, "source_length", head_dim]
            if name == "keys":
                shape[2:] = [head_dim, "source_length"]
            graph.output(f"{name}_{index}", graph("Transpose", split, perm=perm), shape=shape)
            cache = graph("Expand", graph.constant([[[[0.0]]]]), empty)
            graph.output(f"cache_{name}_{index}", cache, shape=["sentences", heads, "past", head_dim])


def self_attention_step_graph(model: Seq2Seq, graph: Graph) -> None:
    """Write ``SelfAttentionDecoder.step`` into a graph. Its caches grow by one position a step.

    Args:
        model: ``Seq2Seq`` with a self-attention decoder.
        graph: ``Graph``, empty.
    """
    config, decoder = model.config, model.decoder
    units, (heads, head_dim) = config.decoder_units, _heads(model)
    token_ids = graph.input("token_ids", "int32", ["rows"])
    mask = graph.input("keys_mask", "bool", ["sentences", "source_length"])
    mask = graph("Unsqueeze", mask, graph.integers(1, 2))  # (sentences, 1, 1, source_length)
    sentences = graph("Shape", mask, start=0, end=1)
    caches = {
        (name, index): graph.input(f"cache_{name}_{index}", "float32", ["rows", heads, "past", head_dim])
        for index in range(config.decoder_layers)
        for name in ("keys", "values")
    }
    position = graph("Shape", caches["keys", 0], start=2, end=3)
    positions = graph.constant(decoder.positions)
    outputs = graph(
        "Add",
        graph("Gather", embeddings(graph, decoder.embedding), token_ids),
        graph("Gather", positions, position),
    )  # (rows, units)
    weights = ""
    for index, block in enumerate(decoder.blocks):
        normalised = normalise(graph, block.norms[0], outputs)
        attention = block.self_attention
        for name, layer in (("keys", attention.key_layer), ("values", attention.value_layer)):
            news = graph("Reshape", dense(graph, layer, normalised), graph.integers(-1, heads, 1, head_dim))
            caches[name, index] = graph("Concat", caches[name, index], news, axis=2)
        query = dense(graph, attention.query_layer, normalised)
        query = graph("Reshape", query, graph.integers(-1, heads, 1, head_dim))
        scores = graph("MatMul", query, graph("Transpose", caches["keys", index], perm=[0, 1, 3, 2]))
        scores = graph("Div", scores, graph.constant(math.sqrt(head_dim)))
        context = graph("MatMul", graph("Softmax", scores, axis=-1), caches["values", index])
        context = graph("Reshape", context, graph.integers(-1, units))
        outputs = graph("Add", outputs, dense(graph, attention.output_layer, context))

        attention = block.source_attention
        keys = graph.input(f"keys_{index}", "float32", ["sentences", heads, head_dim, "source_length"])
        values = graph.input(f"values_{index}", "float32", ["sentences", heads, "source_length", head_dim])
        query = dense(graph, attention.query_layer, normalise(graph, block.norms[1], outputs))
        shape = graph("Concat", sentences, graph.integers(-1, heads, head_dim), axis=0)
        query = graph("Transpose", graph("Reshape", query, shape), perm=[0, 2, 1, 3])
        scores = graph("Div", graph("MatMul", query, keys), graph.constant(math.sqrt(head_dim)))
        weights = masked_softmax(graph, scores, mask)  # (sentences, heads, hypotheses, source_length)
        context = graph("Transpose", graph("MatMul", weights, values), perm=[0, 2, 1, 3])
        context = graph("Reshape", context, graph.integers(-1, units))
        outputs = graph("Add", outputs, dense(graph, attention.output_layer, context))

        hidden = dense(graph, block.hidden_layer, normalise(graph, block.norms[2], outputs), "Relu")
        outputs = graph("Add", outputs, dense(graph, block.output_layer, hidden))
    logits = vocabulary_scores(graph, decoder.output_layer, normalise(graph, decoder.norm, outputs))
    graph.output("logits", logits, shape=["rows", config.target_vocab_size])
    mean = graph("ReduceMean", weights, axes=[1], keepdims=0)  # (sentences, hypotheses, source_length)
    source_length = graph("Shape", mask, start=3, end=4)
    shape = graph("Concat", graph.integers(-1), source_length, axis=0)
    graph.output("attention_weights", graph("Reshape", mean, shape), shape=["rows", "source_length"])
    for (name, index), cache in caches.items():
        graph.output(f"cache_{name}_{index}_next", cache, shape=["rows", heads, "present", head_dim])


def _heads(model: Seq2Seq) -> tuple[int, int]:
    return model.config.num_heads, model.config.decoder_units // model.config.num_heads


def _split(graph: Graph, values: str, heads: int, head_dim: int) -> str:
    """(sentences, source_length, units) -> (sentences, source_length, heads, head_dim)."""
    return graph("Reshape", values, graph.constant([0, 0, heads, head_dim], "int64"))
