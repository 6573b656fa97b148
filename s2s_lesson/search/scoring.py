"""Scoring: what hypotheses of different lengths are compared by."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from s2s_lesson.data.expected import NonNegativeFloat, checked

LEAST_COVERAGE = 1e-6  # so that a source token that nothing attended to has a logarithm


@checked
@dataclass(frozen=True)
class Scoring:
    """How the score of a hypothesis comes from its log-probability, its length and its attention.

    score = log_probability / ((5 + length) / 6) ** length_penalty + coverage_penalty * covered     ("gnmt")
    score = log_probability / length ** length_penalty             + coverage_penalty * covered  ("average")
    covered = sum over source tokens of log(min(1, attention weights of all steps on that token)), where less
              than 1e-6 counts as 1e-6

    Args:
        length_penalty: float, 0 or greater. 0 compares log-probabilities, which favours short outputs.
        length_formula: "gnmt" or "average".
        coverage_penalty: float, 0 or greater. Needs the leaf ``attention_weights`` of the state.

    Raises:
        ValueError: a penalty is negative or not finite, or the formula unknown.

    Source: Wu et al. 2016, section 7, arXiv:1609.08144.

    >>> float(Scoring(length_penalty=1.0).normalise(-6.0, 13))
    -2.0
    """

    length_penalty: NonNegativeFloat = 0.0
    length_formula: Literal["gnmt", "average"] = "gnmt"
    coverage_penalty: NonNegativeFloat = 0.0

    def normalise(self, log_probs: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Divide log-probabilities by the length penalty.

        Args:
            log_probs: float (...).
            lengths: int (...), in tokens.
        """
        base = (5 + lengths) / 6 if self.length_formula == "gnmt" else np.maximum(lengths, 1)
        return log_probs / base**self.length_penalty

    def covered(self, coverage: np.ndarray, source_mask: np.ndarray) -> np.ndarray:
        """The coverage penalty: float (...), 0 where every source token got its full weight, else below.

        Args:
            coverage: float (..., source_length). The sum of the attention weights of all steps.
            source_mask: bool (..., source_length); True = real token.
        """
        logarithms = np.log(np.clip(coverage, LEAST_COVERAGE, 1.0))
        return self.coverage_penalty * np.where(source_mask, logarithms, 0.0).sum(axis=-1)
