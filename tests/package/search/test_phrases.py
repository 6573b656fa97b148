"""Phrases: the forms they are written in, and what is missing and held of them, against plain counting."""

import numpy as np
import pytest
import slow_search
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.search.phrases import PhraseTable, nesting, phrases_of_each

TOKENS = st.sampled_from([3, 5, 7])
PHRASES = st.lists(st.lists(TOKENS, min_size=1, max_size=4).map(tuple), max_size=4)


@pytest.mark.parametrize(
    ("values", "expected"),
    [(3, 0), ("text", 0), ([], 1), ([3, 5], 1), (["text"], 1), ([[]], 2), ([3, [5]], 2), ([[[3]], []], 3)],
)
def test_nesting(values, expected):
    assert nesting(values) == expected


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        (None, [[], []]),
        ((), [[], []]),
        ([[], []], [[], []]),
        ([3, 5], [[(3,), (5,)]] * 2),
        (np.array([3, 5]), [[(3,), (5,)]] * 2),
        ([[3, 5], 7], [[(3, 5), (7,)]] * 2),
        ([[[3, 5]], []], [[(3, 5)], []]),
        ([[[3, 5], 7], [7, 3]], [[(3, 5), (7,)], [(7,), (3,)]]),
    ],
)
def test_phrases_are_for_all_sentences_or_for_each(phrases, expected):
    assert phrases_of_each(phrases, 2, "required") == expected


@pytest.mark.parametrize(
    ("phrases", "message"),
    [
        ([[3], []], "Expected required as phrases of at least one id"),
        ([[[3], []], []], "Expected required as phrases of at least one id"),
        ([[[3]], [[5]], [[7]]], "one list for each of 2 sentences; received 3 lists"),
        ([[[[3]]], []], "Expected required as a list of phrases, each a list of ids"),
        ([3, [[5]]], "Expected required as a list of phrases, each a list of ids"),
        ([-1], "Expected required to hold ids of 0 or greater"),
    ],
)
def test_other_forms_are_errors(phrases, message):
    with pytest.raises(ValueError, match=message):
        phrases_of_each(phrases, 2, "required")


@settings(max_examples=100)
@given(st.tuples(PHRASES, PHRASES), st.data(), st.integers(0, 7))
def test_what_is_missing_and_held_is_what_plain_counting_finds(of_each, data, length):
    table = PhraseTable(of_each)
    if not len(table):
        assert not any(of_each)
        return
    drawn = st.lists(st.lists(TOKENS, min_size=length, max_size=length), min_size=3, max_size=3)
    sequences = np.array([data.draw(drawn) for _ in range(2)], int).reshape(2, 3, length)
    missing = table.missing(sequences)
    next_tokens = np.broadcast_to([3, 5, 7, 11], (2, 3, 4))
    held = table.tokens_held(sequences, next_tokens)
    lack_one = table.lack_one_token(sequences)
    for row, copy in np.ndindex(2, 3):
        sequence = tuple(sequences[row, copy].tolist())
        to_come = slow_search.missing(sequence, of_each[row])
        for place, (phrase, _) in enumerate(table.counted[row]):
            assert missing[row, copy, place] == to_come.count(phrase)
            assert table.missing_after(row, sequence)[place] == to_come.count(phrase)
            completes = (*sequence, phrase[-1])[-len(phrase) :] == phrase
            assert lack_one[row, copy, place] == completes
        for place, token in enumerate([3, 5, 7, 11]):
            assert held[row, copy, place] == slow_search.tokens_held((*sequence, token), of_each[row])
