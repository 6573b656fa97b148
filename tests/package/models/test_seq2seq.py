import dataclasses

import keras
import numpy as np
import pytest
from small_models import (
    DOT_BOTH_WAYS,
    SIZES,
    STANDARD_LENGTHS,
    VARIANTS,
    small_batch,
    small_model,
    small_outputs,
)

from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.layers.config import ATTENTIONS
from s2s_lesson.models import Seq2Seq


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source_vocab_size": 4}, "Expected source_vocab_size above 4.*; received 4"),
        ({"target_vocab_size": 0}, "Expected target_vocab_size above 4.*; received 0"),
        ({"embedding_dim": 0}, "Expected embedding_dim of at least 1; received 0"),
        ({"encoder_units": 0}, "Expected encoder_units of at least 1; received 0"),
        ({"decoder_units": -3}, "Expected decoder_units of at least 1; received -3"),
        ({"encoder_layers": 0}, "Expected encoder_layers of at least 1; received 0"),
        ({"decoder_layers": 0}, "Expected decoder_layers of at least 1; received 0"),
        ({"dropout": 1.0}, "Expected dropout from 0 to below 1; received 1.0"),
        ({"dropout": float("nan")}, "Expected dropout from 0 to below 1; received nan"),
        ({"recurrent_dropout": -0.1}, "Expected recurrent_dropout from 0 to below 1; received -0.1"),
        ({"cell": "rnn"}, "Expected cell one of lstm, gru; received 'rnn'"),
        ({"attention": "luong"}, "Expected attention one of none, .*, bahdanau; received 'luong'"),
        ({"attention_order": "before"}, "Expected attention_order one of .*; received 'before'"),
        ({"window": "local"}, "Expected window one of none, monotonic, .*; received 'local'"),
        ({"half_width": 0}, "Expected half_width of at least 1; received 0"),
        ({"temperature": 0.0}, "Expected temperature above 0; received 0.0"),
        (
            {"attention": "bahdanau", "window": "monotonic"},
            "Expected one of Luong's .*; received attention 'b",
        ),
        ({"attention": "none", "coverage": True}, "Expected an attention for coverage; received 'none'"),
        ({"attention": "luong_dot"}, "Expected encoder outputs as wide as .*; received widths 22 and 13"),
        ({"attention": "luong_dot", "bidirectional": False}, "Expected .*; received widths 11 and 13"),
    ],
)
def test_impossible_configs_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqConfig(**{"source_vocab_size": 31, "target_vocab_size": 29, **SIZES, **options})


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_possible_configs_are_kept_as_they_are(attention):
    config = Seq2SeqConfig(31, 29, **DOT_BOTH_WAYS, attention=attention)
    assert config.attention == attention and config.decoder_units == 22
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.decoder_units = 13


@pytest.mark.parametrize("variant", VARIANTS)
def test_calling_a_model_is_encoding_and_decoding(variant):
    model, (logits, attention_weights) = small_model(variant), small_outputs(variant)
    assert logits.shape == (3, 5, 29) and attention_weights.shape == (3, 5, 7)
    np.testing.assert_array_equal(model(small_batch(*STANDARD_LENGTHS)), logits)


@pytest.mark.parametrize("variant", ["lstm-bahdanau-2_decoder_layers", "gru-general-2_layers"])
def test_a_state_has_the_row_axis_first_and_keeps_its_structure(variant):
    model = small_model(variant)
    state = model.encode(small_batch((7, 2, 5))["source_ids"])
    assert state["keys"].shape == (3, 7, 13) and state["values"].shape == (3, 7, 11)
    np.testing.assert_array_equal(state["keys_mask"], np.arange(7) < np.array([7, 2, 5])[:, None])
    states_a_layer = {"lstm": 2, "gru": 1}[model.config.cell]
    assert [[s.shape for s in layer] for layer in state["recurrent_state"]] == [
        [(3, 13)] * states_a_layer
    ] * 2
    logits, next_state = model.step(np.array([2, 7, 11]), state)
    assert logits.shape == (3, 29)
    keras.tree.assert_same_structure(next_state, state)
    assert all(next_state[name] is state[name] for name in ("keys", "values", "keys_mask"))
    before, after = (
        [keras.ops.convert_to_numpy(leaf) for leaf in keras.tree.flatten(s["recurrent_state"])]
        for s in (state, next_state)
    )
    assert all(np.abs(new - old).max() > 1e-3 for old, new in zip(before, after, strict=True))


def test_dropout_changes_logits_in_training_alone():
    model, batch = Seq2Seq(Seq2SeqConfig(31, 29, **SIZES, dropout=0.5)), small_batch()
    plain, trained, again = (
        keras.ops.convert_to_numpy(model(batch, training=training)) for training in (False, True, False)
    )
    np.testing.assert_array_equal(plain, again)
    assert np.abs(plain - trained).max() > 1e-3


def test_a_model_is_made_again_from_its_config_with_all_its_weights():
    model, batch = small_model("gru-concat"), small_batch()
    twin = Seq2Seq.from_config(model.get_config())
    assert twin.config == model.config
    assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin(batch), model(batch))


def test_a_shared_embedding_is_one_table_that_is_saved_once(tmp_path):
    config = Seq2SeqConfig(31, 31, embedding_dim=3, encoder_units=11, decoder_units=13, shared_embedding=True)
    model, apart = Seq2Seq(config), Seq2Seq(dataclasses.replace(config, shared_embedding=False))
    assert apart.count_params() - model.count_params() == 31 * 3
    assert model.encoder.embedding is model.decoder.embedding
    model.decoder.embedding.embeddings.assign(np.random.default_rng(0).normal(size=(31, 3)))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.encoder.embedding is loaded.decoder.embedding
    batch = small_batch()
    np.testing.assert_array_equal(model(batch), loaded(batch))


def test_a_shared_embedding_needs_one_vocabulary():
    with pytest.raises(ValueError, match="Expected vocabularies of one size for a shared embedding"):
        Seq2SeqConfig(31, 29, shared_embedding=True)
    with pytest.raises(ValueError, match="Expected no shared_embedding with a self-attention decoder"):
        Seq2SeqConfig(31, 31, decoder="self_attention", shared_embedding=True)


def test_sources_padded_on_the_left_are_an_error_where_they_are_seen():
    """As arrays and as tensors, but within a compiled function."""
    model = small_model(next(iter(VARIANTS)))
    source_ids = np.array([[5, 7, 0], [0, 5, 7]], "int32")
    for given in (source_ids, keras.ops.convert_to_tensor(source_ids)):
        inputs = {"source_ids": given, "decoder_inputs": np.array([[2, 5], [2, 7]])}
        for read in (lambda given=given: model.encode(given), lambda inputs=inputs: model(inputs)):
            with pytest.raises(ValueError, match=r"source_ids with padding on the right alone; .* in row 1"):
                read()


@pytest.mark.parametrize(
    ("options", "logits"),
    [
        ({}, "(None, None, 29)"),
        ({"copy": True}, "(None, None, None)"),
        ({"decoder": "self_attention", "decoder_units": 14, "num_heads": 7}, "(None, None, 29)"),
    ],
)
def test_a_summary_says_the_shapes(options, logits):
    model, printed = Seq2Seq(Seq2SeqConfig(31, 29, **{**SIZES, **options})), []
    model.summary(print_fn=printed.append, line_length=100)
    text = "\n".join(printed)
    assert "?" not in text and logits in text and f"(None, None, {2 * SIZES['encoder_units']})" in text
