"""Talk with a run: it answers line by line, and knows what was said before if it was trained to."""

import argparse
import contextlib
from pathlib import Path

from s2s_lesson.commands.arguments import about, add_beam_size, add_run, context_of, option
from s2s_lesson.commands.plot import draw

HELP = "talk with a run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    add_beam_size(parser)
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring.Scoring", "length_penalty"),
        help="more favours longer replies (default: 0)",
    )
    parser.add_argument(
        "--no-repeat-ngram",
        type=option("search.constraints.Constraints", "no_repeat_ngram"),
        default=0,
        metavar="N",
        help="write no N tokens twice",
    )
    parser.add_argument("--sample", action="store_true", help="draw replies at random")
    parser.add_argument(
        "--temperature",
        type=option("search.sampling.sample", "temperature"),
        help="below 1 favours likely tokens (default: 1)",
    )
    parser.add_argument(
        "--top-p",
        type=option("search.sampling.sample", "top_p"),
        help="draw from the likeliest tokens that make up this share",
    )
    parser.add_argument(
        "--seed", type=option("search.sampling.sample", "seed"), help="of what is drawn (default: 0)"
    )
    parser.add_argument(
        "--backward",
        type=Path,
        metavar="RUN2",
        help="a run trained with --backward, which chooses among --beam-size replies",
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.pipeline.chat import Chat, talk
    from s2s_lesson.pipeline.settings import read_run
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.search import Constraints

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (input() then edits lines, and remembers them)
    if options.sample:
        chosen = {"temperature": options.temperature, "top_p": options.top_p, "seed": options.seed}
        others = {"--length-penalty": options.length_penalty}
    else:
        chosen = {"length_penalty": options.length_penalty}
        others = {"--temperature": options.temperature, "--top-p": options.top_p, "--seed": options.seed}
    if unused := [name for name, value in others.items() if value is not None]:
        wanted = "no --sample" if options.sample else "--sample"
        raise ValueError(f"Expected {wanted} with {', '.join(unused)}; received {others}.")
    chosen = {name: value for name, value in chosen.items() if value is not None}
    pipeline, run = TextToText.load(options.run), read_run(options.run)
    backward = None
    if options.backward is not None:
        backward, other = TextToText.load(options.backward), read_run(options.backward)
        if other and (not other["run"].get("backward") or context_of(other) != context_of(run)):
            raise ValueError(
                f"Expected a run that was trained with --backward, on the contexts of {options.run}; "
                f"received {options.backward}, which was trained with {about(other)}."
            )
    talk(
        Chat(
            pipeline,
            context=context_of(run),
            beam_size=options.beam_size,
            sample=options.sample,
            backward=backward,
            plot=draw,
            constraints=Constraints(no_repeat_ngram=options.no_repeat_ngram),
            **chosen,
        )
    )
