"""Constraints: what outputs may look like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked

Ids: TypeAlias = Sequence[int] | Sequence[Sequence[int]] | str | Sequence[str]
Phrases: TypeAlias = (
    Sequence[int | Sequence[int]]
    | Sequence[Sequence[int | Sequence[int]]]
    | str
    | Sequence[str]
    | Sequence[Sequence[str]]
)


@checked
@dataclass(frozen=True)
class Constraints:
    """What outputs may look like.

    The prefix comes first: while it lasts, no other constraint is looked at.

    A phrase is a run of tokens: a list of ids, or the id of a single one. It occurs wherever its tokens stand
    one after the other. Occurrences may overlap: those of (5, 7) and (7, 9) are both in 5 7 9.

    Args:
        prefix: list of int, for every sentence alike, or one list for each sentence. What outputs begin with.
        min_output_length: int. Tokens, the end token included.
        no_repeat_ngram: int. No run of so many tokens occurs twice in an output; 0 allows everything.
        forbidden: list of phrases, for every sentence alike, or one such list for each sentence. They occur
            nowhere.
        required: likewise. They occur somewhere, in any order; one that is listed n times, at n places.
        forced_end: bool. Every output ends: the last token of ``max_output_length`` can be no other than the
            end token. False cuts outputs there.

    Ids are those of the target vocabulary. ``TextToText`` takes texts in their place: as ``prefix`` one for
    all sources or a list of one for each; as ``forbidden`` and ``required`` one phrase, or a list of phrases,
    for all sources, or a list of such lists, one for each.

    Raises:
        ValueError: a size is out of range.

    >>> Constraints(no_repeat_ngram=3, required=[[5, 7], [9]]).required
    [[5, 7], [9]]
    """

    prefix: Ids = ()
    min_output_length: PositiveInt = 1
    no_repeat_ngram: NonNegativeInt = 0
    forbidden: Phrases = ()
    required: Phrases = ()
    forced_end: bool = False
