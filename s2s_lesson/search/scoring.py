"""Scoring: what hypotheses of different lengths are compared by."""

from dataclasses import dataclass

import numpy as np

LENGTH_FORMULAS = ("gnmt", "average")
LEAST_COVERAGE = 1e-6  # so that a source token that nothing attended to has a logarithm


@dataclass(frozen=True)
class Scoring:
    """The score of a hypothesis; the formulas stand in ``beam_search``.

    Attributes:
        length_penalty: float, 0 or greater.
        length_formula: one of ``LENGTH_FORMULAS``.
        coverage_penalty: float, 0 or greater.

    Raises:
        ValueError: a penalty is negative or not finite, or the formula unknown.
    """

    length_penalty: float = 0.0
    length_formula: str = "gnmt"
    coverage_penalty: float = 0.0

    def __post_init__(self):
        for name in ("length_penalty", "coverage_penalty"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"Expected a {name} of 0 or greater; received {getattr(self, name)}.")
        if self.length_formula not in LENGTH_FORMULAS:
            raise ValueError(
                f"Expected a length_formula among {', '.join(LENGTH_FORMULAS)}; "
                f"received {self.length_formula!r}."
            )

    def normalise(self, log_probs, lengths):
        """Divide log-probabilities by the length penalty.

        Args:
            log_probs: float (...).
            lengths: int (...), in tokens.
        """
        base = (5 + lengths) / 6 if self.length_formula == "gnmt" else np.maximum(lengths, 1)
        return log_probs / base**self.length_penalty

    def covered(self, coverage, source_mask):
        """The coverage penalty: float (...), 0 where every source token got its full weight, else below.

        Args:
            coverage: float (..., source_length). The sum of the attention weights of all steps.
            source_mask: bool (..., source_length); True = real token.
        """
        logarithms = np.log(np.clip(coverage, LEAST_COVERAGE, 1.0))
        return self.coverage_penalty * np.where(source_mask, logarithms, 0.0).sum(axis=-1)
