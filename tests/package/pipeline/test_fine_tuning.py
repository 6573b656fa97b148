"""fine_tune: a copy goes on on new pairs, and what is forgotten is seen."""

import csv

import numpy as np
import pytest

from s2s_lesson import engine
from s2s_lesson.corpora.splits import split_pairs
from s2s_lesson.pipeline import TextToText
from s2s_lesson.training.loop import teacher_forced_scores

OLD = [(f"{number}", f"{-number}") for number in range(10, 30)]
NEW = [(f"{number}", f"{-number}") for number in range(50, 73)]
OPTIONS = {"epochs": 1, "batch_size": 31, "progress": False}


@pytest.fixture
def pipeline(uncompiled):
    engine.seed_everything(5)
    tokens = {"source_tokens": "words", "target_tokens": "characters"}
    return TextToText.from_pairs(OLD, embedding_dim=3, encoder_units=5, decoder_units=7, **tokens)


def test_a_copy_learns_and_what_it_could_before_is_scored(pipeline, tmp_path):
    before = [weight.copy() for weight in pipeline.model.get_weights()]
    tuned, history = pipeline.fine_tune(
        NEW, NEW[:7], old_validation_data=OLD[:5], folder=tmp_path, keep="last", **OPTIONS
    )
    for weight, expected in zip(pipeline.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert len(tuned.source_vocab) == len(pipeline.source_vocab) + len(NEW)
    with open(tmp_path / "log.csv", newline="", encoding="utf-8") as file:
        before_and_after = [float(line["val_loss"]) for line in csv.DictReader(file)]
    assert before_and_after[1] == history["val_loss"][0] < before_and_after[0]
    scores = teacher_forced_scores(tuned.model, tuned.batches(OLD[:5], progress=False))
    assert {name: history[f"old_val_{name}"][-1] for name in scores} == pytest.approx(scores, rel=1e-5)
    assert TextToText.load(tmp_path).target_vocab == tuned.target_vocab
    with pytest.raises(ValueError, match=r"received old_validation_data = 'none' in place of '5 pairs"):
        pipeline.fine_tune(NEW, NEW[:7], folder=tmp_path, resume=True, keep="last", **OPTIONS)


def test_words_of_pairs_that_are_held_back_are_no_new_words(pipeline, monkeypatch, capsys):
    monkeypatch.setattr(TextToText, "fit", lambda pipeline, *pairs, **options: (pairs, options))
    tuned, (pairs, options) = pipeline.fine_tune(NEW, min_count=1, max_vocab_size=100, epochs=3)
    corpus = split_pairs(NEW, test_share=0.0)
    assert pairs == (corpus.train, corpus.dev) and corpus.dev
    assert len(tuned.source_vocab) == len(pipeline.source_vocab) + len(corpus.train)
    assert options == {"old_validation_data": None, "folder": None, "epochs": 3}
    assert "new tokens" in capsys.readouterr().out


def test_options_are_looked_at_before_anything_is_done(pipeline):
    with pytest.raises(ValueError, match="Expected epochs of at least 1"):
        pipeline.fine_tune([], epochs=0)
    with pytest.raises(ValueError, match="Expected keep one of best, last"):
        pipeline.fine_tune([], keep="first")
    with pytest.raises(ValueError, match="Expected weights None where no validation_data is given"):
        pipeline.fine_tune(NEW, weights=[1.0] * len(NEW))
