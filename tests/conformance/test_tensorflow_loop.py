"""What TensorFlow alone has: loops with GradientTape, which take the steps of ``Model.fit``; an LSTM loop."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_models import small_batch
from uncompiled import uncompiled

from s2s_lesson import engine, training
from s2s_lesson.layers import LSTM, Seq2SeqConfig, padding_mask
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import (
    JointTraining,
    LearningRate,
    LinearDecay,
    MaskedCrossEntropy,
    ScheduledSampling,
    StrategicModel,
    bag_loss,
    mixed_past,
    token_cross_entropy,
    weighted_mean,
)

STEPS, SEED, PEAK, CLIP_NORM = 5, 11, 0.02, 0.7
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "cell": "gru", "bidirectional": False}


def make_model():
    keras.utils.set_random_seed(3)
    return Seq2Seq(Seq2SeqConfig(31, 29, **SIZES, encoder_output_layer=True))


def rate():
    return LearningRate(PEAK, STEPS, "linear", warmup_steps=2)


def batch():
    inputs = small_batch((3, 2, 1), (2, 3, 1))
    return inputs, np.roll(inputs["decoder_inputs"], -1, axis=1) * (inputs["decoder_inputs"] != 0)


def fitted(trained):
    """By ``Model.fit``: the losses."""
    training.compile_model(trained, rate(), clip_norm=CLIP_NORM)
    inputs, targets = batch()
    return trained.fit(inputs, targets, epochs=STEPS, batch_size=3, shuffle=False, verbose=0).history["loss"]


def by_hand(step):
    inputs, targets = batch()
    inputs = {name: tf.constant(ids) for name, ids in inputs.items()}
    return [float(step(inputs, tf.constant(targets), tf.constant(index))) for index in range(STEPS)]


def expect_equal(model, expected, begin):
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-5)
    moved = [np.abs(weight - other).max() for weight, other in zip(model.get_weights(), begin, strict=True)]
    assert np.median(moved) > PEAK


@uncompiled()
def test_teacher_forcing():
    expect_the_steps_of_teacher_forcing()


@pytest.mark.slow(guard="tests/conformance/test_tensorflow_loop.py::test_teacher_forcing")
def test_compiled_teacher_forcing():
    expect_the_steps_of_teacher_forcing()


def expect_the_steps_of_teacher_forcing():
    model, other = make_model(), make_model()
    begin = model.get_weights()
    optimizer = keras.optimizers.Adam(rate(), global_clipnorm=CLIP_NORM)
    optimizer.build(model.trainable_variables)
    values = [variable.value for variable in model.trainable_variables]

    @tf.function
    def step(inputs, targets, index):
        with tf.GradientTape() as tape:
            state = model.encode(inputs["source_ids"], training=True)
            logits, _ = model.decode(inputs["decoder_inputs"], state, training=True)
            loss = weighted_mean(token_cross_entropy(targets, logits), padding_mask(targets))
        optimizer.apply(tape.gradient(loss, values))
        return loss

    with pytest.warns(UserWarning, match="Gradients do not exist"):  # of the encoder's output layer
        losses = by_hand(step)
    np.testing.assert_allclose(losses, fitted(other), rtol=1e-5)
    expect_equal(model, other, begin)


@pytest.mark.slow(guard="tests/conformance/test_tensorflow_loop.py::test_teacher_forcing")
@uncompiled()
def test_scheduled_sampling_and_joint_training():
    expect_the_steps_of_scheduled_sampling_and_joint_training()


@pytest.mark.slow(guard="tests/conformance/test_tensorflow_loop.py::test_teacher_forcing")
def test_compiled_scheduled_sampling_and_joint_training():
    expect_the_steps_of_scheduled_sampling_and_joint_training()


def expect_the_steps_of_scheduled_sampling_and_joint_training():
    """The same coins and noise come from the same seed; each half has an Adam of its own."""
    model, other = make_model(), make_model()
    begin = model.get_weights()
    schedule, seed = LinearDecay(STEPS), keras.random.SeedGenerator(SEED)
    scales, optimizers = (1.0, 0.7), []
    parts = [
        model.encoder.trainable_variables,
        [*model.bridge.trainable_variables, *model.decoder.trainable_variables],
    ]
    for scale, part in zip(scales, parts, strict=True):
        peak = LearningRate(scale * PEAK, STEPS, "linear", warmup_steps=2)
        optimizers.append(keras.optimizers.Adam(peak, global_clipnorm=CLIP_NORM))
        optimizers[-1].build(part)
    values = [[variable.value for variable in part] for part in parts]

    @tf.function
    def step(inputs, targets, index):
        with tf.GradientTape() as tape:
            state = model.encode(inputs["source_ids"], training=True)
            past = mixed_past(model, inputs["decoder_inputs"], state, schedule(index), seed, choose="sample")
            logits, _ = model.decode(past, state, training=True)
            loss = weighted_mean(token_cross_entropy(targets, logits), padding_mask(targets))
            of_encoder = model.encoder.output_logits(state["values"])
            loss += 0.5 * bag_loss(of_encoder, state["keys_mask"], targets)
        for optimizer, gradients in zip(optimizers, tape.gradient(loss, values), strict=True):
            optimizer.apply(gradients)
        return loss

    strategies = [ScheduledSampling(schedule, choose="sample"), JointTraining()]
    losses, expected = by_hand(step), fitted(StrategicModel(other, strategies, SEED))
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    expect_equal(model, other, begin)


@pytest.mark.parametrize("row", [[False, True, True], [False] * 3], ids=["left", "blank"])
def test_a_mask_that_the_faster_loop_cannot_read_is_refused(row):
    layer, sequences = LSTM(5, return_sequences=True), np.ones((2, 3, 7), "float32")
    mask = np.array([[True] * 3, row])
    compiled = engine.compile_function(lambda mask: layer(sequences, mask=mask), layer)
    for run in (lambda: layer(sequences, mask=mask), lambda: compiled(mask)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected padding on the right"):
            run()


def test_the_loss_in_the_scope_of_a_strategy_is_that_outside():
    logits = np.random.default_rng(5).normal(size=(2, 3, 11)).astype("float32")
    targets = np.array([[5, 6, 3], [4, 3, 0]])
    expected = float(MaskedCrossEntropy()(targets, logits))
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        assert float(MaskedCrossEntropy()(targets, logits)) == expected
