"""Jobs: what a request asks of the model, and how several that ask for the same are decoded as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, TypeAlias

from s2s_lesson.data.prediction import Prediction
from s2s_lesson.deployed.exported import ExportedTextToText
from s2s_lesson.search.constraints import Constraints, Phrases

Options: TypeAlias = tuple[tuple[str, object], ...]
NO_CONSTRAINTS = Constraints(prefix="")


@dataclass(frozen=True)
class Job:
    """The texts of one request, and how they are decoded.

    Args:
        search: "predict" or "sample".
        texts: tuple of str.
        options: of ``predict`` or ``sample``, but for what follows: pairs of a name and a
            value.
        constraints: ``Constraints`` of texts: ``prefix`` is a str, ``required`` and ``forbidden`` are tuples
            of str.
        seed: int. Samples are drawn from it and the place of a text in its own request.

    >>> one, other = Job("sample", ("a",), seed=3), Job("sample", ("b", "c"), seed=5)
    >>> one.shares_with(other), one.shares_with(Job("predict", ("a",)))
    (True, False)
    """

    search: Literal["predict", "sample"]
    texts: tuple[str, ...]
    options: Options = ()
    constraints: Constraints = NO_CONSTRAINTS
    seed: int = 0

    def shares_with(self, other: "Job") -> bool:
        """Tell whether both can be decoded as one, with the same outcome as each alone.

        They need the same options. Forbidden phrases are looked at together: it is an error if no output of
        any of the texts could hold one. So a request that has any is decoded alone.
        """
        asked, also_asked = (
            (job.search, job.options, replace(job.constraints, prefix="", required=()))
            for job in (self, other)
        )
        return asked == also_asked and not self.constraints.forbidden


def decode(model: ExportedTextToText, jobs: Sequence[Job], batch_size: int) -> list[list[Prediction]]:
    """Decode jobs that share their options as one call.

    Args:
        model: what ``load`` returns.
        jobs: sequence of ``Job``, at least one, each of which ``shares_with`` the others.
        batch_size: int. Texts that are decoded at once.

    Returns:
        list of lists of ``Prediction``: for each job one for each of its texts.

    Raises:
        ValueError: a text is too long, or constraints name a token that no output could hold.
    """
    first = jobs[0]
    constraints = replace(
        first.constraints,
        prefix=[str(job.constraints.prefix) for job in jobs for _ in job.texts],
        required=[_texts(job.constraints.required) for job in jobs for _ in job.texts],
        forbidden=[_texts(job.constraints.forbidden) for job in jobs for _ in job.texts],
    )
    options = {**dict(first.options), "constraints": constraints, "batch_size": batch_size}
    if first.search == "sample":
        own = [[job.seed, place] for job in jobs for place in range(len(job.texts))]
        options["seed"] = own if len(jobs) > 1 else first.seed
    texts = [text for job in jobs for text in job.texts]
    predictions = iter(getattr(model, first.search)(texts, **options))
    return [list(islice(predictions, len(job.texts))) for job in jobs]


def _texts(phrases: Phrases) -> list[str]:
    return [str(phrase) for phrase in phrases]
