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


def encode(cell, source_ids, embeddings, weights, residual=False):
    """Read one sentence with a stack of layers, in one direction or in both.

    Args:
        source_ids: list of int, real tokens alone.
        embeddings: (vocab_size, embedding_dim).
        weights: for each layer a list with the weights of the forward layer and, where it reads backwards
            as well, those of the backward layer.
        residual: from the second layer on, a layer's input is added to its output.

    Returns:
        encoder_outputs: (length, width).
        encoder_state: for each layer a list of (width,): hidden state, and cell state for LSTM.
    """
    outputs = embeddings[source_ids]
    encoder_state = []
    for number, layer in enumerate(weights):
        inputs, read, ends = outputs, [], []
        for direction, layer_weights in enumerate(layer):
            order = slice(None, None, -1) if direction else slice(None)  # the second one reads backwards
            units = layer_weights[1].shape[0]
            zeros = [np.zeros(units)] * STATES[cell]
            one_way, end = recurrent(cell, inputs[order], zeros, layer_weights)
            read.append(one_way[order])
            ends.append(end)
        outputs = np.concatenate(read, axis=-1)
        if residual and number > 0:
            outputs = outputs + inputs
        encoder_state.append([np.concatenate(both) for both in zip(*ends, strict=True)])
    return outputs, encoder_state


# ``covered`` is the key's coverage, the attention it has had so far, times a vector of weights.


def luong_dot(query, key, covered=0):
    """query . key"""
    return query @ (key + covered)


def luong_general(query, key, matrix, covered=0):
    """query . (key W)"""
    return query @ (key @ matrix + covered)


def luong_concat(query, key, matrix, v, covered=0):
    """v . tanh([query; key] W)"""
    return np.tanh(np.concatenate([query, key]) @ matrix + covered) @ v


def bahdanau(query, key, query_matrix, key_matrix, v, covered=0):
    """v . tanh(query W_q + key W_k); with coverage, See et al. 2017, equation 11, arXiv:1704.04368."""
    return np.tanh(query @ query_matrix + key @ key_matrix + covered) @ v


SCORES = {
    "luong_dot": luong_dot,
    "luong_general": luong_general,
    "luong_concat": luong_concat,
    "bahdanau": bahdanau,
}


def weigh(
    attention,
    query,
    keys,
    weights,
    coverage,
    position,
    *,
    temperature=1.0,
    window="none",
    half_width=5,
    renormalize=True,
):
    """Share the attention of one query among the keys of one sentence.

    Local attention sees the positions s with |s - p| <= D, D being half_width.

    monotonic:   p = t, but not beyond the last key
    predictive:  p = S sigmoid(v . tanh(query W)), and softmax is followed by exp(-(s - p)^2 / (2 (D/2)^2))

    Sources: Luong et al. 2015, sections 3.1 and 3.2, arXiv:1508.04025; Bahdanau et al. 2015, appendix
    A.1.2, arXiv:1409.0473; coverage: Tu et al. 2016, section 3.1.1, arXiv:1601.04811.

    Args:
        attention: a name in ``SCORES``.
        query: (query_dim,).
        keys: (source_length, key_dim).
        weights: from ``attention_parts_of``.
        coverage: (source_length,). What each key has been given by all queries before this one.
        position: int. Number of the query, t in the equations, from 0.

    Returns:
        (source_length,).
    """
    covered = np.outer(coverage, weights["coverage"])
    scores = np.array(
        [
            SCORES[attention](query, key, *weights["score"], row)
            for key, row in zip(keys, covered, strict=True)
        ]
    )
    length = len(keys)
    middle, seen, bell = 0, np.full(length, True), np.ones(length)
    if window == "monotonic":
        middle = min(position, length - 1)
    elif window == "predictive":
        matrix, v = weights["window"]
        middle = length * sigmoid(np.tanh(query @ matrix) @ v)
        bell = np.exp(-((np.arange(length) - middle) ** 2) / (2 * (half_width / 2) ** 2))
    if window != "none":
        seen = abs(np.arange(length) - middle) <= half_width
    shares = np.zeros(length)
    shares[seen] = softmax(scores[seen] / temperature) * bell[seen]
    return shares / shares.sum() if renormalize else shares


def attend(attention, queries, keys, values, weights, *, first_position=0, coverage=None, **options):
    """Attend from one query after the other to all keys of one sentence.

    Args:
        queries: (target_length, query_dim).
        values: (source_length, value_dim).
        first_position: int. Number of the first query.
        coverage: (source_length,), before the first query; None is 0 throughout.
        options: as in ``weigh``.

    Returns:
        context: (target_length, value_dim).
        attention_weights: (target_length, source_length).
    """
    coverage = np.zeros(len(keys)) if coverage is None else coverage
    rows = []
    for position, query in enumerate(queries, start=first_position):
        rows.append(weigh(attention, query, keys, weights, coverage, position, **options))
        coverage = coverage + rows[-1]
    return np.array(rows) @ values, np.array(rows)


def forward(config, weights, source_ids, decoder_inputs):
    """The whole model on one pair of sentences, without padding, one target token after the other.

    Sources: Luong et al. 2015, sections 3 and 3.3 (input feeding), arXiv:1508.04025; Bahdanau et al. 2015,
    section 3.1 (attention into the RNN), arXiv:1409.0473.

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
        config.cell, source_ids, weights["source_embeddings"], weights["encoder"], config.residual
    )
    states = []
    for layer, bridges in enumerate(weights["bridge"]):
        ends = encoder_state[min(layer, len(encoder_state) - 1)]
        states.append(
            [np.tanh(end @ kernel + bias) for end, (kernel, bias) in zip(ends, bridges, strict=True)]
        )

    def look(query, position, coverage):
        if config.attention == "none":
            return np.zeros(0), np.zeros(len(source_ids))
        options = {name: getattr(config, name) for name in ("temperature", "window", "half_width")}
        shares = weigh(
            config.attention, query, encoder_outputs, weights["attention"], coverage, position, **options
        )
        return shares @ encoder_outputs, shares

    attended_kernel, attended_bias = weights["attended"]
    output_kernel, output_bias = weights["output"]
    attended, coverage = np.zeros_like(attended_bias), np.zeros(len(source_ids))
    logits, attention_weights = [], []
    for position, token in enumerate(decoder_inputs):
        fed = [weights["target_embeddings"][token]]
        if config.attention_order == "into_rnn":
            context, shares = look(states[-1][0], position, coverage)
            fed.append(context)
        if config.input_feeding:
            fed.append(attended)
        outputs = np.concatenate(fed)
        for layer, layer_weights in enumerate(weights["decoder"]):
            inputs = outputs
            outputs, states[layer] = STEPS[config.cell](inputs, states[layer], *layer_weights)
            if config.residual and layer > 0:
                outputs = outputs + inputs
        if config.attention_order == "after_rnn":
            context, shares = look(outputs, position, coverage)
        coverage = coverage + shares
        attended = np.tanh(np.concatenate([context, outputs]) @ attended_kernel + attended_bias)
        logits.append(attended @ output_kernel + output_bias)
        attention_weights.append(shares)
    return np.array(logits), np.array(attention_weights)


# The Transformer, normalised before each part of a block. A layer's weights are read from the layer itself.


def heads(layer, query, source, mask):
    """Look with one head after the other: query (t, width), source (s, width), mask (t, s).

    Returns:
        output: (t, units).
        weights: (heads, t, s).

    Source: Vaswani et al. 2017, section 3.2, arXiv:1706.03762.
    """
    parts = (layer.query_layer, layer.key_layer, layer.value_layer, layer.output_layer)
    (w_q, b_q), (w_k, b_k), (w_v, b_v), (w_o, b_o) = (arrays_of(part) for part in parts)
    q, k, v = query @ w_q + b_q, source @ w_k + b_k, source @ w_v + b_v
    dim, outputs, weights = len(b_q) // layer.num_heads, [], []
    for head in range(layer.num_heads):
        own = slice(head * dim, (head + 1) * dim)
        scores = np.where(mask, q[:, own] @ k[:, own].T / np.sqrt(dim), -np.inf)
        weights.append(softmax(scores))
        outputs.append(weights[-1] @ v[:, own])
    return np.concatenate(outputs, axis=-1) @ w_o + b_o, np.array(weights)


def normalised(layer, x):
    """(x - mean) / sqrt(variance + 0.001), times a gain, plus a bias."""
    gain, bias = arrays_of(layer)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gain + bias


def with_positions(vectors):
    """Add sines to the first half of each vector, and cosines to the second: (length, units)."""
    length, units = vectors.shape
    vectors = vectors.copy()
    for i in range(units // 2):
        angles = np.arange(length) / 10_000 ** (2 * i / units)
        vectors[:, i] += np.sin(angles)
        vectors[:, units // 2 + i] += np.cos(angles)
    return vectors


def dense_layers(block, x):
    (w_1, b_1), (w_2, b_2) = arrays_of(block.hidden_layer), arrays_of(block.output_layer)
    return x + np.maximum(normalised(block.norms[-1], x) @ w_1 + b_1, 0) @ w_2 + b_2


def self_attention_encoder(encoder, source_ids):
    """Read one sentence.

    Returns:
        encoder_outputs: (length, units).
        weights: one (heads, length, length) a block.
    """
    x, weights = with_positions(arrays_of(encoder.embedding)[0][source_ids]), []
    for block in encoder.blocks:
        normed = normalised(block.norms[0], x)
        output, looks = heads(block.self_attention, normed, normed, np.ones((len(x), len(x)), bool))
        x = dense_layers(block, x + output)
        weights.append(looks)
    return normalised(encoder.norm, x), weights


def self_attention_decoder(decoder, decoder_inputs, encoder_outputs):
    """Decode one target.

    Returns:
        logits: (length, vocab_size).
        weights: for each block those over the target and those over the source, (heads, length, ...).
    """
    table, (kernel, bias) = arrays_of(decoder.embedding)[0], arrays_of(decoder.output_layer)[:2]
    if decoder.config.tied_output:
        table, (kernel, bias) = tied_weights_of(decoder)
    x, weights = with_positions(table[decoder_inputs]), []
    seen = np.tri(len(x), dtype=bool), np.ones((len(x), len(encoder_outputs)), bool)
    for block in decoder.blocks:
        normed = normalised(block.norms[0], x)
        output, over_target = heads(block.self_attention, normed, normed, seen[0])
        x = x + output
        query = normalised(block.norms[1], x)
        output, over_source = heads(block.source_attention, query, encoder_outputs, seen[1])
        x = dense_layers(block, x + output)
        weights.append((over_target, over_source))
    return normalised(decoder.norm, x) @ kernel + bias, weights


def transformer(model, source_ids, decoder_inputs):
    """Both for one pair.

    Returns:
        logits: (target_length, vocab_size).
        weights: as of ``Transformer.weights_by_head``.
    """
    encoder_outputs, of_encoder = self_attention_encoder(model.encoder, source_ids)
    logits, of_decoder = self_attention_decoder(model.decoder, decoder_inputs, encoder_outputs)
    over_target, over_source = zip(*of_decoder, strict=True)
    return logits, {"encoder": of_encoder, "decoder": over_target, "source": over_source}


def weights_of(model):
    """Take the weights of a ``Seq2Seq`` for ``forward``, in float64."""
    encoder, decoder = model.encoder, model.decoder
    projections = [arrays_of(dense) for dense in model.bridge.projections]
    count = STATES[model.config.cell]
    target_embeddings, output = arrays_of(decoder.embedding)[0], arrays_of(decoder.output_layer)
    if model.config.tied_output:
        target_embeddings, output = tied_weights_of(decoder)
    return {
        "source_embeddings": arrays_of(encoder.embedding)[0],
        "encoder": encoder_weights_of(encoder),
        "bridge": [projections[i : i + count] for i in range(0, len(projections), count)],
        "target_embeddings": target_embeddings,
        "decoder": [arrays_of(layer) for layer in decoder.recurrent_layers],
        "attention": attention_parts_of(decoder.attention),
        "attended": arrays_of(decoder.attended_layer),
        "output": output,
    }


def tied_weights_of(decoder):
    """What a decoder looks up, and its output layer's kernel and bias, where one table E serves both.

    embedding[i] = sqrt(width) E[i], logits = (attended P) E^T + b

    Sources: Press and Wolf 2017, arXiv:1608.05859; the root: Vaswani et al. 2017, section 3.4,
    arXiv:1706.03762.
    """
    (table,), (bias, again, *projection) = arrays_of(decoder.embedding), arrays_of(decoder.output_layer)
    assert np.array_equal(table, again)
    kernel = projection[0] @ table.T if projection else table.T
    return np.sqrt(table.shape[1]) * table, (kernel, bias)


def encoder_weights_of(encoder):
    """Take the weights of the recurrent layers of a ``RecurrentEncoder`` for ``encode``, in float64."""
    weights = []
    for layer in encoder.recurrent_layers:
        both = hasattr(layer, "forward_layer")
        ways = [layer.forward_layer, layer.backward_layer] if both else [layer]
        weights.append([arrays_of(way) for way in ways])
    return weights


def attention_parts_of(layer):
    """Take all weights of an attention layer for ``weigh``, in float64."""
    by_name = dict(zip([weight.name for weight in layer.weights], arrays_of(layer), strict=True))
    window = [by_name["position_kernel"], by_name["position_v"][:, 0]] if "position_v" in by_name else []
    return {
        "score": attention_weights_of(layer),
        "coverage": by_name.get("coverage_kernel", np.zeros(1)),
        "window": window,
    }


def attention_weights_of(layer):
    """Take the weights of an attention layer's score, in float64.

    The two blocks of Luong's concat matrix, which Keras holds apart, are put together again.
    """
    by_name = dict(zip([weight.name for weight in layer.weights], arrays_of(layer), strict=True))
    if "v" not in by_name:
        return [by_name["key_kernel"]] if "key_kernel" in by_name else []
    v = by_name["v"][:, 0]
    if type(layer).__name__ == "LuongAttention":
        return [np.concatenate([by_name["query_kernel"], by_name["key_kernel"]]), v]
    return [by_name["query_kernel"], by_name["key_kernel"], v]


def arrays_of(layer):
    """Take all weights of a layer, in float64."""
    return [weight.astype("float64") for weight in layer.get_weights()]
