"""In 16-bit precision nothing turns into NaN, masked rows included, and results stay near 32-bit ones."""

from contextlib import contextmanager

import keras
import numpy as np
import pytest
from attentions import ATTENTIONS, UNITS, VALUE_DIM, normal, numpy
from gradients import value_and_gradients
from small_models import randomise, small_batch, small_model

from s2s_lesson import engine
from s2s_lesson.layers import BahdanauAttention, LuongAttention
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import MaskedCrossEntropy

NEAR = {"mixed_float16": 0.05, "mixed_bfloat16": 0.3}
BATCH, TARGET_LENGTH, SOURCE_LENGTH = 3, 2, 7
MASK = np.arange(SOURCE_LENGTH) < np.array([7, 0, 3])[:, None]  # the second row is nothing but padding
ORDERS = [
    "gru-bahdanau-both_ways",
    "lstm-general-predictive-coverage",
    "lstm-no_attention-input_feeding",
    "lstm-concat-into_rnn-input_feeding-coverage",
    "gru-concat-monotonic-into_rnn",
    "gru-general-tied-projected",
]


# Each attention and each order of decoding in one of the precisions; the other pairs are slow. Those with
# coverage and those without it take turns.
PAIRS = [(which, name) for which in ATTENTIONS for name in NEAR]
TURNS = [(place // 2 + place // 4 + place) % 2 == 0 for place in range(len(PAIRS))]
FAST_ATTENTIONS = [pair for pair, turn in zip(PAIRS, TURNS, strict=True) if turn]
FAST_MODELS = [(variant, list(NEAR)[place % 2]) for place, variant in enumerate(ORDERS)]
SLOW_MODELS = [(variant, list(NEAR)[1 - place % 2]) for place, variant in enumerate(ORDERS)]
if engine.compiles_each_shape():
    SLOW_MODELS, FAST_MODELS = FAST_MODELS[:-2] + SLOW_MODELS, FAST_MODELS[-2:]
    FAST_ATTENTIONS = [pair for place, pair in enumerate(FAST_ATTENTIONS) if place % 3 != 1]
SLOW_ATTENTIONS = [pair for pair in PAIRS if pair not in FAST_ATTENTIONS]


@contextmanager
def policy(name):
    """Make layers and models of a dtype policy, and no others after that."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def finite(*structures):
    return all(np.isfinite(numpy(leaf)).all() for leaf in keras.tree.flatten(structures))


@pytest.mark.parametrize(("which", "name"), FAST_ATTENTIONS)
def test_no_attention_gives_nan(which, name):
    expect_finite_attention(*which, name)


@pytest.mark.slow(guard="tests/conformance/test_mixed_precision.py::test_no_attention_gives_nan")
@pytest.mark.parametrize(("which", "name"), SLOW_ATTENTIONS)
def test_nor_does_any_in_the_other_precision(which, name):
    expect_finite_attention(*which, name)


def expect_finite_attention(score, window, coverage, name):
    """Large keys leave one position with all the weight, and lie far from what masked scores are set to."""
    options = {**dict(window), "coverage": coverage, "dtype": name}
    layer = (
        BahdanauAttention(UNITS, **options)
        if score == "bahdanau"
        else LuongAttention(UNITS, score, **options)
    )
    layer.build((None, None, UNITS), (None, None, UNITS))
    randomise(layer)
    query, keys = normal(0, BATCH, TARGET_LENGTH, UNITS), normal(1, BATCH, SOURCE_LENGTH, UNITS)
    given = {"values": normal(2, BATCH, SOURCE_LENGTH, VALUE_DIM), "keys_mask": MASK}
    given = {"keys": keys * np.array([1, 1, 1000], "float32")[:, None, None], **given}
    before = {"coverage": MASK * np.float32(0.5), "position": np.array([5, 0, 2], "int32")}

    def total():
        contexts = (layer(query, **given)[0], layer(query[:, 0], **given, **before)[0])
        return sum(keras.ops.sum(keras.ops.cast(context, "float32")) for context in contexts)

    query = keras.Variable(query, name="query")
    value, gradients = value_and_gradients(total, [query, *layer.trainable_variables])
    assert np.isfinite(value) and all(np.isfinite(gradient).all() for gradient in gradients)
    assert gradients[0].any() and not gradients[0][1].any()
    for part in (layer(query, **given), layer(query[:, 0], **given, **before)):
        assert part[1].dtype == layer.compute_dtype or "torch" in str(part[1].dtype)
        context, attention_weights = map(numpy, part)
        assert np.isfinite(context).all() and np.isfinite(attention_weights).all()
        assert not context[1].any() and not attention_weights[1].any()
        assert not attention_weights[2, ..., 3:].any()
        if dict(window).get("renormalize", True):
            np.testing.assert_allclose(attention_weights[[0, 2]].sum(axis=-1), 1, atol=0.02)


@pytest.mark.parametrize(("variant", "name"), FAST_MODELS)
def test_no_model_gives_nan(variant, name):
    expect_finite_model(variant, name)


@pytest.mark.slow(guard="tests/conformance/test_mixed_precision.py::test_no_model_gives_nan")
@pytest.mark.parametrize(("variant", "name"), SLOW_MODELS)
def test_nor_does_any_model_in_the_other_precision(variant, name):
    expect_finite_model(variant, name)


def expect_finite_model(variant, name):
    plain, batch = small_model(variant), small_batch((7, 0, 5), (3, 5, 1))
    with policy(name):
        model = Seq2Seq.from_config(plain.get_config())
    model.set_weights(plain.get_weights())
    logits, attention_weights = model.decode(batch["decoder_inputs"], model.encode(batch["source_ids"]))
    expected_logits, expected_weights = plain.decode(
        batch["decoder_inputs"], plain.encode(batch["source_ids"])
    )
    assert finite(logits, attention_weights) and not numpy(attention_weights)[1].any()
    np.testing.assert_allclose(numpy(logits), numpy(expected_logits), atol=NEAR[name])
    rounded_edge = 0.2 if plain.config.window == "predictive" else 0  # a position may leave the window
    np.testing.assert_allclose(
        numpy(attention_weights), numpy(expected_weights), atol=NEAR[name] / 3 + rounded_edge
    )

    state = model.encode(batch["source_ids"])
    for token_ids in batch["decoder_inputs"].T[:2]:
        before, (step_logits, state) = state, model.step(token_ids, state)
        keras.tree.assert_same_structure(state, before)
        assert finite(step_logits, state)

    targets = np.roll(batch["decoder_inputs"], -1, axis=1)
    loss, gradients = value_and_gradients(
        lambda: MaskedCrossEntropy()(targets, model(batch, training=True)), model.trainable_variables
    )
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() and gradient.any() for gradient in gradients)
