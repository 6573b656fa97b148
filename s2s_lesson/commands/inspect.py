"""Look at a file of pairs before training: what it holds, and what is recommended for it."""

import argparse
import json
from dataclasses import asdict

from s2s_lesson.commands.files import NAMES, add_chat, add_layout, add_targets, chosen_chat, given

HELP = "look at a file of pairs, and say what suits it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="of pairs; - is standard input")
    add_targets(parser)
    add_chat(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_layout(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.corpus_choice import corpus_of
    from s2s_lesson.pipeline.inspection import inspect_corpus
    from s2s_lesson.pipeline.recommendation import recommended
    from s2s_lesson.pipeline.settings import understood

    asked = {"data": given(options, ("files", *NAMES)), "chat": chosen_chat(options)}
    read: list[str] = []
    corpus, loaded = corpus_of(understood(asked, "the command line"), read.append)
    inspection = inspect_corpus(corpus)
    recommendation = recommended(inspection)
    if options.json:
        told = {"pairs": asdict(inspection), "recommended": asdict(recommendation)}
        told |= {table: loaded[table] for table in ("data", "chat") if loaded[table]}
        print(json.dumps(told, ensure_ascii=False))
        return
    print("\n\n".join([*read, inspection.report(), recommendation.report()]))
    what = f"--chat {options.chat}" if options.chat else f"--data {' '.join(options.files)}"
    print(f"\nnext: s2s-lesson train {what} --output runs/mine")
