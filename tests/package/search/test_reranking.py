"""Reranking: minimum Bayes risk against a double loop, mutual information against numbers by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.data import Prediction, scores
from s2s_lesson.data.prediction import empty_prediction
from s2s_lesson.search import maximum_mutual_information, minimum_bayes_risk, rerank_replies

TEXTS = ["the cat sat on the mat", "a cat sat on a mat", "the dog ran", "the cat sat", "the cat sat"]
METRICS = {
    "bleu": (scores.bleu, False),
    "chrf": (scores.chrf, False),
    "edit_distance_rate": (scores.edit_distance_rate, True),
    "exact_match": (scores.exact_match, False),
}


def brute_force(candidates, references, metric, weights, lower_is_better):
    expected = []
    for candidate in candidates:
        total = 0.0
        for reference, weight in zip(references, weights, strict=True):
            figure = metric([candidate], [[reference]])
            total += weight * (figure[0] if isinstance(figure, tuple) else figure)
        expected.append(total)
    sign = 1 if lower_is_better else -1
    return sorted(
        range(len(candidates)), key=lambda place: (sign * round(expected[place], 9), place)
    ), expected


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("others", [None, ["the cat sat", "a dog", "the cat sat"]])
@pytest.mark.parametrize("name", METRICS)
def test_the_order_is_that_of_a_double_loop(name, others, weighted):
    metric, lower_is_better = METRICS[name]
    references = others or TEXTS
    log_probabilities = [-0.5 * place for place in range(len(references))] if weighted else None
    weights = np.exp(log_probabilities) if weighted else np.ones(len(references))
    order, expected = minimum_bayes_risk(
        TEXTS,
        metric,
        references=others,
        log_probabilities=log_probabilities,
        lower_is_better=lower_is_better,
    )
    slow_order, slow_expected = brute_force(
        TEXTS, references, metric, weights / weights.sum(), lower_is_better
    )
    np.testing.assert_allclose(expected, slow_expected, rtol=1e-9, atol=1e-12)
    assert [round(expected[place], 9) for place in order] == [
        round(slow_expected[place], 9) for place in slow_order
    ]


TOKENS = st.lists(st.sampled_from("abc"), max_size=3)


@settings(max_examples=100)
@given(st.lists(TOKENS, min_size=1, max_size=7), st.data())
def test_lists_of_tokens_are_ranked_like_a_double_loop(candidates, data):
    def common(outputs, references):  # exact in binary
        return len(set(outputs[0]) & set(references[0][0])) / 4

    references = data.draw(st.none() | st.lists(TOKENS, min_size=1, max_size=8))
    others = candidates if references is None else references
    lower = data.draw(st.booleans())
    order, expected = minimum_bayes_risk(candidates, common, references=references, lower_is_better=lower)
    weights = np.full(len(others), 1 / len(others))
    slow_order, slow_expected = brute_force(candidates, others, common, weights, lower)
    np.testing.assert_allclose(expected, slow_expected, atol=1e-12)
    ranked = [round(slow_expected[place], 9) for place in order]
    assert ranked == [round(slow_expected[place], 9) for place in slow_order]
    assert sorted(order) == list(range(len(candidates)))


def test_of_equals_the_one_that_stood_first_comes_first():
    order, expected = minimum_bayes_risk(["b", "a", "b", "a"], scores.exact_match)
    assert order == [0, 1, 2, 3]
    assert expected == [0.5] * 4
    order, _ = minimum_bayes_risk(["c", "a", "b", "a"], scores.exact_match)
    assert order == [1, 3, 0, 2]


def test_a_frequent_sample_counts_as_often_as_it_was_drawn():
    order, expected = minimum_bayes_risk(["a", "b"], scores.exact_match, references=["b", "b", "b", "a"])
    assert (order, expected) == ([1, 0], [0.25, 0.75])


def test_log_probabilities_weigh_the_references_whatever_their_size():
    for shift in (0.0, -5000.0):
        log_probabilities = [np.log(0.9) + shift, np.log(0.1) + shift]
        _, expected = minimum_bayes_risk(["a", "b"], scores.exact_match, log_probabilities=log_probabilities)
        np.testing.assert_allclose(expected, [0.9, 0.1])


def test_the_likeliest_output_need_not_be_the_one_that_others_agree_with():
    candidates = ["x y z", "a b c", "a b d", "a b e"]
    order, _ = minimum_bayes_risk(candidates, scores.chrf, log_probabilities=np.log([0.3, 0.25, 0.25, 0.2]))
    assert order[0] == 1


def test_equal_texts_are_compared_once():
    calls = []

    def metric(outputs, references):
        calls.append((outputs[0], references[0][0]))
        return scores.exact_match(outputs, references)

    minimum_bayes_risk(["a", "b"] * 50, metric)
    assert sorted(calls) == [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]


def test_a_reference_of_no_probability_counts_nothing():
    _, expected = minimum_bayes_risk(["a", "b"], scores.exact_match, log_probabilities=[0.0, -np.inf])
    assert expected == [1.0, 0.0]


@pytest.mark.parametrize(
    ("candidates", "options", "message"),
    [
        ([], {}, "at least one candidate and one reference; received 0 and 0"),
        ([], {"references": ["a"]}, "at least one candidate and one reference; received 0 and 1"),
        (["a"], {"references": []}, "at least one candidate and one reference; received 1 and 0"),
        (
            ["a", "b"],
            {"log_probabilities": [0.0]},
            "one log-probability for each of 2 references; received 1",
        ),
        (
            ["a"],
            {"references": ["a", "b"], "log_probabilities": [0.0]},
            "one log-probability for each of 2 references; received 1",
        ),
        (
            ["a"],
            {"log_probabilities": [np.nan]},
            "Expected log-probabilities, not all of them -infinity; received",
        ),
        (
            ["a"],
            {"log_probabilities": [-np.inf]},
            "Expected log-probabilities, not all of them -infinity; received",
        ),
    ],
)
def test_what_cannot_be_ranked_is_an_error(candidates, options, message):
    with pytest.raises(ValueError, match=message):
        minimum_bayes_risk(candidates, scores.exact_match, **options)


def test_one_text_in_place_of_a_list_is_an_error():
    with pytest.raises(TypeError, match="Expected a list of candidates; received one string"):
        minimum_bayes_risk("abc", scores.exact_match)


def test_mutual_information_by_hand():
    forward, backward, lengths = [-2.0, -3.0, -4.0], [-9.0, -5.0, -1.0], [2, 3, 7]
    order, scores = maximum_mutual_information(forward, backward=backward, weight=0.25)
    assert (order, scores) == ([2, 1, 0], [-3.75, -3.5, -3.25])
    order, scores = maximum_mutual_information(
        forward, backward=backward, weight=0.25, length_bonus=-0.5, lengths=lengths
    )
    assert (order, scores) == ([0, 1, 2], [-4.75, -5.0, -6.75])
    order, scores = maximum_mutual_information(forward, prior=[-1.0, -6.0, -6.0], weight=0.5)
    assert (order, scores) == ([1, 2, 0], [-1.5, 0.0, -1.0])
    _, scores = maximum_mutual_information(
        forward, prior=[-1.0, -6.0, -6.0], length_bonus=1.0, lengths=lengths
    )
    assert scores == [0.5, 3.0, 6.0]


@pytest.mark.parametrize("other", ["backward", "prior"])
def test_a_weight_of_zero_changes_nothing_and_of_equals_the_first_comes_first(other):
    forward = [-3.0, -1.0, -3.0, -2.0]
    order, scores = maximum_mutual_information(forward, **{other: [-9.0, -1.0, -2.0, -3.0]}, weight=0)
    assert (order, scores) == ([1, 3, 0, 2], forward)


@pytest.mark.parametrize(
    ("forward", "options", "message"),
    [
        ([-1.0], {}, "exactly one of backward and prior; received neither"),
        ([-1.0], {"backward": [-1.0], "prior": [-1.0]}, "exactly one of backward and prior; received both"),
        ([], {"prior": []}, "log_probabilities of 1 candidates; received 0"),
        ([-1.0], {"prior": [-1.0, -2.0]}, "prior of 1 candidates; received 2"),
        ([-1.0, -2.0], {"backward": [-1.0]}, "backward of 2 candidates; received 1"),
        ([-1.0], {"backward": [np.nan]}, "finite backward; received nan"),
        ([-np.inf], {"backward": [-1.0]}, "finite log_probabilities; received -inf"),
        ([-1.0], {"prior": [-1.0], "weight": 1.5}, "weight from 0 to 1; received 1.5"),
        ([-1.0], {"prior": [-1.0], "length_bonus": 2.0}, "lengths with a length_bonus; received 2.0 and no"),
        ([-1.0], {"prior": [-1.0], "lengths": [1, 2]}, "lengths of 1 candidates; received 2"),
    ],
)
def test_mutual_information_of_what_does_not_fit_is_an_error(forward, options, message):
    with pytest.raises(ValueError, match=f"Expected {message}"):
        maximum_mutual_information(forward, **options)


BACKWARD = {("yes", "is it raining"): -9.0, ("it pours", "is it raining"): -2.0, ("yes", "hello"): -4.0}


class Backward:
    """Scripted log p(text | reply); takes nothing blank, and no text of 20 characters or more."""

    def accepts(self, reply, text):
        return bool(reply) and len(text) < 20

    def log_probabilities(self, pairs):
        assert len(set(pairs)) == len(pairs)
        return [BACKWARD[pair] for pair in pairs]


def replies(source, *outputs):
    best, *others = [
        Prediction(source, (), text, (*text.split(), "</s>"), log_probability, log_probability, None)
        for text, log_probability in outputs
    ]
    return replace(best, alternatives=tuple(others))


def shown(prediction):
    return [(one.text, one.score) for one in (prediction, *prediction.alternatives)]


def test_replies_are_put_in_the_order_of_both_models():
    given = [
        replies("is it raining", ("", -1.0), ("yes", -2.0), ("it pours", -3.0), ("yes", -2.0)),
        replies("hello", ("yes", -3.0)),
        empty_prediction(" "),
        replies("a text that is much too long", ("yes", -1.0), ("no", -2.0)),
    ]
    ranked = rerank_replies(given, Backward(), weight=0.5)
    assert shown(ranked[0]) == [("it pours", -2.5), ("yes", -5.5), ("yes", -5.5), ("", -np.inf)]
    assert shown(ranked[1]) == [("yes", -3.5)]
    assert shown(ranked[2]) == [("", -np.inf)]
    assert shown(ranked[3]) == [("yes", -np.inf), ("no", -np.inf)]
    assert [one.log_probability for one in (ranked[0], *ranked[0].alternatives)] == [-3.0, -2.0, -2.0, -1.0]
    assert all(one.alternatives == () for one in ranked[0].alternatives)
    (bonus,) = rerank_replies(given[:1], Backward(), weight=0.5, length_bonus=-4.0)
    assert shown(bonus)[:2] == [("yes", -13.5), ("yes", -13.5)]
    assert rerank_replies([], Backward()) == []


class Anyhow:
    """Knows replies of at most three words, after what says nothing, which it reads or not."""

    def __init__(self, reads):
        self.reads = reads

    def accepts(self, text, reply):
        return text in self.reads and 0 < len(reply.split()) < 4

    def log_probabilities(self, pairs):
        assert {text for text, _ in pairs} <= {self.reads[0]}
        return [{"yes": -1.0, "it pours": -9.0}[reply] for _, reply in pairs]


@pytest.mark.parametrize("reads", [[".", "hello"], ["hello"]])
def test_replies_are_put_in_the_order_of_the_information_in_them(reads):
    given = [
        replies("is it raining", ("yes", -2.0), ("it pours", -3.0), ("yes it rains again", -1.0)),
        replies("does it pour", ("yes", -4.0), ("it pours", -9.0)),
    ]
    ranked = rerank_replies(given, Anyhow(reads), by="prior", weight=0.5)
    assert shown(ranked[0]) == [("it pours", 1.5), ("yes", -1.5), ("yes it rains again", -np.inf)]
    assert shown(ranked[1]) == [("yes", -3.5), ("it pours", -4.5)]
    nothing_read = rerank_replies(given[1:], Anyhow([""]), by="prior")
    assert shown(nothing_read[0]) == [("yes", -np.inf), ("it pours", -np.inf)]
