"""The engine: what is compiled, ranked and seeded is the same on each of them."""

import ast
import os
import random
import runpy
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

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


def test_batches_of_all_shapes_share_one_graph():
    layer = keras.layers.Dense(3)
    layer.build((None, 5))
    traced = []

    def function(batch, nothing):
        traced.append(nothing)
        return layer(batch["vectors"]) + keras.ops.cast(keras.ops.sum(batch["ids"]), "float32")

    compiled = engine.compile_function(function, layer, batches=True)
    for rows, length in ((2, 3), (2, 7), (11, 7), (13, 17)):
        vectors, ids = np.ones((rows, length, 5), "float32"), np.ones((rows, length), "int32")
        outputs = compiled({"vectors": vectors, "ids": ids}, None)
        np.testing.assert_allclose(
            outputs, vectors @ np.asarray(layer.kernel) + np.asarray(layer.bias) + rows * length, rtol=1e-5
        )
    assert traced == [None] * {"tensorflow": 1, "jax": 4, "torch": 4}[keras.backend.backend()]


def test_weights_without_their_layer_are_those_of_now_or_refused():
    layer = keras.layers.Dense(3)
    layer.build((None, 5))
    rows = np.ones((2, 5), "float32")
    compiled = engine.compile_function(lambda rows: keras.ops.matmul(rows, layer.kernel))
    if keras.backend.backend() == "jax":
        with pytest.raises(
            ValueError, match=r"reads no weights; received one that reads \S*kernel.*Pass the layer"
        ):
            compiled(rows)
        return
    for value in (1, 2):
        layer.kernel.assign(np.full((5, 3), value))
        np.testing.assert_allclose(compiled(rows), np.full((2, 3), 5 * value))


def test_the_greatest_values_come_in_order_and_of_equals_the_first():
    values = [[0, 3, 3, -np.inf, 3, 7], [-np.inf] * 6, [2, -np.inf, -np.inf, -np.inf, -np.inf, 2]]
    values, indices = engine.top_k(keras.ops.convert_to_tensor(np.array(values, "float32")), 5)
    np.testing.assert_array_equal(indices, [[5, 1, 2, 4, 0], [0, 1, 2, 3, 4], [0, 5, 1, 2, 3]])
    np.testing.assert_array_equal(values[0], [7, 3, 3, 3, 0])
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


def parsed(name):
    """The file of an engine, which may not be installed: its constants, and the functions that it defines."""
    body = ast.parse((Path(engine.__file__).parent / f"{name}.py").read_text(encoding="utf-8")).body
    constants = {
        node.targets[0].id: ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign)
    }
    return constants, {node.name for node in body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_only_jax_compiles_recurrent_models_further_and_each_shape_anew(name):
    constants, _ = parsed(name)
    assert constants["JIT_COMPILE"] is constants["COMPILES_EACH_SHAPE"] is (name == "jax")
    assert constants["BATCHES_AT_ONCE"] >= 1
    if name == keras.backend.backend():
        assert engine.jit_compile() is constants["JIT_COMPILE"]
        assert engine.compiles_each_shape() is constants["COMPILES_EACH_SHAPE"]
        assert engine.batches_at_once() == constants["BATCHES_AT_ONCE"]


def test_each_engine_has_all_that_is_asked_of_one():
    asked = {"compile_function", "compile_training", "take_rows", "top_k", "lstm_loop", "ask_for_determinism"}
    asked |= {"random_states", "set_random_states"}
    for name in ("tensorflow", "jax", "torch"):
        assert asked <= parsed(name)[1], name


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


def test_pytorchs_generators_are_those_of_the_cpu_and_of_each_gpu(monkeypatch):
    """With a stand-in for PyTorch that has two GPUs."""
    kept = {"cpu": 3, 0: 5, 1: 7}

    def state_of(device):
        return SimpleNamespace(numpy=lambda: np.array(kept[device]))

    cuda = SimpleNamespace(
        get_rng_state_all=lambda: [state_of(0), state_of(1)],
        device_count=lambda: 2,
        set_rng_state=lambda state, device: kept.update({device: int(state)}),
    )
    torch = SimpleNamespace(
        cuda=cuda,
        get_rng_state=lambda: state_of("cpu"),
        set_rng_state=lambda state: kept.update(cpu=int(state)),
        from_numpy=np.asarray,
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    file = Path(engine.__file__).parent / "torch.py"
    own = runpy.run_path(str(file))
    assert [int(state) for state in own["random_states"]()] == [3, 5, 7]
    own["set_random_states"]([np.array(11), np.array(13), np.array(17), np.array(19)])
    assert kept == {"cpu": 11, 0: 13, 1: 17}  # the last is of a GPU that is not there


def in_a_forked_process(function):
    """What a function returns, or the error that it raises, as text, in a process forked from this one."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python and JAX warn of threads that are gone there
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, str(function()).encode())
        except RuntimeError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        os.waitpid(child, 0)
        return told.read()


def test_in_a_forked_process_the_engine_works_or_says_in_a_sentence_why_not():
    compiled = engine.compile_function(lambda number: number + 1)
    assert int(compiled(keras.ops.convert_to_tensor(2))) == 3
    for function in (lambda: int(compiled(keras.ops.convert_to_tensor(4))), engine.expect_own_process):
        told = in_a_forked_process(function)
        if keras.backend.backend() == "torch":
            assert told in ("5", "None")
        else:
            assert told.startswith("Expected a process that was started anew") and "can be pickled" in told
