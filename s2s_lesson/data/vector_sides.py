"""VectorSides: what makes what a model reads of sequences of vectors, such as signals, and texts of ids."""

from collections.abc import Iterable, Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveInt, checked
from s2s_lesson.data.sides import Options, Sides
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import TokenizerName
from s2s_lesson.data.vectors import Standardisation, pad_vectors, vector_arrays
from s2s_lesson.data.vocabulary import Vocabulary


class VectorSides(Sides[np.ndarray]):
    """Standardisation of sources, tokenizer and vocabulary of targets, and the lengths that are accepted.

    Args:
        target_vocab: a ``Vocabulary``.
        standardisation: ``Standardisation`` of the sources' features.
        target_tokens: name of a tokenizer in ``data.text``, or a ``Subwords``.
        normalisation: bool. Whether targets go through ``data.text.normalise`` first.
        cleaning: options for ``data.text.clean``, used on targets; None cleans nothing.
        max_source_length: int. The longest source to accept, in time steps.
        max_output_length: int. The longest target to train on and to write, in tokens.

    Raises:
        ValueError: a tokenizer is unknown.

    >>> standardisation = Standardisation(mean=(0.5,), scale=(2.0,))
    >>> sides = VectorSides(Vocabulary("ab"), standardisation, target_tokens="characters")
    >>> sides.source_side(np.array([[0.5], [4.5]])).tolist()
    [[0.0], [2.0]]
    """

    kind, parts = "sequence", "vectors"

    @checked
    def __init__(
        self,
        target_vocab: Vocabulary,
        standardisation: Standardisation,
        *,
        target_tokens: TokenizerName | Subwords,
        normalisation: bool = False,
        cleaning: dict[str, bool] | None = None,
        max_source_length: PositiveInt = 1000,
        max_output_length: PositiveInt = 100,
    ):
        super().__init__(
            target_vocab, target_tokens, normalisation, cleaning, max_source_length, max_output_length
        )
        self.standardisation = standardisation

    def plain_sources(self, sources: Iterable[np.ndarray]) -> list[np.ndarray]:
        """As ``data.vectors.vector_arrays``, and of as many features as the standardisation has."""
        arrays = vector_arrays(sources)
        self._expect_features(arrays)
        return arrays

    def source_side(self, source: np.ndarray) -> np.ndarray:
        """A standardised source: float (length, features) -> float32 (length, features)."""
        return self.standardisation(source)

    def source_words(self, side: np.ndarray) -> list[str]:
        """The places of the time steps, counted from 0."""
        return [str(place) for place in range(len(side))]

    def source_inputs(self, sides: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """As ``data.vectors.pad_vectors``."""
        return pad_vectors(sides)

    def description(self) -> tuple[None, Vocabulary, Options]:
        """As ``Sides.description``; there is no source vocabulary."""
        names = ("target_tokens", "normalisation", "cleaning", "max_source_length", "max_output_length")
        options = {name: getattr(self, name) for name in ("standardisation", *names)}
        return None, self.target_vocab, options

    def _expect_features(self, arrays):
        expected = len(self.standardisation.mean)
        if arrays and arrays[0].shape[1] != expected:
            raise ValueError(
                f"Expected vectors of {expected} features, as the pipeline has learned them; received "
                f"{arrays[0].shape[1]}."
                " Make vectors as those of the training pairs were made."
            )
