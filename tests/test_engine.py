import random

import keras
import numpy as np
import pytest

from s2s_lesson import engine


def test_a_compiled_function_gives_the_same_for_any_shape_and_reads_the_weights_of_now():
    layer = keras.layers.Dense(3)
    layer.build((None, 5))
    traced = []

    def function(rows, state):
        traced.append(rows.shape)
        return layer(rows), {"sum": keras.ops.sum(state["x"])}

    compiled = engine.compile_function(function, layer)
    for length in (2, 2, 7, 11, 13):
        layer.bias.assign(np.full(3, length))
        rows, state = np.ones((length, 5), "float32"), {"x": np.ones((length, 17), "float32")}
        outputs, sums = compiled(rows, state)
        np.testing.assert_allclose(outputs, rows @ np.asarray(layer.kernel) + length, rtol=1e-6)
        assert float(sums["sum"]) == 17 * length
    assert 1 <= len(traced) < 5 or keras.backend.backend() == "torch"  # which traces nothing


def test_an_unknown_engine_is_an_error(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(ValueError, match=r"tensorflow, jax or torch; received 'numpy'.*KERAS_BACKEND"):
        engine.compile_function(abs, keras.layers.Dense(3))


@pytest.mark.parametrize(("name", "expected"), [("tensorflow", False), ("jax", True), ("torch", False)])
def test_recurrent_models_are_compiled_further_on_jax_alone(monkeypatch, name, expected):
    monkeypatch.setattr(keras.backend, "backend", lambda: name)
    assert engine.jit_compile() is expected


def test_the_seed_decides_all_random_numbers():
    def draw(seed):
        engine.seed_everything(seed)
        layer = keras.layers.Dense(3)
        layer.build((None, 5))
        dropped = keras.layers.Dropout(0.5)(np.random.rand(1, 13), training=True)
        numbers = [np.ravel(layer.kernel), np.ravel(dropped), np.random.rand(2)]
        return [random.random(), *np.concatenate(numbers).tolist()]

    first, again, other = draw(11), draw(11), draw(13)
    assert first == again
    assert first[0] != other[0]
    assert first[1:16] != other[1:16]
    assert first[16:29] != other[16:29]
    assert first[29:] != other[29:]
