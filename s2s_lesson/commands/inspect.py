"""Look at a file of pairs before training: what it holds, and what is recommended for it."""

import argparse
import json
import sys
from dataclasses import asdict

from s2s_lesson.commands.files import add_layout, add_targets, given

HELP = "look at a file of pairs, and say what suits it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="of pairs; - is standard input")
    add_targets(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_layout(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.corpora import own
    from s2s_lesson.corpora.files import Layout
    from s2s_lesson.pipeline.inspection import inspect_corpus
    from s2s_lesson.pipeline.recommendation import recommended

    asked = given(options)
    targets, strict = asked.pop("target_files", None), asked.pop("strict", False)
    files = own.read(
        options.files, targets, layout=Layout(**asked), strict=strict, progress=sys.stderr.isatty()
    )
    inspection = inspect_corpus(files.corpus)
    recommendation = recommended(inspection)
    if options.json:
        read = {"rows": files.read.rows, "malformed": files.read.malformed, **asdict(files.read.layout)}
        print(
            json.dumps(
                {"read": read, "pairs": asdict(inspection), "recommended": asdict(recommendation)},
                ensure_ascii=False,
            )
        )
        return
    print(f"{files.read.report()}\n\n{inspection.report()}\n\n{recommendation.report()}")
    print(f"\nnext: s2s-lesson train --data {' '.join(options.files)} --output runs/mine")
