"""RunLog: the lines of log.csv, what TensorBoard reads back, and what a checkpoint holds of them."""

import builtins
import csv
import json
import sys

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import training
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import LearningRate, PairBatches
from s2s_lesson.training.run_folder import LOG, TENSORBOARD
from s2s_lesson.training.run_log import COLUMNS, RunLog, Totals

VOCAB_SIZE, PAIRS, BATCH_SIZE, EPOCHS, EVERY = 11, 25, 5, 2, 2
STEPS = PAIRS // BATCH_SIZE  # an epoch
RATE = LearningRate(0.03, EPOCHS * STEPS, "linear", warmup_steps=5)
CONFIG = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "cell": "gru", "bidirectional": False}


def pairs(count, seed):
    generator = np.random.default_rng(seed)
    tokens = generator.integers(4, VOCAB_SIZE, (count, 3)).tolist()
    return tokens, [[*row[:2], 3] for row in tokens]


def batches(count=PAIRS, seed=0):
    return PairBatches(*pairs(count, seed), batch_size=BATCH_SIZE, shuffle=False)


@uncompiled()
def train(folder, **options):
    keras.utils.set_random_seed(0)
    model = Seq2Seq(Seq2SeqConfig(VOCAB_SIZE, VOCAB_SIZE, **CONFIG))
    training.compile_model(model, RATE)
    options = {"epochs": EPOCHS, "folder": folder, "log_every": EVERY, "progress": False, **options}
    return training.fit(model, batches(), batches(10, 1), **options)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run that was logged in all ways, and its history."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, train(folder, tensorboard=True)


def read(folder):
    with open(folder / LOG, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_there_is_a_line_every_so_many_steps_and_one_an_epoch(run):
    lines = read(run[0])
    assert tuple(lines[0]) == COLUMNS
    assert COLUMNS[:2] == ("step", "epoch") and COLUMNS[-2:] == ("learning_rate", "tokens_per_second")
    assert len({line["gradient_norm"] for line in lines}) == 6  # of five steps, and none of epochs
    places = [(int(line["step"]), int(line["epoch"])) for line in lines]
    assert places == [(2, 1), (4, 1), (5, 1), (6, 2), (8, 2), (10, 2), (10, 2)]
    of_epochs = [bool(line["val_loss"]) for line in lines]
    assert of_epochs == [False, False, True, False, False, False, True]
    for line, is_epoch in zip(lines, of_epochs, strict=True):
        for name in ("loss", "perplexity", "accuracy", "gradient_norm", "tokens_per_second"):
            assert bool(line[name]) != is_epoch
        for name in ("val_loss", "val_perplexity", "val_accuracy"):
            assert bool(line[name]) == is_epoch
        assert line["learning_rate"]


def test_its_means_are_those_of_the_history(run):
    folder, history = run
    lines = read(folder)
    scores = [line for line in lines if line["val_loss"]]
    for name in ("val_loss", "val_perplexity", "val_accuracy"):
        assert [float(line[name]) for line in scores] == history[name]
    # All batches hold as many tokens, so steps 1 to 2 and 3 to 4 and the one left over make the epoch's mean.
    first, second = (float(line["loss"]) for line in lines[:2])
    last = STEPS * history["loss"][0] - 2 * (first + second)
    third = float(lines[3]["loss"])  # of that step and the next epoch's first
    assert 0 < last < 2 * third
    np.testing.assert_allclose([float(lines[0]["perplexity"])], [np.exp(first)])
    assert all(float(line["tokens_per_second"]) > 0 for line in lines if line["tokens_per_second"])


def test_the_learning_rate_follows_the_schedule(run):
    for line in read(run[0]):
        expected = float(keras.ops.convert_to_numpy(RATE(int(line["step"]))))
        assert float(line["learning_rate"]) == pytest.approx(expected, rel=1e-5)
    assert len({line["learning_rate"] for line in read(run[0])}) > 3


def test_tensorboard_reads_the_same_figures(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    folder, lines = run[0], read(run[0])
    events = EventAccumulator(str(folder / TENSORBOARD))
    events.Reload()
    assert set(events.Tags()["tensors"]) == set(COLUMNS[2:])
    for name in COLUMNS[2:]:
        written = [(event.step, float(make_ndarray(event.tensor_proto))) for event in events.Tensors(name)]
        expected = [(int(line["step"]), float(line[name])) for line in lines if line[name]]
        np.testing.assert_allclose(written, expected, rtol=1e-6)


class FakeRun:
    """What RunLog asks of a run: the learning rate and the epoch."""

    class model:
        optimizer = keras.optimizers.SGD(0.25)

    epoch = 1


TARGETS = np.array([[5, 6, 3], [7, 3, 0]])
LOGS = [{"cross_entropy": 2.0, "accuracy": 0.2}, {"cross_entropy": 1.0, "accuracy": 0.6}]


def test_every_real_token_counts_the_same(tmp_path):
    log = RunLog(tmp_path, 2, False)
    log.add_step(FakeRun, LOGS[0], TARGETS)
    assert log.lines == []
    log.add_step(FakeRun, LOGS[1], TARGETS[:, :2].repeat(2, axis=0)[:3])  # 6 tokens beside 5
    (line,) = log.lines
    assert line["loss"] == pytest.approx((5 * 2 + 6 * 1) / 11)
    assert line["accuracy"] == pytest.approx((5 * 0.2 + 6 * 0.6) / 11)
    assert (line["step"], line["epoch"], line["learning_rate"]) == (2, 2, 0.25)
    assert line["tokens_per_second"] > 0 and "gradient_norm" not in line


def test_it_goes_on_from_its_state_as_if_it_had_not_stopped(tmp_path):
    whole, first = RunLog(tmp_path, 2, False), RunLog(tmp_path, 2, False)
    for log in (whole, first):
        for logs in LOGS[:1] * 3:
            log.add_step(FakeRun, logs, TARGETS)
    second = RunLog(tmp_path, 2, False)
    second.go_on(json.loads(json.dumps(first.state())))
    for log in (whole, second):
        log.add_step(FakeRun, LOGS[1], TARGETS)
        log.add_epoch(FakeRun, {"loss": 1.0, "perplexity": np.e, "accuracy": 0.5})

    def figures(log):
        return [{name: line[name] for name in line if name != "tokens_per_second"} for line in log.lines]

    assert figures(second) == figures(whole)
    assert [line["step"] for line in second.lines] == [2, 4, 4]


def test_old_pairs_have_columns_where_they_are_scored(tmp_path):
    log, scores = RunLog(tmp_path, 2, False), {"loss": 1.0, "perplexity": np.e, "accuracy": 0.5}
    log.add_start(FakeRun, scores, {**scores, "loss": 0.5})
    log.add_epoch(FakeRun, scores, {**scores, "loss": 0.75})
    log.write()
    lines = read(tmp_path)
    assert tuple(lines[0]) == (*COLUMNS, "old_val_loss", "old_val_perplexity", "old_val_accuracy")
    assert [(line["step"], line["epoch"], line["old_val_loss"]) for line in lines] == [
        *(("0", "0", "0.5"), ("0", "2", "0.75")),
    ]


def test_a_resumed_run_writes_no_line_twice_for_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = RunLog(tmp_path, 1, True)
    log.add_step(FakeRun, LOGS[0], TARGETS)
    log.write()
    state = json.loads(json.dumps(log.state()))
    log.add_step(FakeRun, LOGS[0], TARGETS)
    log.write()
    log.writer.close()
    resumed = RunLog(tmp_path, 1, True)
    resumed.go_on(state)
    for _ in range(2):
        resumed.add_step(FakeRun, LOGS[1], TARGETS)
        resumed.write()
    resumed.writer.close()
    events = EventAccumulator(str(tmp_path / TENSORBOARD))
    events.Reload()
    assert [event.step for event in events.Tensors("loss")] == [1, 2, 3]
    assert [int(line["step"]) for line in read(tmp_path)] == [1, 2, 3]


def test_totals_without_tokens_are_zero():
    assert Totals().means() == {"loss": 0, "perplexity": 1, "accuracy": 0}


def test_tensorboard_needs_a_folder():
    with pytest.raises(ValueError, match=r"Expected a folder for TensorBoard.*folder="):
        train(None, tensorboard=True)


def test_tensorboard_needs_its_package(tmp_path, monkeypatch):
    original = builtins.__import__

    def without_tensorboard(name, *arguments, **options):
        if name.partition(".")[0] == "tensorboard":
            raise ModuleNotFoundError(name, name=name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_tensorboard)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match=r"s2s-lesson\[tensorboard\]"):
        RunLog(tmp_path, 1, True)


@pytest.mark.slow(
    guard="tests/package/training/test_run_log.py::test_there_is_a_line_every_so_many_steps_and_one_an_epoch"
)
def test_without_a_folder_nothing_is_written_and_the_history_is_the_same(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    history = train(None)
    assert list(tmp_path.iterdir()) == []
    for name in history:
        if name != "seconds":
            np.testing.assert_allclose(history[name], run[1][name], rtol=1e-5)
