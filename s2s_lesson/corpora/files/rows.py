"""Rows of tables: cells, or what is wrong with a row, which then costs that row alone."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from s2s_lesson.corpora.files.layout import Layout

MAX_LINES = 10_000  # of one quoted cell: where one has more, its quote was never closed
_LARGEST = 2**31 - 1  # characters of a cell, in place of csv's 131,072


class Fault(str):
    """What was received instead of a row.

    >>> isinstance(Fault("1 column"), str)
    True
    """


Row: TypeAlias = tuple[int, list[str] | Fault]  # the number of the line that it begins in, from 1
Texts: TypeAlias = tuple[str, ...] | Fault  # of a row: source and target, or the source alone


class Content(NamedTuple):
    """What a file holds.

    Attributes:
        layout: as it was found out.
        rows: for each row the number of the line where it begins, and its texts, or what is wrong with it.
        columns: those that there are, in words.

    >>> Content(Layout(), iter([(1, ("der Hund", "the dog"))]), "2 columns").columns
    '2 columns'
    """

    layout: Layout
    rows: Iterator[tuple[int, Texts]]
    columns: str


def table_rows(lines: Iterator[str], layout: Layout, start: int = 1) -> Iterator[Row]:
    """Take the lines of a table apart.

    Args:
        lines: without their ends.
        layout: with a format, "tsv" or "csv", and a delimiter.
        start: number of the first line.

    Yields:
        For each row the number of the line where it begins, and its cells; blank lines are left out.
    """
    return _quoted(lines, layout, start) if layout.format == "csv" else _unquoted(lines, layout, start)


def _unquoted(lines, layout, start):
    delimiter, comment = layout.delimiter, layout.comment
    for number, line in enumerate(lines, start):
        if line and not (comment and line.startswith(comment)):
            yield number, line.split(delimiter)


def _quoted(lines, layout, start):
    ahead = _Lines(lines, start)
    reader = csv.reader(ahead, delimiter=layout.delimiter, strict=True)
    while True:
        if layout.comment:
            ahead.skip(layout.comment)
        number = ahead.number
        ahead.taken.clear()
        limit = csv.field_size_limit(_LARGEST)  # it is one for all of Python: put back at once
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            ahead.go_back()
            yield number, Fault(_reason(str(error)))
            continue
        finally:
            csv.field_size_limit(limit)
        if cells:
            yield number, cells


def _reason(error):
    if error.startswith("new-line character"):
        return "a carriage return outside quotes"
    if "expected after" in error:
        return "a quote that does not end its cell and is not doubled, or is never closed"
    return "a quote that is never closed"


class _Lines:
    """Lines for ``csv.reader``, which go back to the second line of a row that was none."""

    def __init__(self, lines, start):
        self.lines, self.number = lines, start
        self.taken, self.waiting = [], deque()

    def __iter__(self):
        return self

    def __next__(self):
        if len(self.taken) == MAX_LINES:
            raise csv.Error("too many lines")
        line = self.waiting.popleft() if self.waiting else next(self.lines)
        self.taken.append(line)
        self.number += 1
        return line + "\n"

    def go_back(self):
        again = self.taken[1:]
        self.waiting.extendleft(reversed(again))
        self.number -= len(again)

    def skip(self, comment):
        while True:
            if not self.waiting:
                line = next(self.lines, None)
                if line is None:
                    return
                self.waiting.append(line)
            if not self.waiting[0].startswith(comment):
                return
            self.waiting.popleft()
            self.number += 1
