"""Several processes train as one: real ones, on this machine, by the command line."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from itertools import product

import numpy as np
import pytest

from s2s_lesson.training import join
from s2s_lesson.training.distribution import share_of

NAMES = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]
SIZES = [f"model.{name}=6" for name in ("embedding_dim", "encoder_units", "decoder_units")]
EPOCHS = 4
WAIT = 240  # seconds, for processes of which each takes some twenty


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Pairs of one length, so that there is one shape to compile for: no batch is whole."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    words = list(product("abcde", repeat=3))
    path.write_text("".join(f"{' '.join(word)}\t{' '.join(word[::-1])}\n" for word in words))
    return path


class Started:
    """Processes that train together: a context, at whose end none of them runs any more."""

    def __init__(self, count, pairs, folder, *arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "-m", "s2s_lesson", "train", "--distribute", "--data", pairs]
        command += [
            "--output",
            folder,
            "--batch-size",
            "25",
            "--average",
            "2",
            "--source-tokens",
            "whitespace",
        ]
        command += ["--target-tokens", "whitespace", "--set", "model.dropout=0.2", *arguments]
        for size in SIZES:
            command += ["--set", size]
        self.processes = [
            subprocess.Popen(
                list(map(str, command)),
                env={
                    **os.environ,
                    **dict(zip(NAMES, (address, str(count), str(process)), strict=True)),
                },
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for process in range(count)
        ]

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        for process in self.processes:
            process.kill()
            process.communicate()

    def ended(self):
        """Of each, its exit code, and what it said."""
        told = [process.communicate(timeout=WAIT) for process in self.processes]
        return [(process.returncode, *text) for process, text in zip(self.processes, told, strict=True)]


def trained(count, pairs, folder, *arguments):
    """Train to the end: the history, and the weights of the last step."""
    with Started(count, pairs, folder, "--epochs", EPOCHS, *arguments) as started:
        for code, _, said in started.ended():
            assert code == 0, said
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    with np.load(folder / "checkpoint.npz") as arrays:
        weights = [arrays[name] for name in arrays.files if name.startswith("variable_")]
    return history, weights


@pytest.fixture(scope="module")
def alone(pairs, tmp_path_factory):
    return trained(1, pairs, tmp_path_factory.mktemp("alone") / "run")


def expect_equal(run, other):
    (history, weights), (other_history, others) = run, other
    for name in ("loss", "val_loss", "average_val_loss", "accuracy", "val_accuracy", "kept_epoch"):
        np.testing.assert_allclose(history[name], other_history[name], rtol=1e-6)
    assert len(history["loss"]) == EPOCHS
    for own, expected in zip(weights, others, strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-6)


@pytest.mark.slow(
    guard="tests/package/training/test_distribution.py::test_the_shares_of_all_processes_are_the_batch"
)
def test_two_processes_are_as_good_as_one(alone, pairs, tmp_path):
    expect_equal(trained(2, pairs, tmp_path / "run"), alone)


@pytest.mark.slow(
    guard="tests/package/training/test_distribution.py::test_the_shares_of_all_processes_are_the_batch"
)
def test_a_process_that_dies_ends_all_and_the_run_goes_on_with_one_or_with_two(alone, pairs, tmp_path):
    folder = tmp_path / "run"
    often = ("--set", "training.checkpoint_every=1")
    with Started(2, pairs, folder, "--epochs", 100_000, *often) as started:
        first, second = started.processes
        began = time.monotonic()
        while not (folder / "history.json").exists():
            assert time.monotonic() < began + WAIT and first.poll() is None, first.communicate()
            time.sleep(0.05)
        second.send_signal(signal.SIGKILL)
        _, said = first.communicate(timeout=120)
        assert first.returncode == 1
        assert said.splitlines()[-1].startswith("ConnectionError: Expected 2 processes that train together;")
    for count in (1, 2):
        copy = shutil.copytree(folder, tmp_path / f"with-{count}")
        history = json.loads((copy / "history.json").read_text(encoding="utf-8"))
        assert len(history["loss"]) < EPOCHS
        expect_equal(trained(count, pairs, copy, "--resume"), alone)


@pytest.mark.slow(
    guard="tests/package/training/test_distribution.py::test_the_shares_of_all_processes_are_the_batch"
)
@pytest.mark.parametrize("process", [0, 1])
def test_who_waits_for_others_in_vain_says_so_in_time(process):
    """The first one waits for more than there are; the second for a first one that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    code = f"from s2s_lesson.training import join; join('{address}', 3, {process}, start_seconds=5)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("ConnectionError: Expected 3 processes") and f"{address}; they were not" in last


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a:1", "", ""], f"Expected {NAMES[1]} and {NAMES[2]} beside {NAMES[0]}=a:1; received none"),
        (["a:1", "two", "0"], f"Expected {NAMES[1]} as a number; received 'two'"),
        (["a:1", "2", "2"], f"Expected {NAMES[2]} from 0 to 1, with {NAMES[1]}=2; received 2"),
        (["a", "2", "0"], f"Expected {NAMES[0]} as host:port; received 'a'"),
    ],
)
def test_what_names_the_processes_has_to_fit_together(monkeypatch, values, message):
    for name, value in zip(NAMES, values, strict=True):
        if value:
            monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=message):
        join()


def test_alone_it_is_all_devices_of_this_process():
    assert share_of(join()).process == 0
    with pytest.raises(TypeError, match=r"Expected keras.distribution.DataParallel, or None; received 3"):
        share_of(3)


@pytest.mark.slow(
    guard="tests/package/training/test_distribution.py::test_the_shares_of_all_processes_are_the_batch"
)
def test_the_variables_that_slurm_sets_are_understood():
    """As srun sets them for two tasks on one node."""
    job = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "127.0.0.1", "SLURM_NTASKS": "2"}
    code = "from s2s_lesson.training.distribution import join, share_of; print(share_of(join()))"
    tasks = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, **job, "SLURM_PROCID": task, "SLURM_LOCALID": task},
            stdout=subprocess.PIPE,
            text=True,
        )
        for task in "01"
    ]
    said = [task.communicate(timeout=WAIT)[0].strip() for task in tasks]
    assert said == [f"Share(process={task}, processes=2, devices=2)" for task in (0, 1)]
