"""One training over several devices and processes, by Keras's data parallelism on JAX."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import keras
import numpy as np

from s2s_lesson import engine
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked

ADDRESS, PROCESSES, PROCESS = (
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)
SCHEDULED = "SLURM_STEP_NODELIST"  # set by srun, with what else JAX reads
Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray | None]


class Share(NamedTuple):
    """Which rows of each batch a process trains on: a block of them, as long as that of any other.

    Attributes:
        process: int, from 0. The first one writes the run's files.
        processes: int.
        devices: int, of all processes together. The rows are filled up to a multiple of it.

    >>> share = Share(process=1, processes=2, devices=2)
    >>> share.rows(5).tolist()
    [3, 4, -1]
    """

    process: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, count: int) -> np.ndarray:
        """The rows of a batch of so many that are this process's: int, -1 where there is none any more."""
        each = -(-count // self.devices) * self.devices // self.processes
        rows = np.arange(self.process * each, (self.process + 1) * each)
        return np.where(rows < count, rows, -1)

    def of(self, inputs: dict[str, np.ndarray], targets: np.ndarray, weights: np.ndarray | None) -> Batch:
        """Take this process's rows of a batch.

        Args:
            inputs: dict of arrays (batch, ...).
            targets: int (batch, target_length).
            weights: float (batch,), or None.

        Returns:
            The same of its own rows. Rows that fill the batch up are copies of the first one, of weight 0.
        """
        if self.devices == 1:
            return inputs, targets, weights
        rows = self.rows(len(targets))
        own = np.ones(len(targets), "float32") if weights is None else weights
        taken = {name: values[rows.clip(0)] for name, values in inputs.items()}
        return taken, targets[rows.clip(0)], np.where(rows < 0, np.float32(0), own[rows.clip(0)])


@checked
def join(
    address: str | None = None,
    processes: PositiveInt | None = None,
    process: NonNegativeInt | None = None,
    *,
    start_seconds: PositiveInt = 120,
    heartbeat_seconds: PositiveInt = 60,
) -> keras.distribution.DataParallel:
    """Join the processes that train together, before anything else uses the engine.

    What is not given comes from the variables that Keras reads (KERAS_DISTRIBUTION_JOB_ADDRESSES,
    KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID), or from those of a scheduler that JAX
    knows, such as SLURM. Where neither is there, this process trains alone, on all of its devices.

    Args:
        address: host:port of process 0, which the others can reach.
        processes: how many there are.
        process: which one this is, from 0.
        start_seconds: how long to wait for all of them. Then this process ends with a line that says so, and
            the exit code 1: JAX cannot be interrupted while it waits.
        heartbeat_seconds: after so long without a sign of life of one of them, all others end.

    Returns:
        ``keras.distribution.DataParallel`` over the devices of all of them, for ``fit(distribution=...)``.

    Raises:
        RuntimeError: the engine was used before.
        ValueError: Keras runs on another engine than JAX; one of the three is given and another one missing,
            or they do not fit together.
    """
    if keras.backend.backend() != "jax":
        raise ValueError(_other_engine())
    address = address or os.environ.get(ADDRESS)
    processes = _number(PROCESSES) if processes is None else processes
    process = _number(PROCESS) if process is None else process
    if any(one is not None for one in (address, processes, process)):
        _expect_whole(address, processes, process)
    if address is not None or SCHEDULED in os.environ:
        engine.join(address, processes, process, start_seconds, heartbeat_seconds)
    return keras.distribution.DataParallel(auto_shard_dataset=False)


def share_of(distribution: keras.distribution.DataParallel | None) -> Share:
    """The share of this process.

    Args:
        distribution: as ``fit`` takes it.

    Raises:
        TypeError, ValueError: it is nothing that can be trained with, on the engine in use.
    """
    if distribution is None:
        return Share()
    if keras.backend.backend() != "jax":
        raise ValueError(_other_engine())
    if not isinstance(distribution, keras.distribution.DataParallel):
        raise TypeError(
            f"Expected keras.distribution.DataParallel, or None; received {distribution!r}. "
            "Leave it out, or take what join gives."
        )
    process, processes = engine.processes()
    return Share(process, processes, int(np.prod(distribution.device_mesh.shape)))


@contextmanager
def spread(model: keras.Model, distribution: keras.distribution.DataParallel | None) -> Iterator[keras.Model]:
    """A model with the same weights on all devices, in whose place it is trained; then they are its own.

    Args:
        model: a built ``keras.Model``.
        distribution: ``keras.distribution.DataParallel``; or None, for the model itself.

    Yields:
        ``keras.Model``.
    """
    if distribution is None:
        yield model
        return
    with distribution.scope(), _others_named():
        copy = type(model).from_config(model.get_config())
        _copy(model, copy)
        yield copy
        _copy(copy, model)


@contextmanager
def _others_named():
    """Say that another process is gone where this is why this one cannot go on; it waits for none then."""
    process, processes = engine.processes()
    try:
        yield
    except BaseException as error:
        if processes > 1:
            engine.leave()
        if isinstance(error, Exception) and engine.lost_another(error):
            raise ConnectionError(
                f"Expected {processes} processes that train together; received a sign that another one than "
                f"{process} is gone: {str(error).splitlines()[0]} See what the others said, and go on with "
                "resume=True, with as many processes as you like."
            ) from error
        raise


@contextmanager
def alone() -> Iterator[None]:
    """What this process does by itself: within it nothing waits for other processes."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def _copy(model, other):
    for variable, own in zip(other.variables, model.variables, strict=True):
        variable.assign(keras.ops.convert_to_numpy(own))


def _other_engine():
    return (
        f"Expected KERAS_BACKEND=jax to train on several devices; received {keras.backend.backend()}, on "
        "which batches are not spread. Train on JAX: what is trained there loads on every engine."
    )


def _number(name):
    text = os.environ.get(name)
    if text is None:
        return None
    if not text.isdecimal():
        raise ValueError(f"Expected {name} as a number; received {text!r}. Set it to one, such as 0.")
    return int(text)


def _expect_whole(address, processes, process):
    """Raise an error where what names the processes does not fit together."""
    named = {ADDRESS: address, PROCESSES: processes, PROCESS: process}
    if missing := [name for name, value in named.items() if value is None]:
        there = ", ".join(f"{name}={value}" for name, value in named.items() if value is not None)
        raise ValueError(f"Expected {' and '.join(missing)} beside {there}; received none. Set all three.")
    host, _, port = address.split(",")[0].rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"Expected {ADDRESS} as host:port; received {address!r}. Name that of process 0.")
    if not 0 <= process < processes:
        raise ValueError(
            f"Expected {PROCESS} from 0 to {processes - 1}, with {PROCESSES}={processes}; received "
            f"{process}. Number the processes from 0, each once."
        )
