"""range_test: rates rise by one factor, losses are smoothed, and afterwards nothing has changed."""

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import engine
from s2s_lesson.training import PairBatches, RangeTest, range_test


class OfThePast(keras.Model):
    """It reads its past alone, through dropout."""

    def __init__(self):
        super().__init__()
        self.embedding, self.dropout = keras.layers.Embedding(11, 3), keras.layers.Dropout(0.3)
        self.output_layer = keras.layers.Dense(11)

    def call(self, inputs, training=False):
        return self.output_layer(self.dropout(self.embedding(inputs["decoder_inputs"]), training=training))


def model_and_batches():
    """A model, and batches for it."""
    engine.seed_everything(0)
    model = OfThePast()
    model({"decoder_inputs": np.zeros((1, 1), "int32")})  # makes the weights
    ids = np.random.default_rng(0).integers(4, 11, (13, 2)).tolist()
    return model, PairBatches(ids, [[row[0], 3] for row in ids], batch_size=7)


def state(model, batches):
    arrays = [keras.ops.convert_to_numpy(variable) for variable in model.variables]
    return [*arrays, *engine.random_states(), *(batches.rows(index) for index in range(len(batches)))]


def expect_equal(state, expected):
    for array, other in zip(state, expected, strict=True):
        np.testing.assert_array_equal(array, other)


@uncompiled()
def test_it_tries_rising_rates_and_puts_all_back():
    model, batches = model_and_batches()
    batches.set_epoch(3)
    before = state(model, batches)
    test = range_test(model, batches, lowest=1e-3, highest=1e4, steps=8, accumulation=2, divergence=2.0)
    expect_equal(state(model, batches), before)
    count = len(test.rates)
    np.testing.assert_allclose(test.rates, 10.0 ** np.arange(-3, count - 3))
    assert test.diverged and 2 < count <= 8 and len(test.losses) == len(test.smoothed) == count
    weights = 0.8 ** np.arange(count)[::-1]
    assert test.smoothed[-1] == pytest.approx(np.average(test.losses, weights=weights))
    assert test.smoothed[-1] > 2 * min(test.smoothed)
    assert test.losses[0] == pytest.approx(np.log(11), rel=0.1)


@uncompiled()
def test_where_it_breaks_off_all_is_put_back(monkeypatch):
    model, batches = model_and_batches()
    before, train_on_batch = state(model, batches), model.train_on_batch

    def breaks(*arguments, **options):
        train_on_batch(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "train_on_batch", breaks)
    with pytest.raises(KeyboardInterrupt):
        range_test(model, batches, lowest=0.1)
    expect_equal(state(model, batches), before)


def test_a_tenth_of_the_rate_of_the_lowest_loss_is_suggested():
    test = RangeTest((0.1, 0.2, 0.4, 0.8), (5.0, 4.0, 2.0, 9.0), (5.0, 4.5, 3.0, 6.0), True)
    assert test.lowest == 2 and test.suggestion == pytest.approx(0.04)
    lines = test.report().splitlines()
    assert len(lines) == 6 and lines[3].split() == ["4.00e-01", "2.000", "3.000", "lowest"]
    assert lines[-1] == "suggestion: 0.04, a tenth of the rate of the lowest loss"


def test_where_no_rate_lowers_the_loss_none_is_suggested():
    test = RangeTest((0.1, 0.2), (5.0, 6.0), (5.0, 5.5), False)
    assert test.suggestion is None
    assert test.report().splitlines()[-2:] == [
        "The loss did not diverge up to a rate of 0.2.",
        "No rate lowered the loss: no suggestion. Begin with a lower one.",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "Expected steps of at least 2; received 1"),
        ({"lowest": 0.1, "highest": 0.1}, "Expected highest above lowest=0.1; received 0.1"),
        ({"divergence": 1.0}, "Expected divergence above 1; received 1.0"),
    ],
)
def test_impossible_tests_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        range_test(*model_and_batches(), **options)
