"""Embeddings, tied and frozen: one table for two layers, at a scale that suits both."""

import dataclasses

import keras
import numpy as np
import pytest
from small_models import SIZES, randomise, small_batch

from s2s_lesson.layers import Seq2SeqConfig, TiedEmbedding, TiedOutput
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline.presets import PRESETS
from s2s_lesson.pipeline.to_text import begin_with_frequencies

WIDE = {"embedding_dim": 61, "encoder_units": 31, "decoder_units": 61}
BLOCKS = {"decoder": "self_attention", "num_heads": 2, "encoder_units": 31, "decoder_units": 64}
TIED = {
    "as_wide": WIDE,
    "projected": {**WIDE, "embedding_dim": 41},
    "shared_embedding": {**WIDE, "embedding_dim": 41, "shared_embedding": True},
    "self_attention": BLOCKS,
}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def loss_of(logits, targets):
    logits = logits.astype("float64")
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(log_probs, targets[..., None], -1).mean()


@pytest.mark.parametrize("options", TIED.values(), ids=TIED)
def test_a_tied_model_begins_with_the_frequencies(options):
    """What it reads and what it multiplies logits of must not add more than a few hundredths to the loss."""
    generator = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = Seq2Seq(Seq2SeqConfig(101, 101, tied_output=True, **options))
    source_ids = generator.integers(4, 101, (17, 7)).astype("int32")
    targets = (4 + np.minimum(generator.geometric(0.05, (17, 11)), 96)).astype("int32")
    begin_with_frequencies(model, targets.ravel())
    inputs = {"source_ids": source_ids, "decoder_inputs": np.roll(targets, 1, axis=1)}
    frequencies = np.log((np.bincount(targets.ravel(), minlength=101) + 1) / (targets.size + 101))
    expected = loss_of(np.broadcast_to(frequencies, (17, 11, 101)), targets)
    assert loss_of(numpy(model(inputs)), targets) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("options", TIED.values(), ids=TIED)
def test_what_a_tied_embedding_gives_begins_with_a_variance_of_one(options):
    model = Seq2Seq(Seq2SeqConfig(101, 101, tied_output=True, **options))
    parts = [model.decoder] + [model.encoder] * model.config.shared_embedding
    for part in parts:
        assert isinstance(part.embedding, TiedEmbedding)
        assert numpy(part.embedding(np.arange(101))).std() == pytest.approx(1, abs=0.1)


def test_one_table_is_tied_three_ways_and_saved_once(tmp_path):
    options = {"source_vocab_size": 31, "target_vocab_size": 31, **SIZES, "shared_embedding": True}
    apart, tied = (Seq2Seq(Seq2SeqConfig(**options, tied_output=tied)) for tied in (False, True))
    units, width = SIZES["decoder_units"], SIZES["embedding_dim"]
    assert apart.count_params() - tied.count_params() == units * 31 - units * width
    assert tied.encoder.embedding is tied.decoder.embedding is tied.decoder.output_layer.embedding
    randomise(tied)
    tied.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.encoder.embedding is loaded.decoder.output_layer.embedding
    np.testing.assert_array_equal(loaded(small_batch()), tied(small_batch()))


def test_a_projection_is_there_only_where_sizes_differ():
    for width, shapes in ((13, [(29,), (29, 13)]), (5, [(29,), (29, 5), (13, 5)])):
        layer = TiedOutput(TiedEmbedding(29, width))
        layer.build((None, None, 13))
        assert [tuple(weight.shape) for weight in layer.weights] == shapes


def test_every_preset_can_be_tied():
    names = {field.name for field in dataclasses.fields(Seq2SeqConfig)}
    for preset in PRESETS.values():
        options = {name: value for name, value in preset.pipeline.items() if name in names}
        assert Seq2SeqConfig(31, 31, tied_output=True, **options).tied_output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tied_output": "yes"}, "Expected tied_output as True or False; received 'yes'"),
        ({"frozen_embeddings": "all"}, "Expected frozen_embeddings one of none, source, .*; received 'all'"),
        (
            {"shared_embedding": True, "frozen_embeddings": "source"},
            "Expected frozen_embeddings none or both with a shared embedding.*; received 'source'",
        ),
        (
            {"source_vocab_size": None, "source_features": 3, "frozen_embeddings": "both"},
            "Expected frozen_embeddings none or target with source_features.*; received 'both'",
        ),
    ],
)
def test_what_does_not_go_together_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqConfig(**{"source_vocab_size": 31, "target_vocab_size": 31, **SIZES, **options})


@pytest.mark.parametrize(
    ("which", "options"),
    [
        ("none", {"tied_output": True}),
        ("source", {}),
        ("target", {"tied_output": True}),
        ("both", {"shared_embedding": True, "tied_output": True}),
        ("target", {"decoder": "self_attention", "decoder_units": 8}),
    ],
)
def test_all_but_frozen_embeddings_can_be_trained_also_when_loaded(which, options, tmp_path):
    model = Seq2Seq(Seq2SeqConfig(31, 31, **{**SIZES, **options}, frozen_embeddings=which))
    model.save(tmp_path / "model.keras")
    for one in (model, keras.saving.load_model(tmp_path / "model.keras")):
        trained = {id(variable) for variable in one.trainable_variables}
        tables = {"source": one.encoder.embedding.embeddings, "target": one.decoder.embedding.embeddings}
        assert {side for side, table in tables.items() if id(table) not in trained} == (
            {"source", "target"} if which == "both" else {which} - {"none"}
        )
        assert {id(variable) for variable in one.weights} - set(map(id, tables.values())) <= trained
