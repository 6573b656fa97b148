"""Compiled for batches of any shape, models compute and learn what they do uncompiled."""

import contextlib

import keras
import numpy as np
import pytest
from small_models import (
    DOT_SIZES,
    SOURCE_VOCAB_SIZE,
    TARGET_VOCAB_SIZE,
    VARIANTS,
    randomise,
    small_batch,
    small_model,
)
from uncompiled import uncompiled

from s2s_lesson import engine
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import MaskedCrossEntropy, compile_model

BATCHES = [small_batch((7, 2, 5), (3, 5, 1)), small_batch((3, 11), (7, 2))]
# All others differ from these in cells and scores alone, which are the same code for every shape.
OPTIONS = ("coverage", "window", "attention_order", "input_feeding")
COMPILED = [variant for variant, choices in VARIANTS.items() if any(name in choices for name in OPTIONS)]
# Between them, these have all the options and both cells.
FEW = [
    "lstm-concat-into_rnn-input_feeding-coverage",
    "gru-concat-monotonic-into_rnn",
]
SMALL = {**DOT_SIZES, "attention": "luong_dot", "bidirectional": False}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("variant", FEW)
def test_a_compiled_model_gives_the_same_for_batches_of_different_shapes(variant):
    expect_the_same_compiled(variant)


@pytest.mark.slow(
    guard="tests/conformance/test_compiled.py::"
    "test_a_compiled_model_gives_the_same_for_batches_of_different_shapes"
)
@pytest.mark.parametrize("variant", [variant for variant in COMPILED if variant not in FEW])
def test_other_compiled_models_give_the_same_for_batches_of_different_shapes(variant):
    expect_the_same_compiled(variant)


def expect_the_same_compiled(variant):
    model = small_model(variant)
    compiled = engine.compile_function(lambda batch: model(batch), model)
    for batch in BATCHES:
        np.testing.assert_allclose(numpy(compiled(batch)), numpy(model(batch)), rtol=1e-5, atol=1e-5)


def test_a_compiled_model_learns_what_it_learns_uncompiled():
    """One step of the smallest model, once without a graph, where the engine knows of any, and once with."""
    batch, learned = BATCHES[0], []
    targets = np.roll(batch["decoder_inputs"], -1, axis=1)
    for context in (uncompiled(), contextlib.nullcontext()):
        model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **SMALL))
        randomise(model)
        before = model.get_weights()
        compile_model(model, learning_rate=0.01)
        expected = float(MaskedCrossEntropy()(targets, model(batch)))
        with context:
            loss = float(model.train_on_batch(batch, targets, return_dict=True)["loss"])
        assert loss == pytest.approx(expected, rel=1e-5)
        learned.append(model.get_weights())
    for weight, other, begin in zip(*learned, before, strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-5)
        assert 0 < np.abs(weight - begin).max() < 0.02


@pytest.mark.slow(
    guard="tests/conformance/test_compiled.py::test_a_compiled_model_learns_what_it_learns_uncompiled"
)
@pytest.mark.parametrize(
    ("variant", "dropout"),
    [("lstm-general-predictive-coverage", 0.0), ("gru-concat-monotonic-into_rnn", 0.3)],
)
def test_a_model_learns_from_batches_of_different_shapes(variant, dropout):
    """Without dropout the loss is the uncompiled one."""
    options = {**VARIANTS[variant], "dropout": dropout, "recurrent_dropout": dropout}
    model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **options))
    randomise(model)
    compile_model(model, learning_rate=0.001)
    for batch in BATCHES:
        targets = np.roll(batch["decoder_inputs"], -1, axis=1)
        expected = float(MaskedCrossEntropy()(targets, model(batch)))
        before = model.get_weights()
        model.reset_metrics()
        loss = model.train_on_batch(batch, targets, return_dict=True)["loss"]
        assert np.isfinite(loss)
        assert loss == pytest.approx(expected, rel=1e-4) or dropout > 0
        changes = [np.abs(new - old).max() for new, old in zip(model.get_weights(), before, strict=True)]
        assert all(0 < change < 0.1 for change in changes)
