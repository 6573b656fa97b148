"""distilled: pairs for a small model to learn from, with targets that a larger one wrote."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from s2s_lesson import _extras
from s2s_lesson.data.expected import NonNegativeFloat, PositiveInt, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.pipeline.n_best_lists import Hypothesis, Teacher, n_best_lists

Interpolation: TypeAlias = Literal["best", "n_best", "closest"]  # which of a teacher's outputs count


class Distilled(NamedTuple):
    """What a student learns from: ``student.fit(pairs, dev_pairs, weights=weights)``.

    >>> Distilled([("one", "1")], [1.0]).weights
    [1.0]
    """

    pairs: list[tuple[str, str]]
    weights: list[float]


def edit_similarity(text: str, reference: str) -> float:
    """1 for equal texts; less for each character that is inserted, deleted or replaced: float from 0 to 1."""
    with _extras.named():
        from rapidfuzz.distance import Levenshtein

    return Levenshtein.normalized_similarity(text, reference)


@checked
def distilled(
    teacher: Teacher,
    pairs: Iterable[tuple[str, str]],
    *,
    n_best: PositiveInt = 5,
    interpolation: Interpolation = "n_best",
    with_truth: NonNegativeFloat = 0.0,
    similarity: Callable[[str, str], float] = edit_similarity,
    beam_size: PositiveInt | None = None,
    path: str | Path | None = None,
    made_by: dict[str, str] | None = None,
    progress: bool = False,
) -> Distilled:
    """Give sources the outputs of a teacher as targets, and say how much each pair counts.

    The targets of each pair's source have a weight of 1 together. Equal pairs are put together, and their
    weights added. A blank output is left out.

    Args:
        teacher: ``n_best_lists.Teacher``, such as a trained ``TextToText`` or what ``deployed.load`` gives.
        pairs: (source, target) texts, the real ones to learn from.
        n_best: int. Outputs that the teacher writes for each source.
        interpolation: "n_best" takes all of them, each weighed by the teacher's probability, which are made
            to sum to 1; "best" the likeliest alone; "closest" the one most similar to the real target.
        with_truth: float, 0 or greater. The weight of the real pairs, which are among the others; 0 leaves
            them out.
        similarity: function of an output and the real target, both str, that gives a float: greater is
            closer. Of equals the likelier output counts.
        beam_size, path, made_by, progress: as in ``n_best_lists``.

    Returns:
        ``Distilled``: pairs, and as many weights.

    Raises:
        ValueError: as ``n_best_lists``; or nothing is left to learn from.

    Source: Kim and Rush 2016, sections 3.2 and 3.3, arXiv:1606.07947.
    """
    pairs = plain_pairs(pairs)
    sources = [source for source, _ in pairs]
    lists = n_best_lists(
        teacher, sources, n_best, beam_size=beam_size, path=path, made_by=made_by, progress=progress
    )
    weights: defaultdict[tuple[str, str], float] = defaultdict(float)
    for source, target in pairs:
        chosen = [one for one in lists[source] if one.text.strip()]
        if interpolation == "closest":
            close = [similarity(one.text, target) for one in chosen]
            chosen = [chosen[close.index(max(close))]] if close else []
        elif interpolation == "best":
            chosen = chosen[:1]
        for hypothesis, share in zip(chosen, _shares(chosen), strict=True):
            weights[source, hypothesis.text] += share
        if with_truth:
            weights[source, target] += with_truth
    if not weights:
        raise ValueError(
            f"Expected outputs to learn from; received none for {len(pairs)} sources."
            " Give sources that the model can read."
        )
    return Distilled(list(weights), list(weights.values()))


def _shares(hypotheses: Sequence[Hypothesis]) -> list[float]:
    """The probabilities of hypotheses, made to sum to 1."""
    highest = max((one.log_probability for one in hypotheses), default=0.0)
    shares = [math.exp(one.log_probability - highest) for one in hypotheses]
    return [share / sum(shares) for share in shares]
