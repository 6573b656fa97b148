"""Diverse beam search: groups of hypotheses that are held apart."""

from dataclasses import dataclass

from s2s_lesson.data.expected import NonNegativeFloat, PositiveInt, checked


@checked
@dataclass(frozen=True)
class DiverseGroups:
    """Into how many groups a beam is split, and what holds them apart.

    Each group keeps ``beam_size / count`` hypotheses and chooses after those before it: its scores are
    lowered by ``diversity_penalty`` for each time that these took the same token in this step. The scores
    that a search returns are those of ``Scoring`` all the same.

    Args:
        count: int, a divisor of the beam size.
        diversity_penalty: float, 0 or greater.

    Raises:
        ValueError: a value is out of range, or a penalty is given for one group.

    Source: Vijayakumar et al. 2018, arXiv:1610.02424.

    >>> DiverseGroups(3, diversity_penalty=0.5).count
    3
    """

    count: PositiveInt = 1
    diversity_penalty: NonNegativeFloat = 0.0

    def __post_init__(self) -> None:
        if self.diversity_penalty and self.count == 1:
            raise ValueError(
                f"Expected at least 2 groups for a diversity_penalty of {self.diversity_penalty}; received "
                "1. The penalty holds the groups apart."
            )
