"""Pipelines that write together: with each other, with exports, copying or not; and their figures."""

import numpy as np
import pytest
from small_models import randomise

from s2s_lesson import engine
from s2s_lesson.deployed import WritingEnsemble, load
from s2s_lesson.pipeline import PipelineEnsemble, TextToText, evaluate
from s2s_lesson.search import Constraints

PAIRS = [("ab cd", "x y z"), ("cd", "z"), ("ab", "x x"), ("cd ab cd", "z y x y"), ("b", "w v u")]
SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11, "cell": "gru", "max_output_length": 7}
SOURCES = [source for source, _ in PAIRS]


def made(seed, pairs=PAIRS, **options):
    """A pipeline of random weights."""
    engine.seed_everything(seed)
    tokens = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    pipeline = TextToText.from_pairs(pairs, **tokens, **{**SIZES, **options})
    randomise(pipeline.model, seed)
    return pipeline


def assert_alike(ours, expected, tolerance=1e-6):
    for one, other in zip(ours, expected, strict=True):
        assert one.tokens == other.tokens
        assert one.log_probability == pytest.approx(other.log_probability, abs=tolerance)
        np.testing.assert_allclose(one.attention_weights, other.attention_weights, atol=tolerance)


@pytest.fixture(scope="module")
def pipelines():
    return made(3), made(5)


def test_a_model_of_keras_writes_together_with_its_export(pipelines, tmp_path):
    pipeline = pipelines[0]
    pipeline.export(tmp_path / "export", sources=SOURCES)
    ensemble = WritingEnsemble([pipeline, load(tmp_path / "export")])
    assert_alike(ensemble.predict(SOURCES, 3), pipeline.predict(SOURCES, 3), tolerance=1e-5)


def test_log_probabilities_are_those_of_the_mean(pipelines, uncompiled):
    pairs = PAIRS[1:2]
    members = np.array([pipeline.log_probabilities(pairs) for pipeline in pipelines])
    of_sums, of_products = (
        PipelineEnsemble(pipelines, mean, [1, 3]).log_probabilities(pairs)
        for mean in ("probabilities", "log_probabilities")
    )
    assert (np.array(of_products) > np.average(members, axis=0, weights=[1, 3])).all()  # made to sum to 1
    assert not np.allclose(of_sums, of_products)
    figures = evaluate(PipelineEnsemble(pipelines, weights=[1, 3]), pairs, metrics=["perplexity"])
    assert np.log(figures["perplexity"]) == pytest.approx(-of_sums[0] / 2, rel=1e-5)


def test_copies_are_scored_as_the_pipeline(pipelines, uncompiled):
    options = {"beam_size": 2, "metrics": ["perplexity", "token_accuracy", "exact_match"]}
    expected = evaluate(pipelines[0], PAIRS[:2], **options)
    copies = PipelineEnsemble([pipelines[0]] * 3)
    assert evaluate(copies, PAIRS[:2], **options) == pytest.approx(expected, rel=1e-5)
    log_probabilities = copies.log_probabilities(PAIRS[:2])
    np.testing.assert_allclose(log_probabilities, pipelines[0].log_probabilities(PAIRS[:2]), rtol=1e-5)


def test_pairs_that_one_member_does_not_accept_are_left_out(pipelines, uncompiled):
    ensemble = PipelineEnsemble([pipelines[0], made(5, max_source_length=2)])
    with pytest.warns(UserWarning, match="1 of 5 pairs were left out: .* more than 2 tokens"):
        assert len(ensemble.batches(PAIRS, progress=False).target_ids) == 4


def test_models_that_copy_write_together_and_with_no_others(pipelines, uncompiled):
    pairs = [("ab cd", "cd x"), ("cd", "x")]
    copying = made(3, pairs, copy=True)
    ensemble = PipelineEnsemble([copying] * 2)
    texts, options = ["ab qq", "qq zz cd"], {"constraints": Constraints(required=["qq"])}
    expected = copying.predict(texts, 2, **options)
    assert all("qq" in prediction.tokens for prediction in expected)
    assert_alike(ensemble.predict(texts, 2, **options), expected)
    pairs = [("ab qq", "qq x"), ("zz", "x zz")]
    scored = copying.log_probabilities(pairs)
    np.testing.assert_allclose(ensemble.log_probabilities(pairs), scored, rtol=1e-4)
    with pytest.raises(
        ValueError, match="copies of member 1, counted from 0, is False, and True of the first"
    ):
        PipelineEnsemble([copying, made(3, [("ab cd", "cd x"), ("cd", "x")])])
