"""The encoder equals PyTorch's modules on packed sequences, and dot attention its scaled dot product."""

import keras
import numpy as np
import pytest
import torch
from small_models import randomise, sentences

from s2s_lesson.data import pad
from s2s_lesson.layers import LuongAttention, RecurrentEncoder, Seq2SeqConfig, combined_mask, padding_mask
from s2s_lesson.layers.config import CELLS

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
VOCAB_SIZE, EMBEDDING_DIM, UNITS = 31, 5, 7
LENGTHS = (3, 7, 1, 5)
MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def torch_weights(cell, kernel, recurrent_kernel, bias):
    """Bring the weights of a layer of Keras into PyTorch's form.

    There matrices multiply from the left, and the LSTM's gates stand in the same order, i, f, g, o, with two
    biases that are summed; a GRU has r, z, g where Keras has z, r, g.
    """
    if cell == "lstm":
        return [kernel.T, recurrent_kernel.T, bias, np.zeros_like(bias)]

    def swap(columns):
        z, r, g = np.split(columns, 3, axis=-1)
        return np.concatenate([r, z, g], axis=-1)

    return [swap(kernel).T, swap(recurrent_kernel).T, *swap(bias)]


def module_of(encoder, cell, num_layers, bidirectional):
    """PyTorch's module with the weights of an encoder's recurrent layers."""
    module = MODULES[cell](EMBEDDING_DIM, UNITS, num_layers, batch_first=True, bidirectional=bidirectional)
    for index, layer in enumerate(encoder.recurrent_layers):
        ways = [layer.forward_layer, layer.backward_layer] if bidirectional else [layer]
        for way, suffix in zip(ways, ("", "_reverse"), strict=False):
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            for name, array in zip(names, torch_weights(cell, *way.get_weights()), strict=True):
                with torch.no_grad():
                    getattr(module, f"{name}_l{index}{suffix}").copy_(torch.tensor(array))
    return module


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_encoder_equals_a_module_on_packed_sequences(cell, num_layers, bidirectional):
    sizes = {"embedding_dim": EMBEDDING_DIM, "encoder_units": UNITS, "encoder_layers": num_layers}
    options = {"cell": cell, "bidirectional": bidirectional}
    encoder = RecurrentEncoder(Seq2SeqConfig(VOCAB_SIZE, 29, **sizes, **options))
    source_ids = keras.ops.convert_to_tensor(pad(sentences(LENGTHS, VOCAB_SIZE)))
    encoder(source_ids, padding_mask(source_ids))
    randomise(encoder)
    outputs, state = encoder(source_ids, padding_mask(source_ids))

    module = module_of(encoder, cell, num_layers, bidirectional)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        encoder.embedding(source_ids), torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
    )
    packed_outputs, states = module(packed)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(packed_outputs, batch_first=True)
    np.testing.assert_allclose(outputs.detach(), expected.detach(), **CLOSE)
    states = states if cell == "lstm" else (states,)
    for kind, by_layer_and_direction in enumerate(states):  # (layers * directions, batch, units)
        by_layer = by_layer_and_direction.reshape(num_layers, -1, len(LENGTHS), UNITS)
        for layer in range(num_layers):
            expected = torch.cat(list(by_layer[layer]), dim=-1)
            np.testing.assert_allclose(state[layer][kind].detach(), expected.detach(), **CLOSE)


@pytest.mark.parametrize("causal", [False, True])
def test_dot_attention_at_the_right_temperature_is_scaled_dot_product_attention(causal):
    generator = torch.Generator().manual_seed(0)
    query, keys, values = (torch.randn(len(LENGTHS), 7, width, generator=generator) for width in (11, 11, 13))
    source_ids = torch.tensor(pad(sentences(LENGTHS, VOCAB_SIZE)))
    mask = combined_mask(source_ids) if causal else padding_mask(source_ids)
    layer = LuongAttention(11, "dot", temperature=11**0.5)
    context, _ = layer(query, keys=keys, values=values, keys_mask=mask)
    mask = mask if causal else mask[:, None]
    expected = torch.nn.functional.scaled_dot_product_attention(query, keys, values, attn_mask=mask)
    np.testing.assert_allclose(context, expected, **CLOSE)
    if causal:
        expected = torch.nn.functional.scaled_dot_product_attention(query, keys, values, is_causal=True)
        np.testing.assert_allclose(context[1], expected[1], **CLOSE)  # the second row has no padding
