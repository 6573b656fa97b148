"""Steps of Keras layers: what is compiled, what is handed on, and what is kept alive."""

import gc
import weakref

import keras
import numpy as np
import pytest

from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.search import beam_search
from s2s_lesson.search.steps import compile_step


def test_what_a_compiled_step_hands_on_comes_back_as_the_same_object():
    def step(token_ids, state):
        count = state["count"] + 1
        memory, (first, second) = state["memory"], state["pair"]
        logits = keras.ops.cast(token_ids + count, "float32")[:, None] * memory
        return logits, {"memory": memory, "count": count, "pair": (second, first), "none": state["none"]}

    compiled = compile_step(step)
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


def test_a_compiled_step_takes_states_of_several_structures_in_turn():
    """What it hands on of one structure says nothing of another that it was compiled for since."""

    def step(token_ids, state):
        logits = keras.ops.cast(token_ids, "float32")[:, None] * state["memory"]
        return logits, {**state, "count": state["count"] + 1}

    compiled = compile_step(step)
    short = {"count": np.zeros(3, "int32"), "memory": np.ones((3, 5), "float32")}
    long = {**short, "another": np.full((3, 1), 7.0, "float32"), "a_third": np.zeros((3, 1), "float32")}
    for state in (short, long, short, long):
        _, after = compiled(np.full(3, 2, "int32"), state)
        assert set(after) == set(state) and all(after[name] is state[name] for name in set(state) - {"count"})
        np.testing.assert_array_equal(after["count"], [1, 1, 1])


def test_a_compiled_step_must_keep_the_structure_of_its_state():
    compiled = compile_step(lambda token_ids, state: (token_ids, [*state, token_ids]))
    with pytest.raises(ValueError, match="Expected step to return a state of the structure that it received"):
        compiled(np.zeros(3, "int32"), [np.zeros(3)])


def searched_model():
    """A weak reference to a model of a function that has returned: TensorFlow looks into running ones."""
    sizes = {"embedding_dim": 2, "encoder_units": 3, "decoder_units": 5}
    model = Seq2Seq(Seq2SeqConfig(11, 7, cell="gru", bidirectional=False, attention="none", **sizes))
    state = model.encode(np.array([[5, 7, 4], [4, 0, 0]], "int32"))
    result = beam_search(model.step, state, bos_id=2, eos_id=3, max_output_length=3, beam_size=2)
    assert result.lengths.min() >= 1
    return weakref.ref(model)


def test_models_that_were_searched_are_freed():
    """What a search compiled for a model goes with it."""
    models = [searched_model() for _ in range(2)]
    gc.collect()
    assert [model() for model in models] == [None] * 2


def searched_function():
    def step(token_ids, state):
        return keras.ops.cast(token_ids, "float32")[:, None] + state["logits"], state

    options = {"bos_id": 0, "eos_id": 1, "max_output_length": 3, "compile_step": True}
    result = beam_search(step, {"logits": 7 * np.eye(5, dtype="float32")[[2, 3]]}, **options)
    assert result.sequences.tolist() == [[[2, 2, 2]], [[3, 3, 3]]]
    return weakref.ref(step)


def test_functions_that_were_compiled_for_a_search_are_freed():
    functions = [searched_function() for _ in range(3)]
    gc.collect()
    assert [function() for function in functions] == [None] * 3
