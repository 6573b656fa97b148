"""Shortlists: the only tokens that can be written, in every search, of NumPy steps and of tensors."""

import numpy as np
import pytest
import scripted
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from scripted import EOS, IDS

from s2s_lesson.search import Constraints, DiverseGroups, Scoring, beam_search, greedy_search, sample
from s2s_lesson.search.shortlist import Shortlist

BATCH, VOCAB_SIZE, NODES, LENGTH = 3, 11, 97, 7
TABLES = scripted.random_tables(19, BATCH, VOCAB_SIZE, NODES)
LISTS = np.array([[9, 1, 4, 2, 6, 7, 8], [5, 0, 2, 1, 7, -1, 5], [1, 10, 3, 4, 8, 2, -1]])
SEARCHES = {
    "greedy": (greedy_search, {}),
    "beam": (beam_search, {"beam_size": 3, "n_best": 2, "scoring": Scoring(1.0)}),
    "wide": (beam_search, {"beam_size": 13, "n_best": 13}),
    "groups": (beam_search, {"beam_size": 4, "n_best": 2, "groups": DiverseGroups(2, 0.5)}),
    "sample": (sample, {"n_samples": 2, "seed": 5, "top_p": 0.9}),
}
EACH_SEARCH = pytest.mark.parametrize("name", SEARCHES)


def run(name, tables, lists=None, kind="NumPy", **options):
    """Search with tables and, unless it is None, a shortlist."""
    state, step = scripted.initial_state(tables), scripted.step
    if lists is not None:
        state["candidate_ids"] = lists
    if kind != "NumPy":
        state, step = {leaf: ops.convert_to_tensor(of) for leaf, of in state.items()}, scripted.ops_step
    search, of_search = SEARCHES[name]
    return search(step, state, **{**IDS, "max_output_length": LENGTH, **of_search, **options})


def only(tables, lists):
    """The tables with -infinity wherever a token is on no list."""
    listed = [np.isin(np.arange(VOCAB_SIZE), ids) for ids in lists]
    return np.where(np.array(listed)[:, None], tables, -np.inf).astype("float32")


def expect_the_same(result, expected):
    np.testing.assert_array_equal(result.sequences, expected.sequences)
    np.testing.assert_array_equal(result.lengths, expected.lengths)
    for name in ("scores", "log_probabilities", "token_log_probabilities"):
        np.testing.assert_allclose(getattr(result, name), getattr(expected, name), rtol=1e-5, atol=1e-5)


@EACH_SEARCH
@pytest.mark.parametrize("shared", [None, ("candidate_ids",)])
def test_a_shortlist_of_the_whole_vocabulary_changes_nothing(name, shared):
    order = np.random.default_rng(3).permutation(VOCAB_SIZE)
    lists = np.tile([*order, order[0], -1], (BATCH, 1))
    result, expected = run(name, TABLES, lists, shared_leaves=shared), run(name, TABLES)
    for field, values in expected._asdict().items():
        np.testing.assert_array_equal(getattr(result, field), values, field)


@pytest.mark.parametrize("kind", ["NumPy", "tensors"])
@EACH_SEARCH
def test_what_is_not_listed_is_as_if_its_logit_were_minus_infinity(name, kind):
    spoiled = np.where(np.isfinite(only(TABLES, LISTS)), TABLES, np.nan)  # nobody looks at these
    expect_the_same(run(name, spoiled, LISTS, kind), run(name, only(TABLES, LISTS), kind=kind))


@pytest.mark.parametrize("shared", [(), ("candidate_ids",)])
def test_a_compiled_step_hands_the_list_on(shared):
    options = {"compile_step": True, "shared_leaves": shared}
    result = run("beam", TABLES, LISTS, "tensors", **options)
    expect_the_same(result, run("beam", only(TABLES, LISTS)))


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(SEARCHES)), st.booleans(), st.booleans())
def test_constraints_hold_within_the_list(seed, name, required, forced_end):
    generator = np.random.default_rng(seed)
    tables = scripted.random_tables(seed, BATCH, VOCAB_SIZE, NODES)
    lists = np.array([generator.permutation(VOCAB_SIZE - 1)[:6] for _ in range(BATCH)])
    lists = np.concatenate([lists + (lists >= EOS), np.full((BATCH, 1), EOS)], axis=1)
    constraints = Constraints(
        prefix=[[ids[0]] for ids in lists.tolist()] if seed % 2 else (),
        required=[[[ids[1], ids[2]]] for ids in lists.tolist()] if required else (),
        forbidden=[[[ids[3]], [ids[4], ids[5]]] for ids in lists.tolist()],
        no_repeat_ngram=generator.integers(0, 3).item(),
        min_output_length=3,
        forced_end=forced_end,
    )
    expected = run(name, only(tables, lists), constraints=constraints)
    expect_the_same(run(name, tables, lists, constraints=constraints), expected)


@EACH_SEARCH
def test_batch_mates_change_nothing(name):
    together = run(name, TABLES, LISTS, **({"seed": [5, 7, 11]} if name == "sample" else {}))
    for row, seed in enumerate([5, 7, 11]):
        options = {"seed": [seed]} if name == "sample" else {}
        alone = run(name, TABLES[row : row + 1], LISTS[row : row + 1], **options)
        length = alone.sequences.shape[-1]
        np.testing.assert_array_equal(together.sequences[row, :, :length], alone.sequences[0])
        assert (together.sequences[row, :, length:] == EOS).all()
        np.testing.assert_allclose(together.scores[row], alone.scores[0], rtol=1e-6, atol=1e-6)


def test_greedy_search_without_log_probabilities_goes_by_the_list():
    expected, result = (run("greedy", TABLES, LISTS, return_log_probs=of) for of in (True, False))
    np.testing.assert_array_equal(result.sequences, expected.sequences)
    assert np.isnan(result.scores).all()


def test_a_list_of_the_end_token_alone_ends_at_once():
    result = run("beam", TABLES, np.full((BATCH, 1), EOS))
    assert result.lengths.tolist() == [[1, 0]] * BATCH
    assert result.log_probabilities[:, 0].tolist() == [0.0] * BATCH


def test_a_step_that_keeps_no_state_has_a_shortlist_all_the_same():
    def step(token_ids, state):
        return np.tile(np.arange(VOCAB_SIZE, dtype="float32"), (len(token_ids), 1)), {"nothing": token_ids}

    result = greedy_search(step, {"candidate_ids": LISTS}, **IDS, max_output_length=2)
    assert result.sequences[:, 0].tolist() == [[9, 9], [7, 7], [10, 10]]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (LISTS[:, 0], r"to be int \(rows, candidates\); received int64 \(3,\)"),
        (LISTS.astype("float32"), "to be int .* received float32"),
        (np.where(LISTS == 7, -2, LISTS), "and -1 where a list is shorter; received -2"),
        (np.where(LISTS == 10, 13, LISTS), "candidate_ids to hold ids from 0 to 10, .* received 13"),
        (LISTS[:, :2], "to hold the end token 1 in every row, .* row 1 lacks it"),
    ],
)
@pytest.mark.parametrize("name", ["beam", "sample"])
def test_lists_that_cannot_be_used_are_errors(name, lists, message):
    with pytest.raises(ValueError, match=message):
        run(name, TABLES, lists)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ({"required": [2, 7]}, "required to hold tokens of the shortlist alone.* received 7, .* row 2"),
        ({"prefix": [2, 8]}, "prefix to hold tokens of the shortlist alone.* received 8, .* row 1"),
        ({"forbidden": [0, 1, 2, 5, 7]}, "leave a token; received the whole shortlist"),
        ({"no_repeat_ngram": 1, "min_output_length": 6}, "received 0 forbidden tokens of 5"),
    ],
)
def test_constraints_that_ask_for_more_than_the_list_are_errors(constraints, message):
    with pytest.raises(ValueError, match=message):
        run("beam", TABLES, LISTS, constraints=Constraints(**constraints))


def test_what_keeps_required_phrases_apart_must_be_on_the_list():
    constraints = Constraints(required=[4, 5], forbidden=[[4, 5], [5, 4]])
    result = run("beam", TABLES[:1], np.array([[EOS, 4, 5, 8]]), constraints=constraints)
    assert {4, 5, 8} <= set(result.sequences[0, 0].tolist())
    with pytest.raises(ValueError, match="to hold the prefix and the required phrases"):
        run("beam", TABLES[:1], np.array([[EOS, 4, 5, -1]]), constraints=constraints)


@pytest.mark.parametrize("in_place", [True, False])
def test_a_step_that_changes_the_list_is_an_error(in_place):
    def step(token_ids, state):
        lists = state["candidate_ids"] if in_place else state["candidate_ids"].copy()
        lists[-1, 0] = 2
        return np.zeros((len(token_ids), VOCAB_SIZE)), {"candidate_ids": lists}

    with pytest.raises(ValueError, match="Expected step to hand on the leaf 'candidate_ids' as it is"):
        beam_search(step, {"candidate_ids": LISTS}, **IDS, max_output_length=3)


def test_columns_are_in_the_order_of_ids_and_lead_back_to_them():
    shortlist = Shortlist(LISTS, EOS)
    assert shortlist.ids[0].tolist() == [1, 2, 4, 6, 7, 8, 9] and shortlist.real.sum(axis=1).tolist() == [
        7,
        5,
        6,
    ]
    shortlist.keep(np.array([0, 2]))
    tokens = np.array([[4, 9], [10, 1]])
    columns = shortlist.columns_of(tokens)
    assert columns.tolist() == [[2, 6], [5, 0]]
    rows = np.repeat(columns, 2, axis=0)
    assert shortlist.ids_at(rows).tolist() == np.repeat(tokens, 2, axis=0).tolist()
    assert shortlist.lacks(np.array([[4, 3], [-1, 7]])).tolist() == [[False, True], [False, True]]
