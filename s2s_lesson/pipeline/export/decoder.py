"""One step of a recurrent decoder as a graph."""

from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.models.seq2seq import Seq2Seq
from s2s_lesson.pipeline.export.attention import AttentionStep
from s2s_lesson.pipeline.export.graph import Graph
from s2s_lesson.pipeline.export.parts import (
    GATES,
    STEP_ORDER,
    dense,
    embeddings,
    gru_step,
    input_bias,
    kernel_rows,
    lstm_step,
    reorder_gates,
    variable,
    vocabulary_scores,
)

STEPS = {"lstm": lstm_step, "gru": gru_step}
LARGEST_TABLE = 1 << 24  # numbers in the product of embedding and kernel: 64 MiB


def recurrent_step_graph(model: Seq2Seq, graph: Graph) -> None:
    """Write ``AttentionDecoder.step``, or ``CopyDecoder.step``, into a graph.

    It takes ``token_ids`` int32 (rows,) and leaves of the state: those that the hypotheses of a sentence
    share with one row a sentence, the others with one row a hypothesis. Its outputs are ``logits`` (rows,
    vocab_size), ``attention_weights`` (rows, source_length), and the leaves that the step changes.

    Args:
        model: ``Seq2Seq`` with a recurrent decoder.
        graph: ``Graph``, empty.
    """
    config, decoder = model.config, model.decoder
    units = config.decoder_units
    token_ids = graph.input("token_ids", "int32", ["rows"])
    attend = AttentionStep(graph, model)
    states = [
        [
            graph.input(f"recurrent_{index}_{kind}", "float32", ["rows", units])
            for kind in range(2 if config.cell == "lstm" else 1)
        ]
        for index in range(config.decoder_layers)
    ]
    if config.copy:
        known = graph("Less", token_ids, graph.constant(config.target_vocab_size, "int32"))
        token_ids = graph("Where", known, token_ids, graph.constant(Vocabulary.unk_id, "int32"))
    attended_before = None
    if config.input_feeding:
        attended_before = graph.input("attended", "float32", ["rows", units])

    into_rnn = config.attention_order == "into_rnn"
    attention = attend(states[-1][0]) if into_rnn else None
    fed = [attention.context if attention else None, attended_before]
    outputs, new_states = _first_layer(graph, model, token_ids, fed, states[0])
    all_states = [new_states]
    for layer, before in zip(decoder.recurrent_layers[1:], states[1:], strict=True):
        inputs, bias = outputs, input_bias(graph, layer.cell, config.cell)
        kernel = variable(graph, layer.cell.kernel)
        new_states = STEPS[config.cell](graph, layer.cell, bias, [inputs], [kernel], before)
        outputs = graph("Add", new_states[0], inputs) if config.residual else new_states[0]
        all_states.append(new_states)
    if attention is None:
        attention = attend(outputs)

    read = outputs if attention.context is None else graph("Concat", attention.context, outputs, axis=-1)
    attended = dense(graph, decoder.attended_layer, read, "Tanh")
    logits = vocabulary_scores(graph, decoder.output_layer, attended)
    columns: int | str = config.target_vocab_size
    if config.copy:
        embedded = graph("Gather", embeddings(graph, decoder.embedding), token_ids)
        seen = graph("Concat", read, embedded, axis=-1)
        generate = dense(graph, decoder.generate_layer, seen, "Sigmoid")
        logits = _mixed(graph, attend, logits, generate, attention.attention_weights)
        columns = "words"
    graph.output("logits", logits, shape=["rows", columns])
    graph.output("attention_weights", attention.attention_weights, shape=["rows", "source_length"])
    for index, layer_states in enumerate(all_states):
        for kind, state in enumerate(layer_states):
            graph.output(f"recurrent_{index}_{kind}_next", state, shape=["rows", units])
    if config.input_feeding:
        graph.output("attended_next", attended, shape=["rows", units])
    if attend.coverage is not None:
        covered = graph("Add", attend.coverage, attention.attention_weights)
        graph.output("coverage_next", covered, shape=["rows", "source_length"])
    if attend.position is not None:
        position = graph("Add", attend.position, graph.constant(1, "int32"))
        graph.output("position_next", position, ["rows"], "int32")


def _first_layer(
    graph: Graph, model: Seq2Seq, token_ids: str, fed: list[str | None], states: list[str]
) -> tuple[str, list[str]]:
    """The first layer: its input is the embedding of a token, a context and the attended state, if any.

    The embedding's part of the product is looked up in a table, made once.
    """
    config, cell = model.config, model.decoder.recurrent_layers[0].cell
    widths = [model.encoder.width, config.decoder_units]
    start = config.embedding_dim
    table = embeddings(graph, model.decoder.embedding)
    kernel = kernel_rows(graph, cell, 0, start)
    if config.cell == "lstm":
        kernel = reorder_gates(graph, kernel, STEP_ORDER, cell.units)
    bias = input_bias(graph, cell, config.cell)
    if config.target_vocab_size * GATES[config.cell] * cell.units <= LARGEST_TABLE:
        projected = graph("Gather", graph("Add", graph("MatMul", table, kernel), bias), token_ids)
    else:
        projected = graph("Add", graph("MatMul", graph("Gather", table, token_ids), kernel), bias)
    inputs, kernels = [], []
    for value, width in zip(fed, widths, strict=True):
        if value is not None:
            inputs.append(value)
            kernels.append(kernel_rows(graph, cell, start, start + width))
            start += width
    new_states = STEPS[config.cell](graph, cell, projected, inputs, kernels, states)
    return new_states[0], new_states


def _mixed(graph: Graph, attend: AttentionStep, logits: str, generate: str, weights: str) -> str:
    """As ``CopyDecoder.logits``: the logarithm of a mixture of the vocabulary and of words in the source."""
    copy_ids = graph.input("copy_ids", "int32", ["sentences", "source_length"])
    vocabulary = graph("Mul", generate, graph("Softmax", logits, axis=-1))
    copied = graph("Mul", graph("Sub", graph.constant(1.0), generate), weights)
    nothing = graph("Mul", weights, graph.constant(0.0))
    widened = graph("Concat", vocabulary, nothing, axis=-1)
    probabilities = attend.copy_scatter(copy_ids, widened, copied, graph("Shape", weights))
    return graph("Log", graph("Max", probabilities, graph.constant(1e-30)))
