"""The Transformer: equal to a plain NumPy reference, trained and saved like the other models."""

import keras
import numpy as np
import pytest
import reference
from small_models import randomise, small_batch
from uncompiled import uncompiled

from s2s_lesson.data import Vocabulary, shift_right
from s2s_lesson.models import Transformer
from s2s_lesson.pipeline import TextToText
from s2s_lesson.search import beam_search, greedy_search

UNITS, HEADS, LAYERS = 12, 3, 2
SOURCE_LENGTHS, TARGET_LENGTHS = (7, 2, 5), (3, 5, 1)
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module")
def model():
    model = Transformer(31, 29, units=UNITS, num_heads=HEADS, num_layers=LAYERS, max_length=11)
    randomise(model)
    return model


@pytest.fixture(scope="module")
def batch():
    return small_batch(SOURCE_LENGTHS, TARGET_LENGTHS)


def test_it_equals_the_reference(model, batch):
    logits = numpy(model(batch))
    weights = {part: [numpy(one) for one in ones] for part, ones in model.weights_by_head(batch).items()}
    _, means = model.decode(batch["decoder_inputs"], model.encode(batch["source_ids"]))
    for row, (source, target) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        ids = batch["source_ids"][row, :source], batch["decoder_inputs"][row, :target]
        expected, looks = reference.transformer(model, *ids)
        np.testing.assert_allclose(logits[row, :target], expected, **CLOSE)
        sizes = {"encoder": (source, source), "decoder": (target, target), "source": (target, source)}
        for part, (queries, keys) in sizes.items():
            for layer in range(LAYERS):
                ours = weights[part][layer][row, :, :queries]
                np.testing.assert_allclose(ours[:, :, :keys], looks[part][layer], **CLOSE)
                assert not ours[:, :, keys:].any()
        np.testing.assert_allclose(
            numpy(means)[row, :target, :source], looks["source"][-1].mean(axis=0), **CLOSE
        )


def test_a_pipeline_writes_with_it():
    vocab = Vocabulary("abcdefgh")
    model = Transformer(len(vocab), len(vocab), units=UNITS, num_heads=HEADS, num_layers=1, max_length=11)
    randomise(model)
    sides = {"source_tokens": "characters", "target_tokens": "characters", "max_output_length": 7}
    [prediction] = TextToText(model, vocab, vocab, **sides).predict(["bead"], beam_size=1, unknown=True)
    ids = np.array([vocab.encode(list("bead"))])
    ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "max_output_length": 7}
    result = greedy_search(model.step, model.encode(ids), **ends)
    written = result.sequences[0, 0, : result.lengths[0, 0]]
    assert list(prediction.tokens) == [vocab.tokens[index] for index in written]
    assert np.shape(prediction.attention_weights) == (len(prediction.tokens), len("bead") + 1)


@pytest.mark.parametrize("part", ["encoder", "decoder", "source"])
def test_the_weights_of_each_head_sum_to_1(model, batch, part):
    for weights in model.weights_by_head(batch)[part]:
        assert weights.shape[1] == HEADS
        np.testing.assert_allclose(numpy(weights).sum(axis=-1), 1, rtol=1e-5)


def test_without_positions_order_would_not_matter(model, batch):
    table = model.encoder.positions
    source_ids = batch["source_ids"][:1]  # without padding
    order = [3, 0, 6, 1, 4, 2, 5]
    try:
        for positions, same in ((table, False), (np.zeros_like(table), True)):
            model.encoder.positions = positions
            one, other = (numpy(model.encode(ids)["values"]) for ids in (source_ids, source_ids[:, order]))
            assert np.allclose(one[:, order], other, atol=1e-4) == same
    finally:
        model.encoder.positions = table


@uncompiled()
def test_a_few_steps_teach_it_and_it_is_saved(tmp_path):
    expect_that_it_learns_and_is_saved(tmp_path, rows=16, epochs=5, learning_rate=3e-2, share=0.8)


@pytest.mark.slow(guard="tests/package/models/test_transformer.py::test_a_few_steps_teach_it_and_it_is_saved")
def test_it_learns_to_reverse_and_is_saved(tmp_path):
    model = expect_that_it_learns_and_is_saved(tmp_path, rows=2048, epochs=20, learning_rate=4e-3, share=0.2)
    sources = np.array([[4, 5, 6, 7], [10, 9, 4, 4]])
    options = {"bos_id": 2, "eos_id": 3, "max_output_length": 4, "beam_size": 3}
    outputs = beam_search(model.step, model.encode(sources), **options)
    np.testing.assert_array_equal(outputs.sequences[:, 0], sources[:, ::-1])


def expect_that_it_learns_and_is_saved(tmp_path, rows, epochs, learning_rate, share):
    keras.utils.set_random_seed(0)
    model = Transformer(11, 11, units=24, num_heads=3, num_layers=1, dropout=0.1)
    targets = np.random.default_rng(0).integers(4, 11, (rows, 4)).astype("int32")
    inputs = {"source_ids": targets[:, ::-1].copy(), "decoder_inputs": shift_right(targets)}
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = learning_rate
    history = model.fit(inputs, targets, batch_size=32, epochs=epochs, verbose=0)
    assert history.history["loss"][-1] < share * history.history["loss"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(model(inputs)))
    return model


def test_16_bits_give_finite_logits_near_those_of_32():
    options = {"units": UNITS, "num_heads": HEADS, "num_layers": 1, "max_length": 11}
    keras.utils.set_random_seed(0)
    whole = Transformer(31, 29, **options)
    half = Transformer(31, 29, dtype="mixed_bfloat16", **options)
    half.set_weights(whole.get_weights())
    ids = small_batch(SOURCE_LENGTHS, TARGET_LENGTHS)
    np.testing.assert_allclose(numpy(half(ids)).astype("float32"), numpy(whole(ids)), atol=0.2)


def test_what_it_cannot_read_is_refused(model):
    with pytest.raises(ValueError, match="Expected sources of at most max_length=11 tokens; received 12"):
        model.encode(np.full((1, 12), 4))
    with pytest.raises(ValueError, match=r"Expected .*max_target_length=11 tokens; received 12"):
        model.decode(np.full((1, 12), 4), model.encode(np.full((1, 2), 4)))
    with pytest.raises(ValueError, match="padding on the right"):
        model.encode(np.array([[0, 4, 5]]))
    with pytest.raises(ValueError, match=r"received 10\. Take a multiple of 6"):
        Transformer(31, 29, units=10, num_heads=3)


def test_a_summary_says_the_shapes(model):
    printed = []
    model.summary(print_fn=printed.append, line_length=100)
    text = "\n".join(printed)
    assert "?" not in text and f"(None, None, {UNITS})" in text and "(None, None, 29)" in text
