"""Predictions that should be alike."""

import pytest


def same_predictions(ours, others):
    assert [prediction.tokens for prediction in ours] == [prediction.tokens for prediction in others]
    assert [prediction.text for prediction in ours] == [prediction.text for prediction in others]
    for one, other in zip(ours, others, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-5)
        assert one.score == pytest.approx(other.score, abs=1e-5)
        same_predictions(one.alternatives, other.alternatives) if one.alternatives else None
