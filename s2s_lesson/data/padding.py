"""Lists of ids of different lengths -> arrays; and targets -> what a decoder reads to write them."""

from collections.abc import Sequence

import numpy as np

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.vocabulary import Vocabulary


def whole_ids(ids: Sequence[int], name: str = "ids") -> np.ndarray:
    """Put ids into an array, and make sure that they are ids: numbers that are cut off would be others.

    Args:
        ids: sequence of int, or int array.
        name: str. What they are, for errors.

    Returns:
        int32 (length,).

    Raises:
        TypeError: there is something else than whole numbers.
        ValueError: a number is below 0 or above what int32 holds, or they are no single row.

    >>> whole_ids([5, 6, 3]).tolist()
    [5, 6, 3]
    """
    array = np.asarray(ids)
    if array.ndim != 1:
        raise ValueError(
            f"Expected {name} as one list of ids; received an array of shape {array.shape}."
            " Take one row of it, or leave the batch axis out."
        )
    if array.size == 0:
        return array.astype("int32")
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"Expected {name} as whole numbers; received {array.tolist()[:5]}, of the type {array.dtype}. "
            "Vocabulary.encode makes ids of tokens."
        )
    if array.min() < 0 or array.max() > np.iinfo("int32").max:
        raise ValueError(
            f"Expected {name} from 0 to {np.iinfo('int32').max}; received {array.min()} to {array.max()}."
            " Make ids with the vocabulary that the model was made with."
        )
    return array.astype("int32")


def id_lists_of(id_lists: Sequence[Sequence[int]] | IdLists, name: str = "id_lists") -> IdLists:
    """Put lists of ids into one array, and make sure that they are ids.

    Args:
        id_lists: list of sequences of int, or ``IdLists``, which stay as they are.
        name: str. What they are, for errors.

    Returns:
        ``IdLists``.

    Raises:
        TypeError, ValueError: as ``whole_ids``; the error names the row.
    """
    if isinstance(id_lists, IdLists):
        return id_lists
    arrays = id_arrays(id_lists, name)
    lengths = np.fromiter(map(len, arrays), "int32", len(arrays))
    return IdLists(np.concatenate([np.empty(0, "int32"), *arrays]), lengths)


def id_arrays(id_lists: Sequence[Sequence[int]], name: str = "id_lists") -> list[np.ndarray]:
    """Put each list of ids into an array, and make sure that they are ids.

    Args:
        id_lists: list of sequences of int; an int32 array stays as it is.
        name: str. What they are, for errors.

    Returns:
        list of int32 (length,).

    Raises:
        TypeError, ValueError: as ``whole_ids``; the error names the row.
    """
    ready = np.dtype("int32")  # what this function gave is not looked at again in every batch
    return [
        ids if isinstance(ids, np.ndarray) and ids.dtype == ready else whole_ids(ids, f"row {row} of {name}")
        for row, ids in enumerate(id_lists)
    ]


@checked
def pad(id_lists: Sequence[Sequence[int]], length: NonNegativeInt | None = None) -> np.ndarray:
    """Put id lists into one array, padded on the right.

    Args:
        id_lists: list of sequences of int.
        length: int or None. None takes that of the longest.

    Returns:
        int32 (batch, length).

    Raises:
        TypeError: a list holds something else than whole numbers.
        ValueError: there is no list, one is longer than ``length``, or holds what is no id.
    """
    rows = id_arrays(id_lists)
    longest = max(map(len, rows), default=0)
    if not rows or (length is not None and longest > length):
        raise ValueError(
            f"Expected at least one list of ids, none longer than length={length}; received {len(rows)} "
            f"lists of up to {longest}."
            " Give a greater length, or shorter lists."
        )
    length = longest if length is None else length
    padded = np.full((len(rows), length), Vocabulary.pad_id, "int32")
    for row, ids in enumerate(rows):
        padded[row, : len(ids)] = ids
    return padded


def check_padding(mask: np.ndarray | None, name: str) -> None:
    """Raise an error where padding does not stand on the right.

    Args:
        mask: bool (batch, length); True = real token. None, where nobody knows it yet, is passed over.
        name: str, of what is padded.

    Raises:
        ValueError: a real token stands after padding.

    >>> check_padding(np.array([[True, True, False]]), "source_ids")
    """
    if mask is None or mask.ndim != 2:
        return
    late = (mask[:, 1:] & ~mask[:, :-1]).any(axis=1)
    if late.any():
        row = int(late.argmax())
        raise ValueError(
            f"Expected {name} with padding on the right alone; received a real token after padding in row "
            f"{row}. Put the tokens of a row first, and its padding after them."
        )


def shift_right(targets: np.ndarray) -> np.ndarray:
    """Turn targets into decoder inputs: each token becomes the input that predicts the next one.

    Args:
        targets: int (batch, target_length), each row ending with the end token and then padding.

    Returns:
        int (batch, target_length), of the type of ``targets``; begins with the begin token, has no end token.

    Raises:
        TypeError: the targets are no whole numbers.
    """
    if np.asarray(targets).dtype.kind not in "iu":
        raise TypeError(
            f"Expected targets as whole numbers; received {np.asarray(targets).dtype}."
            " Give ids, as a vocabulary encodes tokens."
        )
    decoder_inputs = np.full_like(targets, Vocabulary.bos_id)
    decoder_inputs[:, 1:] = targets[:, :-1]
    decoder_inputs[decoder_inputs == Vocabulary.eos_id] = Vocabulary.pad_id
    return decoder_inputs
