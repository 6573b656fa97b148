import keras
import numpy as np
from reference import softmax

from s2s_lesson.layers import combined_mask, look_ahead_mask, masked_softmax, padding_mask

SCORES = np.random.default_rng(0).normal(0, 3, (2, 3, 5)).astype("float32")


def test_padding_mask_is_true_on_real_tokens():
    mask = keras.ops.convert_to_numpy(padding_mask(np.array([[5, 1, 0], [0, 2, 3]])))
    assert mask.dtype == bool
    assert mask.tolist() == [[True, True, False], [False, True, True]]
    assert keras.ops.convert_to_numpy(padding_mask(np.array([[5, 0]]), pad_id=5)).tolist() == [[False, True]]


def test_no_position_sees_a_later_one():
    mask = keras.ops.convert_to_numpy(look_ahead_mask(5))
    assert mask.dtype == bool
    assert mask.tolist() == [[key <= query for key in range(5)] for query in range(5)]


def test_both_masks_together_let_real_tokens_before_and_at_a_position_be_seen():
    ids = np.array([[5, 7, 0], [0, 2, 3]])
    mask = keras.ops.convert_to_numpy(combined_mask(ids))
    assert mask.dtype == bool
    assert mask.tolist() == [
        [[key <= query and row[key] != 0 for key in range(3)] for query in range(3)] for row in ids.tolist()
    ]
    other = keras.ops.convert_to_numpy(combined_mask(ids + 5 * (ids == 0), pad_id=5))
    assert other[1].tolist() == [[False, False, False], [False, True, False], [False, True, True]]


def test_without_a_mask_it_is_softmax():
    np.testing.assert_allclose(masked_softmax(SCORES), softmax(SCORES), rtol=1e-5)


def test_real_tokens_share_what_the_masked_ones_lose():
    mask = np.array([[[1, 1, 1, 0, 0]], [[0, 1, 0, 0, 1]]], bool)  # the same for every query
    weights = keras.ops.convert_to_numpy(masked_softmax(SCORES, mask))
    np.testing.assert_allclose(weights[0, :, :3], softmax(SCORES[0, :, :3]), rtol=1e-5)
    np.testing.assert_allclose(weights[1][:, [1, 4]], softmax(SCORES[1][:, [1, 4]]), rtol=1e-5)
