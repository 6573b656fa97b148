"""Score a run on a split of what it was trained on, or on other pairs."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import (
    about,
    add_beam_size,
    add_ensemble,
    add_run,
    expect_runs,
    mean_of,
    option,
)
from s2s_lesson.commands.files import Given, add_layout, add_targets, given
from s2s_lesson.data.expected import PositiveInt, checked

if TYPE_CHECKING:
    from s2s_lesson.pipeline.settings import Settings

HELP = "score a run on held-out data"
EVALUATE = "pipeline.evaluation:evaluate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument("--split", help="train, dev, test, ... (default: test)")
    parser.add_argument(
        "--data",
        dest="files",
        nargs="+",
        metavar="FILE",
        help="other pairs, in place of a split; - is standard input",
    )
    add_targets(parser)
    parser.add_argument(
        "--limit", type=option("commands.evaluate:first", "limit"), help="use only the first LIMIT pairs"
    )
    add_beam_size(parser)
    add_ensemble(parser)
    parser.add_argument(
        "--metrics",
        nargs="+",
        type=option(EVALUATE, "metrics"),
        metavar="NAME",
        help="bleu, chrf, exact_match, ... (default: what suits the targets)",
    )
    parser.add_argument(
        "--bleu-tokenizer",
        type=option(EVALUATE, "bleu_tokenizer"),
        metavar="NAME",
        help="13a, zh, char, ... (default: what suits the targets)",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    add_layout(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.data.metrics import expect_metrics
    from s2s_lesson.pipeline.ensembles import PipelineEnsemble
    from s2s_lesson.pipeline.evaluation import evaluate as score
    from s2s_lesson.pipeline.settings import read_run
    from s2s_lesson.pipeline.text_to_text import TextToText

    asked = given(options)
    if options.files and options.split:
        raise ValueError(
            f"Expected --data or --split; received {options.files} and {options.split}."
            " Leave one of the two out."
        )
    if asked and not options.files:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise ValueError(
            f"Expected --data with {flags}; received none."
            " Name the file of pairs, or leave these options out."
        )
    mean = mean_of(options)
    if options.metrics:
        expect_metrics(options.metrics, options.bleu_tokenizer)
    folders = [options.run, *options.others]
    expect_runs(*folders)
    settings = read_run(options.run)
    if options.files:
        pairs, told = _of_files(options.files, asked), {"data": options.files}
    else:
        pairs, told = _of_split(settings, options), {"split": options.split or "test"}
    pipelines = [TextToText.load(folder) for folder in folders]
    scores = score(
        PipelineEnsemble(pipelines, mean) if options.others else pipelines[0],
        first(pairs, options.limit),
        options.beam_size,
        metrics=options.metrics,
        bleu_tokenizer=options.bleu_tokenizer,
        progress=sys.stderr.isatty(),
    )
    if options.others:
        told |= {"with": [str(folder) for folder in options.others], "mean": mean}
    scores = {**(about(settings) if settings else {}), **told, **scores}
    if options.json:
        print(json.dumps(scores, ensure_ascii=False))
    else:
        for name, value in scores.items():
            print(f"{name:20} {value:.4f}" if isinstance(value, float) else f"{name:20} {value}")


@checked
def first(pairs: list, limit: PositiveInt | None) -> list:
    """The first so many pairs; None takes all."""
    return pairs[:limit]


def _of_files(files: list[str], asked: Given) -> list:
    from s2s_lesson.corpora.files import Layout, read_pairs

    targets, strict = asked.pop("target_files", None), asked.pop("strict", False)
    read = read_pairs(files, targets, layout=Layout(**asked), strict=strict)
    print(read.report(), file=sys.stderr)
    return read.pairs


def _of_split(settings: "Settings", options: argparse.Namespace) -> list:
    from s2s_lesson.pipeline.corpus_choice import corpus_of
    from s2s_lesson.training.run_folder import SETTINGS

    if not settings:
        raise FileNotFoundError(
            f"Expected {SETTINGS}, which says what was learned from, in {options.run}; there is none. "
            "Give pairs with --data, or evaluate a folder that 's2s-lesson train' made."
        )
    corpus, _ = corpus_of(settings)
    split = options.split or "test"
    if split not in corpus.splits:
        raise ValueError(
            f"Expected a split among {', '.join(corpus.splits)}; received {split!r}."
            " Name one of these with --split."
        )
    return corpus.splits[split]
