"""Parts of a graph: dense layers, cells of recurrent layers, normalisation and masked softmax."""

import keras
import numpy as np

from s2s_lesson.layers.embeddings import TiedEmbedding, TiedOutput
from s2s_lesson.pipeline.export.graph import Graph

LOWEST = -1e30  # as in ``layers.masks``
GATES = {"lstm": 4, "gru": 3}
# Keras's order of an LSTM's gates is input, forget, candidate, output.
OPERATOR_ORDER = (0, 3, 1, 2)  # input, output, forget, candidate: that of ONNX's operator
STEP_ORDER = (0, 1, 3, 2)  # those with a sigmoid first


def variable(graph: Graph, value: keras.Variable, by_row: bool = False) -> str:
    """A variable of a layer, as a weight of the graph."""
    return graph.weight(value.path, keras.ops.convert_to_numpy(value), by_row)


def embeddings(graph: Graph, layer: keras.Layer) -> str:
    """The vectors that an embedding looks up: (vocab_size, embedding_dim)."""
    table = variable(graph, layer.embeddings, by_row=True)
    return graph("Mul", table, graph.constant(layer.scale)) if isinstance(layer, TiedEmbedding) else table


def dense(graph: Graph, layer: keras.Layer, inputs: str, activation: str | None = None) -> str:
    """A dense layer with a bias: (..., width) -> (..., units)."""
    outputs = graph(
        "Add", graph("MatMul", inputs, variable(graph, layer.kernel)), variable(graph, layer.bias)
    )
    return outputs if activation is None else graph(activation, outputs)


def vocabulary_scores(graph: Graph, layer: keras.Layer, inputs: str) -> str:
    """A decoder's output layer, tied to an embedding or not: (rows, units) -> (rows, vocab_size)."""
    if not isinstance(layer, TiedOutput):
        return dense(graph, layer, inputs)
    if layer.projection is not None:
        inputs = graph("MatMul", inputs, variable(graph, layer.projection.kernel))
    table = variable(graph, layer.embedding.embeddings, by_row=True)
    product = graph("MatMul", inputs, graph("Transpose", table, perm=[1, 0]))
    return graph("Add", product, variable(graph, layer.bias))


def normalise(graph: Graph, layer: keras.Layer, inputs: str) -> str:
    """Layer normalisation over the last axis."""
    weights = variable(graph, layer.gamma), variable(graph, layer.beta)
    return graph("LayerNormalization", inputs, *weights, axis=-1, epsilon=layer.epsilon)


def masked_softmax(graph: Graph, scores: str, mask: str) -> str:
    """Softmax over the last axis, exactly 0 where masked: as in ``layers.masks``."""
    hidden = graph("Where", mask, scores, graph.constant(LOWEST))
    return graph("Where", mask, graph("Softmax", hidden, axis=-1), graph.constant(0.0))


def reorder_gates(graph: Graph, value: str, order: tuple[int, ...], units: int) -> str:
    """Put the gates, blocks of ``units`` on the last axis, in another order."""
    places = np.concatenate([np.arange(units) + gate * units for gate in order])
    return graph("Gather", value, graph.constant(places, "int64"), axis=-1)


def operator_weights(graph: Graph, cells: list[keras.Layer], kind: str) -> list[str]:
    """The weights of cells, one a direction, as ONNX's operators take them.

    Returns:
        The kernels (directions, gates * units, width), the recurrent kernels (directions, gates * units,
        units), and the biases (directions, 2 * gates * units), of the input and of the hidden state.
    """
    kernels, recurrent_kernels, biases = [], [], []
    for cell in cells:
        weights = [variable(graph, value) for value in (cell.kernel, cell.recurrent_kernel, cell.bias)]
        if kind == "lstm":
            weights = [reorder_gates(graph, value, OPERATOR_ORDER, cell.units) for value in weights]
            none = graph.constant(np.zeros(4 * cell.units))
            bias = graph("Concat", weights[2], none, axis=0)
        else:
            bias = graph("Reshape", weights[2], graph.integers(-1))  # two rows, one after the other
        kernels.append(graph("Transpose", weights[0], perm=[1, 0]))
        recurrent_kernels.append(graph("Transpose", weights[1], perm=[1, 0]))
        biases.append(bias)
    return [_stacked(graph, values) for values in (kernels, recurrent_kernels, biases)]


def lstm_step(
    graph: Graph, cell: keras.Layer, projected: str, inputs: list[str], kernels: list[str], states: list[str]
) -> list[str]:
    """One step of an LSTM: the new hidden state and cell state, (rows, units) each.

    Args:
        graph: ``Graph``.
        cell: Keras's cell.
        projected: float (rows, 4 * units), the part of the input that went through its kernel and got the
            bias, its gates in ``STEP_ORDER``; or float (4 * units,), the bias alone.
        inputs: list of float (rows, width), the other parts.
        kernels: list of float (width, 4 * units), one for each of them.
        states: hidden state and cell state, float (rows, units) each.
    """
    hidden, carry = states
    units = cell.units
    kernel = _rows_joined(graph, [*kernels, variable(graph, cell.recurrent_kernel)])
    product = graph(
        "MatMul", _joined(graph, [*inputs, hidden]), reorder_gates(graph, kernel, STEP_ORDER, units)
    )
    gates = graph("Add", product, projected)
    opened, candidate = graph.several("Split", 2, gates, graph.integers(3 * units, units), axis=-1)
    input_gate, forget_gate, output_gate = graph.several(
        "Split", 3, graph("Sigmoid", opened), graph.integers(units, units, units), axis=-1
    )
    kept = graph("Mul", forget_gate, carry)
    carry = graph("Add", kept, graph("Mul", input_gate, graph("Tanh", candidate)))
    return [graph("Mul", output_gate, graph("Tanh", carry)), carry]


def gru_step(
    graph: Graph, cell: keras.Layer, projected: str, inputs: list[str], kernels: list[str], states: list[str]
) -> list[str]:
    """One step of a GRU: the new hidden state, (rows, units), alone in a list. Arguments as ``lstm_step``."""
    (hidden,) = states
    units = cell.units
    if inputs:
        product = graph("MatMul", _joined(graph, inputs), _rows_joined(graph, kernels))
        projected = graph("Add", product, projected)
    bias = graph("Gather", variable(graph, cell.bias), graph.constant(1, "int64"), axis=0)
    recalled = graph("MatMul", hidden, variable(graph, cell.recurrent_kernel))
    sizes = graph.integers(2 * units, units)
    fresh_gates, fresh = graph.several("Split", 2, projected, sizes, axis=-1)
    old_gates, old = graph.several("Split", 2, graph("Add", recalled, bias), sizes, axis=-1)
    gates = graph("Sigmoid", graph("Add", fresh_gates, old_gates))
    update, reset = graph.several("Split", 2, gates, graph.integers(units, units), axis=-1)
    candidate = graph("Tanh", graph("Add", fresh, graph("Mul", reset, old)))
    return [graph("Add", candidate, graph("Mul", update, graph("Sub", hidden, candidate)))]


def input_bias(graph: Graph, cell: keras.Layer, kind: str) -> str:
    """The bias that goes with the input: (gates * units,), in the order that the step of this kind takes."""
    bias = variable(graph, cell.bias)
    if kind == "lstm":
        return reorder_gates(graph, bias, STEP_ORDER, cell.units)
    return graph("Gather", bias, graph.constant(0, "int64"), axis=0)


def kernel_rows(graph: Graph, cell: keras.Layer, start: int, end: int) -> str:
    """The rows of a kernel that belong to a part of its input."""
    axes = graph.integers(0)
    return graph("Slice", variable(graph, cell.kernel), graph.integers(start), graph.integers(end), axes)


def _stacked(graph, values):
    """Put values side by side on a new first axis."""
    return graph("Concat", *[graph("Unsqueeze", value, graph.integers(0)) for value in values], axis=0)


def _joined(graph, values):
    return values[0] if len(values) == 1 else graph("Concat", *values, axis=-1)


def _rows_joined(graph, values):
    return values[0] if len(values) == 1 else graph("Concat", *values, axis=0)
