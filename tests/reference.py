"""The model's equations once more, in plain NumPy and float64, written from the papers.

Nothing here knows padding: a function reads one sentence of real tokens. What a batch must give is what each
of its sentences gives alone. Vectors are rows, so a matrix multiplies from the right, as in Keras.
"""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def log_softmax(logits):
    return np.log(softmax(np.asarray(logits, "float64")))


def lstm_step(inputs, states, kernel, recurrent_kernel, bias):
    """One step of an LSTM with forget gates.

    i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), each with a quarter of the columns: i, f, g, o
    cell    = f * cell + i * g
    hidden  = o * tanh(cell)

    Source: Gers et al. 2000, doi:10.1162/089976600300015015.
    """
    hidden, cell = states
    i, f, g, o = np.split(inputs @ kernel + hidden @ recurrent_kernel + bias, 4, axis=-1)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    hidden = sigmoid(o) * np.tanh(cell)
    return hidden, [hidden, cell]


def gru_step(inputs, states, kernel, recurrent_kernel, bias):
    """One step of a GRU that resets after the matrix product: Keras's ``reset_after=True``.

    z, r    = sigmoid(W x + b + U h + c), the first two thirds of the columns
    g       = tanh(W x + b + r * (U h + c)), the last third
    hidden  = z * hidden + (1 - z) * g

    The paper has U (r * h) for r * (U h + c); the kernels on a GPU compute this form.

    Args:
        bias: (2, 3 * units). b and c.

    Source: Cho et al. 2014, section 2.3, arXiv:1406.1078.
    """
    (hidden,) = states
    z, r, g = np.split(inputs @ kernel + bias[0], 3, axis=-1)
    recurrent_z, recurrent_r, recurrent_g = np.split(hidden @ recurrent_kernel + bias[1], 3, axis=-1)
    z, r = sigmoid(z + recurrent_z), sigmoid(r + recurrent_r)
    hidden = z * hidden + (1 - z) * np.tanh(g + r * recurrent_g)
    return hidden, [hidden]


STEPS = {"lstm": lstm_step, "gru": gru_step}
STATES = {"lstm": 2, "gru": 1}


def recurrent(cell, inputs, states, weights):
    """Read vectors one after the other.

    Args:
        cell: "lstm" or "gru".
        inputs: (length, width).
        states: list of (units,).
        weights: kernel, recurrent_kernel and bias.

    Returns:
        outputs: (length, units).
        states: after the last vector.
    """
    outputs = []
    for vector in inputs:
        output, states = STEPS[cell](vector, states, *weights)
        outputs.append(output)
    return np.array(outputs), states


def encode(cell, source_ids, embeddings, weights):
    """Read one sentence with a stack of layers, in one direction or in both.

    Args:
        source_ids: list of int, real tokens alone.
        embeddings: (vocab_size, embedding_dim).
        weights: for each layer a list with the weights of the forward layer and, where it reads backwards
            as well, those of the backward layer.

    Returns:
        encoder_outputs: (length, width).
        encoder_state: for each layer a list of (width,): hidden state, and cell state for LSTM.
    """
    outputs = embeddings[source_ids]
    encoder_state = []
    for layer in weights:
        read, ends = [], []
        for direction, layer_weights in enumerate(layer):
            order = slice(None, None, -1) if direction else slice(None)  # the second one reads backwards
            units = layer_weights[1].shape[0]
            zeros = [np.zeros(units)] * STATES[cell]
            one_way, end = recurrent(cell, outputs[order], zeros, layer_weights)
            read.append(one_way[order])
            ends.append(end)
        outputs = np.concatenate(read, axis=-1)
        encoder_state.append([np.concatenate(both) for both in zip(*ends, strict=True)])
    return outputs, encoder_state


def luong_dot(query, key):
    """query . key"""
    return query @ key


def luong_general(query, key, matrix):
    """query . (key W)"""
    return query @ (key @ matrix)


def luong_concat(query, key, matrix, v):
    """v . tanh([query; key] W)"""
    return np.tanh(np.concatenate([query, key]) @ matrix) @ v


def bahdanau(query, key, query_matrix, key_matrix, v):
    """v . tanh(query W_q + key W_k)"""
    return np.tanh(query @ query_matrix + key @ key_matrix) @ v


SCORES = {
    "luong_dot": luong_dot,
    "luong_general": luong_general,
    "luong_concat": luong_concat,
    "bahdanau": bahdanau,
}


def attend(attention, queries, keys, values, weights):
    """Attend from each query to all keys of one sentence.

    Sources: Luong et al. 2015, section 3.1, arXiv:1508.04025; Bahdanau et al. 2015, appendix A.1.2,
    arXiv:1409.0473.

    Args:
        attention: a name in ``SCORES``.
        queries: (target_length, query_dim).
        keys: (source_length, key_dim).
        values: (source_length, value_dim).
        weights: the further arguments of the score.

    Returns:
        context: (target_length, value_dim).
        attention_weights: (target_length, source_length).
    """
    scores = [[SCORES[attention](query, key, *weights) for key in keys] for query in queries]
    attention_weights = softmax(np.array(scores))
    return attention_weights @ values, attention_weights


def forward(config, weights, source_ids, decoder_inputs):
    """The whole model on one pair of sentences, without padding.

    Args:
        config: ``Seq2SeqConfig``.
        weights: from ``weights_of``.
        source_ids: list of int.
        decoder_inputs: list of int.

    Returns:
        logits: (target_length, target_vocab_size).
        attention_weights: (target_length, source_length).
    """
    encoder_outputs, encoder_state = encode(
        config.cell, source_ids, weights["source_embeddings"], weights["encoder"]
    )
    outputs = weights["target_embeddings"][decoder_inputs]
    for layer, layer_weights in enumerate(weights["decoder"]):
        ends = encoder_state[min(layer, len(encoder_state) - 1)]
        bridges = weights["bridge"][layer]
        states = [np.tanh(end @ kernel + bias) for end, (kernel, bias) in zip(ends, bridges, strict=True)]
        outputs, _ = recurrent(config.cell, outputs, states, layer_weights)
    context, attention_weights = attend(
        config.attention, outputs, encoder_outputs, encoder_outputs, weights["attention"]
    )
    kernel, bias = weights["attended"]
    attended = np.tanh(np.concatenate([context, outputs], axis=-1) @ kernel + bias)
    kernel, bias = weights["output"]
    return attended @ kernel + bias, attention_weights


def weights_of(model):
    """Take the weights of a ``Seq2Seq`` for ``forward``, in float64."""

    def arrays(layer):
        return [np.asarray(weight, "float64") for weight in layer.get_weights()]

    def directions(layer):
        both = hasattr(layer, "forward_layer")
        return [layer.forward_layer, layer.backward_layer] if both else [layer]

    encoder, decoder = model.encoder, model.decoder
    projections = [arrays(dense) for dense in model.bridge.projections]
    count = encoder.states_per_direction  # states in a layer
    return {
        "source_embeddings": arrays(encoder.embedding)[0],
        "encoder": [[arrays(way) for way in directions(layer)] for layer in encoder.recurrent_layers],
        "bridge": [projections[i : i + count] for i in range(0, len(projections), count)],
        "target_embeddings": arrays(decoder.embedding)[0],
        "decoder": [arrays(layer) for layer in decoder.recurrent_layers],
        "attention": attention_weights_of(decoder.attention),
        "attended": arrays(decoder.attended_layer),
        "output": arrays(decoder.output_layer),
    }


def attention_weights_of(layer):
    """Take the weights of an attention layer for ``attend``, in float64.

    The two blocks of Luong's concat matrix, which Keras holds apart, are put together again.
    """
    by_name = {weight.name: np.asarray(weight, "float64") for weight in layer.weights}
    if "v" not in by_name:
        return [by_name["key_kernel"]] if by_name else []
    v = by_name["v"][:, 0]
    if type(layer).__name__ == "LuongAttention":
        return [np.concatenate([by_name["query_kernel"], by_name["key_kernel"]]), v]
    return [by_name["query_kernel"], by_name["key_kernel"], v]
