"""What an encoder reads: ids or vectors, and which of a model's options need ids."""

import keras
import numpy as np
import pytest
from small_models import randomise
from uncompiled import uncompiled

from s2s_lesson import Seq2Seq, Seq2SeqConfig
from s2s_lesson.layers import RecurrentEncoder
from s2s_lesson.training import JointTraining, StrategicModel, compile_model

SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
VECTORS = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
MASK = np.array([[True] * 5, [True, True, False, False, False]])
IDS = np.array([[5, 6, 7, 8, 9], [9, 8, 0, 0, 0]])


def vector_model(**options):
    return Seq2Seq(Seq2SeqConfig(None, 13, source_features=3, **SIZES, **options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"source_vocab_size": None},
            "Expected source_vocab_size for .*, or source_features.*; received None and N",
        ),
        ({"source_features": 3}, "Expected source_vocab_size for .*; received 31 and 3. Pass one"),
        (
            {"source_vocab_size": None, "source_features": 0},
            "Expected source_features of at least 1.*; received 0",
        ),
        ({"source_vocab_size": None, "source_features": 3, "copy": True}, "Expected sources of ids for copy"),
        (
            {"source_vocab_size": None, "source_features": 3, "shared_embedding": True},
            "Expected sources of ids for shared_embedding; received source_features=3",
        ),
        (
            {"source_vocab_size": None, "source_features": 10**12},
            "Expected source_features that the free memory",
        ),
    ],
)
def test_a_config_is_of_one_kind_of_source(options, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqConfig(**{"source_vocab_size": 31, "target_vocab_size": 29, **SIZES, **options})


def test_the_encoder_projects_vectors_and_reads_on_as_it_reads_embeddings():
    encoder = RecurrentEncoder(Seq2SeqConfig(None, 13, source_features=3, **SIZES))
    outputs, state = encoder(VECTORS, MASK)
    randomise(encoder)
    of_ids = RecurrentEncoder(Seq2SeqConfig(14, 13, **SIZES))
    of_ids(IDS, MASK)
    kernel, bias = encoder.embedding.get_weights()
    table = np.zeros((14, 5), "float32")
    table[4:14] = VECTORS.reshape(10, 3) @ kernel + bias  # an id for each vector
    of_ids.set_weights([table, *encoder.get_weights()[2:]])
    ids = np.arange(4, 14).reshape(2, 5) * MASK
    outputs, state = encoder(VECTORS, MASK)
    expected, expected_state = of_ids(ids, MASK)
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (outputs, expected)), rtol=1e-5, atol=1e-6)
    for one, other in zip(state[0], expected_state[0], strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (one, other)), rtol=1e-5, atol=1e-6)


def test_a_source_of_the_other_kind_is_refused():
    of_vectors, of_ids = vector_model(), Seq2Seq(Seq2SeqConfig(10, 13, **SIZES))
    for call, message in [
        (
            lambda: of_vectors.encode(IDS),
            r"source_vectors of shape \(batch, source_length, 3\); received \(2, 5\)",
        ),
        (lambda: of_vectors.encode(VECTORS[..., :2]), r"source_length, 3\); received \(2, 5, 2\)"),
        (
            lambda: of_vectors.encode(VECTORS, source_mask=MASK[:, :3]),
            r"source_mask of shape \(2, 5\), .*\(2, 3\)",
        ),
        (lambda: of_vectors.encode(VECTORS, source_mask=MASK[0]), r"source_mask of shape \(2, 5\), .*\(5,\)"),
        (lambda: of_vectors.encode(VECTORS, source_mask=MASK[:, ::-1]), "padding on the right alone.* row 1"),
        (
            lambda: of_vectors.encode_inputs({"source_ids": IDS}),
            "inputs with source_vectors; received source_ids",
        ),
        (
            lambda: of_ids.encode(VECTORS),
            r"source_ids of shape \(batch, source_length\); received \(2, 5, 3\)",
        ),
        (lambda: of_ids.encode(IDS, source_mask=MASK), "Expected no source_mask beside source_ids"),
        (
            lambda: of_ids.encode_inputs({"source_vectors": VECTORS}),
            "inputs with source_ids; received source_vec",
        ),
        (lambda: of_vectors.encoder(IDS, MASK), "source_vectors of shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def test_without_a_mask_all_vectors_are_real():
    model = vector_model()
    state = model.encode(VECTORS)
    expected = model.encode(VECTORS, source_mask=np.ones((2, 5), bool))
    for one, other in zip(keras.tree.flatten(state), keras.tree.flatten(expected), strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))


@pytest.mark.parametrize(
    "options",
    [
        {"decoder": "self_attention", "decoder_units": 16},
        {"dropout": 0.3, "recurrent_dropout": 0.2, "encoder_layers": 2, "residual": True},
        {"precision": "mixed_bfloat16"},
    ],
    ids=str,
)
def test_options_of_models_of_vectors(options):
    model = Seq2Seq(Seq2SeqConfig(None, 13, source_features=3, **{**SIZES, **options}))
    inputs = {"source_vectors": VECTORS, "source_mask": MASK, "decoder_inputs": IDS[:, :3]}
    logits = keras.ops.convert_to_numpy(keras.ops.cast(model(inputs, training=True), "float32"))
    assert logits.shape == (2, 3, 13) and np.isfinite(logits).all()


@uncompiled()
def test_strategies_train_models_of_vectors():
    model = vector_model(encoder_output_layer=True)
    trained = StrategicModel(model, [JointTraining()])
    compile_model(trained)
    before = model.encoder.embedding.get_weights()[0]
    inputs = {"source_vectors": VECTORS, "source_mask": MASK, "decoder_inputs": IDS[:, :3]}
    trained.train_on_batch(inputs, IDS[:, 1:4])
    assert not np.array_equal(model.encoder.embedding.get_weights()[0], before)
