"""The same seed gives the same run, also when the run is killed and resumed."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import training_script

ROOT = Path(__file__).parents[2]


def start(folder, *options):
    """Start the training script: its process."""
    return subprocess.Popen(
        [sys.executable, ROOT / "tests" / "training_script.py", folder, *options],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process):
    """Wait for a process: its exit status, and what it wrote to stderr."""
    _, stderr = process.communicate(timeout=300)
    return process.returncode, stderr


def without_seconds(history):
    """A history without "seconds", which no two runs share."""
    return {name: values for name, values in history.items() if name != "seconds"}


def history(folder):
    return without_seconds(json.loads((folder / "history.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of an uninterrupted run and of a resumed one, and the latter's state when it was killed."""
    whole, killed = tmp_path_factory.mktemp("runs") / "whole", tmp_path_factory.mktemp("runs") / "killed"
    steps = len(training_script.data()[0])
    # In the second epoch, two steps or more after a checkpoint: steps are lost, and the order of the batches,
    # the masks of dropout and the first epoch's history have to come back.
    kill_at = steps + 3 * random.Random(20).randint(1, steps // 3 - 1) + 3
    uninterrupted, interrupted = start(whole), start(killed, "--kill-at", str(kill_at))
    status, stderr = end(interrupted)
    assert status == -signal.SIGKILL, stderr
    assert not (killed / "end.npz").exists()
    with np.load(killed / "checkpoint.npz") as checkpoint:
        state = json.loads(str(checkpoint["state"]))
    assert state["epoch"] == 1 and 0 < state["step"] < kill_at - steps - 1
    for process in (start(killed, "--resume"), uninterrupted):
        status, stderr = end(process)
        assert status == 0, stderr
    return whole, killed, state


def test_two_processes_with_the_same_seed_have_the_same_history(runs):
    whole, _, state = runs
    first_epoch = {name: values[:1] for name, values in history(whole).items()}
    assert without_seconds(state["history"]) == first_epoch


def test_a_resumed_run_has_the_history_of_an_uninterrupted_one(runs):
    whole, resumed, _ = runs
    assert history(resumed) == history(whole)
    assert {len(values) for values in history(whole).values()} == {training_script.EPOCHS}


def test_a_resumed_run_ends_with_the_variables_of_an_uninterrupted_one(runs):
    whole, resumed, _ = runs
    with np.load(whole / "end.npz") as expected, np.load(resumed / "end.npz") as variables:
        assert variables.files == expected.files
        for name in expected.files:
            np.testing.assert_array_equal(variables[name], expected[name])
