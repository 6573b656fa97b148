"""``keras.Model.export``: the exported model takes any batch and any lengths, as ids."""

import keras
import numpy as np
import pytest

from s2s_lesson import Seq2Seq, Seq2SeqConfig
from s2s_lesson.models import PointerNetwork
from s2s_lesson.training import StrategicModel

if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's own export", allow_module_level=True)
import tensorflow as tf

SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 8}


def ids(seed, *shape):
    return np.random.default_rng(seed).integers(4, 9, shape).astype("int32")


def exported(model, folder):
    model.export(folder, verbose=False)
    return tf.saved_model.load(folder)


def expect_the_same(model, saved, names):
    for batch, source_length, target_length in ((3, 7, 5), (1, 2, 11)):
        source_ids = ids(0, batch, source_length)
        inputs = {
            "source_ids": source_ids,
            "copy_ids": source_ids,
            "decoder_inputs": ids(1, batch, target_length),
        }
        inputs = {name: inputs[name] for name in names}
        np.testing.assert_allclose(saved.serve(inputs), model(inputs), rtol=1e-5, atol=1e-5)


def test_an_exported_model_takes_any_batch_and_length(tmp_path):
    model = Seq2Seq(Seq2SeqConfig(11, 13, cell="gru", bidirectional=False, attention="none", **SIZES))
    saved = exported(StrategicModel(model, []), tmp_path)
    expect_the_same(model, saved, ["source_ids", "decoder_inputs"])


ALL = {"attention_order": "into_rnn", "attention": "bahdanau", "coverage": True, "input_feeding": True}
SLOW = pytest.mark.slow(guard="tests/package/models/test_export.py::test_every_kind_of_model_can_be_exported")


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, marks=SLOW),
        pytest.param({"copy": True}, marks=SLOW),
        pytest.param({"decoder": "self_attention"}, marks=SLOW),
        ALL,
    ],
    ids=str,
)
def test_every_kind_of_model_can_be_exported(tmp_path, options):
    model = Seq2Seq(Seq2SeqConfig(11, 13, **SIZES, **options))
    names = ["source_ids", *(["copy_ids"] if options.get("copy") else []), "decoder_inputs"]
    expect_the_same(model, exported(model, tmp_path), names)


def expect_the_same_of_vectors(model, saved, features):
    for batch, source_length, target_length in ((3, 7, 5), (1, 5, 2)):
        inputs = {
            "source_vectors": np.random.default_rng(3)
            .normal(size=(batch, source_length, features))
            .astype("float32"),
            "source_mask": np.arange(source_length) < np.full((batch, 1), source_length - 1),
            "decoder_inputs": ids(1, batch, target_length),
        }
        np.testing.assert_allclose(saved.serve(inputs), model(inputs), rtol=1e-5, atol=1e-5)


@pytest.mark.slow(guard="tests/package/models/test_export.py::test_every_kind_of_model_can_be_exported")
def test_a_pointer_network_can_be_exported(tmp_path):
    model = PointerNetwork(2, units=5)
    expect_the_same_of_vectors(model, exported(model, tmp_path), 2)


@pytest.mark.slow(guard="tests/package/models/test_export.py::test_every_kind_of_model_can_be_exported")
def test_a_model_of_vectors_can_be_exported(tmp_path):
    model = Seq2Seq(Seq2SeqConfig(None, 13, source_features=11, cell="gru", bidirectional=False, **SIZES))
    expect_the_same_of_vectors(model, exported(model, tmp_path), 11)
