"""Talk with a run: it answers line by line, and knows what was said before if it was trained to."""

import argparse
import contextlib
import sys
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import (
    about,
    add_beam_size,
    add_run,
    context_of,
    expect_runs,
    model_folder,
    option,
)
from s2s_lesson.commands.files import Given
from s2s_lesson.commands.plot import draw

if TYPE_CHECKING:
    from s2s_lesson.pipeline.settings import Settings

HELP = "talk with a run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    add_beam_size(parser)
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring:Scoring", "length_penalty"),
        help="more favours longer replies (default: 0)",
    )
    parser.add_argument(
        "--no-repeat-ngram",
        type=option("search.constraints:Constraints", "no_repeat_ngram"),
        default=0,
        metavar="N",
        help="write no N tokens twice",
    )
    parser.add_argument("--sample", action="store_true", help="draw replies at random")
    parser.add_argument(
        "--temperature",
        type=option("search.sampling:sample", "temperature"),
        help="below 1 favours likely tokens (default: 1)",
    )
    parser.add_argument(
        "--top-p",
        type=option("search.sampling:sample", "top_p"),
        help="draw from the likeliest tokens that make up this share",
    )
    parser.add_argument(
        "--seed", type=option("search.sampling:sample", "seed"), help="of what is drawn (default: 0)"
    )
    parser.add_argument(
        "--context",
        type=option("pipeline.chat:Chat", "context"),
        metavar="N",
        help="utterances, of both speakers, that the model reads (default: as many as the run was trained "
        "with; 1 where it does not say, since it was made in Python)",
    )
    parser.add_argument(
        "--backward",
        type=model_folder,
        metavar="RUN2",
        help="a run trained with --backward, which chooses among --beam-size replies",
    )
    parser.add_argument(
        "--length-bonus",
        type=option("pipeline.chat:Chat", "length_bonus"),
        help="of --backward: more favours longer replies (default: 2.3)",
    )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.corpora.files.unpacking import STANDARD_INPUT, expect_there
    from s2s_lesson.pipeline.chat import Chat, talk
    from s2s_lesson.pipeline.settings import read_run
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.search import Constraints

    chosen = _chosen(options)
    folders = [options.run, *([] if options.backward is None else [options.backward])]
    expect_runs(*folders)
    run, *backwards = map(read_run, folders)
    context = _context(options, run)
    for other in backwards:
        if other and (not other["run"].get("backward") or context_of(other) != context):
            raise ValueError(
                f"Expected a run that was trained with --backward, on the contexts of {options.run}; "
                f"received {options.backward}, which was trained with {about(other)}."
                " Train one with --backward and the same data and --context."
            )
    expect_there(STANDARD_INPUT)
    if hasattr(sys.stdin, "reconfigure"):  # then what is no text is noted, and ends no chat
        sys.stdin.reconfigure(errors="surrogateescape")
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (input() then edits lines, and remembers them)
    pipeline, *backward = map(TextToText.load, folders)
    talk(
        Chat(
            pipeline,
            context=context,
            beam_size=options.beam_size,
            sample=options.sample,
            backward=backward[0] if backward else None,
            plot=draw,
            constraints=Constraints(no_repeat_ngram=options.no_repeat_ngram),
            **chosen,
        )
    )


def _chosen(options: argparse.Namespace) -> Given:
    """How replies are chosen; options that would do nothing are an error."""
    if options.sample:
        chosen = {"temperature": options.temperature, "top_p": options.top_p, "seed": options.seed}
        others = {"--length-penalty": options.length_penalty}
    else:
        chosen = {"length_penalty": options.length_penalty}
        others = {"--temperature": options.temperature, "--top-p": options.top_p, "--seed": options.seed}
    if options.backward is None and options.length_bonus is not None:
        raise ValueError(
            f"Expected --backward with --length-bonus {options.length_bonus:g}; received none. Name a run"
            " that was trained with --backward, or leave --length-bonus out."
        )
    chosen["length_bonus"] = options.length_bonus
    if unused := {name: value for name, value in others.items() if value is not None}:
        wanted = "no --sample" if options.sample else "--sample"
        raise ValueError(
            f"Expected {wanted} with {', '.join(unused)}; received {unused}. Leave one of the two out."
        )
    return {name: value for name, value in chosen.items() if value is not None}


def _context(options: argparse.Namespace, run: "Settings") -> int:
    """How many utterances the model reads: what its run says, or the argument where it says nothing."""
    if options.context is None:
        return context_of(run)
    if run and options.context != context_of(run):
        raise ValueError(
            f"Expected --context {context_of(run)}, with which {options.run} was trained; received "
            f"{options.context}. Leave --context out."
        )
    return options.context
