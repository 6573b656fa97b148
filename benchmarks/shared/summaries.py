"""How the figures of several runs or turns become a few: the one way for all benchmarks."""

import statistics
from statistics import median

__all__ = ["difference", "median", "medians", "ratio", "ratios", "spread", "spreads"]


def spread(values):
    """Mean, least and greatest of a figure: dict of ``mean``, ``min`` and ``max``.

    >>> spread([1.0, 2.0, 6.0])
    {'mean': 3.0, 'min': 1.0, 'max': 6.0}
    """
    return {"mean": statistics.fmean(values), "min": min(values), "max": max(values)}


def spreads(runs, kinds=(int, float)):
    """``spread`` of each figure of several runs.

    Args:
        runs: list of dicts, one a run.
        kinds: types of what counts as a figure. What is of another type in some run is left out.

    Returns:
        dict of dicts, in the order of the first run.
    """
    columns = {name: [run.get(name) for run in runs] for name in runs[0]}
    return {
        name: spread(values)
        for name, values in columns.items()
        if all(isinstance(value, kinds) and not isinstance(value, bool) for value in values)
    }


def medians(turns, names):
    """The median of each of some figures over the turns: dict of float."""
    return {name: median(turn[name] for turn in turns) for name in names}


def ratios(own, other):
    """What one took in each turn over what another took in the same turn: list of float."""
    return [one / beside for one, beside in zip(own, other, strict=True)]


def ratio(own, other):
    """The median of ``ratios``: what else the machine did slowed both of a turn alike.

    >>> ratio([2.0, 9.0, 3.0], [1.0, 3.0, 1.0])
    3.0
    """
    return median(ratios(own, other))


def difference(own, other):
    """What one has more than another, seed by seed.

    Args:
        own: list of float, one a seed.
        other: list of float, of the same seeds.

    Returns:
        dict of ``mean``; ``standard_error`` of it, None for a single seed; and ``beyond_noise``: whether the
        mean is above twice its standard error, and all differences have one sign.
    """
    values = [one - beside for one, beside in zip(own, other, strict=True)]
    mean, same_sign = statistics.fmean(values), min(values) > 0 or max(values) < 0
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
    beyond = error is not None and same_sign and abs(mean) > 2 * error
    return {"mean": mean, "standard_error": error, "beyond_noise": beyond}
