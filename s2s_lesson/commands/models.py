"""List the small trained models that come with the package, each with its card."""

import argparse
import json
from dataclasses import asdict

HELP = "list the models that come with the package"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.cards import cards

    if options.json:
        print(json.dumps({name: asdict(card) for name, card in cards().items()}, ensure_ascii=False))
        return
    print("\n\n".join(card.report() for card in cards().values()))
    print('\nA name stands for its folder: s2s-lesson predict dates "30 sept. 2016"')
