"""Dropout works alike in every order of decoding, in training alone."""

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson import engine
from s2s_lesson.layers import AttentionDecoder, Seq2SeqConfig

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS = 3, 5, 2, 13
DECODER_INPUTS = np.random.default_rng(0).integers(4, UNITS, (BATCH, TARGET_LENGTH))
SEQUENTIAL = {
    "after_rnn-input_feeding": {"input_feeding": True},
    "into_rnn": {"attention_order": "into_rnn"},
    "into_rnn-input_feeding": {"attention_order": "into_rnn", "input_feeding": True},
}
ORDERS = {"after_rnn": {}, **SEQUENTIAL}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


def decoder_and_state(num_layers=1, cell="gru", **options):
    sizes = {"embedding_dim": 3, "decoder_units": UNITS, "decoder_layers": num_layers}
    decoder = AttentionDecoder(Seq2SeqConfig(31, UNITS, cell=cell, **sizes, **options))
    states = [[normal(BATCH, UNITS)] * {"lstm": 2, "gru": 1}[cell]] * num_layers
    mask = np.ones((BATCH, SOURCE_LENGTH), bool)
    state = decoder.initial_state(normal(BATCH, SOURCE_LENGTH, UNITS), mask, states)
    decoder(DECODER_INPUTS, state)
    randomise(decoder)
    return decoder, decoder.initial_state(normal(BATCH, SOURCE_LENGTH, UNITS), mask, states)


@pytest.mark.parametrize(
    "dropout", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}], ids=["inputs", "recurrent"]
)
@pytest.mark.parametrize("order", SEQUENTIAL)
def test_dropout_in_a_loop_works_in_training_alone(order, dropout):
    plain, state = decoder_and_state(2, **SEQUENTIAL[order])
    decoder, _ = decoder_and_state(2, **SEQUENTIAL[order], **dropout)
    expected = numpy(plain(DECODER_INPUTS, state)[0])
    np.testing.assert_allclose(numpy(decoder(DECODER_INPUTS, state)[0]), expected, rtol=1e-5, atol=1e-5)
    first, second = (numpy(decoder(DECODER_INPUTS, state, training=True)[0]) for _ in range(2))
    assert np.abs(first - expected).max() > 1e-3 and np.abs(second - first).max() > 1e-3
    trained = numpy(plain(DECODER_INPUTS, state, training=True)[0])
    np.testing.assert_allclose(trained, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_recurrent_dropout_drops_the_same_units_at_every_step_of_a_row(order, compiled):
    """An LSTM whose units see themselves alone: one that is dropped is 0 from then on."""
    decoder, state = decoder_that_remembers("lstm", **ORDERS[order])
    cell = decoder.recurrent_layers[0].cell
    recurrent_kernel, bias = np.zeros((UNITS, 4 * UNITS)), np.zeros(4 * UNITS)
    recurrent_kernel[:, 2 * UNITS : 3 * UNITS] = 3 * np.eye(UNITS)  # g = tanh(3 hidden)
    bias[:UNITS], bias[UNITS : 2 * UNITS], bias[3 * UNITS :] = 99, -99, 99  # i = 1, f = 0, o = 1
    cell.set_weights([np.zeros(cell.kernel.shape), recurrent_kernel, bias])
    assert numpy(decoder(DECODER_INPUTS, state)[0]).all()

    def logits(decoder_inputs, state):
        return decoder(decoder_inputs, state, training=True)[0]

    logits = engine.compile_function(logits, decoder) if compiled else logits
    kept = numpy(logits(DECODER_INPUTS, state)) != 0
    assert (kept == kept[:, :1]).all()  # a mask drawn anew would leave ever fewer units
    assert 0.2 < kept.mean() < 0.8
    assert (kept[0, 0] != kept[1, 0]).any()


@pytest.mark.parametrize("order", SEQUENTIAL)
def test_recurrent_dropout_in_a_loop_is_that_of_a_recurrent_layer(order):
    """What a GRU that only remembers, hidden[t] = hidden[t-1], loses or keeps is for its layer to say."""
    decoder, state = decoder_that_remembers("gru", **SEQUENTIAL[order])
    layer = decoder.recurrent_layers[0]
    bias = np.zeros((2, 3 * UNITS))
    bias[0, :UNITS] = 99  # z = 1
    kernel, recurrent_kernel = layer.cell.kernel, layer.cell.recurrent_kernel
    layer.cell.set_weights([np.zeros(kernel.shape), np.zeros(recurrent_kernel.shape), bias])
    inputs, hidden_state = (
        np.zeros((BATCH, TARGET_LENGTH, kernel.shape[0]), "float32"),
        state["recurrent_state"][0],
    )
    outputs, *_ = layer(inputs, initial_state=hidden_state, training=True)
    logits = decoder(DECODER_INPUTS, state, training=True)[0]
    before = numpy(hidden_state[0])[:, None]
    ours, expected = (np.unique(np.round(numpy(part) / before, 2) + 0.0) for part in (logits, outputs))
    assert ours.tolist() == expected.tolist()


def decoder_that_remembers(cell, **options):
    """A decoder whose logits are its hidden states, to three digits."""
    decoder, state = decoder_and_state(cell=cell, attention="none", recurrent_dropout=0.5, **options)
    decoder.attended_layer.set_weights([1e-3 * np.eye(UNITS), np.zeros(UNITS)])  # where tanh is linear
    decoder.output_layer.set_weights([1e3 * np.eye(UNITS), np.zeros(UNITS)])
    return decoder, state
