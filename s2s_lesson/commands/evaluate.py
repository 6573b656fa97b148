"""Score a run on a split of the corpus that it was trained on."""

import argparse
import json
import sys

from s2s_lesson.commands.arguments import add_beam_size, add_run, context_of, option, read_run
from s2s_lesson.data.expected import PositiveInt, checked

HELP = "score a run on held-out data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument("--split", default="test", help="train, dev, test, ... (default: test)")
    parser.add_argument(
        "--limit", type=option("commands.evaluate.first", "limit"), help="use only the first LIMIT pairs"
    )
    add_beam_size(parser)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.evaluation import evaluate as score
    from s2s_lesson.pipeline.presets import load_corpus
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.training.run_folder import RUN

    pipeline = TextToText.load(options.run)
    run = read_run(options.run)
    if not run:
        raise FileNotFoundError(
            f"Expected {RUN}, which names the corpus, in {options.run}; there is none. "
            "Evaluate a folder that 's2s-lesson train' made, or use s2s_lesson.pipeline.evaluate."
        )
    corpus = load_corpus(run.get("preset", run["corpus"]), run["corpus"], context_of(run))
    if run.get("backward"):
        corpus = corpus.reversed()
    if options.split not in corpus.splits:
        raise ValueError(f"Expected a split among {', '.join(corpus.splits)}; received {options.split!r}.")
    pairs = first(corpus.splits[options.split], options.limit)
    scores = score(pipeline, pairs, options.beam_size, progress=sys.stderr.isatty())
    scores = {**run, "split": options.split, **scores}
    if options.json:
        print(json.dumps(scores))
    else:
        for name, value in scores.items():
            print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")


@checked
def first(pairs: list, limit: PositiveInt | None) -> list:
    """The first so many pairs; None takes all."""
    return pairs[:limit]
