"""Training without a graph: for a few steps of a small model, TensorFlow takes far longer to build one."""

from contextlib import contextmanager

import keras
import pytest


@contextmanager
def uncompiled():
    """Let TensorFlow run each operation as it comes. JAX stays compiled, and PyTorch compiles nothing."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture
def without_graph():
    """For tests to which it does not matter, or that have a slow twin with a graph."""
    with uncompiled():
        yield
