"""Searches find what they should: compared with all outputs there are, and with a slow search."""

import numpy as np
import pytest
import scripted
import slow_search
from grouped import grouped
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scripted import EOS, IDS

from s2s_lesson.search import Constraints, DiverseGroups, Scoring, beam_search, greedy_search, sample

SEEDS = st.integers(0, 2**32 - 1)
BATCH, SOURCE_LENGTHS = 2, (7, 3)
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
VOCAB_SIZE, LENGTH, NODES = 5, 7, 997  # of the narrow beams; nodes are hashed
WIDE = {(5, 3): 89, (3, 5): 67}  # vocabulary and length, and a beam that holds every output
SCORING = st.fixed_dictionaries(
    {
        "length_penalty": st.sampled_from([0.0, 0.6, 1.0, 2.0]),
        "length_formula": st.sampled_from(["gnmt", "average"]),
        "coverage_penalty": st.sampled_from([0.0, 0.0, 0.3, 2.0]),
    }
)


@st.composite
def constraints(draw, vocab_size, max_output_length, leave_out=None):
    """Constraints and ends for the batch, and the same for each of its sentences."""
    tokens = [token for token in range(vocab_size) if token != EOS]
    ends = {
        "bos_id": draw(st.sampled_from([EOS, EOS, 0])),
        "pad_id": draw(st.sampled_from([None, EOS, 0, vocab_size - 1])),
    }
    written = st.sampled_from([token for token in tokens if token not in ends.values()] or tokens)
    phrases = st.lists(st.lists(written, min_size=1, max_size=3), max_size=2)
    runs = st.lists(st.sampled_from(tokens), min_size=1, max_size=3) | st.just([EOS])

    def shared_or_not(lists):
        if draw(st.booleans()):
            ids = draw(lists)
            return ids, [ids] * BATCH
        ids = [draw(lists) for _ in range(BATCH)]
        return ids, ids

    several = {
        "prefix": shared_or_not(st.lists(written, max_size=2)),
        "required": shared_or_not(phrases),
        "forbidden": shared_or_not(st.lists(runs, max_size=2)),
    }
    same = {
        "min_output_length": draw(st.integers(1, max_output_length)),
        "no_repeat_ngram": draw(st.sampled_from([0, 0, 1, 2, 3, 10**9])),
        "forced_end": draw(st.booleans()),
    }
    names = [name for name in (*same, *several) if name != leave_out and draw(st.booleans())]
    both = {**same, **{name: ids for name, (ids, _) in several.items()}}
    each = [{**same, **{name: ids[row] for name, (_, ids) in several.items()}} for row in range(BATCH)]
    return tuple({**ends, **{name: options[name] for name in names}} for options in (both, *each))


def scripts(seed, vocab_size, nodes):
    """A state for the search, and each of its sentences as a ``Script``."""
    tables = scripted.random_tables(seed, BATCH, vocab_size, nodes)
    attention_tables, keys_mask = scripted.random_attention(seed, nodes, SOURCE_LENGTHS)
    attention_tables = attention_tables + np.where(keys_mask, 0, 0.5)[:, None]  # which nobody may look at
    state = scripted.initial_state(tables, attention_tables.astype("float32"), keys_mask)
    return state, [scripted.Script(*parts) for parts in zip(tables, attention_tables, keys_mask, strict=True)]


ANY_WIDE_BEAM = given(st.data(), SEEDS, st.sampled_from(list(WIDE)), SCORING, st.integers(1, 11))


@settings(max_examples=40)
@ANY_WIDE_BEAM
def test_a_beam_as_wide_as_the_search_space_equals_exhaustive_search(data, seed, sizes, scoring, n_best):
    expect_exhaustive_search(data, seed, sizes, scoring, n_best)


@pytest.mark.slow(
    guard="tests/conformance/test_searches.py::test_a_beam_as_wide_as_the_search_space_equals_exhaustive_search"
)
@settings(max_examples=300)
@ANY_WIDE_BEAM
def test_many_wide_beams_equal_exhaustive_search(data, seed, sizes, scoring, n_best):
    expect_exhaustive_search(data, seed, sizes, scoring, n_best)


def expect_exhaustive_search(data, seed, sizes, scoring, n_best):
    (vocab_size, length), beam_size = sizes, WIDE[sizes]
    shared, *of_sentences = data.draw(constraints(vocab_size, length))
    state, sentences = scripts(seed, vocab_size, scripted.tree_nodes(vocab_size, length))
    options = {"max_output_length": length, "beam_size": beam_size, "n_best": n_best, **scoring, **shared}
    outputs = slow_search.every_output(vocab_size, length)
    expected = [
        {
            output: slow_search.score(script, output, script.total(output), **scoring)
            for output in outputs
            if slow_search.meets(output, **of_sentence)
        }
        for script, of_sentence in zip(sentences, of_sentences, strict=True)
    ]
    try:
        result = beam_search(scripted.step, state, **grouped(**{**IDS, **options}))
    except ValueError:
        assert not all(expected)  # no output of one of them meets all constraints
        return
    for row, (script, scores) in enumerate(zip(sentences, expected, strict=True)):
        sequences = scripted.sequences(result, row)
        best = sorted(scores.values(), reverse=True)[:n_best]
        assert len(set(sequences)) == len(sequences) == len(best)
        np.testing.assert_allclose(result.scores[row, : len(best)], best, **CLOSE)
        for rank, sequence in enumerate(sequences):
            np.testing.assert_allclose(result.scores[row, rank], scores[sequence], **CLOSE)
            np.testing.assert_allclose(result.log_probabilities[row, rank], script.total(sequence), **CLOSE)


ANY_NARROW_BEAM = given(
    st.data(),
    SEEDS,
    st.sampled_from([(1, 1), (2, 1), (3, 1), (2, 2), (6, 1), (6, 2), (6, 3)]),
    SCORING,
    st.sampled_from(["exact", "never"]),
)


@settings(max_examples=40)
@ANY_NARROW_BEAM
def test_a_narrow_beam_equals_a_slow_one_that_never_stops_early(data, seed, sizes, scoring, stopping):
    expect_the_slow_search(data, seed, sizes, scoring, stopping)


@pytest.mark.slow(
    guard="tests/conformance/test_searches.py::test_a_narrow_beam_equals_a_slow_one_that_never_stops_early"
)
@settings(max_examples=300)
@ANY_NARROW_BEAM
def test_many_narrow_beams_equal_a_slow_one_that_never_stops_early(data, seed, sizes, scoring, stopping):
    expect_the_slow_search(data, seed, sizes, scoring, stopping)


def expect_the_slow_search(data, seed, sizes, scoring, stopping):
    beam_size, groups = sizes
    n_best = data.draw(st.integers(1, beam_size))
    shared, *of_sentences = data.draw(constraints(VOCAB_SIZE, LENGTH))
    state, sentences = scripts(seed, VOCAB_SIZE, NODES)
    options = {"max_output_length": LENGTH, "beam_size": beam_size, "n_best": n_best, "groups": groups}
    options["diversity_penalty"] = data.draw(st.sampled_from([0.0, 0.7, 3.1])) if groups > 1 else 0.0
    slow = [
        slow_search.beam_search(script, **options, scoring=scoring, **of_sentence)
        for script, of_sentence in zip(sentences, of_sentences, strict=True)
    ]
    assume(all(closest > 1e-5 for _, closest in slow))
    try:
        flat = {**options, **scoring, **shared, "stopping": stopping}
        result = beam_search(scripted.step, state, **grouped(**{**IDS, **flat}))
    except ValueError:
        assert not all(outputs for outputs, _ in slow)
        return
    for row, (outputs, _) in enumerate(slow):
        assert scripted.sequences(result, row) == [sequence for _, _, sequence in outputs]
        scores, totals = ([output[part] for output in outputs] for part in (0, 1))
        np.testing.assert_allclose(result.scores[row, : len(outputs)], scores, **CLOSE)
        np.testing.assert_allclose(result.log_probabilities[row, : len(outputs)], totals, **CLOSE)
        assert (result.scores[row, len(outputs) :] == -np.inf).all()


PHRASES = st.lists(st.lists(st.sampled_from([0, 2, 3]), min_size=1, max_size=4), max_size=3)


@settings(max_examples=60)
@given(st.data(), SEEDS, st.sampled_from([1, 2, 3, 6]), st.sampled_from(["greedy", "beam", "sample"]))
def test_a_beam_of_any_size_finds_an_output_with_all_required_phrases(data, seed, beam_size, name):
    """Where there is one: phrases overlap, repeat each other, and are cut short by what is forbidden."""
    required = [data.draw(PHRASES) for _ in range(BATCH)]
    runs = st.lists(st.sampled_from([0, 2, 3, 4]), min_size=2, max_size=3)
    options = {
        "max_output_length": LENGTH,
        "min_output_length": data.draw(st.integers(1, LENGTH)),
        "forced_end": data.draw(st.booleans()),
        "forbidden": data.draw(st.lists(runs, max_size=3)),
    }
    of_sentences = [{**options, "required": phrases, "vocab_size": VOCAB_SIZE} for phrases in required]
    possible = [
        any(slow_search.may_come_next((), token, of_sentence) for token in range(VOCAB_SIZE))
        for of_sentence in of_sentences
    ]
    state, _ = scripts(seed, VOCAB_SIZE, NODES)
    search, of_search = {
        "greedy": (greedy_search, {}),
        "beam": (beam_search, {"beam_size": beam_size, "length_penalty": 1.0}),
        "sample": (sample, {"seed": seed}),
    }[name]
    try:
        result = search(scripted.step, state, **IDS, **grouped(**options, **of_search, required=required))
    except ValueError:
        assert not all(possible)
        return
    assert all(possible)
    for row, of_sentence in enumerate(of_sentences):
        (output,) = scripted.sequences(result, row)
        assert slow_search.meets(output, **of_sentence)


@settings(max_examples=30)
@given(st.data(), SEEDS, st.sampled_from([1, 2, 3, 6]))
def test_a_beam_of_any_size_finds_required_tokens_that_no_repeat_may_hit(data, seed, beam_size):
    required = [data.draw(st.lists(st.sampled_from([0, 2, 3, 4]), unique=True)) for _ in range(BATCH)]
    options = data.draw(
        st.fixed_dictionaries(
            {"no_repeat_ngram": st.sampled_from([0, 2, 3]), "min_output_length": st.integers(1, LENGTH)}
        )
    )
    state, _ = scripts(seed, VOCAB_SIZE, NODES)
    options |= {"max_output_length": LENGTH, "beam_size": beam_size, "length_penalty": 1.0}
    phrases = [[[token] for token in tokens] for tokens in required]
    result = beam_search(scripted.step, state, **IDS, **grouped(**options, required=phrases))
    for row, tokens in enumerate(required):
        (output,) = scripted.sequences(result, row)
        assert set(tokens) <= set(output)


@settings(max_examples=50)
@given(st.data(), SEEDS, st.sampled_from([1, 2, 3, 6]))
def test_top_ended_misses_nothing_where_scores_only_fall(data, seed, beam_size):
    n_best = data.draw(st.integers(1, beam_size))
    shared, *of_sentences = data.draw(constraints(VOCAB_SIZE, LENGTH))
    state, sentences = scripts(seed, VOCAB_SIZE, NODES)
    options = {"max_output_length": LENGTH, "beam_size": beam_size, "n_best": n_best, **shared}
    slow = [
        slow_search.beam_search(script, max_output_length=LENGTH, beam_size=beam_size, **of_sentence)
        for script, of_sentence in zip(sentences, of_sentences, strict=True)
    ]
    assume(all(outputs and closest > 1e-5 for outputs, closest in slow))
    results = [
        beam_search(scripted.step, state, **grouped(**{**IDS, **options}), stopping=stopping)
        for stopping in ("exact", "never", "top_ended")
    ]
    for row in range(BATCH):
        first, *others = [scripted.sequences(result, row) for result in results]
        assert all(other == first for other in others)
    for result in results[1:]:
        np.testing.assert_allclose(result.scores, results[0].scores, rtol=1e-6, atol=1e-6)


@settings(max_examples=30)
@given(st.data(), SEEDS)
def test_a_beam_of_one_takes_the_likeliest_token_at_each_step(data, seed):
    shared, *of_sentences = data.draw(constraints(VOCAB_SIZE, LENGTH, leave_out="required"))
    state, sentences = scripts(seed, VOCAB_SIZE, NODES)
    try:
        greedy = greedy_search(scripted.step, state, max_output_length=LENGTH, **grouped(**{**IDS, **shared}))
    except ValueError:
        assume(False)
    options = {"beam_size": 1, "length_penalty": 1.0, "coverage_penalty": 0.3, "stopping": "never"}
    options = grouped(**{**IDS, **options, **shared})
    beam = beam_search(scripted.step, state, max_output_length=LENGTH, **options)
    for row, (script, of_sentence) in enumerate(zip(sentences, of_sentences, strict=True)):
        sequence, limit = (), {**of_sentence, "max_output_length": LENGTH, "vocab_size": VOCAB_SIZE}
        while len(sequence) < LENGTH and sequence[-1:] != (EOS,):
            log_probs = script.log_probs(sequence)
            possible = [t for t in range(VOCAB_SIZE) if slow_search.may_come_next(sequence, t, limit)]
            if not possible:
                break
            sequence += (max(possible, key=lambda token: log_probs[token]),)
        expected = [sequence] if possible else []
        assert scripted.sequences(greedy, row) == scripted.sequences(beam, row) == expected


@settings(max_examples=30)
@given(st.data(), SEEDS, st.permutations(range(5)), st.sampled_from([(3, 1), (6, 2)]))
def test_batch_mates_and_the_order_of_the_batch_change_nothing(data, seed, order, sizes):
    tables = scripted.random_tables(seed, 5, VOCAB_SIZE, NODES)
    attention_tables, keys_mask = scripted.random_attention(seed, NODES, (7, 3, 2, 1, 5))
    tokens = st.lists(st.sampled_from([0, 2, 3, 4]), max_size=2)
    prefix = [data.draw(tokens) for _ in range(5)]
    required = [[data.draw(tokens), [3]][: data.draw(st.integers(0, 2))] for _ in range(5)]
    required = [[phrase for phrase in phrases if phrase] for phrases in required]
    beam_size, groups = sizes
    options = {"max_output_length": LENGTH, "beam_size": beam_size, "n_best": 3}
    options |= {"scoring": Scoring(0.6, coverage_penalty=0.3), "groups": DiverseGroups(groups)}

    def search(rows):
        rows = list(rows)
        return beam_search(
            scripted.step,
            scripted.initial_state(tables[rows], attention_tables[rows], keys_mask[rows]),
            **IDS,
            **options,
            constraints=Constraints(
                prefix=[prefix[row] for row in rows], required=[required[row] for row in rows]
            ),
            return_attention=True,
        )

    together = search(range(5))
    others = [(search(order), order), *[(search([row]), [row]) for row in range(5)]]
    for other, rows in others:
        for place, row in enumerate(rows):
            assert scripted.sequences(other, place) == scripted.sequences(together, row)
            for ours, expected in zip(other[1:4], together[1:4], strict=True):
                np.testing.assert_allclose(ours[place], expected[row], rtol=1e-6, atol=1e-6)
            length = together.lengths[row].max()
            np.testing.assert_allclose(
                other.attention_weights[place, :, :length], together.attention_weights[row, :, :length]
            )


def test_finished_hypotheses_stay_frozen():
    """After the end token the script offers another token at probability 1; nobody may take it."""

    def step(token_ids, state):
        logits = np.log(np.tile([0.1, 0.4, 0.2, 0.2, 0.1], (len(token_ids), 1)))
        logits[token_ids == EOS] = [-99, -99, -99, -99, 99]
        return logits, state

    ids = {"bos_id": 0, "eos_id": EOS, "max_output_length": 7}
    result = beam_search(step, np.zeros((2, 3)), **ids, beam_size=5, n_best=3)
    assert scripted.sequences(result, 0) == [(1,), (2, 1), (3, 1)]
    np.testing.assert_allclose(np.exp(result.log_probabilities), [[0.4, 0.08, 0.08]] * 2, rtol=1e-6)
    assert (result.sequences[:, 0] == EOS).all()


def test_ties_go_to_the_hypothesis_that_stood_higher_and_then_to_the_smaller_token():
    def step(token_ids, state):
        return np.zeros((len(token_ids), 5)), state

    options = {"max_output_length": 2, "beam_size": 3, "n_best": 3}
    result = beam_search(step, np.zeros((1, 2)), **IDS, **options)
    assert scripted.sequences(result, 0) == [(1,), (0, 0), (0, 1)]
    greedy = greedy_search(step, np.zeros((1, 2)), **IDS, max_output_length=3)
    assert greedy.sequences.tolist() == [[[0, 0, 0]]]
    for required in ([[4], [3]], [[3], [4]], [[4, 3]]):
        options = {"max_output_length": 3, "beam_size": 2, "n_best": 2, "required": required}
        result = beam_search(step, np.zeros((1, 2)), **IDS, **grouped(**options))
        outputs, _ = slow_search.beam_search(scripted.Script(np.zeros((1, 5))), **options)
        assert scripted.sequences(result, 0) == [sequence for _, _, sequence in outputs]


def test_of_outputs_as_good_as_each_other_the_one_that_ended_first_comes_first():
    """After token 0 the end is certain, so both outputs have the probability 1/2."""

    def step(token_ids, state):
        logits = np.where(state == 0, [[0.0, 0.0]], [[-np.inf, 0.0]])
        return logits, state + 1

    for stopping in ("exact", "never"):
        options = {"max_output_length": 3, "beam_size": 2, "n_best": 2, "stopping": stopping}
        result = beam_search(step, np.zeros((1, 1)), **IDS, **options)
        assert scripted.sequences(result, 0) == [(1,), (0, 1)]
        assert result.scores[0, 0] == result.scores[0, 1]


@settings(max_examples=30)
@given(st.data(), st.sampled_from([2, 3, 6]))
def test_ties_are_broken_as_in_the_slow_search(data, beam_size):
    """Every log-probability is the same, as many tokens being ruled out at each node."""
    vocab_size, nodes = 5, 97
    order = np.random.default_rng(data.draw(SEEDS)).permuted(np.tile([0, 0, -np.inf], (nodes, 1)), axis=1)
    tables = np.zeros((1, nodes, vocab_size))
    tables[:, :, 2:] = order
    options = {"max_output_length": 3, "beam_size": beam_size, "n_best": beam_size}
    result = beam_search(scripted.step, scripted.initial_state(tables), **IDS, **options)
    script = scripted.Script(np.zeros((nodes, vocab_size)))
    script.table_of_log_probs = np.where(np.isfinite(tables[0]), -1.5, -np.inf)  # sums of it are exact
    outputs, _ = slow_search.beam_search(script, **options)
    assert scripted.sequences(result, 0) == [sequence for _, _, sequence in outputs]
