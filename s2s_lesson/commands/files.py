"""Arguments that say how files of pairs are laid out, which several commands have."""

import argparse
from typing import Any, TypeAlias

from s2s_lesson.commands.arguments import option

LAYOUT = "corpora.files:Layout"
LAYOUT_NAMES = ("format", "delimiter", "header", "source_column", "target_column", "encoding", "comment")
CHAT = ("chat", "replies_of")
NAMES = (*LAYOUT_NAMES, "strict", "target_files")
Given: TypeAlias = dict[str, Any]  # arguments by name


def add_layout(parser: argparse.ArgumentParser) -> None:
    """Add how files of pairs are laid out; what is not said is found out."""
    group = parser.add_argument_group("how files are laid out (found out where it is not said)")
    group.add_argument("--format", type=option(LAYOUT, "format"), help="tsv, csv or jsonl")
    group.add_argument(
        "--delimiter", type=_delimiter, metavar="CHARACTER", help="what parts the columns of tsv and csv"
    )
    group.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="the first row names the columns",
    )
    for side in ("source", "target"):
        group.add_argument(
            f"--{side}-column", type=_column, metavar="COLUMN", help=f"of {side}s, by name or number from 1"
        )
    group.add_argument("--encoding", help="of the text (default: UTF-8, else what it looks like)")
    group.add_argument("--comment", metavar="MARK", help="lines that begin so are left out")
    group.add_argument(
        "--strict", action="store_true", default=None, help="a row that cannot be used is an error"
    )


def add_targets(parser: argparse._ActionsContainer) -> None:
    """Add files of targets, which make the other files those of sources."""
    parser.add_argument(
        "--target-file",
        dest="target_files",
        nargs="+",
        metavar="FILE",
        help="targets, a text a line; then the other files hold sources alone",
    )


def add_chat(parser: argparse._ActionsContainer) -> None:
    """Add an exported chat, in place of files of pairs."""
    parser.add_argument(
        "--chat", metavar="FILE", help="an exported chat of WhatsApp, Telegram or Slack, in place of pairs"
    )
    parser.add_argument("--replies-of", metavar="NAME", help="of a chat, what this person answers alone")


def chosen_chat(options: argparse.Namespace) -> Given:
    """The settings of a chat that the arguments make."""
    return {"path" if name == "chat" else name: value for name, value in given(options, CHAT).items()}


def given(options: argparse.Namespace, names: tuple[str, ...] = NAMES) -> Given:
    """Those of the arguments that were given, by name."""
    values = vars(options)
    return {name: values[name] for name in names if values.get(name) is not None}


def _column(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _delimiter(text: str) -> str:
    """A tab is hard to type: it may be written as ``\\t``."""
    return text.replace("\\t", "\t")
