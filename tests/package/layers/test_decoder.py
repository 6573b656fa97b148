import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.layers import (
    AttentionDecoder,
    BahdanauAttention,
    LuongAttention,
    NoAttention,
    Seq2SeqConfig,
)
from s2s_lesson.layers.config import ATTENTIONS

BATCH, TARGET_LENGTH, SOURCE_LENGTH, UNITS, VOCAB_SIZE = 2, 3, 5, 11, 29
MASK = np.arange(SOURCE_LENGTH) < np.array([5, 2])[:, None]
DECODER_INPUTS = np.array([[2, 7, 8], [2, 9, 0]])


def normal(*shape):
    return np.random.default_rng(shape).normal(size=shape).astype("float32")


def make_decoder(**options):
    """A decoder for an encoder whose outputs are as wide as its own states."""
    sizes = {"embedding_dim": 3, "encoder_units": UNITS, "decoder_units": UNITS, "bidirectional": False}
    return AttentionDecoder(Seq2SeqConfig(31, VOCAB_SIZE, **sizes, **options))


def decoder_and_state(cell="lstm", **options):
    """A built decoder and a random state."""
    decoder = make_decoder(decoder_layers=2, cell=cell, **options)
    values = normal(BATCH, SOURCE_LENGTH, UNITS)
    states = [normal(BATCH, UNITS) for _ in range({"lstm": 2, "gru": 1}[cell])]
    state = decoder.initial_state(values, MASK, [states, states])
    decoder(DECODER_INPUTS, state)
    return decoder, state


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_shapes(cell):
    decoder, state = decoder_and_state(cell)
    logits, attention_weights = decoder(DECODER_INPUTS, state)
    assert logits.shape == (BATCH, TARGET_LENGTH, VOCAB_SIZE)
    assert attention_weights.shape == (BATCH, TARGET_LENGTH, SOURCE_LENGTH)
    logits, next_state = decoder.step(DECODER_INPUTS[:, 0], state)
    assert logits.shape == (BATCH, VOCAB_SIZE)
    assert next_state["attention_weights"].shape == (BATCH, SOURCE_LENGTH)
    keras.tree.assert_same_structure(next_state, state)
    assert {leaf.shape for leaf in keras.tree.flatten(next_state["recurrent_state"])} == {(BATCH, UNITS)}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_each_name_stands_for_its_attention(name):
    attention = make_decoder(attention=name).attention
    known = {"none": NoAttention, "bahdanau": BahdanauAttention}
    assert type(attention) is known.get(name, LuongAttention)
    if name.startswith("luong"):
        assert f"luong_{attention.score}" == name
    if name != "none":
        assert attention.units == UNITS


@pytest.mark.parametrize(
    "options",
    [{"attention": "cosine"}, {"attention_order": "before"}, {"cell": "rnn"}],
    ids=["attention", "order", "cell"],
)
def test_an_unknown_choice_is_an_error(options):
    with pytest.raises(ValueError, match=r"Expected \w+ one of .*; received"):
        make_decoder(**options)


@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_works_in_training_alone(option):
    decoder, state = decoder_and_state(**{option: 0.5})
    plain, trained, again = (
        keras.ops.convert_to_numpy(decoder(DECODER_INPUTS, state, training=training)[0])
        for training in (False, True, False)
    )
    np.testing.assert_array_equal(plain, again)
    assert np.abs(plain - trained).max() > 1e-3


def test_no_step_sees_a_later_token():
    decoder, state = decoder_and_state()
    randomise(decoder)
    others = np.array([[2, 7, 28], [2, 9, 27]])
    logits, other = (keras.ops.convert_to_numpy(decoder(ids, state)[0]) for ids in (DECODER_INPUTS, others))
    np.testing.assert_array_equal(other[:, :2], logits[:, :2])
    assert np.abs(other[:, 2] - logits[:, 2]).max() > 1e-4


def test_a_decoder_is_made_again_from_its_config():
    choices = {
        "cell": "gru",
        "attention": "luong_concat",
        "attention_order": "into_rnn",
        "input_feeding": True,
    }
    attention = {"window": "predictive", "half_width": 7, "temperature": 0.5, "coverage": True}
    dropout = {"residual": True, "dropout": 0.25, "recurrent_dropout": 0.125}
    decoder = make_decoder(decoder_layers=2, **choices, **attention, **dropout)
    twin = AttentionDecoder.from_config(decoder.get_config())
    assert twin.get_config() == decoder.get_config()
    assert twin.config == decoder.config
