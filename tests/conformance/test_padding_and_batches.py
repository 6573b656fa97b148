"""What a model makes of a pair depends on nothing but the pair: not on padding, order or batch-mates."""

import keras
import numpy as np
import pytest
from small_models import STANDARD_LENGTHS, all_variants, cut, small_batch, small_model, small_outputs, wider

from s2s_lesson import engine
from s2s_lesson.search import beam_search

CLOSE = {"rtol": 1e-5, "atol": 1e-6}
SOURCE_LENGTHS, TARGET_LENGTHS = STANDARD_LENGTHS
ALONE = [1] if engine.compiles_each_shape() else [0, 1, 2]  # rows; each is of a shape of its own
SEARCH = {
    "bos_id": 2,
    "eos_id": 3,
    "max_output_length": 7,
    "beam_size": 5,
    "n_best": 2,
    "compile_step": False,
}


def logits_of(model, batch):
    return keras.ops.convert_to_numpy(model(batch))


@pytest.mark.parametrize(
    "variant",
    all_variants(
        guard="tests/conformance/test_padding_and_batches.py::test_more_padding_changes_no_logit",
        transformer=True,
    ),
)
def test_more_padding_changes_no_logit(variant):
    model, batch = small_model(variant), small_batch(SOURCE_LENGTHS, TARGET_LENGTHS, variant=variant)
    logits, _ = small_outputs(variant)
    padded_logits = logits_of(model, wider(batch, 6, 4))
    for row, length in enumerate(TARGET_LENGTHS):
        np.testing.assert_allclose(padded_logits[row, :length], logits[row, :length], **CLOSE)


@pytest.mark.parametrize(
    "variant",
    all_variants(
        guard="tests/conformance/test_padding_and_batches.py::test_a_batch_equals_batches_of_one",
        transformer=True,
    ),
)
def test_a_batch_equals_batches_of_one(variant):
    model, batch = small_model(variant), small_batch(SOURCE_LENGTHS, TARGET_LENGTHS, variant=variant)
    logits, _ = small_outputs(variant)
    for row in ALONE:
        source_length, target_length = SOURCE_LENGTHS[row], TARGET_LENGTHS[row]
        alone = cut(batch, slice(row, row + 1), source_length, target_length)
        np.testing.assert_allclose(logits_of(model, alone)[0], logits[row, :target_length], **CLOSE)


@pytest.mark.parametrize(
    "variant",
    all_variants(
        guard="tests/conformance/test_padding_and_batches.py::test_the_order_of_a_batch_does_not_matter",
        transformer=True,
    ),
)
def test_the_order_of_a_batch_does_not_matter(variant):
    model, batch = small_model(variant), small_batch(SOURCE_LENGTHS, TARGET_LENGTHS, variant=variant)
    order = [2, 0, 1]
    shuffled = {name: array[order] for name, array in batch.items()}
    np.testing.assert_allclose(logits_of(model, shuffled), small_outputs(variant)[0][order], **CLOSE)


@pytest.mark.parametrize(
    "variant", ["lstm-concat-both_ways-2_layers", "gru-bahdanau-both_ways", "vectors-lstm-general-both_ways"]
)
def test_predictions_do_not_depend_on_order_padding_or_batch_mates(variant):
    model = small_model(variant)
    batch = small_batch(SOURCE_LENGTHS, variant=variant)
    together = beam_search(model.step, model.encode_inputs(batch), **SEARCH)
    assert together.lengths.min() < together.lengths.max()
    order = [2, 0, 1]
    padded = wider(cut(batch, order, max(SOURCE_LENGTHS)), 6)
    shuffled = beam_search(model.step, model.encode_inputs(padded), **SEARCH)
    for place, row in enumerate(order):
        single = cut(batch, slice(row, row + 1), SOURCE_LENGTHS[row])
        alone = beam_search(model.step, model.encode_inputs(single), **SEARCH)
        for other, other_row in [(shuffled, place), (alone, 0)]:
            assert other.lengths[other_row].tolist() == together.lengths[row].tolist()
            for rank, length in enumerate(together.lengths[row]):
                ours, others = together.sequences[row, rank], other.sequences[other_row, rank]
                assert others[:length].tolist() == ours[:length].tolist()
            np.testing.assert_allclose(
                other.log_probabilities[other_row], together.log_probabilities[row], **CLOSE
            )
