"""What errors advise, as the command line has it: ``truncate=True`` is ``--truncate`` there.

Errors name options as Python does. A command adds its flags for them, and settings that have no flag of their
own by ``--set``. Where a name means something else on the command line, the error says both itself.
"""

import argparse
import re
import sys
from typing import NamedTuple, TypeAlias

TABLES = "s2s_lesson.pipeline.setting_tables"  # takes an engine to import: looked at where it is there
SAYS_IT = "on the command line"
_LISTED = re.compile(r"\bamong [^;]*")  # all that there is to choose from is no advice
_NAMED = re.compile(r"(?<![\w./'\"-])([a-z][a-z0-9]*(?:_[a-z0-9]+)*)\b(=(?:False\b)?)?")


class Flag(NamedTuple):
    """How the command line sets an option.

    Attributes:
        on: what sets it.
        off: what sets it to False; empty where nothing does.

    >>> Flag("--strict", "no --strict").on
    '--strict'
    """

    on: str
    off: str = ""


Flags: TypeAlias = dict[str, Flag]


def flags_of(parser: argparse.ArgumentParser, command: str) -> Flags:
    """The flags of a command, by the names of their options.

    Args:
        parser: that of all commands.
        command: str.

    Returns:
        dict of ``Flag``.
    """
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    flags: Flags = {}
    for action in commands.choices[command]._actions:
        if action.option_strings:
            on = action.option_strings[-1] if len(action.option_strings) == 1 else action.option_strings[0]
            off = next((name for name in action.option_strings if name.startswith("--no-")), "")
            is_switch = action.nargs == 0
            flags.setdefault(action.dest, Flag(on, off or (f"no {on}" if is_switch else "")))
    return flags


def with_flags(text: str, flags: Flags) -> str:
    """Put a message into one line, and add how the command line sets the options that it names.

    Args:
        text: str.
        flags: those of the command, from ``flags_of``.

    Returns:
        str, without line ends.

    >>> with_flags("Shorten it, or pass truncate=True to cut it.", {"truncate": Flag("--truncate")})
    'Shorten it, or pass truncate=True to cut it. On the command line: --truncate.'
    """
    text = " ".join(text.split())
    if SAYS_IT in text.lower():
        return text
    flags = {**_settings("set" in flags), **flags}
    named = [
        flags[name].off or flags[name].on if value == "=False" else flags[name].on
        for name, value in _NAMED.findall(_LISTED.sub("", text))
        if name in flags and ("_" in name or value)
    ]
    new = [flag for flag in dict.fromkeys(named) if flag not in text]
    return f"{text} On the command line: {', '.join(new)}." if new else text


def _settings(has_set: bool) -> Flags:
    """How ``--set`` sets each option of a table, for this command or for train."""
    tables = sys.modules.get(TABLES)
    if tables is None:
        return {}
    start = "--set" if has_set else "train --set"
    flags: Flags = {}
    for table in tables.TABLES:
        for name, option in tables.options_in(table).items():
            place = f"{start} {table}.{name}="
            flags.setdefault(
                name, Flag(f"{place}true", f"{place}false") if bool in option.kinds else Flag(f"{place}VALUE")
            )
    return flags
