"""Sampling: how often outputs are drawn, which tokens are drawn from, and what decides the draw."""

import itertools
import warnings

import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import softmax
from scipy import stats
from scripted import EOS, IDS

from s2s_lesson.search import Constraints, greedy_search, sample, sampling_probabilities
from s2s_lesson.search.sampling import _draw

SEEDS = st.integers(0, 2**32 - 1)
LENGTH, VOCAB_SIZE, NODES = 7, 5, 97
SHARES = st.one_of(st.none(), st.floats(0.01, 1.0))
OPTIONS = {
    "plain": {},
    "hot": {"temperature": 1.7},
    "cold": {"temperature": 0.4},
    "top_k": {"top_k": 2},
    "top_p": {"top_p": 0.6},
    "typical": {"typical_p": 0.6},
    "all": {"temperature": 1.3, "top_k": 3, "top_p": 0.9, "typical_p": 0.8},
}


def draw(tables, **options):
    options = grouped(**{**IDS, "max_output_length": LENGTH, **options})
    return sample(scripted.step, scripted.initial_state(tables), **options)


def all_of(result, row):
    """Every sample of a sentence, in the order drawn."""
    assert (result.lengths[row] > 0).all()
    return scripted.sequences(result, row)


# Frequencies.


def exact_distribution(script, options, constraints):
    """The probability of each output, from those of its tokens."""
    length = 3
    distribution = {}
    for output in slow_search.every_output(VOCAB_SIZE, length):
        probability = 1.0
        for place, token in enumerate(output):
            log_probs = script.log_probs(output[:place])
            limit = {**constraints, "max_output_length": length, "vocab_size": VOCAB_SIZE}
            possible = [
                np.exp(log_prob) * slow_search.may_come_next(output[:place], other, limit)
                for other, log_prob in enumerate(log_probs)
            ]
            left = [part / sum(possible) for part in possible]
            probability *= slow_search.tokens_to_draw_from(left, **options)[token]
            if not probability:
                break
        if probability:
            distribution[output] = probability
    assert sum(distribution.values()) == pytest.approx(1)
    return distribution


@pytest.mark.parametrize(
    "constraints",
    [
        {},
        {"prefix": [2], "forbidden": [[3], [2, 4]]},
        {"required": [[4]], "no_repeat_ngram": 1, "min_output_length": 2},
        {"bos_id": 0, "pad_id": 4, "forced_end": True, "required": [[3, 2]]},
    ],
    ids=["free", "prefix-forbidden", "required-no_repeat-minimum", "never-forced_end-phrase"],
)
@pytest.mark.parametrize("name", OPTIONS)
def test_outputs_are_drawn_as_often_as_their_probability_says(name, constraints):
    """A chi-square test of 10,007 samples; outputs expected less than five times count as one."""
    tables = scripted.random_tables(19, 1, VOCAB_SIZE, scripted.tree_nodes(VOCAB_SIZE, 3)) / 2
    distribution = exact_distribution(scripted.Script(tables[0]), OPTIONS[name], constraints)
    count = 10_007
    result = draw(tables, max_output_length=3, n_samples=count, seed=3, **OPTIONS[name], **constraints)
    drawn = all_of(result, 0)
    assert set(drawn) <= set(distribution)
    common = [output for output in distribution if count * distribution[output] >= 5]
    expected = [count * distribution[output] for output in common]
    observed = [drawn.count(output) for output in common]
    if count - sum(expected) > 1e-6:
        expected, observed = [*expected, count - sum(expected)], [*observed, count - sum(observed)]
    if len(expected) > 1:
        assert stats.chisquare(observed, expected).pvalue > 1e-3
    else:
        assert observed == [count]


def test_samples_of_one_sentence_and_those_of_two_are_independent():
    """Pairs of first tokens, of samples side by side and of sentences side by side."""
    tables = np.zeros((2, 1, 3), "float32")
    first = draw(tables, n_samples=3001, seed=7, max_output_length=1).sequences[..., 0]
    pairs = [zip(first[0, :-1], first[0, 1:], strict=True), zip(first[0], first[1], strict=True)]
    for pair in pairs:
        observed = np.zeros((3, 3), int)
        for one, other in pair:
            observed[one, other] += 1
        assert stats.chisquare(observed.ravel()).pvalue > 1e-3


# Which tokens are drawn from.


@settings(max_examples=200)
@given(
    SEEDS,
    st.sampled_from([0.0, 0.3, 1.0, 2.7]),
    st.sampled_from([None, 1, 2, 5, 7, 11]),
    SHARES,
    SHARES,
)
def test_the_tokens_drawn_from_are_those_of_a_slow_reference(seed, temperature, top_k, top_p, typical_p):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (3, 7))
    logits[generator.random((3, 7)) < 0.2] = -np.inf
    logits[:, 2] = 1.5
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "typical_p": typical_p}
    ours = sampling_probabilities(logits, **options)
    almost = {**options}
    for name in ("top_p", "typical_p"):
        if almost[name] is not None and almost[name] < 1:
            almost[name] += 1e-9
    for row, probabilities in zip(ours, softmax(logits), strict=True):
        expected = slow_search.tokens_to_draw_from(probabilities.tolist(), **options)
        assume(np.allclose(expected, slow_search.tokens_to_draw_from(probabilities.tolist(), **almost)))
        np.testing.assert_allclose(row, expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=100)
@given(SEEDS, st.floats(0.01, 0.99), st.sampled_from(["top_p", "typical_p"]))
def test_a_share_is_reached_and_by_no_smaller_set(seed, share, name):
    logits = np.random.default_rng(seed).normal(0, 2, (1, 7))
    probabilities = softmax(logits)[0]
    kept = np.flatnonzero(sampling_probabilities(logits, **{name: share})[0])
    assert probabilities[kept].sum() >= share - 1e-9
    surprise = -np.log(probabilities)
    distance = np.abs(surprise - (probabilities * surprise).sum())
    worst = max(kept, key=lambda token: distance[token] if name == "typical_p" else -probabilities[token])
    assert probabilities[kept].sum() - probabilities[worst] < share
    if name == "top_p":
        smaller = itertools.combinations(probabilities, len(kept) - 1)
        assert all(sum(chosen) < share for chosen in smaller)


def test_probabilities_that_reach_the_share_exactly_are_enough_and_ties_go_to_smaller_ids():
    for name in ("top_p", "typical_p"):
        halved = sampling_probabilities(np.zeros((1, 8)), **{name: 0.5})
        assert halved.tolist() == [[0.25] * 4 + [0.0] * 4]
    assert sampling_probabilities(np.zeros((1, 5)), top_k=2).tolist() == [[0.5, 0.5, 0, 0, 0]]
    assert sampling_probabilities(np.zeros((1, 5)), temperature=0).tolist() == [[1, 0, 0, 0, 0]]


@pytest.mark.parametrize("temperature", [0, 1e-30, 1.0])
def test_rows_without_a_token_and_tokens_without_probability_give_no_warning(temperature):
    logits = np.array([[-np.inf] * 3, [0, -np.inf, 5], [1e4, 0, -1e4]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probabilities = sampling_probabilities(logits, temperature, top_k=2, top_p=0.9, typical_p=0.9)
    np.testing.assert_allclose(probabilities.sum(axis=1), [0, 1, 1])
    assert probabilities[1, 1] == 0


# What decides the draw.


@settings(max_examples=20)
@given(SEEDS, st.permutations(range(5)))
def test_with_seeds_of_their_own_neither_batch_mates_nor_order_matter(seed, order):
    tables = scripted.random_tables(seed, 5, VOCAB_SIZE, NODES)
    tables[:2, :, EOS] += 4  # these end early
    seeds = [seed % 1000 + place for place in range(5)]
    together = draw(tables, n_samples=3, seed=seeds)
    shuffled = draw(tables[list(order)], n_samples=3, seed=[seeds[row] for row in order])
    for place, row in enumerate(order):
        alone = draw(tables[row : row + 1], n_samples=3, seed=[seeds[row]])
        assert all_of(shuffled, place) == all_of(alone, 0) == all_of(together, row)
        np.testing.assert_allclose(
            alone.log_probabilities[0], together.log_probabilities[row], rtol=1e-6, atol=1e-6
        )


def test_the_same_seed_draws_the_same_and_another_one_others():
    tables = scripted.random_tables(3, 2, VOCAB_SIZE, NODES)
    one, again, other = (draw(tables, n_samples=11, seed=seed) for seed in (5, 5, 7))
    assert [all_of(one, row) for row in range(2)] == [all_of(again, row) for row in range(2)]
    assert all_of(one, 0) != all_of(other, 0)
    alike = draw(tables[[0, 0]], n_samples=11, seed=5)
    assert all_of(alike, 0) != all_of(alike, 1)
    assert len(set(all_of(alike, 0))) > 1


@pytest.mark.parametrize("seed", [0, 1, 12])
def test_at_temperature_0_sampling_is_greedy_search(seed):
    tables = scripted.random_tables(seed, 3, VOCAB_SIZE, NODES)
    constraints = {"forbidden": [4], "no_repeat_ngram": 2, "min_output_length": 3, "prefix": [2]}
    options = grouped(**IDS, max_output_length=LENGTH, **constraints)
    greedy = greedy_search(scripted.step, scripted.initial_state(tables), **options)
    result = draw(tables, n_samples=2, seed=seed, temperature=0, **constraints)
    for row in range(3):
        assert all_of(result, row) == 2 * scripted.sequences(greedy, row)
    np.testing.assert_allclose(result.log_probabilities[:, 1], greedy.log_probabilities[:, 0], rtol=1e-5)


@settings(max_examples=30)
@given(st.data(), SEEDS, st.sampled_from(["plain", "hot", "all"]))
def test_constraints_hold_in_every_sample(data, seed, name):
    ordinary = [0, 2, 3, 4]
    tokens = [data.draw(st.lists(st.sampled_from(ordinary), max_size=3, unique=True)) for _ in range(2)]
    required = [[[token] for token in of_sentence] for of_sentence in tokens]
    prefix = [data.draw(st.lists(st.sampled_from(ordinary), max_size=2)) for _ in range(2)]
    constraints = {
        "no_repeat_ngram": data.draw(st.sampled_from([0, 2, 3])),
        "min_output_length": data.draw(st.integers(1, LENGTH)),
    }
    tables = scripted.random_tables(seed, 2, VOCAB_SIZE, NODES)
    result = draw(
        tables, n_samples=5, seed=seed, **OPTIONS[name], **constraints, required=required, prefix=prefix
    )
    for row in range(2):
        script = scripted.Script(tables[row])
        for rank, output in enumerate(all_of(result, row)):
            assert slow_search.meets(output, **constraints, required=required[row], prefix=prefix[row])
            assert output[-1] == EOS or len(output) == LENGTH
            total = script.total(output)
            np.testing.assert_allclose(result.log_probabilities[row, rank], total, rtol=1e-5)
    np.testing.assert_array_equal(result.scores, result.log_probabilities)


def test_a_random_number_of_0_draws_no_token_of_probability_0():
    probabilities = np.array([[0, 0.5, 0, 0.5]] * 3)
    assert _draw(probabilities, np.array([0, 0.5, 1 - 2**-53])).tolist() == [1, 3, 3]


def test_a_sample_that_finds_no_way_on_is_missing_and_the_others_are_there():
    """After token 2 there is nothing but token 2 again; after token 3 the end is."""
    nodes = scripted.tree_nodes(4, 3)
    tables = np.full((1, nodes, 4), -np.inf, "float32")
    tables[0, 0, 2:] = tables[0, 1 + 2, 2] = tables[0, 1 + 3, EOS] = 0
    attention, keys_mask = scripted.random_attention(3, nodes, (5,))
    state = scripted.initial_state(tables, attention, keys_mask)
    result = sample(
        scripted.step,
        state,
        **IDS,
        max_output_length=3,
        n_samples=17,
        constraints=Constraints(no_repeat_ngram=1, min_output_length=2),
        return_attention=True,
    )
    lost = result.lengths[0] == 0
    assert 0 < lost.sum() < 17
    assert (result.scores[0, lost] == -np.inf).all()
    assert not result.attention_weights[0, lost].any()
    assert (result.sequences[0, lost] == EOS).all()
    assert np.isfinite(result.scores[0, ~lost]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_output_length": 0}, "Expected max_output_length of at least 1; received 0"),
        ({"n_samples": 0}, "Expected n_samples of at least 1; received 0"),
        ({"n_samples": -3}, "Expected n_samples of at least 1; received -3"),
        ({"temperature": -0.1}, "Expected temperature of at least 0; received -0.1"),
        ({"temperature": np.inf}, "Expected temperature as a finite number; received inf"),
        ({"temperature": np.nan}, "Expected temperature of at least 0; received nan"),
        ({"top_k": 0}, "Expected top_k of at least 1, or None; received 0"),
        ({"top_k": -1}, "Expected top_k of at least 1, or None; received -1"),
        ({"top_k": np.nan}, "Expected top_k as an int, or None; received nan"),
        ({"top_p": 0}, "Expected top_p above 0 and up to 1, or None; received 0"),
        ({"top_p": 1.1}, "Expected top_p above 0 and up to 1, or None; received 1.1"),
        ({"typical_p": -0.5}, "Expected typical_p above 0 and up to 1, or None; received -0.5"),
        ({"typical_p": np.nan}, "Expected typical_p above 0 and up to 1, or None; received nan"),
        ({"seed": [1]}, "Expected one seed, or one for each of 2 sentences; received 1"),
        ({"seed": [1, 2, 3]}, "Expected one seed, or one for each of 2 sentences; received 3"),
        ({"min_output_length": 8}, "Expected min_output_length from 1 to max_output_length=7; received 8"),
    ],
)
def test_options_out_of_range_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        draw(np.zeros((2, NODES, VOCAB_SIZE)), **options)


def test_no_sentence_at_all_gives_no_sample():
    result = sample(
        lambda token_ids, state: (None, state), np.zeros((0, 3)), **IDS, max_output_length=7, n_samples=2
    )
    assert result.lengths.shape == (0, 2)
    assert result.sequences.shape == (0, 2, 0)
