"""Rows: states of any structure, step functions of any kind, and what is said of those that are wrong."""

import warnings
from typing import NamedTuple

import keras
import numpy as np
import pytest
import scripted
from grouped import grouped
from keras import ops
from scripted import IDS
from step_layer import Layer, assert_same_results

from s2s_lesson import engine
from s2s_lesson.search import Scoring, beam_search, greedy_search, sample
from s2s_lesson.search.rows import Rows

BATCH, VOCAB_SIZE, NODES = 3, 5, 97
SEARCHES = pytest.mark.parametrize("search", [greedy_search, beam_search, sample])
TRACES = keras.backend.backend() != "torch"
OPTIONS = {**IDS, "max_output_length": 7, "beam_size": 3, "n_best": 3, "return_attention": True}


def state_with_attention(tensors=False):
    attention_tables, keys_mask = scripted.random_attention(3, NODES, (7, 3, 5))
    tables = scripted.random_tables(5, BATCH, VOCAB_SIZE, NODES)
    state = scripted.initial_state(tables, attention_tables, keys_mask)
    state["node"] = state["node"].astype("int32")
    return {name: ops.convert_to_tensor(leaf) for name, leaf in state.items()} if tensors else state


# All kinds of step functions find the same.


@pytest.mark.parametrize("compile_step", [None, False, True])
def test_operations_of_an_engine_find_what_numpy_finds(compile_step):
    expected = beam_search(scripted.step, state_with_attention(), **OPTIONS)
    result = beam_search(
        scripted.ops_step, state_with_attention(tensors=True), **OPTIONS, compile_step=compile_step
    )
    assert_same_results(result, expected)


@pytest.mark.parametrize("compile_step", [None, False])
def test_a_layers_method_is_compiled_unless_told_otherwise(compile_step):
    layer = Layer(scripted.ops_step)
    expected = beam_search(scripted.step, state_with_attention(), **OPTIONS)
    state = state_with_attention(tensors=True)
    result = beam_search(layer.step, state, **OPTIONS, compile_step=compile_step)
    assert_same_results(result, expected)
    first = layer.runs
    beam_search(layer.step, state, **OPTIONS, compile_step=compile_step)
    assert (layer.runs == first) == (TRACES and compile_step is None)


def test_samples_of_operations_are_those_of_numpy():
    options = {**IDS, "max_output_length": 7, "n_samples": 5, "seed": 3, "return_attention": True}
    expected = sample(scripted.step, state_with_attention(), **options)
    layer = Layer(scripted.ops_step)
    for step in (scripted.ops_step, layer.step):
        assert_same_results(sample(step, state_with_attention(tensors=True), **options), expected)


def numpy_in_between(token_ids, state):
    """A step that leaves the engine's world: traced tensors have no values."""
    state = {name: ops.convert_to_numpy(leaf) for name, leaf in state.items()}
    return scripted.step(ops.convert_to_numpy(token_ids), state)


def test_a_layers_method_that_cannot_be_traced_runs_as_it_is_and_says_so_once():
    layer = Layer(numpy_in_between)
    expected = beam_search(scripted.step, state_with_attention(), **OPTIONS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            assert_same_results(
                beam_search(layer.step, state_with_attention(tensors=True), **OPTIONS), expected
            )
    messages = [str(warning.message) for warning in caught if "could not be compiled" in str(warning.message)]
    assert len(messages) == int(TRACES)  # PyTorch traces nothing


def test_a_method_that_changes_its_state_in_place_once_it_runs_as_it_is():
    """What is handed on as the same object may have changed all the same."""

    def writes_in_place(token_ids, state):
        token_ids, table = ops.convert_to_numpy(token_ids), ops.convert_to_numpy(state["table"])
        node, time = state["node"], ops.convert_to_numpy(state["time"])
        node[:] = np.where(time[:, 0] == 0, 0, scripted.child(node, token_ids, table))
        return table[np.arange(len(node)), node], {**state, "node": node, "time": time + 1}

    tables = scripted.random_tables(5, 17, VOCAB_SIZE, NODES)
    options = {**OPTIONS, "return_attention": False}
    expected = beam_search(scripted.step, scripted.initial_state(tables), **options)
    state = {"table": tables, "node": np.full(17, -1), "time": np.zeros((17, 1), int)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = beam_search(Layer(writes_in_place).step, state, **options)
    np.testing.assert_array_equal(result.sequences, expected.sequences)


def test_a_leaf_that_one_step_changed_follows_its_hypothesis_ever_after():
    """The path so far is written at even steps, and handed on as it is at odd ones."""

    def step(token_ids, state):
        token_ids = ops.convert_to_numpy(token_ids)
        path = state["path"]
        state = {name: ops.convert_to_numpy(leaf) for name, leaf in state.items()}
        logits, after = scripted.step(token_ids, {"table": state["table"], "node": state["node"]})
        if state["time"][0] % 2 == 0:
            path = ops.convert_to_tensor((7 * state["path"] + token_ids).astype("int32"))
        return logits, {**after, "time": state["time"] + 1, "path": path}

    tables = scripted.random_tables(5, 17, VOCAB_SIZE, NODES)
    if engine.compiles_each_shape():  # where a compiled step keeps all its rows, no sentence ends
        tables[..., scripted.EOS] = -99
    state = {**scripted.initial_state(tables), "time": np.zeros(17, int), "path": np.zeros(17, "int32")}
    paths = []

    def noting(token_ids, state):
        logits, state = step(token_ids, state)
        paths.append(ops.convert_to_numpy(state["path"]).copy())
        return logits, state

    options = {**OPTIONS, "return_attention": False}
    beam_search(noting, state, **options)
    expected, paths = paths, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beam_search(Layer(noting).step, state, **options)
    assert len(paths) >= len(expected)
    for ours, others in zip(paths[-len(expected) :], expected, strict=True):
        np.testing.assert_array_equal(ours, np.repeat(others, len(ours) // len(others)))


def test_a_state_that_grows_can_be_searched_where_nothing_is_compiled():
    """A cache as a list that is longer after each step, as plain functions may keep it."""

    def growing(token_ids, state):
        logits, new = scripted.ops_step(token_ids, {name: state[name] for name in ("table", "node")})
        return logits, {**new, "cache": [*state["cache"], new["node"]]}

    state = state_with_attention(tensors=True)
    state = {"table": state["table"], "node": state["node"], "cache": []}
    options = {**OPTIONS, "return_attention": False}
    plain = beam_search(growing, state, **options)
    expected = beam_search(
        scripted.step, scripted.initial_state(scripted.random_tables(5, BATCH, VOCAB_SIZE, NODES)), **options
    )
    np.testing.assert_array_equal(plain.sequences, expected.sequences)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        result = beam_search(Layer(growing).step, state, **options)
    np.testing.assert_array_equal(result.sequences, expected.sequences)
    with pytest.raises(ValueError, match="Expected step to return a state of the structure that it received"):
        beam_search(growing, state, **options, compile_step=True)


class Memory(NamedTuple):
    read: np.ndarray
    written: list


def test_a_nested_state_of_numpy_arrays_stays_one_and_follows_its_hypothesis():
    tables = scripted.random_tables(0, BATCH, VOCAB_SIZE, NODES)
    options = {**IDS, "max_output_length": 3, "beam_size": 3, "n_best": 3}
    plain = beam_search(scripted.step, scripted.initial_state(tables), **options)

    def step(token_ids, state):
        table, (node, [flag]), memory = state["table"], state["rest"], state["memory"]
        leaves = [table, node, flag, memory.read, *memory.written]
        assert all(isinstance(leaf, np.ndarray) and len(leaf) == len(token_ids) for leaf in leaves)
        assert isinstance(memory, Memory) and isinstance(state["rest"], tuple)
        np.testing.assert_array_equal(memory.read, table[:, 0])
        logits, script_state = scripted.step(token_ids, {"table": table, "node": node})
        return logits, {**state, "rest": (script_state["node"], [flag])}

    state = {
        "table": tables,
        "rest": (np.full(BATCH, -1), [np.ones((BATCH, 7), bool)]),
        "memory": Memory(tables[:, 0], [np.zeros((BATCH, 2, 3))]),
        "nothing": None,
    }
    nested = beam_search(step, state, **options)
    for ours, expected in zip(nested[:5], plain[:5], strict=True):
        np.testing.assert_array_equal(ours, expected)


@SEARCHES
def test_the_initial_state_stays_as_it_was(search):
    state = state_with_attention()
    before = {name: leaf.copy() for name, leaf in state.items()}
    search(scripted.step, state, **IDS, max_output_length=7)
    assert state.keys() == before.keys()
    for name, leaf in before.items():
        np.testing.assert_array_equal(state[name], leaf)


# No more work than must be.


def test_rows_shrink_to_the_sentences_that_are_not_done_once_a_quarter_is_done():
    """Of five sentences one ends at each step."""
    counts = []

    def step(token_ids, state):
        counts.append(len(np.unique(state["length"])))  # each sentence has its own
        ends = (state["time"] >= state["length"])[:, None]
        logits = np.where(ends, [-99, 0, -99], [0, -99, -99]).astype("float32")
        return logits, {**state, "time": state["time"] + 1}

    for search in (greedy_search, beam_search, sample):
        counts.clear()
        state = {"time": np.zeros(5, int), "length": np.arange(5)}
        result = search(step, state, **IDS, max_output_length=7)
        assert result.lengths[:, 0].tolist() == [1, 2, 3, 4, 5]
        assert counts == [5, 5, 3, 2, 1]


def test_sentences_stay_until_a_quarter_of_them_are_done(monkeypatch):
    monkeypatch.setattr(engine, "compiles_each_shape", lambda: False)
    rows = Rows(Layer(scripted.ops_step).step, state_with_attention(tensors=True), slots=2)
    done = np.array([True, False, False, False, False])
    assert rows.staying(done).tolist() == [0, 1, 2, 3, 4]
    done[3] = True
    assert rows.staying(done).tolist() == [1, 2, 4]
    assert rows.staying(np.array([False, True])).tolist() == [0]


def test_sentences_stay_where_every_shape_is_compiled_and_leave_where_nothing_is(monkeypatch):
    monkeypatch.setattr(engine, "compiles_each_shape", lambda: True)
    done = np.array([True, True, False])
    state = state_with_attention(tensors=True)
    assert Rows(Layer(scripted.ops_step).step, state, slots=2).staying(done).tolist() == [0, 1, 2]
    assert Rows(scripted.ops_step, state, slots=2).staying(done).tolist() == [2]
    assert Rows(scripted.step, state_with_attention(), slots=2).staying(done).tolist() == [2]


def test_what_a_compiled_step_hands_on_is_never_gathered():
    rows = Rows(Layer(scripted.ops_step).step, state_with_attention(tensors=True), slots=2)
    everyone, parents = np.arange(BATCH), np.array([[1, 0], [0, 0], [1, 1]])
    rows.take(everyone, parents)  # one row a hypothesis from here on
    fixed = {name: rows.state[name] for name in ("table", "attention_table", "keys_mask")}
    for time in range(3):
        rows.step(np.full((BATCH, 2), time))
        rows.take(everyone, parents)
        assert all(rows.state[name] is leaf for name, leaf in fixed.items())
    rows.take(np.array([1]), np.array([[0, 1]]))
    assert rows.state["table"].shape[0] == 2 and rows.sentences == 1
    np.testing.assert_array_equal(
        ops.convert_to_numpy(rows.state["table"]), ops.convert_to_numpy(fixed["table"])[2:4]
    )


def test_a_state_may_come_back_in_another_order():
    """The search knows its leaves by their names, not by their places."""

    def step(token_ids, state):
        logits, after = scripted.ops_step(token_ids, state)
        return logits, dict(reversed(after.items()))

    expected = beam_search(scripted.step, state_with_attention(), **OPTIONS)
    for compile_step in (False, True):
        state = state_with_attention(tensors=True)
        assert_same_results(beam_search(step, state, **OPTIONS, compile_step=compile_step), expected)
    rows = Rows(Layer(step).step, state_with_attention(tensors=True), slots=2)
    for time in range(3):
        rows.step(np.full((BATCH, 2), time))
        fixed = {name: rows.state[name] for name in ("table", "attention_table", "keys_mask")}
        rows.take(np.arange(BATCH), np.array([[1, 0], [0, 0], [1, 1]]))
        assert time == 0 or all(rows.state[name] is leaf for name, leaf in fixed.items())


def test_what_a_layer_shares_among_hypotheses_has_one_row_a_sentence():
    seen = []

    class Sharing(Layer):
        shared_leaves = ("table", "attention_table", "keys_mask")

    def step(token_ids, state):
        copies = token_ids.shape[0] // state["table"].shape[0]
        seen.append({name: leaf.shape[0] for name, leaf in state.items()} | {"copies": copies})
        whole = {name: ops.repeat(state[name], copies, axis=0) for name in Sharing.shared_leaves}
        logits, after = scripted.ops_step(token_ids, {**state, **whole})
        return logits, {**after, **{name: state[name] for name in Sharing.shared_leaves}}

    state = state_with_attention(tensors=True)
    options = grouped(**OPTIONS, coverage_penalty=0.3)
    expected = beam_search(scripted.ops_step, state, **options)
    result = beam_search(Sharing(step).step, state, **options, compile_step=False)
    for ours, others in zip(result[:6], expected[:6], strict=True):
        np.testing.assert_allclose(ours, others, rtol=1e-6, atol=1e-6)
    assert all(shapes["node"] == shapes["copies"] * shapes["table"] for shapes in seen)
    assert max(shapes["copies"] for shapes in seen) == options["beam_size"]


def test_the_first_step_is_made_once_for_all_hypotheses_of_a_sentence():
    counts = []

    def step(token_ids, state):
        counts.append(len(token_ids))
        return scripted.step(token_ids, state)

    state = scripted.initial_state(scripted.random_tables(5, BATCH, VOCAB_SIZE, NODES))
    beam_search(step, state, **IDS, max_output_length=2, beam_size=5, stopping="never")
    assert counts == [BATCH, BATCH * 5]


def test_what_a_plain_step_hands_on_is_gathered():
    """It may have been changed in place."""
    for tensors in (False, True):
        rows = Rows(scripted.ops_step if tensors else scripted.step, state_with_attention(tensors), slots=2)
        everyone = np.arange(BATCH)
        rows.take(everyone, np.zeros((BATCH, 2), int))
        places = np.arange(2 * BATCH, dtype="float32")[:, None, None] * np.ones((1, NODES, VOCAB_SIZE))
        rows.state["table"] = ops.convert_to_tensor(places) if tensors else places
        rows.step(np.zeros((BATCH, 2), int))
        rows.take(everyone, np.array([[1, 0], [0, 0], [1, 1]]))
        assert ops.convert_to_numpy(rows.state["table"])[:, 0, 0].tolist() == [1, 0, 2, 2, 5, 5]


# What is wrong is said.


@SEARCHES
@pytest.mark.parametrize("shape", [(6,), (2, VOCAB_SIZE), (3, 1, VOCAB_SIZE), (VOCAB_SIZE, 3), ()])
def test_logits_of_a_wrong_shape_are_an_error(search, shape):
    options = {"beam_size": 1} if search is beam_search else {}
    message = r"Expected step to return logits of shape \(3, vocab_size\); received"
    with pytest.raises(ValueError, match=message):
        search(
            lambda token_ids, state: (np.zeros(shape), state),
            np.zeros((BATCH, 1)),
            **IDS,
            max_output_length=7,
            **options,
        )


@SEARCHES
@pytest.mark.parametrize(
    "logits",
    [[0, 0, np.nan, 0, 0], [0, 0, np.inf, 0, 0], [-np.inf] * VOCAB_SIZE],
    ids=["nan", "infinity", "no_token_allowed"],
)
@pytest.mark.parametrize("compile_step", [False, True])
def test_logits_that_give_no_probabilities_are_an_error(search, logits, compile_step):
    def step(token_ids, state):
        zeros = ops.cast(ops.convert_to_tensor(token_ids), "float32")[:, None] * 0
        return zeros + np.array(logits, "float32"), state

    with pytest.raises(ValueError, match=r"Expected finite logits from step; received NaN, infinity, or"):
        search(step, np.zeros((BATCH, 1)), **IDS, max_output_length=7, compile_step=compile_step)


@SEARCHES
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_ended_rows_may_hold_anything(search, bad):
    """After the end token all is bad: the logits and the attention of rows that nobody reads any more."""
    tables = scripted.random_tables(7, BATCH, VOCAB_SIZE, NODES)
    attention, keys_mask = scripted.random_attention(7, NODES, (7, 3, 5))

    def step(token_ids, state):
        ended = state["ended"] | (token_ids == scripted.EOS) & (state["node"] >= 0)
        ends = {"ended": ended}
        logits, after = scripted.step(token_ids, {name: state[name] for name in state if name != "ended"})
        logits = np.where(ended[:, None], bad, logits)
        after["attention_weights"] = np.where(ended[:, None], np.nan, after["attention_weights"])
        return logits, {**after, **ends}

    state = scripted.initial_state(tables, attention, keys_mask)
    options = {**IDS, "max_output_length": 7, "return_attention": True}
    several = {"n_best": 3, "scoring": Scoring(length_penalty=1.0, coverage_penalty=0.3), "stopping": "never"}
    options |= several if search is beam_search else {"n_samples": 3} if search is sample else {}
    expected = search(scripted.step, state, **options)
    assert expected.lengths.min() < expected.lengths.max()
    result = search(step, {**state, "ended": np.zeros(BATCH, bool)}, **options)
    assert_same_results(result, expected)


def test_rows_without_a_hypothesis_may_hold_anything():
    """Where a beam is wider than what there is to hold, tokens of no probability fill it, and lead to NaN."""
    impossible = 2

    def step(token_ids, state):
        logits = np.tile([0.0, -1.0, -np.inf, -2.0], (len(token_ids), 1))
        return np.where((token_ids == impossible)[:, None], np.nan, logits), state

    options = {**IDS, "max_output_length": 3, "beam_size": 7, "n_best": 7, "stopping": "never"}
    result = beam_search(step, np.zeros((BATCH, 1)), **options)
    assert np.isfinite(result.scores).all()
    assert not (result.sequences == impossible).any()


@SEARCHES
@pytest.mark.parametrize(
    ("state", "received"),
    [
        (np.zeros((3, 1)), "no dict"),
        (
            {"keys_mask": np.ones((3, 7), bool), "cache": np.zeros(3)},
            "the leaves (keys_mask, cache|cache, keys_mask)",
        ),
    ],
)
def test_attention_that_is_not_in_the_state_is_an_error_that_says_what_is(search, state, received):
    def step(token_ids, state):
        return np.zeros((len(token_ids), VOCAB_SIZE)), state

    options = ["return_attention"] + ["coverage_penalty"] * (search is beam_search)
    for option in options:
        message = rf"Expected a state with the leaf 'attention_weights', .* as {option} needs it; received"
        with pytest.raises(ValueError, match=f"{message} {received}"):
            search(
                step,
                state,
                **IDS,
                max_output_length=7,
                **grouped(**{option: True if option == "return_attention" else 1}),
            )


@SEARCHES
def test_attention_of_another_shape_is_an_error(search):
    """A leaf with one row of weights for each head."""
    state = {"attention_weights": np.zeros((BATCH, 2, 7))}
    with pytest.raises(ValueError, match=r"'attention_weights'.*\(rows, source_length\).*received"):
        search(
            lambda token_ids, state: (np.zeros((len(token_ids), VOCAB_SIZE)), state),
            state,
            **IDS,
            max_output_length=7,
            return_attention=True,
        )


@SEARCHES
@pytest.mark.parametrize(
    ("state", "received"),
    [
        ([np.zeros((3, 1)), np.zeros(5)], r"\['3', '5'\]"),
        ([np.zeros((3, 1)), np.array(7)], r"\['3', 'None'\]"),
        ({"cache": []}, r"\[\]"),
        ([None], r"\[\]"),
        ([np.zeros(3), 7], r"\['3', 'None'\]"),
    ],
)
def test_a_state_without_one_batch_size_is_an_error(search, state, received):
    with pytest.raises(ValueError, match=f"arrays with the batch axis first, all of the same .*{received}"):
        search(scripted.step, state, **IDS, max_output_length=7)


@SEARCHES
def test_a_step_that_returns_no_pair_is_an_error(search):
    with pytest.raises(ValueError, match=r"Expected step to return a pair, \(logits, state\); received"):
        search(
            lambda token_ids, state: np.zeros((len(token_ids), VOCAB_SIZE)),
            np.zeros((BATCH, 1)),
            **IDS,
            max_output_length=7,
        )


def test_a_state_of_another_structure_is_an_error_where_the_step_is_compiled():
    def step(token_ids, state):
        return ops.zeros((len(token_ids), VOCAB_SIZE)), [state]

    with pytest.raises(ValueError, match="Expected step to return a state of the structure that it received"):
        beam_search(step, np.zeros((BATCH, 1)), **IDS, max_output_length=7, compile_step=True)


# Leaves that the hypotheses of a sentence share.


def sharing(seen):
    """A plain step of NumPy that takes its table with one row a sentence, and notes what it is given."""

    def step(token_ids, state):
        table, copies = state["table"], len(token_ids) // len(state["table"])
        seen.append((table, len(token_ids)))
        node = np.where(state["node"] < 0, 0, scripted.child(state["node"], token_ids, table))
        return table[np.arange(len(node)) // copies, node], {**state, "node": node}

    return step


@SEARCHES
def test_a_plain_step_may_name_the_leaves_that_it_takes_once_a_sentence(search):
    tables = scripted.random_tables(5, BATCH, VOCAB_SIZE, NODES)
    state, options = scripted.initial_state(tables), {**IDS, "max_output_length": 7}
    options |= {greedy_search: {}, beam_search: {"beam_size": 3, "n_best": 3}, sample: {"n_samples": 3}}[
        search
    ]
    expected, seen = search(scripted.step, state, **options), []
    result = search(sharing(seen), state, **options, shared_leaves=["table"])
    np.testing.assert_array_equal(result.sequences, expected.sequences)
    np.testing.assert_allclose(result.scores, expected.scores, rtol=1e-6)
    assert all(rows % len(table) == 0 for table, rows in seen)
    assert max(rows // len(table) for table, rows in seen) == (1 if search is greedy_search else 3)


def test_shared_leaves_are_never_copied():
    tables = scripted.random_tables(5, BATCH, VOCAB_SIZE, NODES)
    tables[..., scripted.EOS] = -99  # no sentence ends, and none leaves
    seen = []
    options = {**IDS, "max_output_length": 7, "beam_size": 3, "shared_leaves": ["table"]}
    beam_search(sharing(seen), scripted.initial_state(tables), **options)
    assert [rows for _, rows in seen] == [BATCH] + [3 * BATCH] * 6
    assert all(table is seen[0][0] for table, _ in seen)


@SEARCHES
@pytest.mark.parametrize(
    ("state", "received"),
    [
        ({"table": np.zeros((3, 1)), "node": np.zeros(3)}, "the leaves table, node"),
        ([np.zeros((3, 1))], "no dict"),
    ],
)
def test_a_shared_leaf_that_is_not_there_is_an_error(search, state, received):
    message = f"leaves that shared_leaves names; 'keys' is missing, received {received}"
    with pytest.raises(ValueError, match=message):
        search(scripted.step, state, **IDS, max_output_length=7, shared_leaves=["keys"])
