"""Which columns of a table are the sources and the targets, and whether its first row holds their names."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from s2s_lesson.corpora.files.layout import SIDES, Column, Layout
from s2s_lesson.corpora.files.names import is_usual, plain_name, usual_pair

_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)*\s*", re.ASCII)


class Columns(NamedTuple):
    """What was decided.

    Attributes:
        header: whether the first row holds names.
        places: of the columns in a row, from 0: source and target, or the source alone.
        called: the columns as a ``Layout`` names them: by name if there is one of their own, else by number.
        listed: all that there are, in words.
        named: how many the header names; 0 if there is none.

    >>> find_columns([["id", "en", "de"], ["7", "dog", "Hund"]], Layout(), "pairs.csv").called
    ('en', 'de')
    """

    header: bool
    places: tuple[int, ...]
    called: tuple[Column, ...]
    listed: str
    named: int = 0


def find_columns(
    rows: Sequence[list[str]],
    layout: Layout,
    file: str,
    sides: int = 2,
    names: Sequence[str] = (),
    unused: Collection[int] = (),
) -> Columns:
    """Decide which columns to use.

    Args:
        rows: the first rows, cells of each, the header included if there is one.
        layout: what is known already.
        file: its name, for errors.
        sides: 2 for source and target, 1 for the source alone.
        names: of the columns, where the file has them elsewhere than in its first row.
        unused: places of columns that are used only if somebody asks for them.

    Returns:
        The columns.

    Raises:
        ValueError: there is no such column.
    """
    header = bool(layout.header) if names else _has_header(rows, layout, sides)
    elsewhere = bool(names)
    names = names or (rows[0] if header else [])
    body = rows[1:] if header else rows
    width = max(map(len, [names, *body]))
    listed = described(names, width, rows[0])
    asked = (*layout.columns[:sides], None)[:2]
    source, target = (_place(*each, names, width, file, listed) for each in zip(SIDES, asked, strict=True))
    free = usual_pair(names) or _textual(body, width, unused)
    if source is None:
        source = next(place for place in (*free, *range(width + 1)) if place != target)
    if target is None:
        target = next(place for place in (*free[1:], *free, *range(width + 1)) if place != source)
    places = (source, target)[:sides]
    if max(places) >= width:
        raise ValueError(
            f"Expected a source and a target in the rows of {file}; received {listed}. Pass delimiter=..., "
            "what stands between them."
        )
    called = (
        place + 1 if elsewhere else _called(place, column, names)
        for place, column in zip(places, asked, strict=False)
    )
    return Columns(header, places, tuple(called), listed, len(names) if header else 0)


def described(names: Sequence[str], width: int, row: Sequence[str] = ()) -> str:
    """The columns of a table for messages: their names, or how many there are and what a row has in them."""
    if names:
        return "the columns " + ", ".join(f"{place} {name!r}" for place, name in enumerate(names, 1))
    cells = ", ".join(repr(cell if len(cell) < 30 else f"{cell[:30]}...") for cell in row[:7])
    columns = f"{width} column{'s' * (width != 1)} without names"
    return f"{columns}, of which the first row has {cells}" if cells else columns


def _has_header(rows, layout, sides):
    asked = layout.columns[:sides]
    if layout.header is not None or any(isinstance(column, str) for column in asked):
        return layout.header is not False
    first = rows[0]
    used = [column - 1 for column in asked if column is not None]
    if not used and sides == 2 and usual_pair(first):
        return True
    used = used or _textual(rows[1:], max(map(len, rows)))[:sides]
    usual = all(place < len(first) and is_usual(first[place]) for place in used)
    return usual or any(_is_above_numbers(rows, place) for place in used)


def _is_above_numbers(rows, place):
    """Whether a column begins with something else and then holds numbers, four and more."""
    cells = [row[place] for row in rows if len(row) > place]
    return len(cells) > 4 and not _NUMBER.fullmatch(cells[0]) and all(map(_NUMBER.fullmatch, cells[1:]))


def _textual(body, width, unused=()):
    """The columns that hold more than numbers, if they suffice; else all."""
    columns = [[row[place] for row in body if len(row) > place] for place in range(width)]
    numeric = {place for place, cells in enumerate(columns) if cells and all(map(_NUMBER.fullmatch, cells))}
    used = [place for place in range(width) if place not in unused]
    textual = [place for place in used if place not in numeric]
    return textual if len(textual) >= 2 else used


def _place(side, column, names, width, file, listed):
    """Of a column that was asked for, from 0."""
    if column is None:
        return None
    if isinstance(column, str):
        fits = [place for place, name in enumerate(names) if name.strip() == column.strip()]
        fits = fits or [place for place, name in enumerate(names) if plain_name(name) == plain_name(column)]
        trouble = "" if len(fits) == 1 else f"{len(fits) or 'none'} of this name"
    else:
        fits = [column - 1]
        trouble = "" if column <= width else "none of this number"
    if trouble:
        raise ValueError(
            f"Expected the column {column!r}, as {side}_column says, in {file}; received {trouble} among "
            f"{listed}. Pass one of these, by its name or its number from 1."
        )
    return fits[0]


def _called(place, asked, names):
    """A column's name, if it has one that is no other's, else its number."""
    if asked is not None:
        return asked
    name = names[place] if place < len(names) else ""
    return name if name.strip() and list(names).count(name) == 1 else place + 1
