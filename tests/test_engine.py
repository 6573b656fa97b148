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


def test_what_a_compiled_step_hands_on_comes_back_as_the_same_object():
    def step(token_ids, state):
        count = state["count"] + 1
        memory, (first, second) = state["memory"], state["pair"]
        logits = keras.ops.cast(token_ids + count, "float32")[:, None] * memory
        return logits, {"memory": memory, "count": count, "pair": (second, first), "none": state["none"]}

    compiled = engine.compile_step(step)
    for rows in (2, 3, 2):
        memory = keras.ops.convert_to_tensor(np.full((rows, 5), 7, "float32"))
        pair = (np.zeros((rows, 1), "float32"), np.ones((rows, 1), "float32"))
        state = {"memory": memory, "count": np.zeros(rows, "int32"), "pair": pair, "none": None}
        for time in range(3):
            logits, after = compiled(np.full(rows, 11, "int32"), state)
            assert after["memory"] is memory and after["none"] is None
            assert after["count"] is not state["count"]
            np.testing.assert_array_equal(after["count"], np.full(rows, time + 1))
            np.testing.assert_array_equal(after["pair"][0], state["pair"][1])
            np.testing.assert_array_equal(after["pair"][1], state["pair"][0])
            np.testing.assert_allclose(logits, np.full((rows, 5), 7 * (11 + time + 1)))
            state = after


def test_a_compiled_step_must_keep_the_structure_of_its_state():
    compiled = engine.compile_step(lambda token_ids, state: (token_ids, [*state, token_ids]))
    with pytest.raises(ValueError, match="Expected step to return a state of the structure that it received"):
        compiled(np.zeros(3, "int32"), [np.zeros(3)])


def test_the_greatest_values_come_in_order_and_of_equals_the_first():
    values = [[0, 3, 3, -np.inf, 3, 7], [-np.inf] * 6, [2, -np.inf, -np.inf, -np.inf, -np.inf, 2]]
    found, indices = engine.top_k(keras.ops.convert_to_tensor(np.array(values, "float32")), 5)
    np.testing.assert_array_equal(indices, [[5, 1, 2, 4, 0], [0, 1, 2, 3, 4], [0, 5, 1, 2, 3]])
    np.testing.assert_array_equal(found[0], [7, 3, 3, 3, 0])
    many = np.random.default_rng(3).integers(0, 5, (7, 1009)).astype("float32")
    for count in (1, 11, 1009):
        _, indices = engine.top_k(keras.ops.convert_to_tensor(many), count)
        np.testing.assert_array_equal(indices, np.argsort(-many, axis=1, kind="stable")[:, :count])


def test_zeros_of_both_signs_are_equal():
    values = keras.ops.convert_to_tensor(np.array([[-1, -0.0, 0.0, -0.0]], "float32"))
    np.testing.assert_array_equal(engine.top_k(values, 3)[1], [[1, 2, 3]])


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
