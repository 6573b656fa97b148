"""What searches return: shapes, types, what fills the rest, and texts."""

import numpy as np
import pytest
import scripted
from scripted import EOS, IDS

from s2s_lesson.data import Vocabulary
from s2s_lesson.search import DiverseGroups, SearchResult, beam_search, greedy_search, sample, to_texts

BATCH, VOCAB_SIZE, NODES, LENGTH, SOURCE_LENGTHS = 3, 5, 97, 11, (7, 3, 5)
SEARCHES = {
    "greedy": (greedy_search, {}, 1),
    "beam": (beam_search, {"beam_size": 5, "n_best": 3, "length_penalty": 0.6}, 3),
    "groups": (beam_search, {"beam_size": 4, "n_best": 2, "groups": DiverseGroups(2, 0.5)}, 2),
    "sample": (sample, {"n_samples": 3, "seed": 5}, 3),
}


def run(name, **more):
    search, options, _ = SEARCHES[name]
    tables = scripted.random_tables(29, BATCH, VOCAB_SIZE, NODES)
    attention_tables, keys_mask = scripted.random_attention(29, NODES, SOURCE_LENGTHS)
    state = scripted.initial_state(tables, attention_tables, keys_mask)
    return search(scripted.step, state, **IDS, max_output_length=LENGTH, **options, **more)


@pytest.mark.parametrize("name", SEARCHES)
def test_results_have_the_shapes_and_types_that_are_promised(name):
    result, n_best = run(name), SEARCHES[name][2]
    length = result.lengths.max()
    assert result.sequences.shape == result.token_log_probabilities.shape == (BATCH, n_best, length)
    assert {array.shape for array in result[1:4]} == {(BATCH, n_best)}
    types = [array.dtype.name for array in result[:5]]
    assert types == ["int32", "int32", "float32", "float32", "float32"]
    assert result.attention_weights is None and result.tree is None
    result = run(name, return_attention=True)
    assert result.attention_weights.shape == (BATCH, n_best, length, 7)
    assert result.attention_weights.dtype == np.float32


@pytest.mark.parametrize("name", SEARCHES)
def test_after_the_end_everything_is_filled(name):
    result = run(name, return_attention=True)
    assert result.lengths.min() < result.lengths.max()
    after = np.arange(result.lengths.max()) >= result.lengths[..., None]
    assert (result.sequences[after] == EOS).all()
    assert not result.token_log_probabilities[after].any()
    assert not result.attention_weights[after].any()
    last = np.take_along_axis(result.sequences, result.lengths[..., None] - 1, axis=2)[..., 0]
    assert ((last == EOS) | (result.lengths == LENGTH)).all()


@pytest.mark.parametrize("name", SEARCHES)
def test_each_token_has_its_own_log_probability_and_attention(name):
    result = run(name, return_attention=True)
    tables = scripted.random_tables(29, BATCH, VOCAB_SIZE, NODES)
    attention_tables, _ = scripted.random_attention(29, NODES, SOURCE_LENGTHS)
    for row in range(BATCH):
        script = scripted.Script(tables[row], attention_tables[row])
        for rank, sequence in enumerate(scripted.sequences(result, row)):
            for place, token in enumerate(sequence):
                before = sequence[:place]
                np.testing.assert_allclose(
                    result.token_log_probabilities[row, rank, place],
                    script.log_probs(before)[token],
                    rtol=1e-5,
                    atol=1e-6,
                )
                np.testing.assert_array_equal(
                    result.attention_weights[row, rank, place], script.attention(before)
                )
    sums = result.token_log_probabilities.sum(axis=-1)
    np.testing.assert_allclose(result.log_probabilities, sums, rtol=1e-6)


def test_scores_come_best_first():
    for name in ("beam", "groups"):
        assert (np.diff(run(name).scores, axis=1) <= 0).all()


def test_a_missing_hypothesis_holds_nothing():
    tables = np.log(np.full((1, 1, 2), 0.5))
    attention_tables = np.ones((1, 1, 3)) / 3
    result = beam_search(
        scripted.step,
        scripted.initial_state(tables, attention_tables),
        **IDS,
        max_output_length=1,
        beam_size=5,
        n_best=5,
        return_attention=True,
    )
    assert scripted.sequences(result, 0) == [(0,), (1,)]
    assert result.lengths.tolist() == [[1, 1, 0, 0, 0]]
    assert (result.scores[0, 2:] == -np.inf).all() and (result.log_probabilities[0, 2:] == -np.inf).all()
    assert (result.sequences[0, 2:] == EOS).all()
    assert not result.token_log_probabilities[0, 2:].any() and not result.attention_weights[0, 2:].any()


def test_an_output_that_two_groups_found_is_there_once_and_leaves_nothing_behind():
    state = scripted.initial_state(np.log([[[0.1, 0.9]]]), np.ones((1, 1, 3)) / 3)
    options = {"max_output_length": 2, "beam_size": 4, "n_best": 4, "stopping": "never"}
    options["groups"] = DiverseGroups(2)
    result = beam_search(scripted.step, state, **IDS, **options, return_attention=True)
    assert scripted.sequences(result, 0) == [(1,), (0, 1), (0, 0)][: len(scripted.sequences(result, 0))]
    missing = result.lengths[0] == 0
    assert missing.any()
    assert (result.scores[0, missing] == -np.inf).all()
    assert (result.sequences[0, missing] == EOS).all()
    assert not result.token_log_probabilities[0, missing].any()
    assert not result.attention_weights[0, missing].any()


def test_texts_are_those_of_the_hypotheses_that_exist():
    vocab = Vocabulary(["a", "b", "c"])
    sequences = np.array([[[4, 5, 3], [6, 3, 3]], [[5, 6, 4], [3, 3, 3]], [[3, 3, 3], [3, 3, 3]]])
    lengths = np.array([[3, 2], [3, 0], [1, 0]])
    result = SearchResult(sequences, lengths, *[np.zeros((3, 2))] * 2, np.zeros((3, 2, 3)))
    assert to_texts(result, vocab) == [["a b", "c"], ["b c a"], [""]]
    assert to_texts(result, vocab, tokens="characters") == [["ab", "c"], ["bca"], [""]]
