"""Lists of ids of different lengths -> arrays; and targets -> what a decoder reads to write them."""

from collections.abc import Sequence

import numpy as np

from s2s_lesson.data.vocabulary import Vocabulary


def pad(id_lists: Sequence[Sequence[int]], length: int | None = None) -> np.ndarray:
    """Put id lists into one array, padded on the right.

    Args:
        id_lists: list of sequences of int.
        length: int or None. None takes that of the longest.

    Returns:
        int32 (batch, length).
    """
    length = max(map(len, id_lists)) if length is None else length
    padded = np.full((len(id_lists), length), Vocabulary.pad_id, "int32")
    for row, ids in enumerate(id_lists):
        padded[row, : len(ids)] = ids
    return padded


def shift_right(targets: np.ndarray) -> np.ndarray:
    """Turn targets into decoder inputs: each token becomes the input that predicts the next one.

    Args:
        targets: int (batch, target_length), each row ending with the end token and then padding.

    Returns:
        int32 (batch, target_length); begins with the begin token, has no end token.
    """
    decoder_inputs = np.full_like(targets, Vocabulary.bos_id)
    decoder_inputs[:, 1:] = targets[:, :-1]
    decoder_inputs[decoder_inputs == Vocabulary.eos_id] = Vocabulary.pad_id
    return decoder_inputs
