"""The package's LSTM against Keras's own, with the same weights."""

import keras
import numpy as np
import pytest
from gradients import value_and_gradients

from s2s_lesson import engine
from s2s_lesson.layers import LSTM

BATCH, TIME, WIDTH, UNITS = 5, 7, 3, 11
LENGTHS = [7, 1, 4, 6, 2]
MASK = np.arange(TIME) < np.array(LENGTHS)[:, None]


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


SEQUENCES = normal(0, BATCH, TIME, WIDTH)


def both(bidirectional, **options):
    """The package's layer and Keras's with the same weights, none of which is zero."""
    made = []
    for layer in (LSTM, keras.layers.LSTM):
        one = layer(UNITS, return_sequences=True, return_state=True, **options)
        made.append(keras.layers.Bidirectional(one) if bidirectional else one)
    for layer in made:
        layer.build((None, None, WIDTH))
        layer.set_weights([normal(seed, *weight.shape) for seed, weight in enumerate(layer.weights)])
    return made


def tensor(array):
    return keras.ops.convert_to_tensor(array, "float32")


def real(outputs):
    return keras.ops.convert_to_numpy(outputs) * MASK[..., None]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"bidirectional": True}], ids=str)
def test_outputs_states_and_gradients_are_those_of_keras(options, masked):
    factors = normal(31, BATCH, TIME, UNITS * (2 if options.get("bidirectional") else 1))
    mask = MASK if masked else np.ones_like(MASK)
    real = mask[:, ::-1] if options.get("go_backwards") else mask  # backwards, those at padding come first
    factors = factors * real[..., None]
    results = []
    for layer in both(**{"bidirectional": False, **options}):
        inputs = keras.Variable(SEQUENCES)

        def loss(layer=layer, inputs=inputs):
            outputs, *states = layer(inputs.value * 1, mask=mask if masked else None)
            parts = [
                outputs * tensor(factors),
                *(state * (number + 2) for number, state in enumerate(states)),
            ]
            return sum(keras.ops.sum(keras.ops.sin(part)) for part in parts)

        results.append(value_and_gradients(loss, [inputs, *layer.trainable_variables]))
    (own, own_gradients), (other, other_gradients) = results
    np.testing.assert_allclose(own, other, rtol=1e-5)
    for gradient, expected in zip(own_gradients, other_gradients, strict=True):
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("masked", [True, False])
def test_it_begins_from_a_state_and_hands_on_the_gradient_to_it(masked):
    results = []
    for layer in both(False):
        start = [keras.Variable(normal(seed, BATCH, UNITS)) for seed in (41, 43)]

        def loss(layer=layer, start=start):
            outputs, hidden, cell = layer(
                SEQUENCES, mask=MASK if masked else None, initial_state=[state.value * 1 for state in start]
            )
            outputs = outputs * tensor(MASK[..., None])
            return keras.ops.sum(keras.ops.sin(outputs)) + keras.ops.sum(hidden * cell)

        results.append(value_and_gradients(loss, start))
    (own, own_gradients), (other, other_gradients) = results
    np.testing.assert_allclose(own, other, rtol=1e-5)
    for gradient, expected in zip(own_gradients, other_gradients, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_compiled_for_any_length_it_gives_the_same():
    layer, other = both(True)
    compiled = engine.compile_function(lambda inputs, mask: layer(inputs, mask=mask), layer)
    for length in (2, 3, TIME):
        inputs, mask = SEQUENCES[:, :length], MASK[:, :length]
        for own, expected in zip(compiled(inputs, mask), other(inputs, mask=mask), strict=True):
            own, expected = keras.ops.convert_to_numpy(own), keras.ops.convert_to_numpy(expected)
            if own.ndim == 3:
                own, expected = own * mask[..., None], expected * mask[..., None]
            np.testing.assert_allclose(own, expected, rtol=1e-5, atol=1e-6)


def test_recurrent_dropout_is_that_of_keras():
    own, other = both(False, recurrent_dropout=0.5, seed=3)
    np.testing.assert_array_equal(
        real(own(SEQUENCES, training=True)[0]), real(other(SEQUENCES, training=True)[0])
    )
    assert np.abs(real(own(SEQUENCES, training=True)[0]) - real(own(SEQUENCES)[0])).max() > 0.1


def test_weights_in_a_file_are_those_of_keras(tmp_path):
    own, other = (keras.Sequential([keras.Input((None, WIDTH)), layer]) for layer in both(True))
    other.layers[0].set_weights([weight + 1 for weight in own.get_weights()])
    other.save_weights(tmp_path / "some.weights.h5")
    own.load_weights(tmp_path / "some.weights.h5")
    for weight, expected in zip(own.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


OTHER_OPTIONS = [
    {"activation": "relu"},
    {"recurrent_activation": "hard_sigmoid"},
    {"use_bias": False},
    {"dropout": 0.5, "seed": 7},
    {"recurrent_dropout": 0.5, "seed": 7},
    {"zero_output_for_mask": True},
]


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forwards", "bidirectional"])
@pytest.mark.parametrize("options", OTHER_OPTIONS, ids=str)
def test_no_option_of_keras_is_ignored(options, bidirectional):
    own, other = both(bidirectional, **options)
    outputs, expected = (
        [real(part) if len(part.shape) == 3 else part for part in layer(SEQUENCES, mask=MASK, training=True)]
        for layer in (own, other)
    )
    for part, should_be in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(part, should_be, rtol=1e-5, atol=1e-5)
    plain, *_ = both(bidirectional)
    plain.set_weights(own.get_weights() if options.get("use_bias", True) else plain.get_weights())
    if set(options) & {"activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout"}:
        differs = np.abs(outputs[0] - real(plain(SEQUENCES, mask=MASK, training=True)[0]))
        assert differs.max() > 0.01  # the option changes something


def test_zero_output_for_mask_is_zero_at_padding():
    layer, _ = both(False, zero_output_for_mask=True)
    outputs = keras.ops.convert_to_numpy(layer(SEQUENCES, mask=MASK)[0])
    assert not outputs[~MASK].any() and outputs[MASK].all()
