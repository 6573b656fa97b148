"""SplitOptimizer takes the very steps that one optimiser a part takes by hand."""

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from uncompiled import uncompiled

from s2s_lesson.training import LearningRate, Optimization, SplitOptimizer
from s2s_lesson.training.optimizers import MeasuringAdam, gradient_norm
from s2s_lesson.training.schedules import ScaledRate

ROWS, INPUTS, UNITS, OUTPUTS, STEPS = 23, 3, 7, 2, 5
GENERATOR = np.random.default_rng(0)
FEATURES = GENERATOR.normal(size=(ROWS, INPUTS)).astype("float32")
LABELS = GENERATOR.normal(0, 5, (ROWS, OUTPUTS)).astype("float32")
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


def make_model():
    """A model of two halves, a layer each."""
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Dense(UNITS, activation="tanh"), keras.layers.Dense(OUTPUTS)]
    return keras.Sequential([keras.Input((INPUTS,)), *layers])


def halves(model):
    return [list(layer.trainable_variables) for layer in model.layers]


def split(model, optimizers):
    """Layer 0 is the first optimiser's and layer 1 the second's, in whichever order variables come."""
    first = {id(variable) for variable in model.layers[0].trainable_variables}
    return SplitOptimizer(optimizers, lambda variable: 0 if id(variable) in first else 1)


def fitted(model, optimizer, steps=STEPS, rows=ROWS):
    """Train with ``Model.fit``, a step an epoch."""
    model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
    model.fit(
        FEATURES[:rows],
        LABELS[:rows],
        batch_size=rows,
        epochs=steps // (ROWS // rows),
        verbose=0,
        shuffle=False,
    )
    return model.get_weights()


def by_hand(model, optimizers, steps=STEPS):
    """Train with an optimiser for each half, one after the other."""
    parts = halves(model)
    everything = [variable for part in parts for variable in part]
    labels = keras.ops.convert_to_tensor(LABELS)

    def loss():
        return keras.ops.mean(keras.ops.square(model(FEATURES) - labels))

    for _ in range(steps):
        _, gradients = value_and_gradients(loss, everything)
        gradients = iter([keras.ops.convert_to_tensor(gradient) for gradient in gradients])
        for optimizer, part in zip(optimizers, parts, strict=True):
            optimizer.apply([next(gradients) for _ in part], part)
    return model.get_weights()


def expect_equal(weights, expected):
    for weight, other in zip(weights, expected, strict=True):
        np.testing.assert_allclose(weight, other, **CLOSE)


def adam(scale, **options):
    return keras.optimizers.Adam(0.03 * scale, **options)


SLOW = pytest.mark.slow(
    guard="tests/package/training/test_optimizers.py::test_it_takes_the_steps_of_two_optimisers_by_hand"
)


@pytest.mark.parametrize("clip", [pytest.param(None, marks=SLOW), 0.1], ids=["unclipped", "clipped"])
def test_it_takes_the_steps_of_two_optimisers_by_hand(clip):
    model = make_model()
    weights = fitted(model, split(model, [adam(1.0, global_clipnorm=clip), adam(0.7, global_clipnorm=clip)]))
    expected = by_hand(make_model(), [adam(1.0, global_clipnorm=clip), adam(0.7, global_clipnorm=clip)])
    expect_equal(weights, expected)
    moved = [
        np.abs(weight - begin).max()
        for weight, begin in zip(weights, make_model().get_weights(), strict=True)
    ]
    assert min(moved) > 0.01


@uncompiled()
def test_the_second_part_moves_0_7_times_as_far_in_the_first_step():
    begin, model = make_model().get_weights(), make_model()
    weights = fitted(model, split(model, [adam(1.0), adam(0.7)]), steps=1)
    first, second = (np.abs(weights[i] - begin[i]).mean() for i in (0, 2))
    assert first == pytest.approx(0.03, rel=1e-3) and second == pytest.approx(0.7 * 0.03, rel=1e-3)


def test_each_part_is_clipped_by_a_norm_of_its_own():
    """A gradient of one half, however large, does not make the steps of the other smaller."""
    steps = {}
    for size in (1.0, 1000.0):
        parts = [keras.Variable(np.zeros(3, "float32"), name=name) for name in ("first", "second")]
        optimizers = [keras.optimizers.SGD(1.0, global_clipnorm=0.5) for _ in parts]
        optimizer = SplitOptimizer(optimizers, lambda variable: int(variable.name == "second"))
        gradients = [np.array([0.3, 0, 0.4], "float32") / 5, size * np.array([0, 3, 4], "float32")]
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients], parts)
        steps[size] = [-keras.ops.convert_to_numpy(part) for part in parts]
    for first, second in steps.values():
        np.testing.assert_allclose(first, [0.06, 0, 0.08], rtol=1e-5)
        np.testing.assert_allclose(second, [0, 0.3, 0.4], rtol=1e-5)


@uncompiled()
def test_gradients_add_up_over_batches():
    """Every third batch makes an update, with the mean gradient: three equal batches are as one."""
    model = make_model()
    options = {"gradient_accumulation_steps": 3}
    optimizers = [adam(1.0, **options), adam(0.7, **options)]
    weights = fitted(model, split(model, optimizers), steps=3 * 3)
    expect_equal(weights, by_hand(make_model(), [adam(1.0), adam(0.7)], steps=3))


@uncompiled()
def test_each_part_follows_its_own_schedule():
    rate, model = LearningRate(0.05, STEPS, "linear", warmup_steps=2), make_model()

    def optimizers():
        return [keras.optimizers.Adam(rate), keras.optimizers.Adam(ScaledRate(rate, 0.4))]

    weights = fitted(model, split(model, optimizers()))
    expect_equal(weights, by_hand(make_model(), optimizers()))
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.05 * 0.05)


@uncompiled()
def test_its_variables_are_those_of_its_parts():
    model = make_model()
    parts = [adam(1.0), adam(0.7)]
    optimizer = split(model, parts)
    optimizer.build(model.trainable_variables)
    optimizer.build(model.trainable_variables)  # changes nothing
    assert [id(v) for v in optimizer.variables] == [id(v) for part in parts for v in part.variables]
    slots = [2 * len(half) for half in halves(model)]  # two moments a weight
    assert [len(part.variables) - 2 for part in parts] == slots  # beside the step count and the learning rate
    fitted(model, optimizer)
    for count in (optimizer.iterations, parts[0].iterations, parts[1].iterations):
        assert int(keras.ops.convert_to_numpy(count)) == STEPS
    assert float(keras.ops.convert_to_numpy(optimizer.learning_rate)) == pytest.approx(0.03)


def test_it_needs_no_variables_once_it_is_built():
    model, other = make_model(), make_model()
    gradients = [keras.ops.ones(variable.shape) for variable in model.trainable_variables]
    optimizer = split(model, [adam(1.0), adam(0.7)])
    optimizer.build(model.trainable_variables)
    optimizer.apply(gradients)
    split(other, [adam(1.0), adam(0.7)]).apply(gradients, other.trainable_variables)
    expect_equal(model.get_weights(), other.get_weights())
    assert np.abs(model.get_weights()[0] - make_model().get_weights()[0]).min() > 0.01


# MeasuringAdam.


def gradients_by_hand(model, rows):
    labels = keras.ops.convert_to_tensor(LABELS[rows])

    def loss():
        return keras.ops.mean(keras.ops.square(model(FEATURES[rows]) - labels))

    return value_and_gradients(loss, model.trainable_variables)[1]


def norm_by_hand(gradients):
    return pytest.approx(np.sqrt(sum(np.square(gradient).sum() for gradient in gradients)), rel=1e-5)


def compiled(optimizer_of):
    model = make_model()
    model.compile(optimizer_of(model), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


@uncompiled()
@pytest.mark.parametrize("clip", [None, 0.1], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("parts", [1, 2])
def test_it_keeps_the_norm_of_all_gradients_before_clipping(clip, parts):
    def optimizer_of(model):
        optimizers = [MeasuringAdam(0.03, global_clipnorm=clip) for _ in range(parts)]
        return optimizers[0] if parts == 1 else split(model, optimizers)

    model = compiled(optimizer_of)
    expected = norm_by_hand(gradients_by_hand(model, slice(ROWS)))
    assert gradient_norm(model.optimizer) == 0
    model.train_on_batch(FEATURES, LABELS)
    assert gradient_norm(model.optimizer) == expected


@uncompiled()
def test_it_is_the_norm_of_the_mean_of_gradients_that_add_up():
    model = compiled(lambda model: MeasuringAdam(0.03, gradient_accumulation_steps=2))
    batches, seen = [slice(11), slice(11, ROWS)], []
    first, second = (gradients_by_hand(model, rows) for rows in batches)
    for rows in [*batches, batches[0]]:
        model.train_on_batch(FEATURES[rows], LABELS[rows])
        seen.append(gradient_norm(model.optimizer))
    mean = norm_by_hand([(one + other) / 2 for one, other in zip(first, second, strict=True)])
    assert seen == [0, mean, seen[1]]


@uncompiled()
def test_a_loss_that_is_scaled_does_not_scale_the_norm():
    model = compiled(lambda model: keras.optimizers.LossScaleOptimizer(MeasuringAdam(0.03)))
    expected = norm_by_hand(gradients_by_hand(model, slice(ROWS)))
    model.train_on_batch(FEATURES, LABELS)
    assert gradient_norm(model.optimizer) == expected


@pytest.mark.parametrize("options", [{}, {"global_clipnorm": 0.1}, {"clipnorm": 0.1}, {"clipvalue": 0.01}])
def test_its_weights_are_those_of_adam_bit_for_bit(options):
    weights = []
    for adam_class in (MeasuringAdam, keras.optimizers.Adam):
        model, optimizer = make_model(), adam_class(0.03, **options)
        for rows in (slice(11), slice(11, ROWS)):
            gradients = map(keras.ops.convert_to_tensor, gradients_by_hand(model, rows))
            optimizer.apply(list(gradients), model.trainable_variables)
        weights.append(model.get_weights())
    for weight, expected in zip(*weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_others_keep_no_norm():
    assert gradient_norm(keras.optimizers.SGD(0.1)) is None
    assert (
        gradient_norm(SplitOptimizer([MeasuringAdam(), keras.optimizers.SGD()], lambda variable: 0)) is None
    )


# Optimization.


def test_optimization_makes_the_rate_of_all_updates():
    assert Optimization(0.02, decay=None).rate(batches=97) == 0.02
    rate = Optimization(0.02, "linear", warmup_steps=3, accumulation=5).rate(batches=97)
    assert rate.get_config() == LearningRate(0.02, 97 // 5, "linear", 3).get_config()
    assert Optimization().rate(7).get_config() == LearningRate(1e-3, 7).get_config()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulation": 0}, "Expected accumulation of at least 1; received 0"),
        ({"learning_rate": 0.0}, "Expected learning_rate above 0; received 0.0"),
        ({"clip_norm": 0}, "Expected clip_norm above 0, or None; received 0"),
        ({"clip_norm": float("nan")}, "Expected clip_norm above 0, or None; received nan"),
        (
            {"decay": "square"},
            "Expected decay one of constant, linear, cosine, inverse_sqrt, or None; received 'square'",
        ),
        ({"warmup_steps": 5, "decay": None}, "Expected warmup_steps of 0 without a decay; received 5"),
    ],
)
def test_impossible_optimization_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        Optimization(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decay": "inverse_sqrt"}, "Expected warmup_steps from 1 to below steps=97; received 0"),
        ({"warmup_steps": 97}, "Expected warmup_steps from 0 to below steps=97; received 97"),
        (
            {"warmup_steps": 8, "accumulation": 12},
            "Expected warmup_steps from 0 to below steps=8; received 8",
        ),
        ({"accumulation": 98}, "Expected accumulation of at most 97, the batches of the run; received 98"),
        ({"accumulation": 98, "decay": None}, "Expected accumulation of at most 97, the batches of the run"),
    ],
)
def test_an_impossible_rate_is_an_error_once_it_is_made(options, message):
    with pytest.raises(ValueError, match=message):
        Optimization(**options).rate(97)
