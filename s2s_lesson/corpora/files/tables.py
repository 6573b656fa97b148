"""Tables: which delimiter they have, and the texts of their rows."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from s2s_lesson.corpora.files.anki import AnkiHeader, anki_header, text_of_html
from s2s_lesson.corpora.files.columns import find_columns
from s2s_lesson.corpora.files.layout import Layout
from s2s_lesson.corpora.files.rows import Content, Fault, Row, table_rows

HEAD = 100  # lines, or rows, from which a layout is found out
DELIMITERS = "\t;|,"  # where several fit as well, the first: commas and semicolons stand in sentences too
_UNQUOTED = (".tsv", ".tab")


def read_table(lines: Iterator[str], layout: Layout, file: str, ending: str, sides: int = 2) -> Content:
    """Find out what is not known of a table, and read it.

    Args:
        lines: without their ends.
        layout: what is known.
        file: its name, for errors.
        ending: of its name, without that of what it is packed with: ".csv".
        sides: 2 for source and target, 1 for the source alone.

    Returns:
        The rows, and the layout with all that was found out.

    Raises:
        ValueError: the table has no such columns, or no rows.
    """
    head = list(islice(lines, HEAD))
    anki = anki_header(head)
    layout = _with_delimiter(layout, head[anki.lines :], anki, ending, sides)
    rows = table_rows(chain(head[anki.lines :], lines), layout, anki.lines + 1)
    first = list(islice(rows, HEAD))
    cells = [row for _, row in first if not isinstance(row, Fault)]
    if not cells:
        reason = f"{first[0][1]} in row {first[0][0]}" if first else "none"
        raise ValueError(
            f"Expected rows with a source and a target in {file}; received {reason}. Look into it."
        )
    columns = find_columns(cells, layout, file, sides, anki.names, anki.unused)
    layout = layout.with_columns(columns.called, header=columns.header)
    body: Iterator[Row] = chain(first, rows)
    if columns.header:
        body = _without_header(body)
    return Content(
        layout,
        _texts(body, columns.places, anki.html, columns.named if layout.format == "csv" else 0),
        columns.listed,
    )


def _with_delimiter(layout: Layout, head: Sequence[str], anki: AnkiHeader, ending: str, sides: int) -> Layout:
    delimiter, format = layout.delimiter, layout.format
    if anki.lines:  # Anki quotes cells with tabs, quotes or line ends
        return replace(layout, delimiter=delimiter or anki.delimiter or "\t", format=format or "csv")
    if format is None and delimiter is not None:
        format = "tsv" if len(delimiter) > 1 or (delimiter == "\t" and ending != ".csv") else "csv"
    elif format is None and ending in _UNQUOTED and any("\t" in line for line in head):
        format = "tsv"
    if format == "tsv":
        return replace(layout, format=format, delimiter=delimiter or "\t")
    if delimiter is None:
        delimiter = _find_delimiter(head, layout, ending)
    if format is None:
        format = "tsv" if delimiter == "\t" and ending != ".csv" else "csv"
    return replace(layout, format=format, delimiter=delimiter)


def _find_delimiter(head, layout, ending):
    """The one that gives most rows the same number of cells, at least two."""

    def consistency(delimiter):
        quoted = delimiter != "\t" or layout.format == "csv" or ending == ".csv"
        trial = replace(layout, format="csv" if quoted else "tsv", delimiter=delimiter)
        rows = (row for _, row in table_rows(iter(head), trial))
        widths = Counter(0 if isinstance(row, Fault) else len(row) for row in rows)
        several = (count for width, count in widths.items() if width > 1)
        return max(several, default=0) / max(widths.total(), 1)

    return max(DELIMITERS, key=consistency)


def _without_header(rows: Iterator[Row]) -> Iterator[Row]:
    """All rows but the first that can be read, which is the header."""
    for number, row in rows:
        if not isinstance(row, Fault):
            break
        yield number, row
    yield from rows


def _texts(rows, places, html, named):
    """Texts of rows; where quotes tell cells apart, one with more cells than the header has is no row."""
    last, most = max(places), named or sys.maxsize
    for number, row in rows:
        if isinstance(row, Fault):
            yield number, row
        elif not row[0].strip() and not any(map(str.strip, row)):
            continue  # blank
        elif len(row) <= last or (len(row) > most and any(map(str.strip, row[most:]))):
            header = f", more than the {most} of the header" * (len(row) > most)
            yield number, Fault(f"{len(row)} column{'s' * (len(row) != 1)}{header}")
        else:
            texts = tuple([row[place] for place in places])
            yield number, tuple(map(text_of_html, texts)) if html else texts
