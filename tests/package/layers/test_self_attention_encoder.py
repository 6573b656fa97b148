"""The small Transformer encoder: it refuses what it cannot read; its model's tests hold the rest."""

import keras
import numpy as np
import pytest

from s2s_lesson.layers import EncoderBlock, SelfAttentionEncoder, Seq2SeqConfig

SIZES = {"encoder_units": 12, "num_heads": 3, "encoder_layers": 2}


def encoder_of(max_length=7):
    return SelfAttentionEncoder(Seq2SeqConfig(31, 29, **SIZES), max_length)


def test_it_is_made_again_from_its_configuration():
    encoder = encoder_of()
    again = SelfAttentionEncoder.from_config(encoder.get_config())
    assert (again.config, again.max_length, len(again.blocks)) == (encoder.config, 7, 2)
    block = EncoderBlock(12, 3, 0.5)
    assert EncoderBlock.from_config(block.get_config()).options == block.options


def test_what_it_cannot_read_is_refused():
    ids = np.full((1, 8), 4)
    with pytest.raises(ValueError, match="Expected sources of at most max_length=7 tokens; received 8"):
        encoder_of()(ids, ids != 0)
    with pytest.raises(ValueError, match=r"Expected a source_vocab_size.*received None"):
        SelfAttentionEncoder(Seq2SeqConfig(None, 29, source_features=3), 7)
    with pytest.raises(ValueError, match="Expected units that 3 heads can share evenly; received 13"):
        EncoderBlock(13, 3)


def test_dropout_is_for_training_alone():
    keras.utils.set_random_seed(0)
    encoder = SelfAttentionEncoder(Seq2SeqConfig(31, 29, dropout=0.5, **SIZES), 7)
    ids = np.array([[5, 7, 11]])
    one, other, dropped = (
        keras.ops.convert_to_numpy(encoder(ids, ids != 0, training=training))
        for training in (False, False, True)
    )
    np.testing.assert_array_equal(one, other)
    assert np.abs(one - dropped).max() > 0.1
