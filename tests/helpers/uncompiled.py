"""Training without a graph: for a few steps of a small model, TensorFlow takes far longer to build one."""

from contextlib import contextmanager

import keras


@contextmanager
def uncompiled():
    """Let TensorFlow run each operation as it comes. JAX stays compiled, and PyTorch compiles nothing.

    It serves as a decorator, too. A test that needs it where compiled code matters has a slow twin without.
    """
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
