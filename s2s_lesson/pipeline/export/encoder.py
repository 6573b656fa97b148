"""The encoder as a graph: sources in, all that decoding needs out."""

import keras

from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.attention import add_source_leaves
from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.parts import dense, embeddings, operator_weights
from s2s_lesson.pipeline.export.self_attention import add_block_leaves

OPERATORS = {"lstm": ("LSTM", 3), "gru": ("GRU", 2)}  # of ONNX, and how many outputs each has


def encoder_graph(model: Seq2Seq, graph: Graph) -> None:
    """Write ``Seq2Seq.encode`` into a graph.

    It takes ``source_ids`` int32 (sentences, source_length), padded with 0 on the right; or
    ``source_vectors`` float (sentences, source_length, source_features) and ``source_mask`` bool (sentences,
    source_length). Its outputs are leaves of the state before the first step, the sentences' axis first.

    Args:
        model: ``Seq2Seq``.
        graph: ``Graph``, empty.
    """
    config, encoder = model.config, model.encoder
    embedded, mask = _embedded(graph, model)
    reads = graph("ReduceMax", graph.cast(mask, "int32"), axes=[1], keepdims=0)  # 1, or 0 of a blank row
    lengths = graph("ReduceSum", graph.cast(mask, "int32"), graph.integers(1), keepdims=0)
    lengths = graph("Max", lengths, graph.constant(1, "int32"))  # a blank row reads its first position
    outputs, states = graph("Transpose", embedded, perm=[1, 0, 2]), []  # (source_length, sentences, width)
    for index, layer in enumerate(encoder.recurrent_layers):
        inputs = outputs
        outputs, layer_states = _layer(graph, config, layer, inputs, lengths)
        if config.residual and index > 0:
            outputs = graph("Add", outputs, inputs)
        states.append(layer_states)
    real = graph("Unsqueeze", graph.cast(mask, "float32"), graph.integers(2))
    outputs = graph("Mul", graph("Transpose", outputs, perm=[1, 0, 2]), real)
    not_blank = graph("Unsqueeze", graph.cast(reads, "float32"), graph.integers(1))
    graph.output("keys_mask", mask, ["sentences", "source_length"], "bool")
    if model.bridge is None:
        add_block_leaves(graph, model, outputs)
        return
    bridged = iter(model.bridge.projections)
    last = len(states) - 1
    for index in range(config.decoder_layers):
        for kind, state in enumerate(states[min(index, last)]):
            first = dense(graph, next(bridged), graph("Mul", state, not_blank), "Tanh")
            graph.output(f"recurrent_{index}_{kind}", first, shape=["sentences", config.decoder_units])
    add_source_leaves(graph, model, outputs, mask)


def _embedded(graph: Graph, model: Seq2Seq) -> tuple[str, str]:
    """What the first layer reads, float (sentences, source_length, embedding_dim), and the source's mask."""
    config, sizes = model.config, ["sentences", "source_length"]
    if config.source_features is not None:
        vectors = graph.input("source_vectors", "float32", [*sizes, config.source_features])
        mask = graph.input("source_mask", "bool", list(sizes))
        return dense(graph, model.encoder.embedding, vectors), graph("Identity", mask)
    ids = graph.input("source_ids", "int32", list(sizes))
    mask = graph("Not", graph("Equal", ids, graph.constant(0, "int32")))
    return graph("Gather", embeddings(graph, model.encoder.embedding), ids), mask


def _layer(
    graph: Graph, config: Seq2SeqConfig, layer: keras.Layer, inputs: str, lengths: str
) -> tuple[str, list[str]]:
    """One recurrent layer, by ONNX's operator: outputs, time first, and final states side by side."""
    both = config.bidirectional
    cells = [layer.forward_layer.cell, layer.backward_layer.cell] if both else [layer.cell]
    operator, count = OPERATORS[config.cell]
    options: dict[str, str | int] = {
        "hidden_size": config.encoder_units,
        "direction": "bidirectional" if both else "forward",
    }
    if config.cell == "gru":
        options["linear_before_reset"] = 1
    weights = operator_weights(graph, cells, config.cell)
    outputs, *states = graph.several(operator, count, inputs, *weights, lengths, **options)
    flat = graph.constant([0, 0, -1], "int64")
    outputs = graph("Reshape", graph("Transpose", outputs, perm=[0, 2, 1, 3]), flat)
    rows = graph.constant([0, -1], "int64")
    return outputs, [graph("Reshape", graph("Transpose", state, perm=[1, 0, 2]), rows) for state in states]
