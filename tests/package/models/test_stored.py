"""A model in a small file: the same to 16 bits, whole or refused, and no larger than it says."""

import json

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson import Seq2Seq, Seq2SeqConfig, TextToText
from s2s_lesson.data.whole_files import sha256_of
from s2s_lesson.models.stored import read_stored, write_stored
from s2s_lesson.pipeline.continuing import origin_of
from s2s_lesson.training.run_folder import model_file

CONFIG = Seq2SeqConfig(11, 13, embedding_dim=3, encoder_units=5, decoder_units=7)


@pytest.fixture
def model():
    model = Seq2Seq(CONFIG)
    randomise(model)
    return model


def changed(path, **arrays):
    """The file with other arrays in it; those that are None are left out."""
    with np.load(path) as stored:
        arrays = {**stored, **arrays}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize("options", [{}, {"decoder": "self_attention", "decoder_units": 8}, {"copy": True}])
def test_weights_are_those_of_the_model_rounded_to_16_bits(tmp_path, options):
    model = Seq2Seq(Seq2SeqConfig(**{**vars(CONFIG), **options}))
    randomise(model)
    write_stored(model, tmp_path / "weights.npz")
    read = read_stored(tmp_path / "weights.npz")
    assert read.config == model.config
    for weight, expected in zip(read.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected.astype("float16").astype("float32"))


def test_a_weight_that_is_too_large_is_named(model, tmp_path):
    model.decoder.output_layer.bias.assign(np.full(13, 1e5, "float32"))
    with pytest.raises(ValueError, match=r"16 bits.*bias"):
        write_stored(model, tmp_path / "weights.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"weight_3": None}, "no weight_3"),
        ({"weight_0": np.zeros((1000, 1000), "float16")}, "no weight_0 of the shape"),
        ({"weight_1": np.zeros((2, 2), "float16")}, "shape"),
        ({"config": None}, "no configuration"),
        ({"config": np.array("x" * 10_000)}, "no configuration"),
        ({"config": np.array("{")}, "Expecting"),
        ({"config": np.array(json.dumps({"of_tomorrow": 1}))}, "does not know: of_tomorrow"),
        ({"config": np.array(json.dumps({**vars(CONFIG), "cell": "rnn"}))}, "Expected cell"),
        ({"config": np.array(json.dumps({**vars(CONFIG), "encoder_units": 10**7}))}, "free memory"),
        ({"config": np.array([{}], object)}, "allow_pickle"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(model, tmp_path, arrays, said):
    write_stored(model, tmp_path / "weights.npz")
    path = changed(tmp_path / "weights.npz", **arrays)
    with pytest.raises(ValueError, match=f"Expected a model with weights of 16 bits in .*{said}"):
        read_stored(path)


def test_another_file_is_refused_and_a_missing_one_is_named(tmp_path):
    (tmp_path / "weights.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="received a damaged file, or one of another kind"):
        read_stored(tmp_path / "weights.npz")
    with pytest.raises(FileNotFoundError, match=r"other\.npz"):
        read_stored(tmp_path / "other.npz")


def test_a_pipeline_is_saved_in_half_the_room_and_predicts_the_same(tmp_path):
    pipeline = TextToText.from_pairs([("a b", "c d"), ("b a", "d c")] * 3, embedding_dim=31, encoder_units=29)
    pipeline.save(tmp_path)
    large = sum(file.stat().st_size for file in tmp_path.iterdir())
    pipeline.save(tmp_path, weights="float16")
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 0.6 * large
    small = TextToText.load(tmp_path)
    logits = [one.model(one.batches([("a b", "c d")])[0][0]) for one in (pipeline, small)]
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, logits), atol=1e-3)
    assert model_file(tmp_path).name == "weights.npz"
    origin = origin_of({"from": {"run": str(tmp_path)}})  # training can go on from it
    assert origin.sha256 == sha256_of(tmp_path / "weights.npz")
    (tmp_path / "model.keras").touch()  # as a training in that folder would write later
    assert model_file(tmp_path).name == "model.keras"
    small.save(tmp_path)
    assert (tmp_path / "model.keras").exists() and not (tmp_path / "weights.npz").exists()
