"""Decoding a whole target at once, given the true tokens, equals decoding it token by token."""

import keras
import numpy as np
import pytest
from small_models import all_variants, small_batch, small_model


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    "variant",
    all_variants(
        guard="tests/conformance/test_step_by_step.py::test_teacher_forcing_equals_step_by_step",
        transformer=True,
    ),
)
def test_teacher_forcing_equals_step_by_step(variant):
    model, batch = small_model(variant), small_batch((7, 2, 5), (5, 5, 5), variant=variant)
    decoder_inputs, state = batch["decoder_inputs"], model.encode_inputs(batch)
    logits, attention_weights = model.decode(decoder_inputs, state)
    decoder_state = state
    for place in range(decoder_inputs.shape[1]):
        token_ids = decoder_inputs[:, place]
        step_logits, decoder_state = model.step(token_ids, decoder_state)
        step_weights = decoder_state["attention_weights"]
        np.testing.assert_allclose(step_logits, numpy(logits)[:, place], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(step_weights, numpy(attention_weights)[:, place], rtol=1e-5, atol=1e-6)
    assert keras.tree.map_structure(lambda leaf: leaf.shape, decoder_state) == keras.tree.map_structure(
        lambda leaf: leaf.shape, state
    )
