"""Completion: the fewest tokens, against trying all sequences of them."""

import itertools
from collections import Counter

import slow_search
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.search.completion import OTHER, Completion

TOKENS = [3, 5]
PHRASES = st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3).map(tuple), max_size=3)
RUNS = st.lists(st.lists(st.sampled_from(TOKENS), min_size=2, max_size=3).map(tuple), max_size=2)


def by_trying(sequence, required, forbidden, tokens, most):
    for length in range(most + 1):
        for more in itertools.product(tokens, repeat=length):
            longer = sequence + more
            ends = [longer[:end] for end in range(len(sequence) + 1, len(longer) + 1)]
            if any(end[-len(run) :] == run for end in ends for run in forbidden):
                continue
            if not slow_search.missing(longer, required):
                return length
    return float("inf")


@settings(max_examples=60, deadline=None)
@given(PHRASES, RUNS, st.lists(st.sampled_from(TOKENS), max_size=3).map(tuple), st.booleans())
def test_the_fewest_tokens_are_those_of_the_shortest_sequence_of_all(required, forbidden, sequence, others):
    counted = sorted(Counter(required).items())
    completion = Completion(counted, forbidden, TOKENS, others)
    to_come = slow_search.missing(sequence, required)
    missing = tuple(to_come.count(phrase) for phrase, _ in counted)
    needed, most = completion.needed(sequence, missing), 6
    tokens = [*TOKENS, OTHER] if others else TOKENS
    expected = by_trying(sequence, required, forbidden, tokens, most)
    assert needed == expected or (needed > most and expected == float("inf"))


def test_many_phrases_are_no_trouble():
    """Whole ones that share nothing, and a chain in which each shares a token with the next."""
    apart = [((place, place + 1, place + 2), 2) for place in range(10, 100, 10)]
    completion = Completion(apart, [], [token for phrase, _ in apart for token in phrase], others=True)
    assert completion.needed((), (2,) * 9) == 54
    assert completion.needed((10, 11), (2,) * 9) == 52
    chain = [((place, place + 1), 1) for place in range(10, 19)]
    completion = Completion(chain, [], range(10, 20), others=True)
    assert completion.needed((), (1,) * 9) == 10
