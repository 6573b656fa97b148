"""Beam and greedy search: their formulas, when they stop, and what they say to sizes out of range."""

import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras import ops
from scripted import IDS

from s2s_lesson.search import Constraints, DiverseGroups, Scoring, beam_search, greedy_search

BATCH = 2
SEEDS = st.integers(0, 2**32 - 1)


def constant_step(probabilities):
    """A step function that gives the same distribution every time."""

    def step(token_ids, state):
        with np.errstate(divide="ignore"):
            return np.log(np.tile(np.array(probabilities), (len(token_ids), 1))), state

    return step


def search(probabilities, batch=1, **options):
    return beam_search(constant_step(probabilities), np.zeros((batch, 3)), **IDS, **grouped(**options))


def steps_made(step, **options):
    """How many steps a search makes."""
    calls = []

    def counting(token_ids, state):
        calls.append(len(token_ids))
        return step(token_ids, state)

    beam_search(counting, np.zeros((BATCH, 1)), **IDS, max_output_length=97, **options)
    return len(calls)


def test_a_hypothesis_that_does_not_end_is_cut():
    result = greedy_search(
        constant_step([0.6, 0.1, 0.1, 0.1, 0.1]), np.zeros((BATCH, 1)), **IDS, max_output_length=3
    )
    assert result.sequences.tolist() == [[[0, 0, 0]]] * BATCH
    assert result.lengths.tolist() == [[3]] * BATCH
    np.testing.assert_allclose(result.log_probabilities, 3 * np.log(0.6), rtol=1e-6)


def test_the_end_token_is_part_of_length_and_log_probability():
    result = greedy_search(
        constant_step([0.1, 0.6, 0.1, 0.1, 0.1]), np.zeros((BATCH, 1)), **IDS, max_output_length=3
    )
    assert result.sequences.tolist() == [[[1]]] * BATCH
    assert result.lengths.tolist() == [[1]] * BATCH
    np.testing.assert_allclose(result.log_probabilities, np.log(0.6), rtol=1e-6)


def test_the_length_penalty_is_that_of_the_formula():
    """Ended at once: log 0.4, one token. Cut after two others: log 0.36, two tokens by then."""
    options = {"max_output_length": 2, "beam_size": 3, "n_best": 3}
    plain = search([0.6, 0.4], **options)
    assert scripted.sequences(plain, 0) == [(1,), (0, 0), (0, 1)]
    np.testing.assert_allclose(np.exp(plain.scores[0]), [0.4, 0.36, 0.24], rtol=1e-6)
    for formula, penalty in (("gnmt", (7 / 6) ** 2), ("average", 2**2)):
        long = search([0.6, 0.4], **options, length_penalty=2.0, length_formula=formula)
        in_order = np.log([0.36, 0.24, 0.4]) / [penalty, penalty, 1]
        assert scripted.sequences(long, 0)[0] == (0, 0)
        np.testing.assert_allclose(long.scores[0], sorted(in_order, reverse=True), rtol=1e-6)
        probabilities = np.exp(long.log_probabilities[0])
        np.testing.assert_allclose(sorted(probabilities), [0.24, 0.36, 0.4], rtol=1e-6)


def test_the_coverage_penalty_is_that_of_the_formula():
    """Two steps that look at the first of two tokens by 0.7 and 0.6; the third position is padding."""
    weights = np.array([[[0.7, 0.3, 0.0], [0.6, 0.4, 0.0]]])

    def step(token_ids, state):
        rows, time = np.arange(len(token_ids)), state["time"]
        logits = np.log(np.tile([0.9, 0.1], (len(token_ids), 1)))
        attention_weights = weights[np.zeros_like(rows), time]
        return logits, {**state, "time": time + 1, "attention_weights": attention_weights}

    state = {"time": np.zeros(1, int), "keys_mask": np.array([[True, True, False]])}
    options = {"max_output_length": 2, "beam_size": 3, "n_best": 3}
    options["scoring"] = Scoring(coverage_penalty=0.5)
    result = beam_search(step, state, **IDS, **options)
    assert scripted.sequences(result, 0) == [(0, 0), (0, 1), (1,)]
    covered = np.array([np.log(0.7), np.log(0.7), np.log(0.7) + np.log(0.3)])  # the sum 1.3 counts as 1
    expected = np.log([0.81, 0.09, 0.1]) + 0.5 * covered
    np.testing.assert_allclose(result.scores[0], expected, rtol=1e-6)
    state.pop("keys_mask")  # now the padding counts, and nothing attends to it
    result = beam_search(step, state, **IDS, **options)
    assert np.isfinite(result.scores).all()
    assert (result.scores[0] < expected - 5).all()


def test_a_source_token_without_any_attention_costs_no_more_than_a_bounded_amount():
    def step(token_ids, state):
        attention = np.tile([[1.0, 0.0]], (len(token_ids), 1))
        return np.zeros((len(token_ids), 5)), {"attention_weights": attention}

    state = {"attention_weights": np.zeros((1, 2))}
    result = beam_search(step, state, **IDS, max_output_length=2, scoring=Scoring(coverage_penalty=1.0))
    assert np.isfinite(result.scores).all()


# When a search stops.


def test_a_search_ends_when_nothing_can_change_its_result():
    step = constant_step([0.02, 0.92, 0.02, 0.02, 0.02])
    assert steps_made(step, beam_size=3) == 1
    assert steps_made(step, beam_size=3, n_best=2) == 2
    assert steps_made(step, beam_size=3, stopping="never") == 2


def test_a_length_penalty_makes_an_exact_search_go_on_as_long_as_longer_outputs_could_win():
    step = constant_step([0.45, 0.55])
    plain = steps_made(step, beam_size=2)
    rewarded = steps_made(step, beam_size=2, length_penalty=0.5)
    assert plain < rewarded < 97


def test_the_quick_rules_stop_earlier_and_may_miss_a_better_output():
    """At first the end token is second, by 0.4 to 0.6; a token of 0.6, followed by certain ones, beats it."""

    def step(token_ids, state):
        first = np.log(np.tile([0.5, 0.3, 0.2], (len(token_ids), 1)))
        certain = np.log(np.tile([0.97, 0.02, 0.01], (len(token_ids), 1)))
        return np.where(state == 0, first, certain), state + 1

    options = {"max_output_length": 3, "beam_size": 2, "length_penalty": 1.0}
    outputs = {
        stopping: scripted.sequences(
            beam_search(step, np.zeros((1, 1)), **IDS, **options, stopping=stopping), 0
        )
        for stopping in ("exact", "never", "top_ended", "first_ended")
    }
    assert outputs["exact"] == outputs["never"] == outputs["top_ended"] == [(0, 0, 0)]
    assert outputs["first_ended"] == [(1,)]


def test_top_ended_stops_when_the_top_of_the_beam_has_ended():
    """The end comes first by 0.5; with a length penalty a longer output would win."""

    def step(token_ids, state):
        first = np.log(np.tile([0.45, 0.5, 0.05], (len(token_ids), 1)))
        certain = np.log(np.tile([0.97, 0.02, 0.01], (len(token_ids), 1)))
        return np.where(state == 0, first, certain), state + 1

    options = {"max_output_length": 7, "beam_size": 2, "length_penalty": 1.0}
    exact, top_ended = (
        beam_search(step, np.zeros((1, 1)), **IDS, **options, stopping=stopping)
        for stopping in ("exact", "top_ended")
    )
    assert scripted.sequences(top_ended, 0) == [(1,)]
    assert scripted.sequences(exact, 0) == [(0,) * 7]
    assert exact.scores > top_ended.scores


@settings(max_examples=30)
@given(st.data(), SEEDS, st.sampled_from([(1, 1), (3, 1), (6, 2), (6, 3)]), st.sampled_from([0.0, 1.0]))
def test_the_quick_rules_return_outputs_as_many_as_they_should(data, seed, sizes, length_penalty):
    beam_size, groups = sizes
    n_best = data.draw(st.integers(1, beam_size // groups))
    tables = scripted.random_tables(seed, 2, 5, 997)
    options = {"max_output_length": 7, "beam_size": beam_size, "n_best": n_best}
    options |= {"groups": DiverseGroups(groups), "length_penalty": length_penalty}
    never, *quick = (
        beam_search(scripted.step, scripted.initial_state(tables), **IDS, **options, stopping=stopping)
        for stopping in ("never", "top_ended", "first_ended")
    )
    for result in quick:
        for row in range(2):
            sequences = scripted.sequences(result, row)
            assert len(set(sequences)) == len(sequences) == n_best
            assert list(result.scores[row]) == sorted(result.scores[row], reverse=True)
        assert (result.scores <= never.scores + 1e-5).all()  # but for rounding


def test_sentences_that_are_done_lie_still():
    """One sentence ends at once, the other never; the first one's result is that of its own search."""
    tables = scripted.random_tables(7, 3, 5, 97)
    tables[0, :, scripted.EOS], tables[1, :, scripted.EOS] = 9, -9
    options = {"max_output_length": 7, "beam_size": 3, "n_best": 2}
    together = beam_search(scripted.step, scripted.initial_state(tables), **IDS, **options)
    assert together.lengths[:, 0].min() == 1
    assert together.lengths[:, 0].max() == 7
    for row in range(3):
        alone = beam_search(scripted.step, scripted.initial_state(tables[row : row + 1]), **IDS, **options)
        assert scripted.sequences(alone, 0) == scripted.sequences(together, row)
        np.testing.assert_allclose(alone.scores[0], together.scores[row], atol=1e-5)


# Groups.


def test_diverse_groups_take_other_tokens():
    probabilities = [0.4, 0.05, 0.3, 0.25]
    options = {"max_output_length": 1, "beam_size": 3, "n_best": 3}
    alike = search(probabilities, groups=3, **options)
    assert scripted.sequences(alike, 0) == [(0,)]
    apart = search(probabilities, groups=3, diversity_penalty=1.0, **options)
    assert scripted.sequences(apart, 0) == [(0,), (2,), (3,)]
    np.testing.assert_allclose(np.exp(apart.scores[0]), [0.4, 0.3, 0.25], rtol=1e-6)


@pytest.mark.parametrize("stopping", ["exact", "never", "top_ended", "first_ended"])
def test_no_output_is_returned_twice_though_groups_find_the_same(stopping):
    options = {"max_output_length": 3, "beam_size": 6, "groups": 2, "n_best": 3, "stopping": stopping}
    sequences = scripted.sequences(search([0.4, 0.3, 0.2, 0.1], **options), 0)
    assert len(set(sequences)) == len(sequences) == 3


@settings(max_examples=30)
@given(SEEDS, st.sampled_from([(3, 1), (6, 2), (6, 3)]))
def test_tokens_of_no_probability_are_as_if_they_were_not_there(seed, sizes):
    beam_size, groups = sizes
    tables = scripted.random_tables(seed, 1, 5, 997)
    tables[np.random.default_rng(seed).random(tables.shape) < 0.6] = -np.inf
    tables[..., 3] = np.where(np.isfinite(tables).any(axis=-1), tables[..., 3], 0)  # one token at least
    script = scripted.Script(np.where(np.isfinite(tables[0]), tables[0], -1e9))
    script.table_of_log_probs = np.where(np.isfinite(tables[0]), script.table_of_log_probs, -np.inf)
    options = {"max_output_length": 5, "beam_size": beam_size, "groups": groups, "n_best": beam_size}
    options["diversity_penalty"] = 0.7 if groups > 1 else 0.0
    outputs, closest = slow_search.beam_search(script, **options)
    assume(closest > 1e-5)
    result = beam_search(scripted.step, scripted.initial_state(tables), **IDS, **grouped(**options))
    assert scripted.sequences(result, 0) == [sequence for _, _, sequence in outputs]


# Sizes.


@pytest.mark.parametrize("kind", ["NumPy", "tensors"])
def test_greedy_search_without_log_probabilities_chooses_the_same_tokens(kind):
    tables = scripted.random_tables(23, 3, 7, 97)
    tables[2, :, 3:] = -np.inf  # one of which is required: there is no output
    step, state = scripted.step, scripted.initial_state(tables)
    if kind == "tensors":
        step, state = scripted.ops_step, {name: ops.convert_to_tensor(leaf) for name, leaf in state.items()}
    constraints = Constraints(no_repeat_ngram=2, required=[[[5, 4]], [[2]], [[4]]])
    options = {**IDS, "max_output_length": 11, "constraints": constraints}
    expected, result = (greedy_search(step, state, **options, return_log_probs=of) for of in (True, False))
    np.testing.assert_array_equal(result.sequences, expected.sequences)
    np.testing.assert_array_equal(result.lengths, expected.lengths)
    assert result.lengths[2] == 0 and (result.lengths[:2] > 1).all()
    for figures in (result.scores, result.log_probabilities):
        assert figures.dtype == "float32" and np.isnan(figures[:2]).all() and figures[2] == -np.inf
    written = np.arange(result.sequences.shape[-1]) < result.lengths[..., None]
    np.testing.assert_array_equal(np.isnan(result.token_log_probabilities), written)
    assert not result.token_log_probabilities[~written].any()


def test_a_beam_may_be_wider_than_the_vocabulary_and_than_the_search_space():
    result = search([0.7, 0.3], max_output_length=2, beam_size=11, n_best=11)
    assert scripted.sequences(result, 0) == [(0, 0), (1,), (0, 1)]
    np.testing.assert_allclose(np.exp(result.scores[0, :3]), [0.49, 0.3, 0.21], rtol=1e-6)
    assert result.scores[0, 3:].tolist() == result.log_probabilities[0, 3:].tolist() == [-np.inf] * 8
    assert result.lengths[0, 3:].tolist() == [0] * 8


def test_a_token_of_minus_infinite_logit_is_never_taken():
    result = search([0, 0.2, 0.8], max_output_length=2, beam_size=7, n_best=7)
    assert scripted.sequences(result, 0) == [(2, 2), (1,), (2, 1)]
    np.testing.assert_allclose(np.exp(result.scores[0, :3]), [0.64, 0.2, 0.16], rtol=1e-6)


def test_no_sentence_at_all_gives_no_result():
    result = greedy_search(constant_step([0.5, 0.5]), np.zeros((0, 3)), **IDS, max_output_length=7)
    assert result.sequences.shape[:2] == result.lengths.shape == (0, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_output_length": 0}, "Expected max_output_length of at least 1; received 0"),
        ({"max_output_length": -3}, "Expected max_output_length of at least 1; received -3"),
        ({"beam_size": 0}, "Expected beam_size of at least 1; received 0"),
        ({"beam_size": -1}, "Expected beam_size of at least 1; received -1"),
        ({"n_best": 0}, "Expected n_best of at least 1; received 0"),
        ({"n_best": 6}, "Expected n_best of at most beam_size=5; received 6. Use a wider beam"),
        ({"length_penalty": -0.5}, "Expected length_penalty of at least 0; received -0.5"),
        ({"length_penalty": np.nan}, "Expected length_penalty of at least 0; received nan"),
        ({"length_formula": "mean"}, "Expected length_formula one of gnmt, average; received 'mean'"),
        ({"coverage_penalty": -1}, "Expected coverage_penalty of at least 0; received -1"),
        ({"stopping": "soon"}, "Expected stopping one of exact, top_ended, .*; received 'soon'"),
        ({"groups": 0}, "Expected count of at least 1; received 0"),
        ({"groups": 2}, "Expected groups to divide beam_size=5; received 2"),
        ({"groups": 5, "diversity_penalty": -1}, "Expected diversity_penalty of at least 0; received -1"),
        ({"diversity_penalty": 0.5}, "Expected at least 2 groups for a diversity_penalty of 0.5; received 1"),
        ({"min_output_length": 0}, "Expected min_output_length of at least 1; received 0"),
        ({"min_output_length": 8}, "Expected min_output_length from 1 to max_output_length=7; received 8"),
        ({"no_repeat_ngram": -1}, "Expected no_repeat_ngram of at least 0; received -1"),
    ],
)
def test_sizes_out_of_range_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        search([0.5, 0.5], **{"max_output_length": 7, **options})
