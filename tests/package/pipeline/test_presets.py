"""Presets: the article's own is what the article says; all name options that there are."""

from dataclasses import fields
from inspect import signature

import pytest

from s2s_lesson import TextToText
from s2s_lesson.corpora import CORPORA
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.pipeline import PRESETS
from s2s_lesson.training import Optimization

# Constants and layers of the article's section 4.3; its decoder has twice the units of a direction.
EMBEDDING_DIM, UNITS, BATCH_SIZE, EPOCHS, LEARNING_RATE, DROPOUT, LAYERS = 300, 128, 128, 10, 0.001, 0.2, 2


@pytest.mark.parametrize("name", ["article", "article-shared"])
def test_the_articles_preset_is_what_the_article_says(name):
    preset = PRESETS[name]
    config = Seq2SeqConfig(11, 11, **{key: preset.pipeline[key] for key in preset.pipeline.keys() & OPTIONS})
    assert (config.embedding_dim, config.encoder_units, config.decoder_units) == (
        EMBEDDING_DIM,
        UNITS,
        2 * UNITS,
    )
    assert config.encoder_layers == config.decoder_layers == LAYERS
    assert config.dropout == config.recurrent_dropout == DROPOUT
    assert (config.attention, config.bidirectional) == ("none", False)
    assert config.shared_embedding is (name == "article-shared")
    assert preset.training["batch_size"] == BATCH_SIZE and preset.training["epochs"] == EPOCHS
    plain = Optimization(LEARNING_RATE, decay="constant", clip_norm=None)
    assert preset.training["optimization"] == plain


OPTIONS = {field.name for field in fields(Seq2SeqConfig)}


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_names_options_that_there_are(name):
    preset = PRESETS[name]
    assert (preset.corpus_name or name) in CORPORA
    assert preset.pipeline.keys() <= OPTIONS | signature(TextToText.from_pairs).parameters.keys()
    assert preset.training.keys() <= signature(TextToText.fit).parameters.keys() | {"patience"}
    assert 1 <= preset.training["epochs"] <= 20 and preset.training["batch_size"] in (64, 128)
    if "learning_rate" in preset.training:
        assert 1e-3 <= preset.training["learning_rate"] <= 1e-2
