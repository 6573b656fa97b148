import keras
import numpy as np
import pytest
from gradients import value_and_gradients

from s2s_lesson import engine
from s2s_lesson.layers import over_time

BATCH, TIME, WIDTH = 2, 5, 3
INPUTS = np.random.default_rng(0).normal(size=(BATCH, TIME, WIDTH)).astype("float32")
FACTORS = np.random.default_rng(1).normal(size=(BATCH, TIME)).astype("float32")
STATE = {
    "sum": np.random.default_rng(2).normal(size=(BATCH, WIDTH)).astype("float32"),
    "nested": [np.array([3, 7], "int32"), np.array([[True], [False]])],
}


def step(state, inputs):
    """The sum shrinks by a factor and grows by the inputs, a number counts, and a flag flips."""
    number, flag = state["nested"]
    total = state["sum"] * inputs["nested"][0][:, None] + inputs["vector"]
    return {"sum": total, "nested": [number + 1, keras.ops.logical_not(flag)]}


def numpy(structure):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, structure)


def check(states, length=TIME):
    total = STATE["sum"]
    for place in range(length):
        total = total * FACTORS[:, place, None] + INPUTS[:, place]
        np.testing.assert_allclose(states["sum"][:, place], total, rtol=1e-5, atol=1e-6)
    number, flag = states["nested"]
    assert number.tolist() == [
        [3 + step + 1 for step in range(length)],
        [7 + step + 1 for step in range(length)],
    ]
    assert flag[..., 0].tolist() == [
        [step % 2 == 1 for step in range(length)],
        [step % 2 == 0 for step in range(length)],
    ]


def inputs(length=TIME):
    return {"vector": INPUTS[:, :length], "nested": [FACTORS[:, :length]]}


@pytest.mark.parametrize("length", [1, TIME])
def test_the_states_after_each_step_have_time_as_their_second_axis(length):
    states = over_time(step, STATE, inputs(length))
    keras.tree.assert_same_structure(states, STATE)
    assert [state.shape for state in keras.tree.flatten(states)] == [
        (BATCH, length),
        (BATCH, length, 1),
        (BATCH, length, WIDTH),
    ]
    assert {name: keras.backend.standardize_dtype(states[name].dtype) for name in ("sum",)} == {
        "sum": "float32"
    }
    check(numpy(states), length)


def test_it_goes_on_from_the_last_state():
    first = over_time(step, STATE, inputs(2))
    middle = keras.tree.map_structure(lambda state: state[:, -1], first)
    rest = over_time(step, middle, keras.tree.map_structure(lambda array: array[:, 2:], inputs()))
    joined = keras.tree.map_structure(lambda *both: np.concatenate(both, axis=1), numpy(first), numpy(rest))
    check(joined)


def test_compiled_for_any_length_it_gives_the_same():
    layer = keras.layers.Dense(1)
    layer.build((None, 1))
    compiled = engine.compile_function(lambda state, inputs: over_time(step, state, inputs), layer)
    for length in (2, 3, TIME):
        check(numpy(compiled(STATE, inputs(length))), length)


def test_gradients_go_back_through_time():
    start = keras.Variable(STATE["sum"])

    def last_sum():
        states = over_time(step, {**STATE, "sum": start.value}, inputs())
        return keras.ops.sum(states["sum"][:, -1])

    _, (gradient,) = value_and_gradients(last_sum, [start])
    np.testing.assert_allclose(gradient, np.prod(FACTORS, axis=1)[:, None] * np.ones((1, WIDTH)), rtol=1e-5)
