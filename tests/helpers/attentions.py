"""Every attention there is, by its options, and numbers for it."""

from itertools import product

import keras
import numpy as np

UNITS, VALUE_DIM = 5, 3
WINDOWS = [
    {},
    {"window": "monotonic", "half_width": 1},
    {"window": "predictive", "half_width": 1},
    {"window": "predictive", "half_width": 1, "renormalize": False},
]
ATTENTIONS = [
    (score, tuple(window.items()), coverage)
    for score, window, coverage in product(["dot", "general", "concat", "bahdanau"], WINDOWS, [False, True])
    if score != "bahdanau" or not window
]


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")
