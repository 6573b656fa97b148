"""evaluate, and exposure: the same targets scored after the true past, the model's own, and a spoiled one."""

import keras
import numpy as np
import pytest
from reference import log_softmax
from small_models import randomise

from s2s_lesson import engine, training
from s2s_lesson.data import Prediction, Vocabulary
from s2s_lesson.pipeline import TextToText, evaluate, exposure

PAIRS = [("ab cd", "x y z"), ("cd", "z"), ("ab", "x x"), ("cd ab cd", "z y x y"), ("b", "w v u")]
SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11, "cell": "gru", "max_output_length": 13}
SHARES = (0.0, 0.2, 0.7)


def made(**options):
    """A pipeline of random weights, whose own outputs differ from the targets."""
    engine.seed_everything(3)
    tokens = {"source_tokens": "characters", "target_tokens": "whitespace"}
    pipeline = TextToText.from_pairs(PAIRS, **tokens, **{**SIZES, **options})
    randomise(pipeline.model)
    embeddings = pipeline.model.decoder.embedding.embeddings
    embeddings.assign(5 * embeddings)
    return pipeline


@pytest.fixture(scope="module")
def pipeline():
    return made()


@pytest.fixture(scope="module")
def scores(pipeline):
    return exposure(pipeline, PAIRS, SHARES, batch_size=3)


def scored_by_hand(pipeline, own):
    """One pair after the other, one step after the other; ``own`` feeds the likeliest token."""
    costs, right = [], []
    for source, target in PAIRS:
        source_ids = pipeline.source_vocab.encode(list(source))
        targets = pipeline.target_vocab.encode(target.split())
        state = pipeline.model.encode(np.array([source_ids], "int32"))
        token = Vocabulary.bos_id
        for true_token in targets:
            logits, state = pipeline.model.step(np.array([token], "int32"), state)
            logits = keras.ops.convert_to_numpy(logits)[0]
            costs.append(-log_softmax(logits)[true_token])
            right.append(logits.argmax() == true_token)
            token = 1 + logits[1:].argmax() if own else true_token
    return np.mean(costs), np.mean(right)


def test_perplexity_counts_tokens_or_characters_of_the_pairs_that_can_be_read(pipeline, uncompiled):
    with pytest.warns(UserWarning, match="1 of 6 pairs"):
        scores = evaluate(pipeline, [*PAIRS, ("ab", "")], beam_size=2, batch_size=3)
    loss, accuracy = scored_by_hand(pipeline, own=False)
    tokens = sum(len(target.split()) + 1 for _, target in PAIRS)
    characters = sum(len(target) + 1 for _, target in PAIRS)
    assert characters > tokens
    assert scores["perplexity"] == pytest.approx(np.exp(loss), rel=1e-4)
    assert scores["perplexity_per_character"] == pytest.approx(np.exp(loss * tokens / characters), rel=1e-4)
    assert scores["token_accuracy"] == pytest.approx(accuracy)
    assert (scores["pairs"], scores["sources"]) == (6, 5)


def test_each_past_has_its_scores(scores):
    shares = ["corrupted_0.0", "corrupted_0.2", "corrupted_0.7"]
    assert list(scores) == ["teacher_forced", "free_running", *shares]
    for figures in scores.values():
        assert figures.keys() == {"loss", "perplexity", "accuracy"}
        assert figures["perplexity"] == pytest.approx(np.exp(figures["loss"]))
        assert 0 <= figures["accuracy"] <= 1


@pytest.mark.parametrize(("name", "own"), [("teacher_forced", False), ("free_running", True)])
def test_scores_equal_those_of_a_loop_over_steps(pipeline, scores, name, own):
    loss, accuracy = scored_by_hand(pipeline, own)
    assert scores[name]["loss"] == pytest.approx(loss, rel=1e-4)
    assert scores[name]["accuracy"] == pytest.approx(accuracy)


def test_the_pasts_differ(scores):
    losses = [figures["loss"] for name, figures in scores.items() if name != "corrupted_0.0"]
    assert len(set(losses)) == len(losses)


@pytest.mark.slow(guard="tests/package/pipeline/test_evaluation.py::test_each_past_has_its_scores")
def test_a_share_of_zero_is_teacher_forcing_and_the_seed_decides_the_rest(pipeline, scores, uncompiled):
    assert scores["corrupted_0.0"] == scores["teacher_forced"]
    one, same, other = (exposure(pipeline, PAIRS[3:], (0.7,), seed=seed) for seed in (0, 0, 5))
    assert one == same
    assert {name for name in one if one[name] != other[name]} == {"corrupted_0.7"}


def test_a_model_that_copies_can_be_scored_too(uncompiled):
    pipeline = made(copy=True)
    scores = exposure(pipeline, PAIRS[:2], (0.5,))
    expected = training.teacher_forced_scores(pipeline.model, pipeline.batches(PAIRS[:2]))
    assert scores["teacher_forced"] == expected
    assert all(np.isfinite(figures["loss"]) for figures in scores.values())


def test_metrics_are_chosen_by_name_and_the_others_are_not_computed(pipeline, uncompiled, monkeypatch):
    everything = evaluate(pipeline, PAIRS[:2], beam_size=1)
    about = {"pairs", "sources", "beam_size"}
    forced = {"perplexity", "perplexity_per_character", "token_accuracy"}
    assert everything.keys() == about | forced | {"exact_match", "token_error_rate"}
    names = ["word_error_rate", "chrf++", "distinct", "bleu", "exact_match"]
    chosen = evaluate(pipeline, PAIRS[:2], beam_size=1, metrics=names, bleu_tokenizer="char")
    signed = {"chrf++_signature", "bleu_signature", "distinct_1", "distinct_2"}
    assert chosen.keys() == about | signed | {*names} - {"distinct"}
    assert chosen["word_error_rate"] == everything["token_error_rate"], "a token is a word here"
    assert chosen["exact_match"] == everything["exact_match"]
    assert "tok:char" in chosen["bleu_signature"]
    monkeypatch.delattr(TextToText, "predict")
    one = evaluate(pipeline, PAIRS[:2], beam_size=1, metrics=["perplexity"])
    assert one == {name: everything[name] for name in [*about, "perplexity"]}


def test_bleu_of_a_chinese_target_goes_by_its_script(uncompiled, monkeypatch):
    pairs = [("he left early today", "他今天走得很早。"), ("a dog", "花园里有一只狗。")]
    engine.seed_everything(3)
    pipeline = TextToText.from_pairs(pairs, source_tokens="words", target_tokens="words", **SIZES)
    targets = dict(pairs)

    def right(sources, *_, **__):
        sides = [(targets[source], tuple(pipeline.target_side(targets[source]))) for source in sources]
        return [Prediction("", (), text, tokens, 0.0, 0.0, np.zeros((1, 1))) for text, tokens in sides]

    monkeypatch.setattr(pipeline, "predict", right)
    figures = evaluate(pipeline, pairs)
    assert figures["bleu"] == pytest.approx(100) and "tok:zh" in figures["bleu_signature"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ["blue"]}, r"Expected metrics with each one of perplexity, .*bleu.*; received"),
        ({"metrics": []}, "Expected metrics with at least one name"),
        ({"bleu_tokenizer": "zh"}, 'Expected bleu_tokenizer None, or metrics with "bleu"'),
    ],
)
def test_metrics_that_cannot_be_are_refused(pipeline, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate(pipeline, PAIRS, **options)
