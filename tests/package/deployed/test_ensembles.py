"""Models that write together: copies are the model, and what does not fit together is refused."""

import numpy as np
import pytest
import small_export
from copier import Copier

from s2s_lesson.data import Standardisation, VectorSides, Vocabulary
from s2s_lesson.deployed import WritingEnsemble, load
from s2s_lesson.deployed.writing import sample
from s2s_lesson.search import Constraints, rerank_replies

TEXTS = small_export.TEXTS


def assert_alike(ours, expected):
    for one, other in zip(ours, expected, strict=True):
        assert (one.text, one.tokens, one.unknown) == (other.text, other.tokens, other.unknown)
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-6)
        np.testing.assert_allclose(one.attention_weights, other.attention_weights, atol=1e-6)
        assert_alike(one.alternatives, other.alternatives)


@pytest.mark.parametrize("mean", ["probabilities", "log_probabilities"])
def test_copies_of_an_export_are_the_export(export, mean):
    one, other = load(export), load(export)
    ensemble = WritingEnsemble([one, other, one], mean)
    assert ensemble.ensemble.shared_leaves == ("shared", "keys_mask")
    assert_alike(ensemble.predict(TEXTS, 3, 2), one.predict(TEXTS, 3, 2))
    constraints = Constraints(required="c", forbidden="ab", forced_end=True)
    options = {"length_penalty": 1.0, "constraints": constraints}
    assert_alike(ensemble.predict(TEXTS, 3, **options), one.predict(TEXTS, 3, **options))
    assert_alike(ensemble.predict(TEXTS, 1, batch_size=2), one.predict(TEXTS, 1))
    assert_alike(ensemble.sample(TEXTS, 2, seed=3), one.sample(TEXTS, 2, seed=3))


def test_log_probabilities_are_those_of_what_was_written(export):
    ensemble = WritingEnsemble([load(export), Copier(max_output_length=5)], weights=[1, 2])
    assert ensemble.max_output_length == 3
    predictions = ensemble.predict(TEXTS, 3, 2, constraints=Constraints(forced_end=True))
    replies = [reply for best in predictions for reply in (best, *best.alternatives) if reply.text]
    pairs = [(reply.source, reply.text) for reply in replies]
    of_search = [reply.log_probability for reply in replies]
    for batch_size in (2, 64):
        scored = ensemble.log_probabilities(iter(pairs), batch_size=batch_size)
        np.testing.assert_allclose(scored, of_search, atol=1e-5)
    assert ensemble.log_probabilities([]) == []


def test_an_ensemble_can_rerank(export):
    ensemble = WritingEnsemble([Copier(), load(export)])
    drawn = sample(Copier(), ["ab", "c"], 5, seed=3, temperature=3.0)
    for best in rerank_replies(drawn, ensemble, weight=1.0):
        pairs = [(reply.text, reply.source) for reply in (best, *best.alternatives)]
        taken = [pair for pair in pairs if ensemble.accepts(*pair)]
        scores = ensemble.log_probabilities(taken)
        assert len(taken) > 1 and scores == sorted(scores, reverse=True)
        np.testing.assert_allclose([best.score], scores[:1], atol=1e-5)


def test_lengths_are_the_shortest_of_the_members():
    ensemble = WritingEnsemble([Copier(max_source_length=3), Copier(max_output_length=3)])
    assert (ensemble.max_source_length, ensemble.max_output_length) == (3, 3)
    assert ensemble.accepts("cab", "ab") and ensemble.source_length("cab") == 3
    refused = [("caba", "ab"), ("cab", "abc"), ("", "ab"), ("cab", "")]
    assert not any(ensemble.accepts(*pair) for pair in refused)
    with pytest.raises(ValueError, match="Expected texts of at most 3 tokens; text 1 has 4"):
        ensemble.predict(["cab", "abca"])
    with pytest.raises(
        ValueError, match=r"1 to 3 source tokens and 1 to 2 target tokens; pair 1 has 3 and 3"
    ):
        ensemble.log_probabilities([("cab", "ab"), ("cab", "abc")])


def other(**changed):
    """A copier that differs in something."""
    copier = Copier()
    vars(copier).update(changed)
    return copier


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (other(target_vocab=Vocabulary("ab")), "target_vocab of member 1, counted from 0, is Vocabulary"),
        (other(source_vocab=Vocabulary("ab")), "source_vocab of member 1"),
        (
            other(source_tokens="words"),
            "source_tokens of member 1, counted from 0, is 'words', and 'characters'",
        ),
        (
            other(normalisation=True),
            "normalisation of member 1, counted from 0, is True, and False of the first",
        ),
        (other(copies=True), "copies of member 1"),
        (other(kind="sequence"), "kind of member 1, counted from 0, is 'sequence', and 'text' of the first"),
    ],
)
def test_members_that_prepare_texts_differently_are_refused(member, message):
    with pytest.raises(ValueError, match=f"Expected members that prepare .* alike; {message}"):
        WritingEnsemble([Copier(), member])


class Loudness(VectorSides):
    """A writer of the louder half of a signal: its place, or the end, has a logit of 5, all others 0."""

    batches_at_once = 1

    def __init__(self, mean=0.0):
        standardisation = Standardisation((mean,), (1.0,))
        super().__init__(Vocabulary(["first", "last"]), standardisation, target_tokens="whitespace")

    def start(self, inputs):
        loud = np.abs(inputs["source_vectors"][..., 0])
        weights = (loud / loud.sum(axis=1, keepdims=True)).astype("float32")
        return {"place": 4 + loud.argmax(axis=1) // 2, "attention_weights": weights}

    def step(self, token_ids, state):
        return 5.0 * np.eye(6)[state["place"]], {**state, "place": np.full_like(state["place"], 3)}


def test_members_may_read_vectors():
    ensemble = WritingEnsemble([Loudness(), Loudness()])
    sources = [np.array([[0.1], [0.2], [0.2], [0.9]]), np.array([[0.9], [0.1], [0.3], [0.2]])]
    assert [prediction.text for prediction in ensemble.predict(sources)] == ["last", "first"]
    likely, unlikely = ensemble.log_probabilities([(sources[0], "last"), (sources[0], "first")])
    assert likely == pytest.approx(unlikely + 5, abs=1e-5)
    with pytest.raises(ValueError, match="standardisation of member 1, counted from 0, is Standardisation"):
        WritingEnsemble([Loudness(), Loudness(0.5)])


def test_no_member_and_weights_that_are_not_as_many_are_refused():
    with pytest.raises(ValueError, match="Expected at least one step; received none"):
        WritingEnsemble([])
    with pytest.raises(ValueError, match="Expected one weight for each of 1 members; received 2"):
        WritingEnsemble([Copier()], weights=[1, 2])
