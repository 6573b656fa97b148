"""Gradients of a function of variables, on whichever engine the tests run."""

import keras
import numpy as np


def value_and_gradients(function, variables):
    """Differentiate a function that reads variables.

    Args:
        function: takes nothing and returns a scalar tensor.
        variables: list of ``keras.Variable``. The gradient of one that the function does not read is zero.

    Returns:
        value: float.
        gradients: list of float32 NumPy arrays, of the variables' shapes.
    """
    value, gradients = ENGINES[keras.backend.backend()](function, variables)
    return float(_numpy(value)), [_numpy(gradient) for gradient in gradients]


def _tensorflow(function, variables):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = function()
    values = [variable.value for variable in variables]
    gradients = tape.gradient(value, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return value, map(tf.convert_to_tensor, gradients)  # those of embeddings are sparse


def _jax(function, variables):
    import jax

    def of_values(values):
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return function()

    return jax.jit(jax.value_and_grad(of_values))([variable.value for variable in variables])


def _torch(function, variables):
    import torch

    value = function()
    values = [variable.value for variable in variables]
    return value, torch.autograd.grad(value, values, materialize_grads=True)


def _numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")))


ENGINES = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
