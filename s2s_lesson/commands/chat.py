"""Talk with a run: it answers line by line, and knows what was said before if it was trained to."""

import argparse
import contextlib
import sys
from itertools import chain
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import (
    about,
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
_DRAWN = ("temperature", "top_p", "seed")
CHOSEN_BY = {  # the options of each way to choose
    "information": (*_DRAWN, "backward", "length_bonus"),
    "beam": ("beam_size", "length_penalty"),
    "sample": _DRAWN,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument(
        "--search",
        choices=CHOSEN_BY,
        default="information",
        help="information: of 20 drawn replies the one that has most to do with what was said; beam: the "
        "likeliest that a beam search finds; sample: one drawn at random (default: information)",
    )
    parser.add_argument(
        "--beam-size",
        type=option("search.beam:beam_search", "beam_size"),
        help="hypotheses kept at every step (default: 5)",
    )
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring:Scoring", "length_penalty"),
        help="of a beam: more favours longer replies (default: 0)",
    )
    parser.add_argument(
        "--no-repeat-ngram",
        type=option("search.constraints:Constraints", "no_repeat_ngram"),
        default=0,
        metavar="N",
        help="write no N tokens twice",
    )
    parser.add_argument(
        "--temperature",
        type=option("search.sampling:sample", "temperature"),
        help="below 1 favours likely tokens (default: 1; 0.7 for information)",
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
        help="a run trained with --backward, which chooses among the replies that information draws",
    )
    parser.add_argument(
        "--length-bonus",
        type=option("pipeline.chat:Chat", "length_bonus"),
        help="of information: more favours longer replies (default: 1.4; 2.3 with --backward)",
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
            search=options.search,
            backward=backward[0] if backward else None,
            plot=draw,
            constraints=Constraints(no_repeat_ngram=options.no_repeat_ngram),
            **chosen,
        )
    )


def _chosen(options: argparse.Namespace) -> Given:
    """How replies are chosen; options that would do nothing are an error."""
    given = {name: getattr(options, name) for name in {*chain(*CHOSEN_BY.values())}}
    given = {name: value for name, value in given.items() if value is not None}
    if unused := given.keys() - set(CHOSEN_BY[options.search]):
        name = min(unused)
        ways = " or ".join(way for way, names in CHOSEN_BY.items() if name in names)
        raise ValueError(
            f"Expected --search {ways} with --{name.replace('_', '-')}; received --search {options.search}."
            " Leave one of the two out."
        )
    return {name: value for name, value in given.items() if name != "backward"}


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
