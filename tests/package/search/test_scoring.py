"""Scoring, groups and their bounds; how a search takes them."""

import numpy as np
import pytest
import scripted
from scripted import IDS

from s2s_lesson.search import DiverseGroups, Scoring, beam_search


def test_scores_are_those_of_the_formulas():
    log_probs, lengths = np.array([-6.0, -3.0]), np.array([13, 1])
    np.testing.assert_allclose(Scoring(1.0).normalise(log_probs, lengths), [-2.0, -3.0])
    np.testing.assert_allclose(Scoring(2.0, "average").normalise(log_probs, lengths), [-6 / 169, -3.0])
    np.testing.assert_allclose(Scoring().normalise(log_probs, lengths), log_probs)


def test_coverage_counts_real_positions_up_to_their_full_weight():
    coverage = np.array([[0.5, 1.7, 0.0, 0.0]])
    source_mask = np.array([[True, True, True, False]])
    covered = Scoring(coverage_penalty=3.0).covered(coverage, source_mask)
    np.testing.assert_allclose(covered, [3 * (np.log(0.5) + np.log(1e-6))])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length_penalty": -0.5}, "Expected length_penalty of at least 0; received -0.5"),
        ({"length_penalty": np.inf}, "Expected length_penalty as a finite number; received inf"),
        ({"coverage_penalty": np.nan}, "Expected coverage_penalty of at least 0; received nan"),
        ({"length_formula": "mean"}, "Expected length_formula one of gnmt, average; received 'mean'"),
    ],
)
def test_impossible_scoring_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        Scoring(**options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "Expected count of at least 1; received 0"),
        ((-3,), "Expected count of at least 1; received -3"),
        ((3, -0.5), "Expected diversity_penalty of at least 0; received -0.5"),
        ((3, np.inf), "Expected diversity_penalty as a finite number; received inf"),
        ((1, 0.5), r"Expected at least 2 groups for a diversity_penalty of 0\.5; received 1"),
    ],
)
def test_impossible_groups_are_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        DiverseGroups(*arguments)
    assert DiverseGroups() == DiverseGroups(1, 0.0)


TABLES = scripted.random_tables(17, 3, 5, 97)


def search(**options):
    state = scripted.initial_state(TABLES)
    return beam_search(scripted.step, state, **IDS, max_output_length=7, beam_size=3, n_best=3, **options)


def test_a_length_penalty_alone_is_short_for_scoring():
    short, long = search(length_penalty=1.3), search(scoring=Scoring(1.3))
    np.testing.assert_array_equal(short.sequences, long.sequences)
    np.testing.assert_array_equal(short.scores, long.scores)
    assert (short.scores != search().scores).any()
    np.testing.assert_array_equal(search(groups=DiverseGroups()).scores, search().scores)


def test_a_length_penalty_beside_scoring_is_refused():
    message = r"Expected length_penalty within scoring; received 0\.6 beside Scoring\(length_penalty=1\.3"
    with pytest.raises(ValueError, match=message):
        search(length_penalty=0.6, scoring=Scoring(1.3))


def test_the_groups_must_divide_the_beam():
    with pytest.raises(ValueError, match="Expected groups to divide beam_size=3; received 2"):
        search(groups=DiverseGroups(2))
