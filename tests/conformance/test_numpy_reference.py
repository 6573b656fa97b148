"""Every cell, every attention and the whole forward pass equal plain NumPy, to 1e-5."""

import keras
import numpy as np
import pytest
import reference
from small_models import VARIANTS, randomise, sentences, small_batch, small_model

from s2s_lesson.attention import BahdanauAttention, LuongAttention
from s2s_lesson.batching import pad
from s2s_lesson.encoder import CELLS, RecurrentEncoder

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
BATCH, SOURCE_LENGTH, TARGET_LENGTH, QUERY_DIM, KEY_DIM, VALUE_DIM, UNITS = 2, 7, 3, 5, 13, 11, 17


def normal(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype("float32")


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_equals_the_reference(cell):
    layer = CELLS[cell](UNITS).cell
    layer.build((BATCH, KEY_DIM))
    randomise(layer)
    inputs = normal(BATCH, KEY_DIM)
    states = [normal(BATCH, UNITS, seed=seed) for seed in range(reference.STATES[cell])]
    output, next_states = layer(inputs, states)
    weights = [np.asarray(weight, "float64") for weight in layer.get_weights()]
    expected_output, expected_states = reference.STEPS[cell](inputs, states, *weights)
    np.testing.assert_allclose(numpy(output), expected_output, **CLOSE)
    for state, expected in zip(next_states, expected_states, strict=True):
        np.testing.assert_allclose(numpy(state), expected, **CLOSE)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_encoder_reads_each_sentence_to_its_own_end(cell, bidirectional):
    encoder = RecurrentEncoder(31, 3, 5, num_layers=2, cell=cell, bidirectional=bidirectional)
    lengths = (7, 2, 1)
    ids = sentences(lengths, 31)
    padded = pad(ids)
    encoder(padded, padded != 0)
    randomise(encoder)
    outputs, states = encoder(padded, padded != 0)

    embeddings, *arrays = (np.asarray(weight, "float64") for weight in encoder.get_weights())
    ways = 2 if bidirectional else 1
    layers = [arrays[3 * i : 3 * i + 3] for i in range(2 * ways)]  # kernel, recurrent kernel, bias
    weights = [layers[ways * i : ways * i + ways] for i in range(2)]
    for row, sentence in enumerate(ids):
        expected_outputs, expected_state = reference.encode(cell, sentence, embeddings, weights)
        np.testing.assert_allclose(numpy(outputs)[row, : lengths[row]], expected_outputs, **CLOSE)
        assert not numpy(outputs)[row, lengths[row] :].any()
        for layer in range(2):
            for state, expected in zip(states[layer], expected_state[layer], strict=True):
                np.testing.assert_allclose(numpy(state)[row], expected, **CLOSE)


ATTENTIONS = {
    "luong_dot": (lambda: LuongAttention(KEY_DIM, score="dot"), KEY_DIM),
    "luong_general": (lambda: LuongAttention(QUERY_DIM, score="general"), QUERY_DIM),
    "luong_concat": (lambda: LuongAttention(UNITS, score="concat"), QUERY_DIM),
    "bahdanau": (lambda: BahdanauAttention(UNITS), QUERY_DIM),
}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_an_attention_equals_the_reference(name):
    make, query_dim = ATTENTIONS[name]
    layer = make()
    query = normal(BATCH, TARGET_LENGTH, query_dim)
    keys, values = normal(BATCH, SOURCE_LENGTH, KEY_DIM), normal(BATCH, SOURCE_LENGTH, VALUE_DIM)
    lengths = (SOURCE_LENGTH, 2)
    keys_mask = np.arange(SOURCE_LENGTH) < np.array(lengths)[:, None]
    layer(query, keys=keys, values=values)
    randomise(layer)
    context, attention_weights = layer(query, keys=keys, values=values, keys_mask=keys_mask)

    weights = reference.attention_weights_of(layer)
    for row, length in enumerate(lengths):
        expected_context, expected_weights = reference.attend(
            name, query[row], keys[row, :length], values[row, :length], weights
        )
        np.testing.assert_allclose(numpy(context)[row], expected_context, **CLOSE)
        np.testing.assert_allclose(numpy(attention_weights)[row, :, :length], expected_weights, **CLOSE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_whole_forward_pass_equals_the_reference(variant):
    model = small_model(variant)
    source_lengths, target_lengths = (7, 2, 5), (3, 5, 1)
    batch = small_batch(source_lengths, target_lengths)
    logits, attention_weights = model.decode(batch["decoder_inputs"], model.encode(batch["source_ids"]))
    weights = reference.weights_of(model)
    for row, (source_length, target_length) in enumerate(zip(source_lengths, target_lengths, strict=True)):
        source_ids = batch["source_ids"][row, :source_length]
        decoder_inputs = batch["decoder_inputs"][row, :target_length]
        expected = reference.forward(model.config, weights, source_ids, decoder_inputs)
        np.testing.assert_allclose(numpy(logits)[row, :target_length], expected[0], **CLOSE)
        np.testing.assert_allclose(
            numpy(attention_weights)[row, :target_length, :source_length], expected[1], **CLOSE
        )
