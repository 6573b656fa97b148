"""Searches find what they should, on scripted logits and on models."""

import keras
import numpy as np
import pytest
import reference
import scripted
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_models import small_batch, small_model

from s2s_lesson.search import beam_search, greedy_search

SCRIPT = {"bos_id": scripted.BOS, "eos_id": scripted.EOS}
SEEDS = st.integers(0, 2**32 - 1)
PENALTIES = st.sampled_from([0.0, 0.6, 1.0, 2.0])


def search_script(tables, **options):
    return beam_search(scripted.step, scripted.initial_state(tables), **SCRIPT, **options)


@settings(max_examples=50)
@given(st.data(), st.integers(2, 3), st.integers(1, 4), PENALTIES)
def test_a_beam_as_wide_as_the_search_space_equals_exhaustive_search(
    data, vocab_size, max_output_length, length_penalty
):
    nodes = sum(vocab_size**depth for depth in range(max_output_length))
    table = data.draw(arrays("float32", (nodes, vocab_size), elements=st.floats(-9, 9, width=32)))
    space = scripted.search_space(vocab_size, max_output_length)
    n_best = data.draw(st.integers(1, len(space)))
    result = search_script(
        table[None],
        max_output_length=max_output_length,
        beam_size=len(space),
        n_best=n_best,
        length_penalty=length_penalty,
    )
    totals = {sequence: scripted.log_probability(table, sequence) for sequence in space}
    scores = {
        sequence: scripted.penalised(total, len(sequence), length_penalty)
        for sequence, total in totals.items()
    }
    best_scores = sorted(scores.values(), reverse=True)[:n_best]
    sequences = scripted.found(result, 0)
    assert len(set(sequences)) == n_best
    np.testing.assert_allclose(result.scores[0], best_scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(result.scores[0], [scores[s] for s in sequences], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        result.log_probabilities[0], [totals[s] for s in sequences], rtol=1e-5, atol=1e-5
    )


@settings(max_examples=50)
@given(SEEDS, st.integers(1, 5), st.data(), PENALTIES)
def test_any_beam_equals_a_slow_search_that_never_stops_early(seed, beam_size, data, length_penalty):
    n_best = data.draw(st.integers(1, beam_size))
    options = {"beam_size": beam_size, "n_best": n_best, "length_penalty": length_penalty}
    tables = scripted.random_tables(seed, 3, vocab_size=3, max_output_length=5)
    result = search_script(tables, max_output_length=5, **options)
    for row, table in enumerate(tables):
        expected = scripted.slow_beam_search(table, 5, **options)
        assert scripted.found(result, row) == [sequence for _, _, sequence in expected]
        existing = np.isfinite(result.scores[row])
        np.testing.assert_allclose(
            result.scores[row, existing], [score for score, _, _ in expected], rtol=1e-5, atol=1e-5
        )


@settings(max_examples=20)
@given(SEEDS)
def test_greedy_search_and_a_beam_of_one_take_the_likeliest_token_at_each_step(seed):
    tables = scripted.random_tables(seed, 5, vocab_size=3, max_output_length=7)
    greedy = greedy_search(scripted.step, scripted.initial_state(tables), **SCRIPT, max_output_length=7)
    beam = search_script(tables, max_output_length=7, beam_size=1, length_penalty=1.0)
    for row, table in enumerate(tables):
        sequence, node = [], 0
        while len(sequence) < 7 and sequence[-1:] != [scripted.EOS]:
            sequence.append(int(table[node].argmax()))
            node = 3 * node + 1 + sequence[-1]
        assert scripted.found(greedy, row) == scripted.found(beam, row) == [tuple(sequence)]


@settings(max_examples=20)
@given(SEEDS, st.integers(1, 3))
def test_a_sentence_ends_alike_alone_and_among_others(seed, n_best):
    options = {"max_output_length": 7, "beam_size": 3, "n_best": n_best, "length_penalty": 0.6}
    tables = scripted.random_tables(seed, 5, vocab_size=3, max_output_length=7)
    together = search_script(tables, **options)
    for row in range(5):
        alone = search_script(tables[row : row + 1], **options)
        assert scripted.found(alone, 0) == scripted.found(together, row)
        for ours, others in [(alone.scores, together.scores), (alone.lengths, together.lengths)]:
            np.testing.assert_allclose(ours[0], others[row], rtol=1e-6)


def test_finished_hypotheses_stay_frozen():
    """After the end token the script offers another token at probability 1; nobody may take it."""
    vocab_size, max_output_length = 5, 7

    def step(token_ids, state):
        logits = np.log(np.tile([0.1, 0.4, 0.2, 0.2, 0.1], (len(token_ids), 1)))
        logits[token_ids == scripted.EOS] = [-99, -99, -99, -99, 99]
        return logits, state

    result = beam_search(
        step,
        np.zeros((2, 3)),
        **SCRIPT,
        max_output_length=max_output_length,
        beam_size=vocab_size,
        n_best=3,
    )
    assert scripted.found(result, 0) == [(1,), (2, 1), (3, 1)]
    np.testing.assert_allclose(np.exp(result.log_probabilities), [[0.4, 0.08, 0.08]] * 2, rtol=1e-6)
    assert (result.sequences[:, 0] == scripted.EOS).all()


def test_ties_go_to_the_hypothesis_that_stood_higher_and_then_to_the_smaller_token():
    def step(token_ids, state):
        return np.zeros((len(token_ids), 5)), state

    options = {"max_output_length": 2, "beam_size": 3, "n_best": 3}
    result = beam_search(step, np.zeros((1, 2)), **SCRIPT, **options)
    assert scripted.found(result, 0) == [(1,), (0, 0), (0, 1)]
    assert greedy_search(step, np.zeros((1, 2)), **SCRIPT, max_output_length=3).sequences.tolist() == [
        [[0, 0, 0]]
    ]


@pytest.mark.parametrize("variant", ["lstm-concat-both_ways-2_layers", "gru-dot-both_ways"])
def test_log_probabilities_equal_teacher_forced_scores(variant):
    model = small_model(variant)
    state = model.encode(small_batch((7, 2, 5))["source_ids"])
    result = beam_search(
        model.step, state, bos_id=2, eos_id=3, max_output_length=7, beam_size=5, n_best=2, length_penalty=1.0
    )
    assert result.lengths.min() < result.lengths.max()
    for rank in range(2):
        sequences, lengths = result.sequences[:, rank], result.lengths[:, rank]
        decoder_inputs = np.pad(sequences[:, :-1], [(0, 0), (1, 0)], constant_values=2)
        logits, _ = model.decode(decoder_inputs, state)
        log_probs = reference.log_softmax(keras.ops.convert_to_numpy(logits))
        of_tokens = np.take_along_axis(log_probs, sequences[:, :, None], axis=-1)[..., 0]
        expected = np.where(np.arange(sequences.shape[1]) < lengths[:, None], of_tokens, 0).sum(axis=1)
        np.testing.assert_allclose(result.log_probabilities[:, rank], expected, rtol=1e-5)
        np.testing.assert_allclose(result.scores[:, rank], expected / ((5 + lengths) / 6), rtol=1e-5)
