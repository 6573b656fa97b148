"""fit without held-out pairs and without a number of epochs: it chooses them, and says so."""

import numpy as np
import pytest

from s2s_lesson import TextToText
from s2s_lesson.corpora.splits import split_pairs
from s2s_lesson.data import Noise
from s2s_lesson.pipeline import SequenceToText
from s2s_lesson.pipeline.recommendation import training_for

PAIRS = [(f"{number}", f"{-number}") for number in range(101)]
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}


@pytest.fixture
def pipeline(uncompiled):
    return TextToText.from_pairs(PAIRS, source_tokens="characters", target_tokens="characters", **SIZES)


def asked_for(monkeypatch):
    """What the loop is asked for, in place of a training."""
    asked = {}

    def fit(model, train_batches, dev_batches, **options):
        asked.update(options, train=train_batches, dev=dev_batches)
        return {"loss": []}

    monkeypatch.setattr("s2s_lesson.training.loop.fit", fit)
    return asked


def test_pairs_are_held_back_by_their_sources_and_it_is_said(pipeline, monkeypatch, capsys):
    asked, corpus = asked_for(monkeypatch), split_pairs(PAIRS, test_share=0.0)
    pipeline.fit(PAIRS, epochs=3)
    assert len(asked["train"].target_ids) == len(corpus.train)
    assert len(asked["dev"].target_ids) == len(corpus.dev) > 0
    assert f"{len(corpus.dev)} of 101 pairs are held back as development pairs" in capsys.readouterr().out


def test_it_is_not_said_where_nothing_is_to_be_shown(pipeline, monkeypatch, capsys):
    asked_for(monkeypatch)
    pipeline.fit(PAIRS, epochs=3, progress=False)
    assert capsys.readouterr().out == ""


def test_epochs_follow_from_the_number_of_pairs(pipeline, monkeypatch):
    asked = asked_for(monkeypatch)
    pipeline.fit(PAIRS, PAIRS[:7], progress=False)
    assert asked["epochs"] == training_for(len(PAIRS))["epochs"]
    pipeline.fit(PAIRS, PAIRS[:7], epochs=2, progress=False)
    assert asked["epochs"] == 2


def test_noise_is_for_the_pairs_to_learn_from_alone(pipeline, monkeypatch):
    asked, noise = asked_for(monkeypatch), Noise(drop=0.5)
    pipeline.fit(PAIRS, PAIRS[:7], noise=noise, epochs=1, seed=5, progress=False)
    assert (asked["train"].noise, asked["train"].seed, asked["dev"].noise) == (noise, 5, None)


def test_weights_need_pairs_that_are_held_out_already(pipeline):
    with pytest.raises(ValueError, match="Expected weights None where no validation_data is given"):
        pipeline.fit(PAIRS, epochs=3, weights=[1.0] * len(PAIRS))


def test_arrays_need_them_as_well():
    pairs = [(np.ones((3, 2)) * number, "a b"[: 1 + number % 3]) for number in range(7)]
    pipeline = SequenceToText.from_pairs(pairs, target_tokens="characters", **SIZES)
    with pytest.raises(ValueError, match="Expected validation_data where sources are arrays"):
        pipeline.fit(pairs, epochs=3)
