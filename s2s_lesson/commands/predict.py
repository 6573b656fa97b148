"""Write the outputs for texts from the command line, or from standard input, one a line."""

import argparse
import sys

from s2s_lesson.commands.arguments import add_beam_size, add_run, option

HELP = "write the outputs for texts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="default: the lines of standard input")
    add_beam_size(parser)
    n_best = option("search.beam.beam_search", "n_best")
    parser.add_argument("--n-best", type=n_best, default=1, help="outputs for each text (default: 1)")
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring.Scoring", "length_penalty"),
        default=0.0,
        help="more favours longer outputs (default: 0)",
    )
    parser.add_argument("--unknown", action="store_true", help="allow <unk>, which stands for rare words")


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.chat import note_unknown
    from s2s_lesson.pipeline.text_to_text import TextToText

    pipeline = TextToText.load(options.run)
    texts = options.texts or [line.rstrip("\n") for line in sys.stdin]
    predictions = pipeline.predict(
        texts,
        options.beam_size,
        options.n_best,
        length_penalty=options.length_penalty,
        unknown=options.unknown,
        progress=sys.stderr.isatty(),
    )
    for prediction in predictions:
        if remark := note_unknown(prediction, set()):
            print(remark, file=sys.stderr)
        for output in (prediction, *prediction.alternatives):
            shown = f"{output.log_probability:.3f}\t" if options.n_best > 1 else ""
            print(f"{shown}{output.text}")
