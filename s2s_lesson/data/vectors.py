"""Sequences of vectors, such as the frames of a signal: checked, standardised, padded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.data.incoming import plain_list, plain_texts


def are_vectors(sources: Sequence[Sequence[int]] | Sequence[np.ndarray]) -> bool:
    """Whether sources are sequences of vectors and not of ids, by the first that holds anything.

    >>> are_vectors([[[0.5, 0.1], [0.2, 0.3]]]), are_vectors([[], [5, 6, 3]])
    (True, False)
    """
    for source in sources:
        if len(source):
            return np.ndim(source[0]) > 0
    return any(np.ndim(source) > 1 for source in sources)


def vector_arrays(sources: Iterable[object], name: str = "sources") -> list[np.ndarray]:
    """Put sequences of vectors into arrays, and make sure that they can be computed with.

    Args:
        sources: list of float (length, features), all of one number of features. A float32 array stays as
            it is.
        name: str. What they are, for errors.

    Returns:
        list of float32 (length, features).

    Raises:
        TypeError: it is no list, or a row holds something else than numbers.
        ValueError: a row is no sequence of vectors, has another number of features than the first one, or
            holds NaN or infinity, or what is infinite in float32; the error names the row and the place.

    >>> [array.shape for array in vector_arrays([[[0.5, 0.1], [0.2, 0.3]], np.zeros((0, 2))])]
    [(2, 2), (0, 2)]
    """
    arrays: list[np.ndarray] = []
    for row, source in enumerate(plain_list(sources, name)):
        arrays.append(_vectors(source, f"row {row} of {name}"))
        features, expected = arrays[-1].shape[1], arrays[0].shape[1]
        if features != expected:
            raise ValueError(
                f"Expected vectors of {expected} features in every row, as in row 0; received {features} in "
                f"row {row} of {name}. Rows count from 0."
            )
    return arrays


def vector_pairs(pairs: Iterable[tuple[object, str]], name: str = "pairs") -> list[tuple[np.ndarray, str]]:
    """Put pairs of a sequence of vectors and a text into a list, both sides of each checked.

    Args:
        pairs: list, generator or ``zip`` of pairs: float (length, features), and a string.
        name: str. What they are, for errors.

    Returns:
        list of pairs of float32 (length, features) and str.

    Raises:
        TypeError, ValueError: a row is no pair, its source is none for ``vector_arrays``, or its target is
            none for ``plain_texts``; the error names the row.

    >>> vector_pairs([([[0.5], [0.7]], "up")])[0][1]
    'up'
    """
    rows = plain_list(pairs, name)
    for row, pair in enumerate(rows):
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise TypeError(
                f"Expected an array and a text in row {row} of {name}; received {type(pair).__name__}. "
                "Two lists make pairs with zip(sources, targets)."
            )
    sources = vector_arrays([source for source, _ in rows], f"the sources of {name}")
    return list(zip(sources, plain_texts([text for _, text in rows], f"the targets of {name}"), strict=True))


def _vectors(source, where):
    try:
        array = np.asarray(source)
    except ValueError:  # rows of different lengths
        array = np.asarray(source, object)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"Expected numbers, float (length, features), as {where}; received {type(source).__name__} of "
            f"{array.dtype} and shape {array.shape}."
            " Give an array with a row for each time step."
        )
    if array.ndim != 2 or not array.shape[1]:
        raise ValueError(
            f"Expected vectors, float (length, features), as {where}; received an array of shape "
            f"{array.shape}. Give single numbers an axis of length 1: array[:, None]."
        )
    with np.errstate(over="ignore"):
        array = np.asarray(array, "float32")
    if not np.isfinite(array).all():
        place, feature = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"Expected finite numbers in {where}; received {array[place, feature]} at place {place}, feature "
            f"{feature}. Fill such numbers, or leave the row out. All of them count from 0."
        )
    return array


@checked
def pad_vectors(sources: Sequence[np.ndarray], length: NonNegativeInt | None = None) -> dict[str, np.ndarray]:
    """Put sequences of vectors into one array, padded on the right, and say what of it is real.

    Args:
        sources: list of float (length, features).
        length: int or None. None takes that of the longest.

    Returns:
        dict, what models of vectors are called with: ``source_vectors`` float32 (batch, length, features), 0
        at padding; ``source_mask`` bool (batch, length), True = real vector.

    Raises:
        ValueError: there is no sequence, or one is longer than ``length``.

    >>> inputs = pad_vectors([np.ones((2, 3)), np.ones((1, 3))])
    >>> inputs["source_vectors"].shape, inputs["source_mask"].tolist()
    ((2, 2, 3), [[True, True], [True, False]])
    """
    lengths = np.array([len(source) for source in sources], int)
    longest = int(max(lengths, default=0))
    if not len(sources) or (length is not None and longest > length):
        raise ValueError(
            f"Expected at least one sequence, none longer than length={length}; received {len(sources)} "
            f"sequences of up to {longest}."
            " Give a greater length, or shorter sequences."
        )
    length = longest if length is None else length
    vectors = np.zeros((len(sources), length, np.shape(sources[0])[-1]), "float32")
    for row, source in enumerate(sources):
        vectors[row, : len(source)] = source
    return {"source_vectors": vectors, "source_mask": np.arange(length) < lengths[:, None]}


@dataclass(frozen=True)
class Standardisation:
    """Gives each feature a mean of 0 and a standard deviation of 1, by what it was learned from.

    Args:
        mean: floats, one a feature.
        scale: floats above 0, likewise.

    Raises:
        ValueError: they are not as many, or not finite, or a scale is not above 0.

    >>> standardisation = Standardisation.learned([np.array([[1.0, 5.0], [3.0, 5.0]])])
    >>> standardisation
    Standardisation(mean=(2.0, 5.0), scale=(1.0, 1.0))
    >>> standardisation(np.array([[1.0, 5.0]], "float32")).tolist()
    [[-1.0, 0.0]]
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self):
        both = np.array([*self.mean, *self.scale])
        if (
            len(self.mean) != len(self.scale)
            or not np.isfinite(both).all()
            or min(self.scale, default=0) <= 0
        ):
            raise ValueError(
                "Expected a finite mean, and a scale above 0, of each feature; "
                f"received {self.mean} and {self.scale}."
                " Learn both from training sequences."
            )

    @classmethod
    def learned(cls, sources: Sequence[np.ndarray]) -> "Standardisation":
        """Learn mean and scale of each feature, over all vectors of all sources.

        Args:
            sources: list of float (length, features). A feature that is always the same gets a scale of 1.

        Returns:
            ``Standardisation``.

        Raises:
            ValueError: there is no vector.
        """
        if not sum(map(len, sources)):
            raise ValueError(
                "Expected at least one vector to learn mean and scale from; received none."
                " Give the sequences of the training split."
            )
        vectors = np.concatenate(sources).astype("float64")
        mean, scale = vectors.mean(axis=0), vectors.std(axis=0)
        constant = scale <= 1e-7 * np.abs(mean)  # float32 tells no smaller differences apart
        return cls(tuple(mean.tolist()), tuple(np.where(constant, 1.0, scale).tolist()))

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Standardise vectors: float (length, features) -> float32 (length, features)."""
        return ((vectors - np.array(self.mean)) / np.array(self.scale)).astype("float32")
