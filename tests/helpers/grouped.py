"""Options of searches as tests write them, one beside the other, in the groups that searches take."""

from dataclasses import fields

from s2s_lesson.search import Constraints, DiverseGroups, Scoring

GROUPS = {"scoring": Scoring, "constraints": Constraints, "groups": DiverseGroups}


def grouped(**options):
    """Arguments of a search: the fields of its dataclasses, given flat, become dataclasses.

    ``groups=3`` is the count of ``DiverseGroups``; ``length_penalty`` alone stays as it is.
    """
    options = dict(options)
    if isinstance(options.get("groups"), int):
        options["count"] = options.pop("groups")
    dataclasses = {}
    for name, kind in GROUPS.items():
        given = {field.name for field in fields(kind)} & options.keys()
        if given and given != {"length_penalty"}:
            dataclasses[name] = kind(**{key: options.pop(key) for key in given})
    return {**options, **dataclasses}
