"""The same seed gives the same run, also when the run is killed again and again, and resumed."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import training_script
from uncompiled import uncompiled

from s2s_lesson.training.averaging import EpochWeights

ROOT = Path(__file__).parents[2]
KINDS = ["plain", "strategies"]
if keras.backend.backend() != "tensorflow":
    KINDS.remove("plain")  # the other does all that this does, and a process on JAX compiles for long


SLOW = pytest.mark.slow(
    guard="tests/conformance/test_kill_and_resume.py::test_a_run_that_breaks_off_goes_on_as_if_it_had_not"
)
LAST = pytest.param(
    "last",
    1,
    marks=pytest.mark.slow(
        guard="tests/package/training/test_run.py::test_a_run_may_go_on_with_the_other_choice"
    ),
)


def start(folder, *options):
    """Start the training script: its process."""
    return subprocess.Popen(
        [sys.executable, ROOT / "tests" / "helpers" / "training_script.py", folder, *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    """Wait for a process: its exit status, and what it wrote to stderr. None outlives the test."""
    try:
        _, stderr = process.communicate(timeout=600)
    finally:
        process.kill()
    return process.returncode, stderr


def without_seconds(history):
    """A history without "seconds", which no two runs share."""
    return {name: values for name, values in history.items() if name != "seconds"}


def history(folder):
    return without_seconds(json.loads((folder / "history.json").read_text(encoding="utf-8")))


def checkpoint(folder):
    """The arrays of a checkpoint, and its state without times."""
    with np.load(folder / "checkpoint.npz") as file:
        arrays = {name: file[name] for name in file.files}
    state = json.loads(str(arrays.pop("state")))
    state["history"] = without_seconds(state["history"])
    state["log"]["lines"] = [without_speed(line) for line in state["log"]["lines"]]
    del state["seconds"], state["log"]["seconds"]
    assert state.pop("run") == run_of(folder)
    return arrays, state


def run_of(folder):
    """Which run a folder holds."""
    return json.loads((folder / "begun.json").read_text(encoding="utf-8"))["run"]


def without_speed(line):
    return {name: figure for name, figure in line.items() if name != "tokens_per_second"}


def log(folder):
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        return [without_speed(line) for line in csv.DictReader(file)]


def killed(process):
    """Wait for a process that kills itself."""
    status, stderr = end(process)
    assert status == -signal.SIGKILL, stderr


def kill_at_any_moment(process, folder):
    """Kill a process soon after it wrote a checkpoint, whatever it does then; it may have come to its end."""
    file = folder / "checkpoint.npz"
    before = file.stat().st_mtime_ns
    while process.poll() is None and file.stat().st_mtime_ns == before:
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.05))
    process.kill()
    status, stderr = end(process)
    assert status in (-signal.SIGKILL, 0), stderr


def expect_the_same_run(folder, other):
    """The same history, log, checkpoint and averaged epochs: weights, optimiser, random states, counts."""
    assert history(other) == history(folder)
    assert log(other) == log(folder)
    (expected, expected_state), (arrays, state) = checkpoint(folder), checkpoint(other)
    assert state == expected_state
    assert arrays.keys() == expected.keys() and len(arrays) > 60
    for name in expected:
        np.testing.assert_array_equal(arrays[name], expected[name])
    epochs, other_epochs = (EpochWeights(one, run_of(one)) for one in (folder, other))
    assert other_epochs.epochs() == epochs.epochs() and len(epochs.epochs()) in (0, 2)
    for epoch in epochs.epochs():
        for array, expected_array in zip(other_epochs.average([epoch]), epochs.average([epoch]), strict=True):
            np.testing.assert_array_equal(array, expected_array)


class BrokenOff(Exception):
    """What stops a run within this process."""


@uncompiled()
@pytest.mark.parametrize(("keep", "average"), [("best", 2), LAST])
def test_a_run_that_breaks_off_goes_on_as_if_it_had_not(tmp_path, keep, average):
    """In small: an exception at a drawn batch of the second epoch; a new model goes on from the checkpoint.

    An epoch has two batches, and two make an update: the checkpoint after the third holds half of one.
    """

    def stop():
        raise BrokenOff

    small = {"strategies": True, "size": training_script.SMALL, "kill": stop, "keep": keep}
    small["average"] = average
    whole, other = tmp_path / "whole", tmp_path / "other"
    expected = training_script.train(whole, **small)
    with pytest.raises(BrokenOff):
        training_script.train(other, kill_at=random.randint(3, 4), **small)
    assert checkpoint(other)[1]["epoch"] == 1
    model = training_script.train(other, resume=True, **small)
    expect_the_same_run(whole, other)
    for array, other_array in zip(
        training_script.end_of(expected), training_script.end_of(model), strict=True
    ):
        np.testing.assert_array_equal(other_array, array)


@pytest.fixture(scope="module", params=KINDS)
def runs(tmp_path_factory, request):
    """The folders of an uninterrupted run and of a resumed one, and the latter's state when first killed.

    It is killed in the second epoch, two steps or more after a checkpoint, so that steps are lost, and the
    order of the batches, the masks of dropout and the first epoch's history have to come back; then, of one
    kind, while it writes a file; then at any moment.
    """
    options = ["--strategies", "--average", "2"] if request.param == "strategies" else []
    whole, other = tmp_path_factory.mktemp("runs") / "whole", tmp_path_factory.mktemp("runs") / "killed"
    steps, draw = len(training_script.data()[0]), random.Random(request.param)
    kill_at = steps + 3 * draw.randint(1, steps // 3 - 1) + 3
    uninterrupted, interrupted = start(whole, *options), start(other, *options, "--kill-at", str(kill_at))
    killed(interrupted)
    assert not (other / "end.npz").exists()
    state = checkpoint(other)[1]
    assert state["epoch"] == 1 and 0 < state["step"] < kill_at - steps - 1
    if request.param == KINDS[-1]:  # how files are written does not depend on what is trained
        killed(start(other, *options, "--resume", "--kill-at-file", str(draw.randint(2, 7))))
        assert list(other.rglob(".part-*"))
        kill_at_any_moment(start(other, *options, "--resume"), other)
    for process in (start(other, *options, "--resume"), uninterrupted):
        status, stderr = end(process)
        assert status == 0, stderr
    return whole, other, state


@SLOW
def test_two_processes_with_the_same_seed_have_the_same_history(runs):
    whole, _, state = runs
    first_epoch = {name: values[:1] for name, values in history(whole).items()}
    assert state["history"] == first_epoch


@SLOW
def test_a_resumed_run_is_an_uninterrupted_one(runs):
    whole, resumed, _ = runs
    expect_the_same_run(whole, resumed)
    assert {len(values) for values in history(whole).values()} == {training_script.LARGE.epochs}
    steps = training_script.LARGE.epochs * len(training_script.data()[0])
    assert len(log(whole)) == steps // training_script.LOG_EVERY + training_script.LARGE.epochs


@SLOW
def test_a_resumed_run_ends_with_the_variables_of_an_uninterrupted_one(runs):
    whole, resumed, _ = runs
    with np.load(whole / "end.npz") as expected, np.load(resumed / "end.npz") as variables:
        assert variables.files == expected.files
        for name in expected.files:
            np.testing.assert_array_equal(variables[name], expected[name])
