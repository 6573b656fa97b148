"""Batches for pointer networks: padded, with the ids that texts have, and new at each step."""

import numpy as np
import pytest

from s2s_lesson.corpora import points
from s2s_lesson.data import Vocabulary
from s2s_lesson.models import PointerBatches, pointer_batch, positions_of

BOS, EOS = Vocabulary.bos_id, Vocabulary.eos_id


def elements(*lengths):
    """Random vectors for sources of the given lengths."""
    generator = np.random.default_rng(0)
    return [generator.normal(size=(length, 3)).astype("float32") for length in lengths]


def sort_three(size, seed):
    return points.sorting(size, 3, seed)


@pytest.mark.parametrize("positions", [[0, 5], [-1, 2]])
def test_positions_outside_their_source_are_errors(positions):
    with pytest.raises(ValueError, match="Expected positions from 0 to 4 for the 5 elements of source 0"):
        pointer_batch(elements(5), [positions])


def test_a_batch_holds_ids_as_texts_have_them():
    inputs, targets = pointer_batch(elements(3, 2), [[2, 0], [1]], length=4)
    np.testing.assert_array_equal(targets, [[6, 4, EOS, 0, 0], [5, EOS, 0, 0, 0]])
    np.testing.assert_array_equal(inputs["decoder_inputs"], [[BOS, 6, 4, 0, 0], [BOS, 5, 0, 0, 0]])
    np.testing.assert_array_equal(inputs["source_mask"], [[1, 1, 1, 0], [1, 1, 0, 0]])
    assert inputs["source_vectors"].shape == (2, 4, 3) and not inputs["source_vectors"][1, 2:].any()
    assert positions_of(targets) == [[2, 0], [1]]
    assert positions_of([[4, 5, 6]]) == [[0, 1, 2]]


def test_every_batch_is_new_and_can_be_drawn_again():
    def drawn(epoch, index, seed=0):
        batches = PointerBatches(sort_three, 3, batch_size=2, steps=5, seed=seed)
        batches.set_epoch(epoch)
        return batches[index][0]["source_vectors"]

    np.testing.assert_array_equal(drawn(1, 2), drawn(1, 2))
    others = [drawn(1, 3), drawn(2, 2), drawn(1, 2, seed=1)]
    assert all(not np.array_equal(drawn(1, 2), other) for other in others)
    batches = PointerBatches(sort_three, 3, batch_size=2, steps=5)
    batches.on_epoch_end()
    np.testing.assert_array_equal(batches[2][0]["source_vectors"], drawn(1, 2))
    assert len(batches) == 5


def test_each_source_needs_its_positions():
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is shorter"):
        pointer_batch([np.zeros((3, 2)), np.zeros((5, 2))], [[1]])


def test_positions_that_are_no_whole_numbers_are_not_cut_off():
    with pytest.raises(TypeError, match="row 1 of positions as whole numbers; received"):
        pointer_batch([np.zeros((3, 2)), np.zeros((5, 2))], [[1], [0.9]])
