"""Candidates: which of them go on."""

import numpy as np
from slow_search import choose as choose_slowly

from s2s_lesson.search import Constraints, DiverseGroups
from s2s_lesson.search.allowed_tokens import AllowedTokens
from s2s_lesson.search.candidates import Candidates, at, choose, look_ahead, of_parents
from s2s_lesson.search.hypotheses import Beam


def candidates(tokens, held=None):
    tokens = np.array(tokens)
    zeros = np.zeros(tokens.shape)
    return Candidates(tokens, zeros, zeros, held)


def test_lookups_go_through_all_axes():
    values = np.arange(2 * 3 * 5).reshape(2, 3, 5)
    assert at(values, np.array([[0, 14], [7, 3]])).tolist() == [[0, 14], [22, 18]]
    assert of_parents(values, np.array([[2], [0]])).tolist() == [
        [[10, 11, 12, 13, 14]],
        [[15, 16, 17, 18, 19]],
    ]


def test_the_best_go_on_in_order_and_of_equals_the_first():
    scores = np.array([[[-3.0, -1.0, -7.0], [-1.0, -np.inf, -2.0]]])
    tokens = [[[0, 1, 2], [3, 4, 0]]]
    chosen = choose(scores, candidates(tokens), np.zeros((1, 2), bool), DiverseGroups())
    assert chosen.tolist() == [[1, 3]]


def test_a_group_pays_for_what_those_before_it_took_in_this_step():
    scores = np.array([[[-1.0, -2.0], [-1.0, -1.5], [-1.0, -1.6]]])
    tokens = [[[5, 7], [5, 7], [5, 7]]]
    for penalty, expected in [(0.0, [0, 2, 4]), (0.55, [0, 3, 4]), (0.4, [0, 2, 5])]:
        chosen = choose(scores, candidates(tokens), np.zeros((1, 3), bool), DiverseGroups(3, penalty))
        assert chosen.tolist() == [expected], penalty


def test_frozen_hypotheses_take_no_token_and_pay_for_none():
    scores = np.array([[[-1.0, -np.inf], [-1.0, -1.1], [-1.0, -np.inf], [-2.0, -np.inf]]])
    tokens = [[[1, 0], [1, 0], [1, 0], [1, 0]]]
    closed = np.array([[True, False, True, True]])
    assert choose(scores, candidates(tokens), closed, DiverseGroups(2, 0.5)).tolist() == [[0, 2, 4, 6]]
    assert choose(scores, candidates(tokens), ~closed, DiverseGroups(2, 0.05)).tolist() == [[0, 2, 4, 6]]


def test_what_does_not_exist_takes_no_token():
    """The first group has one candidate for two places; what fills the other place costs nobody anything."""
    scores = np.array([[[-1.0, -np.inf], [-np.inf, -np.inf], [-1.0, -1.2], [-9.0, -9.0]]])
    tokens = [[[3, 0], [0, 0], [0, 4], [2, 2]]]
    chosen = choose(scores, candidates(tokens), np.zeros((1, 4), bool), DiverseGroups(2, 0.7))
    assert chosen[:, [0, 2, 3]].tolist() == [[0, 4, 5]]


def test_places_are_shared_out_by_the_number_of_required_tokens():
    """Against the slow search's, for all numbers of places and of required tokens."""
    generator = np.random.default_rng(3)
    for how_many in (1, 2, 3):
        for width in (1, 2, 3, 5, 7):
            scores = generator.permutation(17).astype(float).reshape(1, 1, 17)
            held = generator.integers(0, how_many + 1, scores.shape)
            padded = np.repeat(scores, width, axis=1)  # the other hypotheses of the beam do not exist
            padded[:, 1:] = -np.inf
            chosen = choose(
                padded,
                candidates(np.zeros(padded.shape, int), np.repeat(held, width, axis=1)),
                np.zeros((1, width), bool),
                DiverseGroups(),
            )
            required = [(token,) for token in range(how_many)]
            order = np.argsort(-scores.ravel())
            slow = [(scores.ravel()[place], place, tuple(range(held.ravel()[place]))) for place in order]
            slow = [(score, place, (*tokens, 100 + place)) for score, place, tokens in slow]
            expected = [place for _, place, _ in choose_slowly(slow, width, required)]
            assert chosen[0].tolist() == expected


def test_places_go_by_turns_from_those_that_hold_most_and_only_to_what_exists():
    scores = np.array([[[-1.0, -2.0, -3.0, -4.0, -np.inf, -9.0]]])
    held = np.array([[[0, 0, 0, 2, 5, 2]]])
    for width, expected in [(1, [3]), (2, [0, 3]), (3, [0, 3, 5]), (4, [0, 1, 3, 5]), (5, [0, 1, 2, 3, 5])]:
        padded = np.repeat(scores, width, axis=1)
        padded[:, 1:] = -np.inf
        both = candidates(np.zeros(padded.shape, int), np.repeat(held, width, axis=1))
        assert choose(padded, both, np.zeros((1, width), bool), DiverseGroups()).tolist() == [expected]


def test_what_is_alike_before_the_first_step_is_ranked_once():
    logits = np.random.default_rng(5).normal(size=(3, 7)).astype("float32")
    allowed = AllowedTokens(Constraints(required=[[[2, 5]], [], [[6]]], forbidden=[4]), 3, 1, 11)
    beam = Beam(batch=3, beam_size=2, groups=1, bos_id=1)
    once, each = (look_ahead(of, beam, allowed, 1) for of in (logits, np.repeat(logits, 2, axis=0)))
    for name, values in once._asdict().items():
        np.testing.assert_array_equal(values, getattr(each, name))
    assert np.isfinite(once.log_probs).sum() == 3 * (2 + 2)  # the likeliest, the required among them
