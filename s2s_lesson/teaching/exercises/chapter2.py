"""Checks of the exercises of chapter 2, the encoder."""

import functools

import numpy as np

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    choice,
    compare,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    redraw,
    returned_parts,
    run,
)


@exercise("2.1", "two functions of (inputs, units), `(lstm_parameters, gru_parameters)`")
def _parameters(answer, generator):
    lstm, gru = parts(answer, 2)
    expect_function(lstm)
    expect_function(gru)
    for inputs, units in (2 + generator.permutation(29)[:4].reshape(2, 2)).tolist():
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
        counted = run(lstm, inputs, units, what="Your first function")
        compare(counted, 4 * gate, "the number for an LSTM", mistakes, 1e-6)
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
        counted = run(gru, inputs, units, what="Your second function")
        compare(counted, 3 * (gate + units), "the number for a GRU", mistakes, 1e-6)


@exercise("2.2", "your function `gru_before(vectors, W, U, b)`, which returns all hidden states")
def _reset_before_the_product(answer, generator):
    expect_function(answer)
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
def _counting(answer, generator):
    names, shapes = ("kernel", "recurrent_kernel", "bias"), ((3, 4), (1, 4), (4,))
    arrays = [numbers(part, f"the {name}") for name, part in zip(names, parts(answer, 3), strict=True)]
    for name, array, shape in zip(names, arrays, shapes, strict=True):
        if name == "kernel" and array.shape == (4, 3):
            raise Hint("The kernel is transposed: rows are the letters, columns the four blocks.")
        if array.shape != shape:
            raise Hint(f"Expected a {name} of shape {shape}; received {array.shape}.")
        if not np.isfinite(array).all():
            raise Hint(f"Expected a {name} of finite numbers. A gate is open enough at 20.")

    def count(*letters, weights=arrays):
        return round(_last_cell(letters, *weights))

    shares = [(0.9, 0.05, 0.05), (0.05, 0.9, 0.05), (1 / 3, 1 / 3, 1 / 3)]  # of a, b and c
    texts = [generator.choice(3, generator.integers(50, 100), p=row) for row in shares]
    for text in (*texts, *texts[2][:6].reshape(3, 2)):
        right = np.sum(text == 0) - np.sum(text == 1)
        if count(*text) == right:
            continue
        for order in ([0, 2, 1, 3], [1, 0, 2, 3], [1, 0, 3, 2]):  # other libraries' orders
            elsewhere = arrays[0][:, order], arrays[1][:, order], arrays[2][order]
            if all(
                count(*text, weights=elsewhere) == np.sum(text == 0) - np.sum(text == 1) for text in texts
            ):
                raise Hint("The right numbers stand in the wrong blocks. Keras's order is i, f, g, o.")
        if count(0) == 0:
            raise Hint("After 'a' the cell is still 0. Is the input gate open, and the new value 1?")
        if count(0) < 0:
            raise Hint("'a' takes 1 away. The signs of 'a' and 'b' are the wrong way round.")
        if count(0, 1) > 0:
            raise Hint("After 'ab' the count is not 0 again. 'b' has to come in, and to take 1 away.")
        if count(*10 * [2]) or count(0, *10 * [2]) > 1:
            raise Hint("'c' is counted as well. Which gate can keep it out?")
        if count(0, *10 * [2]) < 1:
            raise Hint("It forgets: after 'a' and ten times 'c' the 1 is gone. Open the gate that keeps.")
        raise Hint(
            f"A text of {len(text)} letters with a count of {right} gives {_last_cell(text, *arrays):.2f}. "
            "Are all gates as open, or as closed, as they can be?"
        )


@exercise("2.4", "your function `sum_and_state(reader, ids)`, which returns two arrays")
def _order_of_letters(answer, generator):
    expect_function(answer)
    ids = generator.integers(4, 13, (3, 7))
    ids[1] = ids[0, ::-1]  # the same letters in another order
    reader = redraw(_reader("lstm", num_layers=1), generator)
    sums, state = (numbers(part, "the sum and the state") for part in returned_parts(2, answer, reader, ids))
    outputs, [[hidden_state, cell_state]] = reader(ids, np.ones(ids.shape, bool))
    vectors = numbers(reader.embedding(ids))
    mistakes = [
        (vectors.sum(axis=2), "You sum over the numbers of each vector. Sum over the letters."),
        (vectors.sum(axis=0), "You sum over the words. Sum over the letters of each."),
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


@exercise(
    "2.5",
    "your function `read_by_hand(reader, ids)`, which returns outputs and a list of two states",
    rounds=2,
)
def _two_layers_both_ways(answer, generator):
    from keras import ops

    expect_function(answer)
    reader = redraw(_reader("gru", num_layers=2), generator)
    ids = generator.integers(3, 13, (1, 5))
    outputs, their_states = returned_parts(2, answer, reader, ids)
    outputs, their_states = numbers(outputs, "the outputs"), parts(their_states, 2, "the list of states")
    by_package, states = reader(ids, np.ones(ids.shape, bool))

    def read(turned):
        """What both layers write, each (length, 2 * units), if what the backward one wrote is turned so."""
        inputs, written = reader.embedding(ids), []
        for layer in reader.recurrent_layers:
            forward, backward = layer.forward_layer(inputs)[0], layer.backward_layer(inputs)[0]
            inputs = ops.concatenate([forward, turned(backward)], -1)
            written.append(numbers(inputs)[0])
        return written

    def in_order(backward):
        return ops.flip(backward, 1)

    compare(
        outputs[0] if outputs.ndim == 3 else outputs,
        numbers(by_package)[0],
        "the outputs",
        lambda: [
            (
                read(lambda backward: backward)[1],
                "What the backward reader wrote was not turned round: "
                "position 0 must be position 0 in both halves.",
            ),
            (read(in_order)[0], "These are the outputs of the first layer. The second one reads them."),
            (
                np.roll(read(in_order)[1], 7, axis=-1),
                "The two halves have changed places: the forward half comes first.",
            ),
        ],
    )
    for place, name in enumerate(("the state of the first layer", "the state of the second layer")):
        right = numbers(states[place][0])[0]
        compare(
            numbers(their_states[place], name).ravel(),
            right,
            name,
            lambda place=place, right=right: [
                (
                    read(in_order)[place][-1],
                    "The backward half of a state is not the one at the end of "
                    "the row. Where does the backward reader stop?",
                ),
                (np.roll(right, 7), "The two halves of a state have changed places."),
            ],
        )


@exercise(
    "2.6", "your function `distances(encoder, plain, ids)` and a letter, `(distances, reason)`", rounds=2
)
def _padding_on_the_left(answer, generator):
    function, reason = parts(answer, 2)
    expect_function(function)
    encoder, plain = redraw(_reader("lstm", num_layers=1), generator), redraw(_plain_lstm(), generator)
    ids = generator.integers(3, 13, (1, int(generator.integers(4, 7))))
    moved, plain_moved = returned_parts(2, function, encoder, plain, ids)
    first, second = number(moved, "the first distance"), number(plain_moved, "the second distance")
    [[hidden_state, cell_state]] = encoder(ids, ids != 0)[1]
    right, of_cell = (np.linalg.norm(numbers(state)) for state in (hidden_state, cell_state))  # from zeros
    if abs(first) < 1e-4 and abs(second - right) < 1e-3:
        raise Hint("The two distances have changed places: the package's encoder comes first.")
    if abs(first) < 1e-4:
        raise Hint("The package's encoder does move. Does the padding really stand on the left?")

    def mistakes():
        left = np.pad(ids, ((0, 0), (4, 0)))
        [[everywhere, _]] = encoder(left, left >= 0)[1]
        return [
            (
                np.linalg.norm(numbers(everywhere) - numbers(hidden_state)),
                "The package's encoder takes padding for letters: hand over the mask.",
            ),
            (np.hypot(right, of_cell), "The cell state is in this distance. Take the hidden state alone."),
            (of_cell, "This is how far the *cell* state moves. Take the hidden one."),
        ]

    compare(first, right, "the distance of the package's encoder", mistakes, 1e-3)
    if abs(second) > 1e-4:
        raise Hint("The plain LSTM should not move. Did it get the mask, as `mask=`?")
    reason = choice(reason)
    if reason == "b":
        raise Hint("The mask was handed over, and it says what is padding. Look for what else differs.")
    if reason == "c":
        raise Hint("A masked step leaves the state as it is, however many there are: nothing fades.")


@functools.cache
def _reader(cell, num_layers):
    from s2s_lesson.layers.config import Seq2SeqConfig
    from s2s_lesson.layers.encoder import RecurrentEncoder

    sizes = {"embedding_dim": 5, "encoder_units": 7, "encoder_layers": num_layers}
    reader = RecurrentEncoder(Seq2SeqConfig(13, 13, cell=cell, **sizes))
    reader(np.array([[4, 3]]), np.ones((1, 2), bool))
    return reader


@functools.cache
def _plain_lstm():
    from keras import layers

    lstm = layers.LSTM(7, use_cudnn=False)
    lstm.build((None, None, 5))
    return lstm


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
