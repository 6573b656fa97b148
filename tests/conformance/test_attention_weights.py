"""Attention weights sum to 1 and are exactly 0 on padding; a row of nothing but padding gives no NaN.

Where there is no attention, the weights are 0 throughout; outside a window they are exactly 0.
"""

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_models import (
    SOURCE_VOCAB_SIZE,
    STANDARD_LENGTHS,
    TARGET_VOCAB_SIZE,
    VARIANTS,
    all_variants,
    randomise,
    small_batch,
    small_model,
    small_outputs,
)

from s2s_lesson.layers import Seq2SeqConfig, masked_softmax
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import MaskedCrossEntropy

ROWS, LENGTH = 5, 7
FLOATS = ["float32", "float16", "bfloat16"]


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_sum_to_one_and_are_zero_on_padding(variant):
    model, batch = small_model(variant), small_batch(*STANDARD_LENGTHS)
    _, attention_weights = small_outputs(variant)
    assert attention_weights.shape == (3, 5, 7)
    padding = np.broadcast_to((batch["source_ids"] == 0)[:, None], attention_weights.shape)
    assert (attention_weights[padding] == 0).all()
    if model.config.attention == "none":
        assert not attention_weights.any()
        return
    np.testing.assert_allclose(attention_weights.sum(axis=-1), 1, rtol=1e-6)
    if model.config.window == "none":
        assert (attention_weights[~padding] > 0).all()
        return
    for row, length in enumerate((7, 2, 5)):
        for weights in attention_weights[row, :, :length]:
            (seen,) = np.nonzero(weights)
            assert len(seen) == seen[-1] - seen[0] + 1 <= 2 * model.config.half_width + 1


@settings(max_examples=30)
@given(
    scores=arrays("float32", (ROWS, LENGTH), elements=st.floats(-1e4, 1e4, width=32)),
    mask=arrays(bool, (ROWS, LENGTH)),
    dtype=st.sampled_from(FLOATS),
)
def test_masked_softmax_of_any_scores(scores, mask, dtype):
    weights = numpy(masked_softmax(keras.ops.cast(scores, dtype), mask))
    assert (weights[~mask] == 0).all()
    tolerance = {"float32": 1e-6, "float16": 1e-2, "bfloat16": 5e-2}[dtype]
    np.testing.assert_allclose(weights.sum(axis=-1), mask.any(axis=-1), atol=tolerance)


@pytest.mark.parametrize("dtype", FLOATS)
def test_an_all_padding_row_has_zero_weights_and_zero_gradients(dtype):
    mask = np.arange(LENGTH) < np.array([0, 3])[:, None]
    scores = keras.Variable(np.random.default_rng(0).normal(size=(2, LENGTH)), dtype=dtype)
    first, (gradients,) = value_and_gradients(
        lambda: keras.ops.sum(masked_softmax(scores.value, mask)[:, 0]), [scores]
    )
    assert 0 < first < 1
    assert not numpy(masked_softmax(scores.value, mask))[0].any()
    assert not gradients[0].any()
    assert np.isfinite(gradients).all() and gradients[1, :3].all()


@pytest.mark.parametrize(
    "variant",
    all_variants(
        guard="tests/conformance/test_attention_weights.py::test_an_all_padding_row_gives_finite_outputs",
        transformer=True,
    ),
)
def test_an_all_padding_row_gives_finite_outputs(variant):
    model, batch = small_model(variant), small_batch((7, 0, 5), (3, 5, 1), variant=variant)
    state = model.encode_inputs(batch)
    logits, attention_weights = model.decode(batch["decoder_inputs"], state)
    step_logits, _ = model.step(np.array([2, 2, 2]), state)
    everything = [logits, attention_weights, step_logits, *keras.tree.flatten(state)]
    assert all(np.isfinite(numpy(part)).all() for part in everything)
    assert not numpy(attention_weights)[1].any()


@pytest.mark.parametrize(
    "variant",
    [
        "lstm-concat-both_ways-2_layers",
        "gru-general-2_layers",
        "lstm-bahdanau-into_rnn-2_layers-residual",
        "lstm-general-predictive-coverage",
    ],
)
def test_all_padding_rows_give_finite_gradients(variant):
    model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **VARIANTS[variant]))
    randomise(model)
    batch = small_batch((7, 0, 5), (3, 5, 0))
    targets = np.roll(batch["decoder_inputs"], -1, axis=1)
    loss, gradients = value_and_gradients(
        lambda: MaskedCrossEntropy()(targets, model(batch, training=True)), model.trainable_variables
    )
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert all(gradient.any() for gradient in gradients)
