"""The small Transformer decoder: equal to a NumPy reference, and the same step by step as all at once."""

import keras
import numpy as np
import pytest
import reference
from small_models import randomise, small_batch
from uncompiled import uncompiled

from s2s_lesson.data import shift_right
from s2s_lesson.layers import (
    SelfAttentionDecoder,
    Seq2SeqConfig,
    look_ahead_mask,
    sinusoids,
)
from s2s_lesson.models import Seq2Seq
from s2s_lesson.search import beam_search, greedy_search

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
TARGET_LENGTH, UNITS, HEADS = 5, 12, 3
OPTIONS = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": UNITS, "num_heads": HEADS}
OPTIONS["decoder"] = "self_attention"


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module", params=[False, True], ids=["", "tied"])
def model(request):
    config = Seq2SeqConfig(
        31, 29, decoder_layers=2, max_target_length=7, tied_output=request.param, **OPTIONS
    )
    model = Seq2Seq(config)
    randomise(model)
    return model


def test_the_decoder_equals_the_reference(model):
    source_lengths, target_lengths = (7, 2, 5), (3, 5, 1)
    batch = small_batch(source_lengths, target_lengths)
    state = model.encode(batch["source_ids"])
    logits, attention_weights = model.decode(batch["decoder_inputs"], state)
    for row, (source_length, target_length) in enumerate(zip(source_lengths, target_lengths, strict=True)):
        expected, weights = reference.self_attention_decoder(
            model.decoder,
            batch["decoder_inputs"][row, :target_length],
            numpy(state["values"])[row, :source_length].astype("float64"),
        )
        np.testing.assert_allclose(numpy(logits)[row, :target_length], expected, rtol=1e-4, atol=1e-4)
        _, over_source = weights[-1]
        np.testing.assert_allclose(
            numpy(attention_weights)[row, :target_length, :source_length],
            over_source.mean(axis=0),
            **CLOSE,
        )
        assert not numpy(attention_weights)[row, :, source_length:].any()


def test_steps_with_the_cache_equal_one_call(model):
    batch = small_batch((7, 2, 5), (5, 5, 5))
    state = model.encode(batch["source_ids"])
    logits, attention_weights = model.decode(batch["decoder_inputs"], state)
    for place in range(TARGET_LENGTH):
        step_logits, state = model.step(batch["decoder_inputs"][:, place], state)
        np.testing.assert_allclose(numpy(step_logits), numpy(logits)[:, place], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(
            numpy(state["attention_weights"]), numpy(attention_weights)[:, place], **CLOSE
        )


def test_padding_order_and_batch_mates_change_nothing(model):
    batch = small_batch((7, 2, 5), (3, 5, 1))
    logits = numpy(model(batch))
    order = [2, 0, 1]
    padded = {name: np.pad(ids[order], [(0, 0), (0, 2)]) for name, ids in batch.items()}
    other = numpy(model(padded))
    for place, row in enumerate(order):
        length = (3, 5, 1)[row]
        np.testing.assert_allclose(other[place, :length], logits[row, :length], rtol=1e-4, atol=1e-4)


def test_an_all_padding_row_gives_finite_outputs(model):
    batch = small_batch((7, 0, 5), (3, 5, 0))
    state = model.encode(batch["source_ids"])
    logits, attention_weights = model.decode(batch["decoder_inputs"], state)
    step_logits, _ = model.step(np.array([2, 2, 2]), state)
    assert all(np.isfinite(numpy(part)).all() for part in (logits, attention_weights, step_logits))
    assert not numpy(attention_weights)[1].any()


def test_no_step_sees_a_later_token(model):
    batch = small_batch((7, 2, 5), (5, 5, 5))
    later = {**batch, "decoder_inputs": batch["decoder_inputs"].copy()}
    later["decoder_inputs"][:, 3:] = 28
    logits, other = numpy(model(batch)), numpy(model(later))
    np.testing.assert_array_equal(other[:, :3], logits[:, :3])
    assert np.abs(other[:, 3:] - logits[:, 3:]).max() > 1e-3
    assert numpy(look_ahead_mask(3)).tolist() == [[True, False, False], [True, True, False], [True] * 3]


def test_the_projects_searches_decode_with_it(model):
    state = model.encode(small_batch((7, 2, 5))["source_ids"])
    options = {"bos_id": 2, "eos_id": 3, "max_output_length": 7}
    options["compile_step"] = False
    greedy = greedy_search(model.step, state, **options)
    best = beam_search(model.step, state, beam_size=5, n_best=2, **options)
    assert (best.scores[:, 0] >= greedy.scores[:, 0] - 1e-5).all()
    assert best.lengths.max() <= 7
    for rank in range(2):  # scores are those of teacher forcing
        targets = best.sequences[:, rank]
        logits, _ = model.decode(shift_right(targets), state)
        log_probs = np.take_along_axis(reference.log_softmax(numpy(logits)), targets[..., None], axis=-1)[
            ..., 0
        ]
        real = np.arange(targets.shape[1]) < best.lengths[:, rank, None]
        np.testing.assert_allclose(
            (log_probs * real).sum(axis=1), best.log_probabilities[:, rank], rtol=1e-4, atol=1e-4
        )


@uncompiled()
def test_a_few_steps_teach_it_and_it_is_saved(tmp_path):
    expect_that_it_learns_and_is_saved(tmp_path, rows=16, epochs=6, learning_rate=3e-2, share=0.7)


@pytest.mark.slow(
    guard="tests/package/layers/test_self_attention_decoder.py::test_a_few_steps_teach_it_and_it_is_saved"
)
def test_it_learns_under_fit_and_is_saved(tmp_path):
    expect_that_it_learns_and_is_saved(tmp_path, rows=512, epochs=8, learning_rate=5e-3, share=0.5)


def expect_that_it_learns_and_is_saved(tmp_path, rows, epochs, learning_rate, share):
    keras.utils.set_random_seed(0)
    model = Seq2Seq(
        Seq2SeqConfig(11, 11, dropout=0.1, **{**OPTIONS, "encoder_units": 16, "decoder_units": 30})
    )
    generator = np.random.default_rng(0)
    targets = generator.integers(4, 11, (rows, 4)).astype("int32")
    inputs = {"source_ids": targets[:, ::-1].copy(), "decoder_inputs": shift_right(targets)}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    model.optimizer.learning_rate = learning_rate
    history = model.fit(inputs, targets, batch_size=32, epochs=epochs, verbose=0)
    assert history.history["loss"][-1] < share * history.history["loss"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(model(inputs)))


def test_sinusoids_by_the_formula():
    table = sinusoids(5, 6)
    assert table.shape == (5, 6)
    angles = [3 / 10_000 ** (i / 3) for i in range(3)]
    np.testing.assert_allclose(table[3], [*np.sin(angles), *np.cos(angles)], rtol=1e-6)


def test_impossible_sizes_are_errors(model):
    with pytest.raises(ValueError, match="Expected an even number of units; received 7"):
        sinusoids(5, 7)
    with pytest.raises(ValueError, match="Expected an even number of units; received 7"):
        SelfAttentionDecoder(Seq2SeqConfig(31, 29, decoder_units=7))
    too_long = small_batch((7, 2, 5), (8, 5, 1))
    with pytest.raises(
        ValueError, match="Expected targets of at most max_target_length=7 tokens; received 8"
    ):
        model(too_long)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decoder": "transformer"}, "Expected decoder one of recurrent, self_attention; received 'transf"),
        (
            {"decoder_units": 10},
            "Expected decoder_units that are even and .*; received 10. Take a multiple of 6",
        ),
        ({"attention": "bahdanau"}, "Expected no attention with a self-attention decoder.*; received 'bahda"),
        ({"coverage": True}, "Expected no coverage with a self-attention decoder"),
        ({"num_heads": 0}, "Expected num_heads of at least 1; received 0"),
        ({"max_target_length": 0}, "Expected max_target_length of at least 1; received 0"),
    ],
)
def test_impossible_configs_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqConfig(31, 29, **{**OPTIONS, **options})
