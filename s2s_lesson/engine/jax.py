"""What ``s2s_lesson.engine`` does on JAX."""

import atexit
import os
import sys
import threading
import weakref

import jax
import keras
from keras import ops

WORKS_WHEN_FORKED = False
BATCHES_AT_ONCE = 2
COMPILES_EACH_SHAPE = True
JIT_COMPILE = True
LOST = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED")  # in what JAX says of a process that is gone


class _NoWeights(keras.StatelessScope):
    """Where a function is traced that says that it reads no weights: they would stay as they are now."""

    def get_current_value(self, variable):
        raise ValueError(
            f"Expected a function that reads no weights; received one that reads {variable.path}, and would "
            "go on with its value of now. Pass the layer that holds it: a step that is a method of the layer."
        )


def compile_function(function, layer, batches):
    if layer is None:

        @jax.jit
        def without_weights(*arguments):
            with _NoWeights():
                return function(*arguments)

        return without_weights
    alive = weakref.ref(layer)

    @jax.jit
    def with_weights(values, *arguments):
        with keras.StatelessScope(state_mapping=zip(alive().variables, values, strict=True)):
            return function(*arguments)

    return lambda *arguments: with_weights([v.value for v in alive().variables], *arguments)


def compile_training(function, step, model):
    return function


def known(values):
    if isinstance(values, jax.core.Tracer) or not isinstance(values, jax.Array):
        return None
    return ops.convert_to_numpy(values)


def take_rows(values, rows):
    return ops.take(values, rows.astype("int32"), axis=0)


def top_k(values, count):
    values = ops.where(values == 0, ops.zeros_like(values), values)  # JAX's top_k finds 0 greater than -0
    return ops.top_k(values, count)


def lstm_loop():
    return None


def sum_over_replicas(total):
    return total


def ask_for_determinism():
    pass


def random_states():
    return []


def set_random_states(states):
    pass


def join(address, processes, process, start_seconds, heartbeat_seconds):
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    watch = threading.Timer(start_seconds, _give_up, (address, processes, start_seconds))
    watch.daemon = True
    watch.start()
    try:
        jax.distributed.initialize(
            address and address.split(",")[0],
            processes,
            process,
            initialization_timeout=2 * start_seconds,  # JAX aborts then, and says little
            heartbeat_timeout_seconds=heartbeat_seconds,
        )
    finally:
        watch.cancel()


def _give_up(address, processes, seconds):
    print(
        f"ConnectionError: Expected {processes or 'all'} processes that train together, the first one at "
        f"{address or 'the node that the scheduler names'}; they were not there within {seconds} seconds. "
        "See that all were started, with the same number of processes and this address.",
        file=sys.stderr,
    )
    _end_at_once()


def leave():
    atexit.register(_end_at_once)  # what was registered last runs first, and JAX waits for the others


def _end_at_once():
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def lost_another(error):
    return any(sign in str(error) for sign in LOST)  # JAX raises errors of several types


def processes():
    return jax.process_index(), jax.process_count()
