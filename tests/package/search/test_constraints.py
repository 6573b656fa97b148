"""Constraints: each of them by itself, and what is said where they ask for what cannot be."""

import numpy as np
import pytest
import scripted
from grouped import grouped
from scripted import EOS, IDS

from s2s_lesson.search import Constraints, beam_search, greedy_search, sample
from s2s_lesson.search.allowed_tokens import AllowedTokens

VOCAB_SIZE, NODES, LENGTH, BATCH = 5, 97, 7, 2
TABLES = scripted.random_tables(11, BATCH, VOCAB_SIZE, NODES)
SEARCHES = pytest.mark.parametrize("search", [greedy_search, beam_search, sample])


def outputs(search=beam_search, tables=TABLES, **options):
    """Of each sentence the first output."""
    options = grouped(**{**IDS, "max_output_length": LENGTH, **options})
    result = search(scripted.step, scripted.initial_state(tables), **options)
    return [scripted.sequences(result, row)[0] for row in range(len(tables))]


def allowed(sequence, max_length=LENGTH, never=(), **options):
    """The tokens that may follow a sequence."""
    tokens = AllowedTokens(Constraints(**options), 1, EOS, max_length, never)
    mask = tokens.next_tokens(np.array([[sequence]], int).reshape(1, 1, -1), VOCAB_SIZE)
    return set(range(VOCAB_SIZE)) if mask is None else set(np.flatnonzero(mask[0]).tolist())


def test_without_constraints_nothing_is_computed():
    tokens = AllowedTokens(Constraints(), 3, EOS, LENGTH)
    assert tokens.next_tokens(np.zeros((3, 2, 5), int), VOCAB_SIZE) is None


def test_what_is_the_same_for_all_is_made_once():
    tokens = AllowedTokens(Constraints(min_output_length=3), 2, EOS, LENGTH, never=(0,))
    sequences = np.zeros((2, 3, 5), int)
    assert not tokens.reads_sequences
    early, late = (tokens.next_tokens(sequences[..., :size], VOCAB_SIZE) for size in (1, 2))
    assert early.tolist() == [[False, False, True, True, True]]
    assert late.tolist() == [[False, True, True, True, True]]
    assert tokens.next_tokens(sequences[..., :3], VOCAB_SIZE) is late


def test_what_differs_between_sentences_is_looked_at_for_each_kind():
    options = Constraints(required=[[[3]], [], [[3]]], forbidden=[[[0]], [[2]], [[0]]], no_repeat_ngram=1)
    tokens = AllowedTokens(options, 3, EOS, LENGTH)
    assert tokens.reads_sequences and sorted(tokens.different()) == [1, 2]
    tokens.keep(np.array([1, 2]))
    mask = tokens.next_tokens(np.full((2, 1, 1), 4), VOCAB_SIZE)
    assert mask.tolist() == [[True, True, False, True, False], [False, False, True, True, False]]


def test_the_end_comes_no_earlier_than_the_minimum():
    assert allowed([0], min_output_length=3) == {0, 2, 3, 4}
    assert allowed([0, 0], min_output_length=3) == {0, 1, 2, 3, 4}


def test_no_run_of_tokens_comes_twice():
    assert allowed([], no_repeat_ngram=1) == {0, 1, 2, 3, 4}
    assert allowed([0, 3], no_repeat_ngram=1) == {1, 2, 4}
    assert allowed([0, 3, 0], no_repeat_ngram=2) == {0, 1, 2, 4}
    assert allowed([0, 0], no_repeat_ngram=2) == {1, 2, 3, 4}
    assert allowed([0, 3, 4, 0, 3], no_repeat_ngram=3) == {0, 1, 2, 3}
    assert allowed([0, 3, 4, 3], no_repeat_ngram=3) == {0, 1, 2, 3, 4}


def test_a_prefix_overrules_the_other_constraints():
    options = {"prefix": [0, 0, 0], "no_repeat_ngram": 1, "min_output_length": 5, "required": [3]}
    assert [allowed([0] * place, **options) for place in range(3)] == [{0}] * 3
    assert allowed([0, 0, 0], **options) == {2, 3, 4}


def test_required_tokens_keep_room_for_themselves():
    assert allowed([0, 0, 0, 0], required=[3, 4]) == {0, 2, 3, 4}
    assert allowed([0, 0, 0, 0, 0], required=[3, 4]) == {3, 4}
    assert allowed([0, 0, 0, 0, 0, 4], required=[3, 4]) == {3}
    assert allowed([3, 4, 0, 0, 0], required=[3, 4]) == {0, 1, 2, 3, 4}
    assert allowed([0, 0, 0, 3, 3], required=[3, 3, 4]) == {0, 2, 3, 4}
    assert allowed([0, 0, 0, 3], required=[3, 3, 4]) == {0, 2, 3, 4}
    assert allowed([0, 0, 0, 0, 3], required=[3, 3, 4]) == {3, 4}


def test_required_phrases_keep_room_for_themselves():
    """Of 7 tokens. Phrases overlap, and what was begun goes on where it can."""
    assert allowed([0, 0, 0, 0], required=[[3, 4, 3]]) == {3}
    assert allowed([0, 0, 0, 3], required=[[3, 4, 3]]) == {3, 4}
    assert allowed([0, 0, 0, 0, 3], required=[[3, 4, 3]]) == {4}
    assert allowed([0, 0, 3, 4], required=[[3, 4, 4], [4, 3]]) == {3, 4}
    assert allowed([0, 0, 0, 3, 4], required=[[3, 4, 4], [4, 3]]) == {4}
    assert allowed([0, 0, 0, 3, 4], required=[[3, 4, 3], [4, 3, 4]]) == {3}
    assert allowed([0, 0, 0, 3], required=[[3, 3], [3, 3], [3, 3]]) == {3}
    assert allowed([0, 0, 0, 3, 4, 3], required=[[3, 4, 3]]) == {0, 1, 2, 3, 4}
    assert allowed([0, 0, 0, 0], required=[[3, 4]], forced_end=True) == {3}


def test_an_aborted_phrase_falls_back_to_what_it_still_holds():
    """After 2 2 3 2 2 the phrase 2 2 3 2 4 lacks three tokens and not five."""
    assert allowed([2, 2, 3, 2], required=[[2, 2, 3, 2, 4]], max_length=8) == {2, 4}
    assert allowed([2, 2, 3, 2, 2], required=[[2, 2, 3, 2, 4]], max_length=8) == {3}
    assert allowed([2, 2, 3, 2, 2], required=[[2, 2, 3, 2, 4]], max_length=9) == {2, 3}


def test_what_is_forbidden_between_required_phrases_costs_room():
    options = {"required": [[3], [4]], "forbidden": [[3, 4], [4, 3]]}
    assert allowed([0, 0, 0, 0], **options) == {3, 4}
    assert allowed([0, 0, 0, 0, 3], **options) == {0, 2}
    assert allowed([0, 0, 0, 0, 3, 0], **options) == {4}
    assert allowed([0, 0, 0, 0, 3], **{**options, "forbidden": [[3, 4], [4, 3], 0]}) == {2}


def test_a_forbidden_phrase_is_not_completed_and_its_tokens_are_free():
    assert allowed([0, 3], forbidden=[[3, 4, 3], [2]]) == {0, 1, 3, 4}
    assert allowed([3, 4], forbidden=[[3, 4, 3], [2]]) == {0, 1, 4}
    assert allowed([4, 3, 4], forbidden=[[3, 4, 3], [4, 4]]) == {0, 1, 2}
    assert allowed([], forbidden=[[3, 4, 3], [4, 4]]) == {0, 1, 2, 3, 4}


def test_a_forced_end_comes_last():
    assert allowed([0] * 5, forced_end=True) == {0, 1, 2, 3, 4}
    assert allowed([0] * 6, forced_end=True) == {EOS}


def test_what_no_output_holds_is_not_proposed():
    for never, expected in [((0, None), {1, 2, 3, 4}), ((0, 4), {1, 2, 3}), ((EOS, EOS), {0, 1, 2, 3, 4})]:
        assert allowed([2], never=never) == expected


@SEARCHES
def test_constraints_of_one_sentence_are_its_own(search):
    written = outputs(search, prefix=[[4, 4, 0], [2]], required=[[], [[3], [0]]])
    assert written[0][:3] == (4, 4, 0)
    assert written[1][0] == 2
    assert {0, 3} <= set(written[1])
    swapped = outputs(search, prefix=[[2], [4, 4, 0]], required=[[[3], [0]], []], tables=TABLES[::-1])
    if search is not sample:  # whose seeds go with the place in the batch
        assert swapped == written[::-1]


@SEARCHES
@pytest.mark.parametrize("option", ["prefix", "required"])
def test_constraints_stay_with_their_sentence_when_others_leave(search, option):
    """Three of four sentences end at once; what is asked of the last one is long."""
    tables = scripted.random_tables(11, 4, VOCAB_SIZE, NODES)
    tables[:3, :, EOS] += 99
    asked = [4, 3, 2, 0] if option == "prefix" else [[4, 3, 2], [0]]
    written = outputs(search, tables=tables, **{option: [[], [], [], asked]})
    assert written[:3] == [(EOS,)] * 3
    if option == "prefix":
        assert written[3][:4] == (4, 3, 2, 0)
    assert {4, 3, 2, 0} <= set(written[3])


@SEARCHES
def test_one_list_is_for_every_sentence(search):
    for option in ("prefix", "required", "forbidden"):
        each = [3, 2] if option == "prefix" else [[3], [2]]
        assert outputs(search, **{option: [3, 2]}) == outputs(search, **{option: [each, each]})
        assert outputs(search, **{option: np.array([3, 2])}) == outputs(search, **{option: [3, 2]})
    assert outputs(search, required=[[3, 2], 4]) == outputs(search, required=[[[3, 2], [4]]] * 2)
    assert outputs(search, required=[[], []]) == outputs(search)
    assert outputs(search, prefix=[[], []]) == outputs(search, prefix=None) == outputs(search)


@SEARCHES
def test_log_probabilities_are_the_models_own_whatever_the_constraints(search):
    constraints = Constraints(prefix=[0], forbidden=[2], required=[4], min_output_length=3)
    options = {**IDS, "max_output_length": LENGTH, "constraints": constraints}
    result = search(scripted.step, scripted.initial_state(TABLES), **options)
    for row in range(BATCH):
        (sequence,) = scripted.sequences(result, row)
        total = scripted.Script(TABLES[row]).total(sequence)
        np.testing.assert_allclose(result.log_probabilities[row, 0], total, rtol=1e-5)


@SEARCHES
def test_a_prefix_as_long_as_the_output_may_be_is_the_output(search):
    assert outputs(search, prefix=[2, 2, 2], max_output_length=3) == [(2, 2, 2)] * BATCH


@SEARCHES
def test_where_no_output_is_left_there_is_none(search):
    """The prefix holds what may not come twice, all other tokens have no probability."""
    tables = TABLES.copy()
    tables[..., [1, 3, 4]] = -np.inf
    constraints = Constraints(prefix=[[0, 2], [0]], no_repeat_ngram=1)
    options = {**IDS, "max_output_length": LENGTH, "constraints": constraints, "return_attention": False}
    result = search(scripted.step, scripted.initial_state(tables), **options)
    assert result.lengths.tolist() == [[0], [0]]
    assert (result.scores == -np.inf).all() and (result.log_probabilities == -np.inf).all()
    assert result.sequences.shape == result.token_log_probabilities.shape == (BATCH, 1, 0)


@SEARCHES
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": [5]}, "prefix to hold ids from 0 to 4, as step returns logits for 5 tokens; received 5"),
        ({"prefix": [[0], [0, 7]]}, "Expected prefix to hold ids from 0 to 4, .*; received 7"),
        ({"required": [5]}, "Expected required to hold ids from 0 to 4, .*; received 5"),
        ({"forbidden": [5]}, "Expected forbidden to hold ids from 0 to 4, .*; received 5"),
        ({"forbidden": [-1]}, "Expected forbidden to hold ids of 0 or greater; received a negative one"),
        ({"prefix": [-1]}, "Expected prefix to hold ids of 0 or greater; received a negative one"),
        (
            {"required": [[[3, -1]], []]},
            "Expected required to hold ids of 0 or greater; received a negative one",
        ),
        ({"eos_id": 5}, "Expected eos_id to hold ids from 0 to 4, .*; received 5"),
        ({"eos_id": -1}, "Expected eos_id of at least 0; received -1"),
        ({"bos_id": 11}, "Expected bos_id to hold ids from 0 to 4, .*; received 11"),
        ({"prefix": [[0]]}, "one list for each of 2 sentences; received 1 lists"),
        ({"required": [[[0]], [[0]], [[0]]]}, "one list for each of 2 sentences; received 3 lists"),
        ({"required": [[], [3]]}, "required as phrases of at least one id; .* such as .*5, 7"),
        ({"forbidden": [[[[3]]], []]}, "Expected forbidden as a list of phrases, each a list of ids"),
        ({"bos_id": 0, "prefix": [[2], [0, 3]]}, "prefix without padding and the begin token, .* received 0"),
        ({"pad_id": 4, "required": [[2, 4]]}, "required without padding and the begin token, .* received 4"),
        ({"pad_id": 7}, "Expected pad_id to hold ids from 0 to 4, .*; received 7"),
        ({"forbidden": [[3, EOS]]}, "Expected forbidden phrases without the end token 1; received it"),
        ({"forbidden": [EOS], "forced_end": True}, "the end token to be allowed with a forced end"),
        ({"prefix": [0] * 7, "forced_end": True}, "=7 tokens, one of them the forced end; received one of 7"),
        ({"eos_id": [2, 5]}, r"Expected eos_id as an int; received \[2, 5\]"),
        ({"bos_id": np.array([2])}, "Expected bos_id as an int; received array"),
        ({"pad_id": (2, 3)}, "Expected pad_id as an int, or None; received"),
        (
            {"required": [[3, 4, 3]], "no_repeat_ngram": 1},
            r"without repeats, .*; received \[3, 4, 3\], 1 times",
        ),
        ({"required": [[3, 4], [3, 4]], "no_repeat_ngram": 2}, r"received \[3, 4\], 2 times"),
        ({"prefix": [0] * 8}, "Expected a prefix of at most max_output_length=7 tokens; received one of 8"),
        ({"prefix": [0, EOS]}, "Expected prefix without the end token 1; received it"),
        ({"required": [EOS]}, "Expected required without the end token 1; received it"),
        ({"prefix": [0, 3], "forbidden": [4, 3]}, r"prefix to hold nothing forbidden; received \[3\]"),
        (
            {"required": [[0, 3, 4], [4]], "forbidden": [[3, 4]]},
            r"required to hold nothing forbidden; received \[3, 4\]",
        ),
        (
            {"required": [[[0]], [[4]]], "forbidden": [4]},
            r"required to hold nothing forbidden; received \[4\]",
        ),
        ({"required": [0, 2, 3], "max_output_length": 2}, "=2 to hold the prefix and the required phrases"),
        (
            {"prefix": [[0] * 6, []], "required": [2, 3]},
            "=7 to hold the prefix and the required phrases; received more of them. Raise max_output_length",
        ),
        ({"forbidden": [0, 1, 2, 3, 4]}, "Expected forbidden to leave a token; received the whole"),
        (
            {"forbidden": [0, 2, 3, 4], "min_output_length": 2},
            "Expected constraints that leave outputs of at least 2 tokens",
        ),
        (
            {"no_repeat_ngram": 1, "min_output_length": 6},
            "Expected constraints that leave outputs of at least 6 tokens",
        ),
        (
            {"no_repeat_ngram": 1, "forbidden": [EOS]},
            "Expected constraints that leave outputs of at least 7 tokens",
        ),
    ],
)
def test_what_cannot_be_is_an_error(search, options, message):
    with pytest.raises(ValueError, match=message):
        search(
            scripted.step,
            scripted.initial_state(TABLES),
            **grouped(**{**IDS, "max_output_length": LENGTH, **options}),
        )


@SEARCHES
def test_what_can_just_be_is_no_error(search):
    assert {len(output) for output in outputs(search, no_repeat_ngram=1, min_output_length=5)} == {5}
    assert {len(output) for output in outputs(search, forbidden=[EOS])} == {7}
    written = outputs(search, prefix=[[0, 2], []], required=[0, 2, 3, 4], max_output_length=4)
    assert all(set(output) == {0, 2, 3, 4} for output in written)
    written = outputs(search, required=[[0, 2, 0], [2, 0, 2], [3]], max_output_length=6, forced_end=True)
    assert all((0, 2, 0) in zip(*(output[place:] for place in range(3)), strict=False) for output in written)
    assert all({0, 2, 3, EOS} == set(output) and len(output) == 6 for output in written)


@SEARCHES
def test_an_end_is_forced_where_outputs_would_be_cut(search):
    tables = TABLES.copy()
    tables[..., EOS] -= 30
    cut = outputs(search, tables=tables)
    assert all(len(output) == LENGTH and EOS not in output for output in cut)
    forced = outputs(search, tables=tables, forced_end=True)
    assert all(output[-1] == EOS and len(output) <= LENGTH for output in forced)
    assert search is beam_search or {len(output) for output in forced} == {LENGTH}
    result = search(
        scripted.step,
        scripted.initial_state(tables),
        **IDS,
        max_output_length=LENGTH,
        constraints=Constraints(forced_end=True),
    )
    for row, output in enumerate(forced):
        total = scripted.Script(tables[row]).total(output)
        np.testing.assert_allclose(result.log_probabilities[row, 0], total, rtol=1e-5)


@SEARCHES
def test_padding_and_the_begin_token_are_never_written(search):
    """They are the likeliest tokens here; where one token is begin and end, it ends outputs."""
    tables = TABLES.copy()
    tables[..., [0, 4]] += 30
    free = outputs(search, tables=tables)
    assert all(set(output) <= {0, 4} for output in free)
    for ids, never in [({"bos_id": 0}, {0}), ({"pad_id": 4}, {4}), ({"bos_id": 4, "pad_id": 0}, {0, 4})]:
        for output in outputs(search, tables=tables, **ids):
            assert not never & set(output)
    assert outputs(search, pad_id=EOS) == outputs(search)


@SEARCHES
def test_a_run_longer_than_the_output_costs_nothing(search):
    assert (
        outputs(search, no_repeat_ngram=10**9) == outputs(search, no_repeat_ngram=LENGTH) == outputs(search)
    )
    assert outputs(search, no_repeat_ngram=LENGTH - 1, min_output_length=LENGTH)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_output_length": 0}, "Expected min_output_length of at least 1; received 0"),
        ({"no_repeat_ngram": -1}, "Expected no_repeat_ngram of at least 0; received -1"),
    ],
)
def test_impossible_constraints_are_an_error_before_any_search(options, message):
    with pytest.raises(ValueError, match=message):
        Constraints(**options)


def test_constraints_are_compared_by_what_they_ask_for():
    assert Constraints(prefix=[3], no_repeat_ngram=2) == Constraints([3], no_repeat_ngram=2) != Constraints()
    assert Constraints(prefix="text", forbidden="words").prefix == "text"


@pytest.mark.parametrize("search", [greedy_search, beam_search])
def test_a_prefix_may_begin_a_required_phrase_that_repeats_itself(search):
    """What a prefix repeats is not looked at, so 0 0 2 can stand where 0 0 is given."""
    options = {"prefix": [0, 0], "no_repeat_ngram": 1, "required": [[0, 0, 2]]}
    assert {output[:3] for output in outputs(search, **options)} == {(0, 0, 2)}
    for impossible in ({"required": [[0, 2, 2]]}, {"required": [[0, 0, 2]] * 2}, {"prefix": []}):
        with pytest.raises(
            ValueError, match="Expected required phrases without repeats, as no_repeat_ngram=1"
        ):
            outputs(search, **{**options, **impossible})
