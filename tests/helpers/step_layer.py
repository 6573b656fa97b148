"""A layer whose method is a step function, and what two searches found, compared."""

import keras
import numpy as np


def assert_same_results(ours, expected):
    np.testing.assert_array_equal(ours.sequences, expected.sequences)
    np.testing.assert_array_equal(ours.lengths, expected.lengths)
    for our_part, part in zip(ours[2:6], expected[2:6], strict=True):
        np.testing.assert_allclose(our_part, part, rtol=1e-6, atol=1e-6)


@keras.saving.register_keras_serializable(package="tests")
class Layer(keras.layers.Layer):
    """A layer whose method is a step function, and which counts how often Python runs it."""

    def __init__(self, step):
        super().__init__()
        self.given, self.runs = step, 0

    def step(self, token_ids, state):
        self.runs += 1
        return self.given(token_ids, state)
