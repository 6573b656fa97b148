"""Translate the Spanish test split by narrow and wide beams, and score short and long sentences apart.

    python -m benchmarks wide_beams

writes book/results/wide_beams.json: what wide beams do to the model that the package carries, by the words of
the reference, and how long the references of the two corpora of chapter 4 are.
"""

import statistics

from benchmarks.shared import quick
from benchmarks.shared.results import write_results
from benchmarks.shared.translating import score, translate

RESULTS = ("wide_beams",)
CORPORA = ("multi30k", "spanish")
GROUPS = {"up to 5": (0, 5), "6 to 8": (6, 8), "9 to 12": (9, 12), "13 and more": (13, 10**6)}  # words
SIZES = (1, 5, 50)


def add_arguments(parser):
    """It has none."""


def run(options):
    """Run the benchmark."""
    write_results(
        "wide_beams",
        ["wide_beams"],
        ("tensorflow", "keras", "sacrebleu"),
        reference_words={name: reference_words(name) for name in CORPORA},
        runs=measure(),
    )


def reference_words(name):
    """Words, marks apart, of the references of a test split: dict of their mean and median."""
    from s2s_lesson.corpora import load

    words = [len(target.split()) for _, target in load(name).test]
    return {"mean": statistics.fmean(words), "median": statistics.median(words)}


def measure():
    """Translate the test split with each beam.

    Returns:
        list of dicts, one a group of lengths and beam: ``words``, ``beam_size``, ``sentences`` and what
        ``score`` returns.
    """
    from s2s_lesson import pretrained
    from s2s_lesson.corpora import group_references, load
    from s2s_lesson.search import Constraints, beam_search

    pipeline = pretrained("spanish")
    no_unknown = Constraints(forbidden=[pipeline.target_vocab.unk_id])  # as ``predict`` has it
    sources, targets = group_references(load("spanish").test[: quick.size(None, 40)])
    references = [[pipeline.target_side(target) for target in right] for right in targets]
    groups = {name: [] for name in GROUPS}
    for row, right in enumerate(targets):
        words = len(right[0].split())
        [name] = [name for name, (least, most) in GROUPS.items() if least <= words <= most]
        groups[name].append(row)
    runs = []
    for beam_size in quick.size(SIZES, (1, 2)):
        search = beam_search, {"beam_size": beam_size, "constraints": no_unknown}
        translated = translate(pipeline, sources, *search)
        for name, rows in groups.items():
            if not rows:
                continue
            of_group = {key: [translated[key][row] for row in rows] for key in translated if key != "seconds"}
            scores = score({**of_group, "seconds": 0.0}, [references[row] for row in rows], pipeline)
            del scores["seconds"]
            runs.append({"words": name, "beam_size": beam_size, "sentences": len(rows), **scores})
    return runs
