import keras
import numpy as np
import pytest
from small_models import randomise, small_batch

from s2s_lesson.layers import RecurrentEncoder, Seq2SeqConfig, StateBridge
from s2s_lesson.layers.config import CELLS

SOURCE_IDS = small_batch((7, 2, 5))["source_ids"]
MASK = SOURCE_IDS != 0


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def make_encoder(output_size=None, **options):
    return RecurrentEncoder(Seq2SeqConfig(31, 29, embedding_dim=5, encoder_units=13, **options), output_size)


def make_bridge():
    return StateBridge(Seq2SeqConfig(31, 29, decoder_units=11, decoder_layers=3, cell="lstm"))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("bidirectional", "width"), [(False, 13), (True, 26)])
def test_shapes(cell, bidirectional, width):
    encoder = make_encoder(encoder_layers=2, cell=cell, bidirectional=bidirectional)
    outputs, states = encoder(SOURCE_IDS, MASK)
    assert outputs.shape == (3, 7, width)
    states_a_layer = {"lstm": 2, "gru": 1}[cell]
    assert [[state.shape for state in layer] for layer in states] == [[(3, width)] * states_a_layer] * 2


def test_the_state_is_the_last_output_forwards_and_the_first_one_backwards():
    encoder = make_encoder()
    outputs, [[hidden_state, _]] = encoder(SOURCE_IDS, MASK)
    outputs = numpy(outputs)
    last = outputs[np.arange(3), MASK.sum(axis=1) - 1, :13]
    np.testing.assert_array_equal(hidden_state, np.concatenate([last, outputs[:, 0, 13:]], axis=-1))


@pytest.mark.parametrize("cell", CELLS)
def test_a_row_of_nothing_but_padding_gives_zeros(cell):
    encoder = make_encoder(cell=cell)
    encoder(SOURCE_IDS, MASK)
    randomise(encoder)
    source_ids = np.concatenate([SOURCE_IDS, np.zeros((1, 7), "int32")])
    outputs, [states] = encoder(source_ids, source_ids != 0)
    for tensor in (outputs, *states):
        assert numpy(tensor)[:3].any() and not numpy(tensor)[3].any()


@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_works_in_training_alone(option):
    encoder = make_encoder(**{option: 0.5})
    plain, trained, again = (
        numpy(encoder(SOURCE_IDS, MASK, training=training)[0]) for training in (False, True, False)
    )
    np.testing.assert_array_equal(plain, again)
    assert np.abs(plain - trained).max() > 1e-3


def test_an_output_layer_scores_every_source_position():
    encoder = make_encoder(output_size=3)
    outputs, _ = encoder(SOURCE_IDS, MASK)
    logits = encoder.output_logits(outputs)
    assert logits.shape == (3, 7, 3)
    kernel, bias = encoder.output_layer.get_weights()
    np.testing.assert_allclose(numpy(logits), numpy(outputs) @ kernel + bias, rtol=1e-5, atol=1e-5)


def test_without_an_output_layer_there_are_no_output_logits():
    encoder = make_encoder()
    outputs, _ = encoder(SOURCE_IDS, MASK)
    with pytest.raises(
        ValueError, match=r"Expected an encoder with an output layer; received one made without"
    ):
        encoder.output_logits(outputs)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_residual_layers_add_their_inputs_from_the_second_one_on(bidirectional):
    """The second layer's output minus what it has without residuals is the first layer's output."""
    options = {"encoder_layers": 2, "bidirectional": bidirectional}
    plain, residual, first = (
        make_encoder(**{**options, **other}) for other in ({}, {"residual": True}, {"encoder_layers": 1})
    )
    for encoder in (plain, residual, first):
        encoder(SOURCE_IDS, MASK)
    randomise(plain)
    residual.set_weights(plain.get_weights())
    first.set_weights(plain.get_weights()[: len(first.weights)])
    (outputs, state), (with_inputs, other_state), (inputs, _) = (
        encoder(SOURCE_IDS, MASK) for encoder in (plain, residual, first)
    )
    difference = numpy(with_inputs) - numpy(outputs)
    np.testing.assert_allclose(difference, numpy(inputs), rtol=1e-5, atol=1e-5)
    for ours, other in zip(keras.tree.flatten(state), keras.tree.flatten(other_state), strict=True):
        np.testing.assert_array_equal(numpy(ours), numpy(other))


def test_the_bridge_projects_each_state_by_a_layer_of_its_own():
    bridge = make_bridge()
    generator = np.random.default_rng(0)
    encoder_state = [[generator.normal(size=(3, 7)).astype("float32") for _ in range(2)] for _ in range(2)]
    bridge(encoder_state)
    randomise(bridge)
    states = bridge(encoder_state)
    arrays = iter(bridge.get_weights())
    for layer, source in enumerate((0, 1, 1)):  # the third decoder layer begins from the last encoder layer
        for state, ours in zip(encoder_state[source], states[layer], strict=True):
            expected = np.tanh(state @ next(arrays) + next(arrays))
            np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        make_encoder(encoder_layers=2, cell="gru", bidirectional=False, dropout=0.25),
        make_encoder(residual=True, recurrent_dropout=0.25, output_size=11),
        make_bridge(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_a_layer_is_made_again_from_its_config(layer):
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert twin.config == layer.config


def test_an_unknown_cell_is_an_error():
    with pytest.raises(ValueError, match="Expected cell one of lstm, gru; received 'rnn'"):
        make_encoder(cell="rnn")
