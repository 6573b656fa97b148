"""Checks of the exercises of chapter 2, the encoder."""

import functools

import numpy as np

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    compare,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    run,
)


@exercise("2.1", "two functions of (inputs, units), `(lstm_parameters, gru_parameters)`")
def _parameters(answer):
    lstm, gru = parts(answer, 2)
    for inputs, units in ((5, 11), (13, 7)):
        kernel, recurrent_kernel = inputs * units, units * units
        gate = kernel + recurrent_kernel + units
        mistakes = [
            (4 * (kernel + recurrent_kernel), "The biases are missing."),
            (4 * (kernel + units), "The recurrent kernel is missing: the state has weights, too."),
            (gate, "This is one block. How many of them has an LSTM?"),
            (3 * gate, "Three blocks are the three gates. What the input gate lets in has weights, too."),
            (
                4 * (2 * kernel + units),
                "The recurrent kernel goes from the state to the state: its width is not that of the inputs.",
            ),
        ]
        compare(run(lstm, inputs, units), 4 * gate, "the number for an LSTM", mistakes)
        mistakes = [
            (
                3 * gate,
                "This is one bias. Keras's GRU, which resets after the product, has a second one, c.",
            ),
            (3 * (kernel + recurrent_kernel), "The biases are missing."),
            (4 * (gate + units), "A GRU has three blocks, one less than an LSTM."),
            (4 * gate, "A GRU is not an LSTM: count its blocks and its biases again."),
            (3 * gate + units, "The second bias is one for each block."),
        ]
        compare(run(gru, inputs, units), 3 * (gate + units), "the number for a GRU", mistakes)


@exercise("2.2", "your function `gru_before(vectors, W, U, b)`, which returns all hidden states")
def _reset_before_the_product(answer):
    expect_function(answer)
    generator = np.random.default_rng(5)
    vectors = generator.normal(size=(11, 5))
    W, U, b = ({gate: generator.normal(size=shape) for gate in "zrg"} for shape in ((5, 7), (7, 7), (7,)))
    right = _gru_before(vectors, W, U, b)
    forms = {
        "after": "You reset after the product, as Keras does. Here `r` multiplies the state first.",
        "not": "The reset gate is not used: new content looks at all of the state before.",
        "z gives": "You keep 1 - z and take z of the new content. It is the other way round.",
        "z resets": "The two gates have changed places: `z` keeps, and `r` resets.",
    }
    mistakes = [(_gru_before(vectors, W, U, b, form), hint) for form, hint in forms.items()]
    mistakes.append((right[-1], "This is the last state. Return the state after each vector."))
    compare(run(answer, vectors, W, U, b), right, "the states", mistakes)


@exercise("2.3", "three arrays, `(kernel, recurrent_kernel, bias)`, of shapes (3, 4), (1, 4) and (4,)")
def _counting(answer):
    arrays = [numbers(part) for part in parts(answer, 3)]
    for name, array, shape in zip(
        ("kernel", "recurrent_kernel", "bias"), arrays, ((3, 4), (1, 4), (4,)), strict=True
    ):
        if name == "kernel" and array.shape == (4, 3):
            raise Hint("The kernel is transposed: rows are the letters, columns the four blocks.")
        if array.shape != shape:
            raise Hint(f"Expected a {name} of shape {shape}; received {array.shape}.")
    generator = np.random.default_rng(3)
    texts = [generator.integers(0, 3, length) for length in (97, 23, 5, 2, 1)] + [np.array([0, 1, 2, 0])]
    for text in texts:
        with np.errstate(over="ignore"):
            counted = _last_cell(text, *arrays)
        right = np.sum(text == 0) - np.sum(text == 1)
        if abs(counted - right) < 0.05:
            continue
        for order in ([0, 2, 1, 3], [1, 0, 2, 3], [1, 0, 3, 2]):  # other libraries' orders
            elsewhere = arrays[0][:, order], arrays[1][:, order], arrays[2][order]
            if abs(_last_cell(text, *elsewhere) - right) < 0.05 and len(text) > 20:
                raise Hint("The right numbers stand in the wrong blocks. Keras's order is i, f, g, o.")
        if abs(_last_cell(np.array([0]), *arrays)) < 0.05:
            raise Hint("After 'a' the cell is still 0. Is the input gate open, and the new value 1?")
        if abs(_last_cell(np.array([0]), *arrays) + 1) < 0.05:
            raise Hint("'a' takes 1 away. The signs of 'a' and 'b' are the wrong way round.")
        if abs(_last_cell(np.array([2]), *arrays)) > 0.05:
            raise Hint("'c' is counted as well. Which gate can keep it out?")
        if abs(_last_cell(np.array([0, 2, 2, 2]), *arrays) - 1) > 0.05:
            raise Hint(
                "It forgets: after 'accc' the 1 is no longer there. Open the gate that keeps, in each step."
            )
        raise Hint(f"A text with a count of {right} gives {counted:.3f}.")


@exercise("2.4", "your function `sum_and_state(reader, ids)`, which returns two arrays")
def _order_of_letters(answer):
    expect_function(answer)
    ids = np.array([[5, 9, 7, 4, 12, 8, 3], [7, 9, 5, 8, 4, 12, 3]])
    reader = _reader("lstm", num_layers=1)
    outputs, [[hidden_state, cell_state]] = reader(ids, np.ones(ids.shape, bool))
    vectors = numbers(reader.embedding(ids))
    sums, state = parts(run(answer, reader, ids), 2)
    mistakes = [
        (vectors.sum(axis=2), "You sum over the numbers of each vector. Sum over the letters."),
        (vectors.sum(axis=0), "You sum over the two words. Sum over the letters of each."),
        (vectors.sum(), "This is the sum over everything. Keep a row for each word."),
        (
            vectors.mean(axis=1),
            "This is the mean of the vectors. It does as well, but the exercise asks for the sum.",
        ),
        (
            numbers(outputs).sum(axis=1),
            "You sum the encoder's outputs. They know the order; sum the vectors of the embedding.",
        ),
        (hidden_state, "The two have changed places: return the sum first."),
    ]
    compare(sums, vectors.sum(axis=1), "the sum", mistakes)
    mistakes = [
        (cell_state, "This is the cell state. Return the hidden state, the first of the two."),
        (outputs, "These are the outputs at all positions. Return the final state."),
        (
            outputs[:, -1],
            "This is the output at the last position, where the backward reader has only begun.",
        ),
    ]
    compare(state, hidden_state, "the state", mistakes)


@exercise("2.5", "your function `read_by_hand(reader, ids)`, which returns outputs and a list of two states")
def _two_layers_both_ways(answer):
    from keras import ops

    expect_function(answer)
    reader = _reader("gru", num_layers=2)
    ids = np.array([[4, 9, 7, 12, 5, 11, 6, 3]])
    by_package, states = reader(ids, np.ones(ids.shape, bool))
    not_turned, first_layer, both_ways, late_states = reader.embedding(ids), None, reader.embedding(ids), []
    for layer in reader.recurrent_layers:
        not_turned = ops.concatenate(
            [layer.forward_layer(not_turned)[0], layer.backward_layer(not_turned)[0]], -1
        )
        forward, backward = layer.forward_layer(both_ways)[0], ops.flip(layer.backward_layer(both_ways)[0], 1)
        both_ways = ops.concatenate([forward, backward], -1)
        first_layer = both_ways if first_layer is None else first_layer
        late_states.append(numbers(both_ways)[0, -1])
    outputs, their_states = parts(run(answer, reader, ids), 2)
    mistakes = [
        (
            not_turned,
            "What the backward reader wrote was not turned round: "
            "position 0 must be position 0 in both halves.",
        ),
        (first_layer, "These are the outputs of the first layer. The second one reads them."),
        (
            ops.roll(both_ways, 7, axis=-1),
            "The two halves have changed places: the forward half comes first.",
        ),
    ]
    mistakes = [(numbers(wrong)[0], hint) for wrong, hint in mistakes]
    outputs = numbers(outputs)
    compare(outputs[0] if outputs.ndim == 3 else outputs, numbers(by_package)[0], "the outputs", mistakes)
    for name, state, [right], late in zip(
        ("first", "second"), parts(their_states, 2), states, late_states, strict=True
    ):
        mistakes = [
            (
                late,
                "The backward half of a state is not the one at the end of "
                "the row. Where does the backward reader stop?",
            ),
            (np.roll(numbers(right)[0], 7), "The two halves of a state have changed places."),
        ]
        compare(numbers(state).ravel(), numbers(right)[0], f"the state of the {name} layer", mistakes)


@exercise("2.6", "two numbers and a letter, `(moved, plain_moved, reason)`")
def _padding_on_the_left(answer):
    moved, plain_moved, reason = parts(answer, 3)
    moved, plain_moved = number(moved), number(plain_moved)
    if not isinstance(reason, str) or reason.strip().lower() not in ("a", "b", "c"):
        raise Hint("Give the reason as a letter, 'a', 'b' or 'c'.")
    if moved < 0.01 and plain_moved > 0.01:
        raise Hint("The two distances have changed places: the package's encoder comes first.")
    if moved < 0.01:
        raise Hint("The package's encoder does move. Does the padding really stand on the left?")
    if plain_moved > 1e-3:
        raise Hint(
            "The plain LSTM should not move. Did it get the mask, as "
            "`mask=`, and the same weights both times?"
        )
    reason = reason.strip().lower()
    if reason == "b":
        raise Hint(
            "The mask was handed over, and it says which positions are padding. Look for what else differs."
        )
    if reason == "c":
        raise Hint("A masked step leaves the state as it is, however many there are: nothing fades.")


@functools.cache
def _reader(cell, num_layers):
    from s2s_lesson.layers.config import Seq2SeqConfig
    from s2s_lesson.layers.encoder import RecurrentEncoder

    sizes = {"embedding_dim": 5, "encoder_units": 7, "encoder_layers": num_layers}
    return RecurrentEncoder(Seq2SeqConfig(13, 13, cell=cell, **sizes))


def _last_cell(text, kernel, recurrent_kernel, bias):
    hidden, cell = np.zeros(1), np.zeros(1)
    for letter in text:
        let_in, keep, new, let_out = (kernel[letter] + hidden @ recurrent_kernel + bias)[:, None]
        cell = _sigmoid(keep) * cell + _sigmoid(let_in) * np.tanh(new)
        hidden = _sigmoid(let_out) * np.tanh(cell)
    return float(cell[0])


def _gru_before(vectors, W, U, b, form="before"):
    """States of a GRU that resets before the product, or of one with a typical mistake."""
    hidden, states = np.zeros(len(b["z"])), []
    for vector in vectors:
        z, r = (_sigmoid(vector @ W[gate] + hidden @ U[gate] + b[gate]) for gate in "zr")
        if form == "z resets":
            z, r = r, z
        recalled = {"after": r * (hidden @ U["g"]), "not": hidden @ U["g"]}.get(form, (r * hidden) @ U["g"])
        new, keep = np.tanh(vector @ W["g"] + recalled + b["g"]), 1 - z if form == "z gives" else z
        hidden = keep * hidden + (1 - keep) * new
        states.append(hidden)
    return np.array(states)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))
