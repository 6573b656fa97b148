"""The one place that knows TensorFlow, JAX and PyTorch apart: these functions, and a file for each engine."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from s2s_lesson import _extras

Tensor = Any  # of whichever engine; docstrings give types of numbers and shapes
State = dict[str, Any]  # what a model hands on from step to step
Shape = tuple[int | None, ...]


def compile_function(function: Callable, layer: Any = None, batches: bool = False) -> Callable:
    """Compile a function of tensors for the engine in use, once per shape of its arguments.

    Args:
        function: takes and returns tensors, or nested structures of them, and has no side effects.
        layer: ``keras.Layer`` whose weights the function reads, as they are at each call. None for a function
            that reads none. What is compiled does not keep the layer alive.
        batches: bool. All tensors are batches of sequences, (rows, length, ...) or (rows,). TensorFlow then
            makes one graph for all numbers of rows and all lengths, and not one of the first shape and a
            further one for each axis that changes, of a second or two each.

    Returns:
        A callable with the same signature: a ``tf.function`` on TensorFlow, a ``jax.jit`` on JAX, and on
        PyTorch the function itself, run without gradients.

    Raises:
        ValueError: Keras runs on another backend; or, at the first call and on JAX, which would go on with
            the weights of then, the function reads weights and there is no layer.
    """
    compiled = _in_use().compile_function(function, layer, batches)

    def in_own_process(*arguments):
        expect_own_process()
        return compiled(*arguments)

    return in_own_process


def compile_training(function: Callable, step: Callable, model: Any) -> Callable:
    """Let a Keras model train and be tested on batches of all shapes by one graph, see ``compile_function``.

    Args:
        function: ``model.train_function`` or ``model.test_function``, as Keras made it, of an iterator of
            batches. It is what still runs where Keras is given a dataset or runs eagerly, several steps at
            once, or on several replicas; and on JAX and PyTorch.
        step: ``model.train_step`` or ``model.test_step``.
        model: ``keras.Model``.

    Returns:
        A function as ``function`` is.
    """
    return _in_use().compile_training(function, step, model)


def expect_own_process() -> None:
    """Raise an error in a process that was forked from one in which the engine was used already.

    The threads of TensorFlow and JAX are gone there, and whoever waits for them waits for ever.

    Raises:
        RuntimeError: this is such a process.
    """
    if _first_process() != os.getpid() and not _in_use().WORKS_WHEN_FORKED:
        raise RuntimeError(
            "Expected a process that was started anew; received one forked from a process that used the "
            "engine already, which would wait for ever. Start it by "
            '"spawn": pipelines can be pickled.'
        )


def batches_at_once() -> int:
    """How many batches to decode at a time, in threads: while one computes, another keeps its books.

    One on PyTorch, whose threads for one batch get into the way of those for another.
    """
    return _in_use().BATCHES_AT_ONCE


def compiles_each_shape() -> bool:
    """Whether every new shape costs a compilation, as on JAX."""
    return _in_use().COMPILES_EACH_SHAPE


def jit_compile() -> bool:
    """Say what ``keras.Model.compile(jit_compile=...)`` should receive for recurrent models.

    XLA makes recurrent training on a CPU slower in TensorFlow and compiles for seconds per shape, and
    ``torch.compile`` does no better. JAX is always compiled.
    """
    return _in_use().JIT_COMPILE


def known(values: Any) -> np.ndarray | None:
    """The numbers of an array or a tensor; None while a function is traced or compiled, which knows none."""
    return values if isinstance(values, np.ndarray) else _in_use().known(values)


def take_rows(values: Any, rows: np.ndarray) -> Any:
    """Gather rows of a tensor: (rows, ...) and int (new_rows,), none negative -> (new_rows, ...)."""
    return _in_use().take_rows(values, rows)


def top_k(values: Any, count: int) -> tuple[Any, Any]:
    """Find the greatest values of each row, in order; of equal ones the first comes first.

    Args:
        values: float (rows, width).
        count: int, at most ``width``.

    Returns:
        values: float (rows, count).
        indices: int (rows, count).
    """
    return _in_use().top_k(values, count)


def lstm_loop() -> ModuleType | None:
    """The module ``engine.tensorflow_lstm`` where it is of use, on TensorFlow without a GPU; else None."""
    return _in_use().lstm_loop()


def sum_over_replicas(total: Tensor) -> Tensor:
    """Add up a scalar of every replica of ``tf.distribute``, where it runs several; else the scalar itself.

    Keras's own distribution on JAX needs none of this: there a batch is one array, spread over devices.
    """
    return _in_use().sum_over_replicas(total)


def join(
    address: str | None,
    processes: int | None,
    process: int | None,
    start_seconds: int,
    heartbeat_seconds: int,
) -> None:
    """Join the processes that train together, on JAX: see ``training.join``."""
    _in_use().join(address, processes, process, start_seconds, heartbeat_seconds)


def leave() -> None:
    """Do not wait for the other processes at the exit of this one, which then ends with 1."""
    _in_use().leave()


def lost_another(error: Exception) -> bool:
    """Whether an error says that another process that trains along is gone."""
    return _in_use().lost_another(error)


def processes() -> tuple[int, int]:
    """Which process this is, from 0, and how many train together, on JAX."""
    return _in_use().processes()


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's, the engine's and all later layers' generators: the same seed, the same model.

    On TensorFlow this also asks for deterministic kernels, so that a run can be repeated bit for bit.
    Older versions of Keras, 3.10 among them, do not reset the one generator behind calls such as
    ``keras.random.normal((7,))`` without a seed; nothing in this package uses it.

    Args:
        seed: int, 0 or greater.
    """
    import keras

    keras.utils.set_random_seed(seed)
    ask_for_determinism()


def ask_for_determinism() -> None:
    """Ask the engine for kernels that give the same result each time; JAX and PyTorch have them on a CPU."""
    _in_use().ask_for_determinism()


def random_states() -> list[np.ndarray]:
    """Read the states of the engine's own generators, beside those that layers keep as variables.

    PyTorch has one for the CPU and one for each GPU, and Keras draws the masks of dropout from them. The
    other engines draw nothing from generators of their own.

    Returns:
        list of NumPy arrays; empty on TensorFlow and JAX.
    """
    return _in_use().random_states()


def set_random_states(states: Sequence[np.ndarray]) -> None:
    """Put the engine's own generators into the states that ``random_states`` read.

    Args:
        states: list of NumPy arrays. Those of GPUs that are not there are left out.
    """
    _in_use().set_random_states(states)


@cache
def _first_process() -> int:
    """The process in which the engine was used first; one that is forked from it has the same answer."""
    return os.getpid()


def _in_use() -> ModuleType:
    """The file of the engine that Keras runs on."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        from s2s_lesson.engine import tensorflow

        return tensorflow
    if backend == "jax":
        from s2s_lesson.engine import jax

        return jax
    if backend == "torch":
        from s2s_lesson.engine import torch

        return torch
    raise ValueError(_extras.no_engine(backend))
