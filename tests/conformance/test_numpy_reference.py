"""Every cell, every attention and the whole forward pass equal plain NumPy, to 1e-5."""

from itertools import product

import keras
import numpy as np
import pytest
import reference
from small_models import (
    STANDARD_LENGTHS,
    VARIANTS,
    randomise,
    sentences,
    small_batch,
    small_model,
    small_outputs,
)

from s2s_lesson.data import pad
from s2s_lesson.layers import BahdanauAttention, LuongAttention, RecurrentEncoder, Seq2SeqConfig
from s2s_lesson.layers.config import CELLS
from s2s_lesson.layers.recurrence import RECURRENT_LAYERS

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
BATCH, SOURCE_LENGTH, TARGET_LENGTH, QUERY_DIM, KEY_DIM, VALUE_DIM, UNITS = 2, 7, 3, 5, 13, 11, 17


def normal(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).normal(size=shape).astype("float32")


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_equals_the_reference(cell):
    layer = RECURRENT_LAYERS[cell](UNITS).cell
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
@pytest.mark.parametrize("residual", [False, True])
def test_the_encoder_reads_each_sentence_to_its_own_end(cell, bidirectional, residual):
    sizes = {"embedding_dim": 3, "encoder_units": 5, "encoder_layers": 3}
    options = {"cell": cell, "bidirectional": bidirectional, "residual": residual}
    encoder = RecurrentEncoder(Seq2SeqConfig(31, 29, **sizes, **options), output_size=11)
    lengths = (7, 2, 1)
    ids = sentences(lengths, 31)
    padded = pad(ids)
    encoder(padded, padded != 0)
    randomise(encoder)
    outputs, states = encoder(padded, padded != 0)
    logits = encoder.output_logits(outputs)

    weights = reference.encoder_weights_of(encoder)
    embeddings = encoder.embedding.get_weights()[0].astype("float64")
    kernel, bias = encoder.output_layer.get_weights()
    for row, sentence in enumerate(ids):
        expected_outputs, expected_state = reference.encode(cell, sentence, embeddings, weights, residual)
        np.testing.assert_allclose(numpy(outputs)[row, : lengths[row]], expected_outputs, **CLOSE)
        expected_logits = expected_outputs @ kernel + bias
        np.testing.assert_allclose(numpy(logits)[row, : lengths[row]], expected_logits, **CLOSE)
        assert not numpy(outputs)[row, lengths[row] :].any()
        for layer in range(3):
            for state, expected in zip(states[layer], expected_state[layer], strict=True):
                np.testing.assert_allclose(numpy(state)[row], expected, **CLOSE)


SCORES = {
    "luong_dot": (lambda **options: LuongAttention(KEY_DIM, "dot", **options), KEY_DIM),
    "luong_general": (lambda **options: LuongAttention(QUERY_DIM, "general", **options), QUERY_DIM),
    "luong_concat": (lambda **options: LuongAttention(UNITS, "concat", **options), QUERY_DIM),
    "bahdanau": (lambda **options: BahdanauAttention(UNITS, **options), QUERY_DIM),
}
WINDOWS = {
    "global": {},
    "monotonic": {"window": "monotonic", "half_width": 1},
    "predictive": {"window": "predictive", "half_width": 2},
    "predictive-as_in_the_paper": {"window": "predictive", "half_width": 2, "renormalize": False},
}
SHARED = {
    "plain": {},
    "temperature": {"temperature": 0.7},
    "coverage": {"coverage": True, "temperature": 1.3},
}


def every_attention():
    for (score, (make, query_dim)), (window, local), (name, shared) in product(
        SCORES.items(), WINDOWS.items(), SHARED.items()
    ):
        if score != "bahdanau" or not local:
            yield pytest.param(make, query_dim, local, shared, score, id=f"{score}-{window}-{name}")


@pytest.mark.parametrize(("make", "query_dim", "local", "shared", "score"), list(every_attention()))
def test_an_attention_equals_the_reference(make, query_dim, local, shared, score):
    layer = make(**local, **shared)
    query, query_before = normal(BATCH, TARGET_LENGTH, query_dim), normal(BATCH, query_dim)
    keys, values = normal(BATCH, SOURCE_LENGTH, KEY_DIM), normal(BATCH, SOURCE_LENGTH, VALUE_DIM)
    lengths = (SOURCE_LENGTH, 2)
    keys_mask = np.arange(SOURCE_LENGTH) < np.array(lengths)[:, None]
    given = {"keys": keys, "values": values, "keys_mask": keys_mask}
    layer(query, **given)
    randomise(layer)
    options = {"temperature": shared.get("temperature", 1), **local}
    weights = reference.attention_parts_of(layer)

    context, attention_weights = layer(query, **given)
    coverage, position = 3 * keys_mask * np.abs(normal(BATCH, SOURCE_LENGTH)), np.array([5, 1], "int32")
    step_context, step_weights = layer(query_before, **given, coverage=coverage, position=position)
    later_context, later_weights = layer(query, **given, coverage=coverage, position=position)
    for row, length in enumerate(lengths):
        one = (keys[row, :length], values[row, :length], weights)
        expected = reference.attend(score, query[row], *one, **options)
        np.testing.assert_allclose(numpy(context)[row], expected[0], **CLOSE)
        np.testing.assert_allclose(numpy(attention_weights)[row, :, :length], expected[1], **CLOSE)
        before = {"first_position": position[row], "coverage": coverage[row, :length], **options}
        expected = reference.attend(score, query_before[row : row + 1], *one, **before)
        np.testing.assert_allclose(numpy(step_context)[row], expected[0][0], **CLOSE)
        np.testing.assert_allclose(numpy(step_weights)[row, :length], expected[1][0], **CLOSE)
        expected = reference.attend(score, query[row], *one, **before)
        np.testing.assert_allclose(numpy(later_context)[row], expected[0], **CLOSE)
        np.testing.assert_allclose(numpy(later_weights)[row, :, :length], expected[1], **CLOSE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_whole_forward_pass_equals_the_reference(variant):
    model = small_model(variant)
    batch, (logits, attention_weights) = small_batch(*STANDARD_LENGTHS), small_outputs(variant)
    weights = reference.weights_of(model)
    for row, (source_length, target_length) in enumerate(zip(*STANDARD_LENGTHS, strict=True)):
        source_ids = batch["source_ids"][row, :source_length]
        decoder_inputs = batch["decoder_inputs"][row, :target_length]
        expected = reference.forward(model.config, weights, source_ids, decoder_inputs)
        np.testing.assert_allclose(logits[row, :target_length], expected[0], **CLOSE)
        np.testing.assert_allclose(
            attention_weights[row, :target_length, :source_length], expected[1], **CLOSE
        )
