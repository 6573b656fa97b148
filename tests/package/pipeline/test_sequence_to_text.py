"""SequenceToText: arrays in, text and attention out; training, saving and loading, and bad input."""

import json

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import SequenceToText, TextToText, engine
from s2s_lesson.data import Noise, Standardisation
from s2s_lesson.data.description import description_files
from s2s_lesson.data.whole_files import enclosed
from s2s_lesson.models.stored import write_model
from s2s_lesson.pipeline import evaluate, exposure
from s2s_lesson.search import Constraints
from s2s_lesson.teaching.plotting import plot_attention
from s2s_lesson.training import JointTraining, LinearDecay, ScheduledSampling

SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11, "cell": "gru", "bidirectional": False}
WIDER = Standardisation((0.0,) * 5, (1.0,) * 5)
TEXTS = ["a b", "b", "a", "b a b"]


def sources(*lengths, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(40, [1, 5, 0.1], (length, 3)) for length in lengths]


PAIRS = list(zip(sources(5, 2, 7, 3), TEXTS, strict=True))


def untrained(**options):
    engine.seed_everything(3)
    return SequenceToText.from_pairs(
        PAIRS, **{"max_source_length": 11, "max_output_length": 7, **SIZES, **options}
    )


@pytest.fixture(scope="module")
def pipeline():
    return untrained()


def figures(predictions):
    return [(each.text, each.tokens, each.log_probability) for each in predictions]


def test_a_prediction_labels_its_columns_with_places(pipeline):
    (prediction,) = pipeline.predict([PAIRS[0][0]], beam_size=2)
    assert prediction.source_tokens == ("0", "1", "2", "3", "4")
    assert prediction.attention_weights.shape == (len(prediction.tokens), 5)
    np.testing.assert_allclose(prediction.attention_weights.sum(axis=1), 1, atol=1e-6)
    assert prediction.unknown == ()
    np.testing.assert_array_equal(prediction.source, PAIRS[0][0].astype("float32"))
    assert repr(prediction).startswith("Prediction(array of (5, 3) -> ")
    assert [label.get_text() for label in plot_attention(prediction).get_xticklabels()] == list("01234")


def test_predictions_keep_the_order_and_ignore_their_batch_mates(pipeline):
    together = pipeline.predict([*sources(5, 0, 11, 2, seed=7)], beam_size=3)
    for prediction, source in zip(together, sources(5, 0, 11, 2, seed=7), strict=True):
        (alone,) = pipeline.predict([source], beam_size=3)
        assert alone.tokens == prediction.tokens
        assert alone.log_probability == pytest.approx(prediction.log_probability, abs=1e-5)
    assert together[1].text == "" and together[1].tokens == ()


def test_sources_are_standardised_by_what_was_learned(pipeline):
    sides = np.concatenate([pipeline.source_side(source) for source, _ in PAIRS])
    np.testing.assert_allclose(sides.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(sides.std(axis=0), 1, rtol=1e-5)


def test_samples_and_constraints_are_those_of_texts(pipeline):
    source = [PAIRS[0][0]]
    samples = pipeline.sample(source * 2, 3, seed=5)
    assert figures(pipeline.sample(source * 2, 3, seed=5)) == figures(samples)
    (prediction,) = pipeline.predict(source, constraints=Constraints(prefix="b a", forbidden="b a b"))
    assert prediction.tokens[:2] == ("b", "a") and prediction.tokens[2] != "b"


def test_log_probabilities_are_those_of_what_is_written(pipeline):
    predictions = pipeline.predict([source for source, _ in PAIRS], beam_size=2)
    whole = [each for each in predictions if each.tokens[-1] == "</s>" and each.text]
    pairs = [(each.source, each.text) for each in whole]
    np.testing.assert_allclose(
        pipeline.log_probabilities(pairs), [each.log_probability for each in whole], rtol=1e-4, atol=1e-5
    )


@pytest.mark.slow(guard="tests/package/test_examples.py::test_examples_give_what_they_say")
def test_training_learns_and_scores_are_given():
    pairs = list(zip(sources(5, 5, 5, 5), ["a b", "b a", "a a", "b b"], strict=True))  # of one shape
    pipeline = untrained()
    history = pipeline.fit(pairs, pairs, epochs=40, learning_rate=0.03, progress=False)
    assert history["val_loss"][-1] < 0.3 * history["val_loss"][0]
    scores = evaluate(pipeline, pairs, beam_size=2)
    assert scores["exact_match"] == 1 and scores["sources"] == 4


@uncompiled()
def test_a_model_of_vectors_is_scored_on_its_own_past_as_well(pipeline):
    given = exposure(pipeline, PAIRS, shares=[0.0])
    assert given["corrupted_0.0"] == pytest.approx(given["teacher_forced"])
    assert given["free_running"]["loss"] > 0


@uncompiled()
def test_weights_and_strategies_reach_the_training():
    pipeline = untrained(encoder_output_layer=True)
    twice = untrained(encoder_output_layer=True)
    options = {"epochs": 1, "batch_size": 1, "progress": False}
    pipeline.fit(PAIRS[:2], PAIRS[:1], weights=[1, 0], **options)
    twice.fit(PAIRS[:1], PAIRS[:1], **options)
    for one, other in zip(pipeline.model.get_weights(), twice.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    history = pipeline.fit(
        PAIRS[:1],
        PAIRS[:1],
        strategies=[ScheduledSampling(LinearDecay(3), 1.0), JointTraining()],
        **options,
    )
    assert np.isfinite(history["loss"]).all()


class BrokenOff(Exception):
    """What stops a run."""


class Stop(keras.callbacks.Callback):
    """Stops a run after the first batch of the second epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if self.params["epoch"] == 1:
            raise BrokenOff

    def on_epoch_begin(self, epoch, logs=None):
        self.params["epoch"] = epoch


@pytest.mark.slow(
    guard="tests/conformance/test_kill_and_resume.py::test_a_run_that_breaks_off_goes_on_as_if_it_had_not"
)
@uncompiled()
def test_a_run_that_breaks_off_goes_on_as_if_it_had_not(tmp_path):
    whole, broken, resumed = (untrained(dropout=0.3) for _ in range(3))
    options = {"epochs": 2, "batch_size": 2, "progress": False, "checkpoint_every": 1}
    engine.seed_everything(3)
    expected = whole.fit(PAIRS, PAIRS, folder=tmp_path / "whole", **options)
    engine.seed_everything(3)
    with pytest.raises(BrokenOff):
        broken.fit(PAIRS, PAIRS, folder=tmp_path / "other", callbacks=[Stop()], **options)
    history = resumed.fit(PAIRS, PAIRS, folder=tmp_path / "other", resume=True, **options)
    assert {**history, "seconds": 0} == {**expected, "seconds": 0}
    for one, other in zip(resumed.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@uncompiled()
def test_a_run_goes_on_with_its_own_standardisation(tmp_path):
    options = {"epochs": 1, "progress": False, "folder": tmp_path}
    untrained().fit(PAIRS[:1], PAIRS[:1], **options)
    other = SequenceToText.from_pairs([(source + 1, text) for source, text in PAIRS], **SIZES)
    with pytest.raises(ValueError, match=r"was begun with; received .*pipeline\.json = "):
        other.fit(PAIRS[:1], PAIRS[:1], resume=True, **options)


@uncompiled()
def test_a_loaded_pipeline_gives_bit_identical_results(pipeline, tmp_path):
    pipeline.save(tmp_path)
    assert "source_vocab.json" not in enclosed(tmp_path / "model.keras")
    loaded = SequenceToText.load(tmp_path)
    assert loaded.description() == pipeline.description()
    assert loaded.log_probabilities(PAIRS) == pipeline.log_probabilities(PAIRS)
    given = [source for source, _ in PAIRS]
    assert figures(loaded.predict(given)) == figures(pipeline.predict(given))


def test_a_folder_of_the_other_kind_is_refused(pipeline, tmp_path):
    pipeline.save(tmp_path / "sequences")
    with pytest.raises(
        ValueError, match=r"folder of a TextToText; .* a SequenceToText. Use SequenceToText.load"
    ):
        TextToText.load(tmp_path / "sequences")
    TextToText.from_pairs([("a", "b")], **SIZES).save(tmp_path / "texts")
    with pytest.raises(ValueError, match=r"folder of a SequenceToText; .* a TextToText. Use TextToText.load"):
        SequenceToText.load(tmp_path / "texts")
    files = description_files(*pipeline.description())
    options = json.loads(files["pipeline.json"])
    for figures, message in [
        ({"mean": [0.0]}, "Expected a mean and a scale of each feature in .*pipeline.json"),
        ({"mean": [0.0], "scale": [0.0]}, "Expected a finite mean, and a scale above 0"),
    ]:
        files["pipeline.json"] = json.dumps({**options, "standardisation": figures}).encode("utf-8")
        write_model(pipeline.model, tmp_path / "sequences" / "model.keras", files)
        with pytest.raises(ValueError, match=message):
            SequenceToText.load(tmp_path / "sequences")


def test_what_is_too_long_or_empty_is_left_out_or_refused(pipeline):
    pairs = [*PAIRS, *zip(sources(12, 0, 1), ["a", "a", ""], strict=True)]
    with pytest.warns(UserWarning, match=r"3 of 7 pairs were left out: .* more than 11 vectors"):
        batches = pipeline.batches(pairs)
    assert len(batches.target_ids) == 4
    assert [pipeline.accepts(*pair) for pair in pairs] == [True] * 4 + [False] * 3
    with pytest.raises(ValueError, match=r"Expected sequences of at most 11 vectors; sequence 1 has 12"):
        pipeline.predict(sources(5, 12))
    (cut,) = pipeline.predict(sources(12), truncate=True)
    assert len(cut.source_tokens) == 11
    with pytest.raises(ValueError, match="pair 1 has 12 and 1"):
        pipeline.log_probabilities([PAIRS[0], pairs[4]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: p.predict(["a b"]), TypeError, "Expected numbers, .* as row 0 of sources; received str"),
        (
            lambda p: p.predict([np.ones((2, 5))]),
            ValueError,
            "vectors of 3 features, as the pipeline has learned",
        ),
        (lambda p: p.predict([np.full((2, 3), np.nan)]), ValueError, "finite numbers in row 0 of sources"),
        (lambda p: p.fit([("a", "b")], PAIRS, epochs=1), TypeError, "as row 0 of the sources of pairs"),
        (lambda p: p.fit(PAIRS, [PAIRS[0][0]], epochs=1), TypeError, "in row 0 of validation_data"),
        (lambda p: p.batches(PAIRS, weights=[1.0]), ValueError, "one weight for each of 4 pairs; received 1"),
        (
            lambda p: p.fit(PAIRS, PAIRS, epochs=1, noise=Noise(drop=0.1)),
            ValueError,
            "Expected no noise beside vectors",
        ),
        (lambda p: untrained(copy=True), ValueError, "Expected sources of ids for copy"),
        (lambda p: untrained(cell="rnn"), ValueError, "Expected cell one of lstm, gru"),
        (
            lambda p: SequenceToText(
                p.model, p.target_vocab, **{**p.description()[2], "standardisation": WIDER}
            ),
            ValueError,
            "Expected a standardisation of 3 features and a vocabulary of 6 tokens, .*; received 5 and 6",
        ),
        (lambda p: SequenceToText.from_pairs([]), ValueError, "Expected at least one vector to learn"),
    ],
)
def test_bad_input_is_refused(pipeline, call, error, message):
    with pytest.raises(error, match=message):
        call(pipeline)
