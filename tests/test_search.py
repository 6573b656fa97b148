from typing import NamedTuple

import numpy as np
import pytest
import scripted

from s2s_lesson.search import beam_search, greedy_search

SCRIPT = {"bos_id": scripted.BOS, "eos_id": scripted.EOS}
BATCH, VOCAB_SIZE = 2, 5


def constant_step(probabilities):
    """A step function that gives the same distribution every time."""

    def step(token_ids, state):
        with np.errstate(divide="ignore"):
            return np.log(np.tile(np.array(probabilities), (len(token_ids), 1))), state

    return step


def test_results_have_the_shapes_and_types_that_are_promised():
    step = constant_step([0.3, 0.1, 0.2, 0.2, 0.2])
    options = {"max_output_length": 7, "beam_size": 5, "n_best": 3}
    for length_penalty in (0.0, 0.6):
        result = beam_search(step, np.zeros((BATCH, 11)), **SCRIPT, **options, length_penalty=length_penalty)
        assert result.sequences.shape == (BATCH, 3, 7)
        assert {array.shape for array in result[1:4]} == {(BATCH, 3)}
        assert result.token_log_probabilities.shape == (BATCH, 3, 7)
        types = [array.dtype.name for array in result[:5]]
        assert types == ["int32", "int32", "float32", "float32", "float32"]
        assert result.attention_weights is None and result.tree is None
    assert greedy_search(step, np.zeros((BATCH, 11)), **SCRIPT, max_output_length=7).lengths.shape == (
        BATCH,
        1,
    )


def test_a_hypothesis_that_does_not_end_is_cut():
    step = constant_step([0.6, 0.1, 0.1, 0.1, 0.1])
    result = greedy_search(step, np.zeros((BATCH, 1)), **SCRIPT, max_output_length=3)
    assert result.sequences.tolist() == [[[0, 0, 0]]] * BATCH
    assert result.lengths.tolist() == [[3]] * BATCH
    np.testing.assert_allclose(result.log_probabilities, 3 * np.log(0.6), rtol=1e-6)


def test_the_end_token_is_part_of_length_and_log_probability():
    step = constant_step([0.1, 0.6, 0.1, 0.1, 0.1])
    result = greedy_search(step, np.zeros((BATCH, 1)), **SCRIPT, max_output_length=3)
    assert result.sequences.tolist() == [[[1]]] * BATCH
    assert result.lengths.tolist() == [[1]] * BATCH
    np.testing.assert_allclose(result.log_probabilities, np.log(0.6), rtol=1e-6)


def test_the_length_penalty_is_that_of_the_formula():
    """Ended at once: log 0.4, one token. Cut after two others: log 0.36, three tokens by then."""
    probabilities = [0.6, 0.4]
    options = {"max_output_length": 2, "beam_size": 3, "n_best": 3}
    plain = beam_search(constant_step(probabilities), np.zeros((1, 1)), **SCRIPT, **options)
    assert scripted.found(plain, 0) == [(1,), (0, 0), (0, 1)]
    np.testing.assert_allclose(np.exp(plain.scores[0]), [0.4, 0.36, 0.24], rtol=1e-6)
    options["length_penalty"] = 2.0
    long = beam_search(constant_step(probabilities), np.zeros((1, 1)), **SCRIPT, **options)
    assert scripted.found(long, 0) == [(0, 0), (1,), (0, 1)]
    penalty = (7 / 6) ** 2
    np.testing.assert_allclose(long.scores[0], np.log([0.36, 0.4, 0.24]) / [penalty, 1, penalty], rtol=1e-6)
    np.testing.assert_allclose(np.exp(long.log_probabilities[0]), [0.36, 0.4, 0.24], rtol=1e-6)


def test_a_search_ends_when_nothing_can_change_its_result():
    calls = []

    def step(token_ids, state):
        calls.append(len(token_ids))
        return constant_step([0.02, 0.92, 0.02, 0.02, 0.02])(token_ids, state)

    beam_search(step, np.zeros((BATCH, 1)), **SCRIPT, max_output_length=97, beam_size=3)
    assert calls == [BATCH * 3]


def test_missing_hypotheses_have_a_score_of_minus_infinity():
    result = beam_search(
        constant_step([0.7, 0.3]), np.zeros((1, 1)), **SCRIPT, max_output_length=1, beam_size=5, n_best=5
    )
    assert scripted.found(result, 0) == [(0,), (1,)]
    assert result.scores[0, 2:].tolist() == result.log_probabilities[0, 2:].tolist() == [-np.inf] * 3


def test_a_token_of_minus_infinite_logit_is_never_taken():
    result = beam_search(
        constant_step([0, 0.2, 0.8]), np.zeros((1, 1)), **SCRIPT, max_output_length=2, beam_size=7, n_best=7
    )
    assert scripted.found(result, 0) == [(2, 2), (1,), (2, 1)]
    np.testing.assert_allclose(np.exp(result.scores[0, :3]), [0.64, 0.2, 0.16], rtol=1e-6)


def test_no_sentence_at_all_gives_no_result():
    result = greedy_search(constant_step([0.5, 0.5]), np.zeros((0, 3)), **SCRIPT, max_output_length=7)
    assert result.sequences.shape[:2] == result.lengths.shape == (0, 1)


class Memory(NamedTuple):
    read: np.ndarray
    written: list


def test_a_nested_state_of_numpy_arrays_stays_one_and_follows_its_hypothesis():
    tables = scripted.random_tables(0, BATCH, VOCAB_SIZE, 3)
    plain = beam_search(
        scripted.step, scripted.initial_state(tables), **SCRIPT, max_output_length=3, beam_size=3, n_best=3
    )

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
    }
    nested = beam_search(step, state, **SCRIPT, max_output_length=3, beam_size=3, n_best=3)
    for ours, expected in zip(nested[:5], plain[:5], strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_output_length": 0}, "of at least 1; received 0 and 5"),
        ({"beam_size": 0}, "of at least 1; received 7 and 0"),
        ({"n_best": 0}, "Expected n_best from 1 to beam_size=5; received 0"),
        ({"n_best": 6}, "Expected n_best from 1 to beam_size=5; received 6. Use a wider beam"),
        ({"length_penalty": -0.5}, "Expected a length_penalty of 0 or greater; received -0.5"),
    ],
)
def test_sizes_out_of_range_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        beam_search(
            constant_step([0.5, 0.5]), np.zeros((1, 1)), **SCRIPT, **{"max_output_length": 7, **options}
        )


@pytest.mark.parametrize("shape", [(6,), (1, VOCAB_SIZE), (6, 1, VOCAB_SIZE), (VOCAB_SIZE, 6)])
def test_logits_of_a_wrong_shape_are_an_error(shape):
    with pytest.raises(
        ValueError, match=r"Expected step to return logits of shape \(6, vocab_size\); received"
    ):
        beam_search(
            lambda token_ids, state: (np.zeros(shape), state),
            np.zeros((BATCH, 1)),
            **SCRIPT,
            max_output_length=7,
            beam_size=3,
        )


@pytest.mark.parametrize(
    "logits",
    [[0, 0, np.nan, 0, 0], [0, 0, np.inf, 0, 0], [-np.inf] * VOCAB_SIZE],
    ids=["nan", "infinity", "no_token_allowed"],
)
def test_logits_that_give_no_probabilities_are_an_error(logits):
    def step(token_ids, state):
        return np.full((len(token_ids), VOCAB_SIZE), logits), state

    with pytest.raises(ValueError, match=r"Expected .*logits from step; received"):
        greedy_search(step, np.zeros((BATCH, 1)), **SCRIPT, max_output_length=7)
