"""Sequences of vectors as a model reads them, without a model."""

import numpy as np
import pytest

from s2s_lesson.data import Standardisation, VectorSides, Vocabulary

STANDARDISATION = Standardisation((1.0, 0.0, 2.0), (2.0, 1.0, 0.5))
SIDES = VectorSides(Vocabulary("ab"), STANDARDISATION, target_tokens="characters")


def test_sources_become_padded_vectors():
    sources = SIDES.plain_sources([np.full((2, 3), 3.0), [[1, 0, 2]]])
    sides = [SIDES.source_side(source) for source in sources]
    np.testing.assert_array_equal(sides[0], [[1, 3, 2]] * 2)
    padded = SIDES.source_inputs(sides)
    assert {array.shape[:2] for array in padded.values()} == {(2, 2)}
    assert SIDES.source_words(sides[0]) == ["0", "1"] and SIDES.source_length(sources[1]) == 1
    assert SIDES.target_side("ab") == ["a", "b"] and SIDES.source_vocab is None and not SIDES.copies


def test_a_description_makes_the_same_sides_again():
    nothing, vocab, options = SIDES.description()
    assert nothing is None and options["standardisation"] is STANDARDISATION
    assert VectorSides(vocab, **options).description() == SIDES.description()


def test_other_features_are_an_error():
    with pytest.raises(ValueError, match=r"Expected vectors of 3 features, .*; received 5"):
        SIDES.plain_sources([np.zeros((2, 5))])
