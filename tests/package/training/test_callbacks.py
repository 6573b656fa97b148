"""Keras's callbacks in a run: called as Keras calls them, and refused where they could do nothing."""

import csv

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import JointTraining, Optimization, PairBatches, StrategicModel, compile_model, fit

VOCAB_SIZE, PAIRS, BATCH_SIZE = 11, 21, 7
STEPS = PAIRS // BATCH_SIZE  # an epoch
SIZES = {"embedding_dim": 2, "encoder_units": 3, "decoder_units": 5, "cell": "gru", "bidirectional": False}


def batches(count=PAIRS, seed=0):
    generator = np.random.default_rng(seed)
    sources = generator.integers(4, VOCAB_SIZE, (count, 2)).tolist()
    return PairBatches(sources, [[row[0], 3] for row in sources], batch_size=BATCH_SIZE, shuffle=False)


def make_model(rate=0.03, **options):
    keras.utils.set_random_seed(0)
    model = Seq2Seq(Seq2SeqConfig(VOCAB_SIZE, VOCAB_SIZE, attention="none", **SIZES, **options))
    compile_model(model, rate)
    return model


class Simplest(keras.Model):
    """What Keras's loop takes the batches with: when it calls callbacks is the same for each model."""

    def __init__(self):
        super().__init__()
        self.table = keras.layers.Embedding(VOCAB_SIZE, VOCAB_SIZE)

    def call(self, inputs):
        return self.table(inputs["decoder_inputs"])


def simplest_model():
    model = Simplest()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@uncompiled()
def train(model, *callbacks, **options):
    """The history of two epochs, or of fewer where a callback stops them."""
    options = {"epochs": 2, "progress": False, **options}
    return fit(model, batches(), batches(7, seed=1), callbacks=callbacks, **options)


class Notes(keras.callbacks.Callback):
    """Notes what is called, with which number and with what figures."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def note(self, name, number, logs):
        self.calls.append((name, number, dict(logs or {})))

    def on_train_begin(self, logs=None):
        self.note("train begins", None, logs)

    def on_train_end(self, logs=None):
        self.note("train ends", None, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.note("epoch begins", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.note("epoch ends", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self.note("batch begins", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self.note("batch ends", batch, logs)

    def on_test_begin(self, logs=None):
        self.note("test begins", None, logs)

    def on_test_end(self, logs=None):
        self.note("test ends", None, logs)


def in_order(calls):
    return [(name, number) for name, number, _ in calls]


def test_callbacks_are_called_in_the_order_in_which_keras_calls_them():
    ours, of_keras = Notes(), Notes()
    history = train(make_model(), ours)
    with uncompiled():
        simplest_model().fit(
            batches(), validation_data=batches(7, seed=1), epochs=2, verbose=0, callbacks=[of_keras]
        )
    assert in_order(ours.calls) == in_order(of_keras.calls)
    assert (ours.params["epochs"], ours.params["steps"]) == (2, STEPS)
    figures = [logs for name, _, logs in ours.calls if name == "epoch ends"]
    assert figures == [{name: values[epoch] for name, values in history.items()} for epoch in (0, 1)]
    assert ours.calls[-1][2] == figures[1]
    tested = [logs for name, _, logs in ours.calls if name == "test ends"]
    assert [logs["loss"] for logs in tested] == history["val_loss"]
    of_batches = [logs for name, _, logs in ours.calls if name == "batch ends"]
    assert all(np.isfinite(logs["loss"]) and "accuracy" in logs for logs in of_batches)


@pytest.mark.slow(
    guard="tests/package/training/test_callbacks.py::"
    "test_callbacks_are_called_in_the_order_in_which_keras_calls_them"
)
def test_training_is_the_same_with_callbacks_and_without():
    model, other = make_model(), make_model()
    history, expected = train(model, Notes()), train(other)
    for name in expected.keys() - {"seconds"}:
        assert history[name] == expected[name]
    for weight, other_weight in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other_weight)


def test_early_stopping_ends_a_run():
    """It waits for a loss that rises, and training makes it fall."""
    stopping = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)
    history = train(make_model(), stopping, epochs=7)
    assert len(history["loss"]) == 2 and stopping.stopped_epoch == 1


def test_checkpoints_hold_the_model_of_each_epoch(tmp_path):
    model = make_model()
    train(model, keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}-{val_loss:.3f}.keras"))
    first, second = sorted(tmp_path.iterdir())
    assert [path.name[0] for path in (first, second)] == ["1", "2"]
    loaded = keras.saving.load_model(second, compile=False)
    for weight, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)  # the second epoch did better
    assert type(loaded) is Seq2Seq


def test_a_checkpoint_under_strategies_holds_the_model_that_learns(tmp_path):
    model = make_model(encoder_output_layer=True)
    trained = StrategicModel(model, [JointTraining()])
    compile_model(trained, 0.03)
    train(trained, keras.callbacks.ModelCheckpoint(tmp_path / "model.keras"), epochs=1)
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert type(loaded) is Seq2Seq and loaded.config == model.config


def test_a_csv_file_holds_the_figures_of_the_history(tmp_path):
    history = train(make_model(), keras.callbacks.CSVLogger(tmp_path / "epochs.csv"))
    with open(tmp_path / "epochs.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["epoch"] for line in lines] == ["0", "1"]
    for name in ("loss", "val_loss", "val_accuracy"):
        assert [float(line[name]) for line in lines] == history[name]


@pytest.mark.parametrize("when", ["batch", "epoch"])
def test_a_callback_may_stop_the_training(when):
    seen, model = [], make_model()

    def stop(number, logs):
        seen.append(number)
        model.stop_training = number == (1 if when == "batch" else 0)

    name = {"batch": "on_train_batch_end", "epoch": "on_epoch_end"}[when]
    history = train(model, keras.callbacks.LambdaCallback(**{name: stop}), epochs=7)
    assert seen == ([0, 1] if when == "batch" else [0])
    assert {len(values) for values in history.values()} == {1}
    assert np.isfinite(history["val_loss"]).all()
    assert len(train(model, epochs=1)["loss"]) == 1  # what stopped one run does not stop the next


def test_a_plateau_lowers_a_rate_that_is_a_plain_number():
    """With its mode turned round, a loss that falls counts as none that gets better."""
    plateau = keras.callbacks.ReduceLROnPlateau("loss", mode="max", factor=0.5, patience=1, min_delta=0)
    model = make_model(Optimization(0.02, decay=None).rate(STEPS))
    train(model, plateau, epochs=3)
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.005)


def test_a_plateau_is_refused_where_it_could_lower_nothing():
    plateau = keras.callbacks.ReduceLROnPlateau("loss")
    message = "Expected a learning rate that is a plain number for ReduceLROnPlateau; received a schedule"
    with pytest.raises(ValueError, match=message):
        train(make_model(Optimization(0.02).rate(STEPS)), plateau)
    trained = StrategicModel(make_model(encoder_output_layer=True), [JointTraining()])
    compile_model(trained, 0.02)
    with pytest.raises(ValueError, match=r"received one for each part of the model.*without joint training"):
        train(trained, plateau)


def test_a_backup_of_keras_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Expected callbacks other than BackupAndRestore.*resume=True"):
        train(make_model(), keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_says_that_its_callbacks_begin_anew(tmp_path):
    train(make_model(), folder=tmp_path, epochs=1)
    notes = Notes()
    with pytest.warns(UserWarning, match="The run goes on and its callbacks begin anew"):
        history = train(make_model(), notes, folder=tmp_path, resume=True)
    assert len(history["loss"]) == 2
    assert [number for name, number, _ in notes.calls if name == "epoch ends"] == [1]
