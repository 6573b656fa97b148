"""Schedules equal their formulas, at any step, and come back from their configs."""

import math

import keras
import numpy as np
import pytest

from s2s_lesson.training import Constant, ExponentialDecay, InverseSigmoidDecay, LearningRate, LinearDecay
from s2s_lesson.training.schedules import DECAYS, ScaledRate, scaled

STEPS = [0, 1, 2, 3, 5, 7, 11, 13, 17, 101, 1009, 1_000_003, 2**31 - 1]


def inverse_sigmoid(k, step):
    """k / (k + exp(step / k)), which is 0 where the exponential is too large."""
    return k / (k + math.exp(step / k)) if step / k < 700 else 0.0


DECAYS_OF_SHARES = {
    "constant": (Constant(0.3), lambda step: 0.3),
    "linear": (LinearDecay(13), lambda step: max(0.0, 1 - step / 13)),
    "linear-begin-end": (
        LinearDecay(7, begin=0.9, end=0.2),
        lambda step: 0.9 - 0.7 * step / 7 if step < 7 else 0.2,
    ),
    "linear-flat": (LinearDecay(5, begin=0.4, end=0.4), lambda step: 0.4),
    "exponential": (ExponentialDecay(0.97), lambda step: 0.97**step),
    "inverse_sigmoid": (InverseSigmoidDecay(3), lambda step: inverse_sigmoid(3, step)),
    "inverse_sigmoid-1": (InverseSigmoidDecay(1), lambda step: inverse_sigmoid(1, step)),
}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", DECAYS_OF_SHARES)
def test_a_decay_equals_its_formula_at_any_step(name):
    schedule, formula = DECAYS_OF_SHARES[name]
    expected = [formula(step) for step in STEPS]
    np.testing.assert_allclose([float(numpy(schedule(step))) for step in STEPS], expected, 1e-4, 1e-7)
    together = numpy(schedule(np.array(STEPS, "int32")))
    np.testing.assert_allclose(together, expected, 1e-4, 1e-7)
    assert together.dtype == "float32" and ((together >= 0) & (together <= 1)).all()
    assert (np.diff(together) <= 0).all()


def test_the_inverse_sigmoid_is_a_half_after_k_ln_k_steps():
    assert float(numpy(InverseSigmoidDecay(7)(7 * math.log(7)))) == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Constant(-0.1), "share"),
        (lambda: Constant(1.1), "share"),
        (lambda: LinearDecay(0), "steps"),
        (lambda: LinearDecay(7, begin=1.1), "begin"),
        (lambda: LinearDecay(7, begin=-0.1), "begin"),
        (lambda: LinearDecay(7, begin=0.5, end=0.6), "end"),
        (lambda: LinearDecay(7, end=-0.1), "end"),
        (lambda: ExponentialDecay(0.0), "base"),
        (lambda: ExponentialDecay(1.0), "base"),
        (lambda: InverseSigmoidDecay(0.9), "k"),
        (lambda: LearningRate(0.0, 7), "peak"),
        (lambda: LearningRate(0.1, 7, "square"), "decay"),
        (lambda: LearningRate(0.1, 7, warmup_steps=7), "warmup_steps"),
        (lambda: LearningRate(0.1, 7, warmup_steps=-1), "warmup_steps"),
        (lambda: LearningRate(0.1, 7, "inverse_sqrt"), "warmup_steps"),
        (lambda: LearningRate(0.1, 7, final_share=1.1), "final_share"),
        (lambda: LearningRate(0.1, 7, final_share=-0.1), "final_share"),
    ],
)
def test_bad_input_is_named(make, name):
    with pytest.raises(ValueError, match=f"Expected {name} .*; received"):
        make()


def test_the_bounds_themselves_are_allowed():
    for schedule in (
        Constant(0.0),
        Constant(1.0),
        LinearDecay(1, 1.0, 1.0),
        LearningRate(0.1, 7, warmup_steps=6),
        LearningRate(0.1, 7, final_share=0.0),
        LearningRate(0.1, 7, "inverse_sqrt", warmup_steps=1, final_share=1.0),
    ):
        assert math.isfinite(float(numpy(schedule(3))))


def rate_by_hand(peak, steps, decay, warmup_steps, final_share, step):
    """A line up to the peak, and then what the docstring says."""
    rises = min((step + 1) / warmup_steps, 1) if warmup_steps else 1
    p = min(max((step - warmup_steps) / (steps - warmup_steps), 0), 1)
    falls = {
        "constant": lambda: 1,
        "linear": lambda: 1 - (1 - final_share) * p,
        "cosine": lambda: final_share + (1 - final_share) * (1 + math.cos(math.pi * p)) / 2,
        "inverse_sqrt": lambda: math.sqrt(warmup_steps / max(step, warmup_steps)),
    }[decay]()
    return peak * rises * falls


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize("warmup_steps", [0, 1, 5])
@pytest.mark.parametrize("final_share", [0.0, 0.3])
def test_the_learning_rate_equals_a_plain_formula(decay, warmup_steps, final_share):
    warmup_steps = max(warmup_steps, int(decay == "inverse_sqrt"))
    options = (0.7, 17, decay, warmup_steps, final_share)
    schedule = LearningRate(*options)
    rates = [float(numpy(schedule(step))) for step in STEPS]
    np.testing.assert_allclose(rates, [rate_by_hand(*options, step) for step in STEPS], 1e-5, 1e-7)
    assert max(rates) <= 0.7 * (1 + 1e-6)


@pytest.mark.parametrize("decay", DECAYS)
def test_the_first_step_learns_and_the_peak_comes_when_the_warm_up_is_over(decay):
    schedule = LearningRate(0.7, 17, decay, warmup_steps=5)
    rates = [float(numpy(schedule(step))) for step in range(6)]
    np.testing.assert_allclose(rates, 0.7 * np.array([0.2, 0.4, 0.6, 0.8, 1, 1]), rtol=1e-5)


def test_schedules_come_back_from_their_configs():
    schedule = LearningRate(0.7, 17, "linear", warmup_steps=3, final_share=0.2)
    for original in (schedule, ScaledRate(schedule, 0.4, 3), ScaledRate(ScaledRate(schedule, 0.5), 3.0)):
        twin = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(original))
        assert type(twin) is type(original) and twin.get_config() == original.get_config()
        for step in (0, 2, 7, 23):
            assert float(numpy(twin(step))) == float(numpy(original(step)))


def test_optimisers_with_a_schedule_come_back_from_their_configs():
    optimizer = keras.optimizers.Adam(ScaledRate(LearningRate(0.7, 17, "linear"), 0.4))
    twin = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert float(numpy(twin.learning_rate)) == pytest.approx(0.28)


def test_a_rate_is_scaled_be_it_a_number_or_a_schedule():
    schedule = LearningRate(0.7, 17, "linear")
    assert scaled(0.7, 0.4) == pytest.approx(0.28)
    assert scaled(schedule, 1) is schedule
    for step in (0, 5, 23):
        expected = 0.4 * rate_by_hand(0.7, 17, "linear", 0, 0.05, step)
        assert float(numpy(scaled(schedule, 0.4)(step))) == pytest.approx(expected, rel=1e-5)


def test_a_schedule_of_updates_is_asked_with_the_count_of_batches():
    schedule = LearningRate(0.7, 17, "linear", warmup_steps=3)
    assert scaled(0.7, 1, 5) == 0.7
    for step in range(23):
        expected = float(numpy(schedule(step // 5)))
        for other in (step, keras.ops.convert_to_tensor(step)):
            assert float(numpy(scaled(schedule, 1, 5)(other))) == pytest.approx(expected, rel=1e-6)
