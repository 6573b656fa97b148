"""How a file holds its pairs, as far as somebody has said it, or as it was found out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

from s2s_lesson.corpora.files.encoding import is_encoding
from s2s_lesson.data.expected import PositiveInt, checked, expect

Format: TypeAlias = Literal["tsv", "csv", "jsonl", "parallel"]
Column: TypeAlias = str | int
SIDES = ("source", "target")


@checked
@dataclass(frozen=True)
class Layout:
    """How files hold their pairs. What is None is found out from each file.

    Attributes:
        format: "tsv", a row a line and no quotes; "csv", with quotes around cells that hold delimiters,
            quotes (doubled) or line ends; "jsonl", an object of JSON a line; "parallel", a file of sources
            and one of targets, line by line. Within cells of "csv" lines end with LF.
        delimiter: what stands between cells: a tab in "tsv" and any character in "csv"; "tsv" takes several
            characters as well, such as " ||| ".
        header: whether the first row holds the names of the columns.
        source_column: its name, or its number from 1. Of JSON Lines the field, with dots into objects within
            objects: "translation.de".
        target_column: the same.
        encoding: as Python calls it, such as "cp1252".
        comment: lines of a table or of JSON Lines that begin so are left out. None leaves out none.

    Raises:
        ValueError: an option is not what it may be, or does not fit the others.

    >>> Layout(format="csv", source_column="de").target_column is None
    True
    """

    format: Format | None = None
    delimiter: str | None = None
    header: bool | None = None
    source_column: str | PositiveInt | None = None
    target_column: str | PositiveInt | None = None
    encoding: str | None = None
    comment: str | None = None

    def __post_init__(self):
        for name in ("delimiter", "source_column", "target_column", "encoding", "comment"):
            expect(name, getattr(self, name), getattr(self, name) != "", "of at least one character, or None")
        self._expect_delimiter()
        expect("encoding", self.encoding, self.encoding is None or is_encoding(self.encoding), "Python knows")
        columns = (self.source_column, self.target_column)
        if self.format == "jsonl":
            for side, column in zip(SIDES, columns, strict=True):
                name = f"{side}_column"
                expect(name, column, not isinstance(column, int), "as the name of a field for JSON Lines")
        if self.format in ("jsonl", "parallel"):
            expect("delimiter", self.delimiter, self.delimiter is None, f"None for {self.format}")
            expect("header", self.header, not self.header, f"False or None for {self.format}")
        if self.format == "parallel":
            for name in ("source_column", "target_column", "comment"):
                value = getattr(self, name)
                expect(name, value, value is None, "None for parallel files, all of whose lines are texts")
        by_name = any(isinstance(column, str) for column in columns)
        if self.format != "jsonl" and self.header is False:
            expect("header", False, not by_name, "True or None for a column by its name; or its number")

    def _expect_delimiter(self):
        if self.delimiter is None:
            return
        fits = not set(self.delimiter) & set("\r\n")
        expect("delimiter", self.delimiter, fits, "without a line end")
        if self.format == "csv":
            fits = len(self.delimiter) == 1 and self.delimiter not in '" '
            expect("delimiter", self.delimiter, fits, 'as one character for csv, no blank and no "')

    @property
    def columns(self) -> tuple[Column | None, Column | None]:
        """Those of source and target."""
        return self.source_column, self.target_column

    def with_columns(self, columns: Sequence[Column], header: bool) -> "Layout":
        """The layout with its columns, those of the source and the target or that of the source alone."""
        source, target = (*columns, self.target_column)[:2]
        return replace(self, source_column=source, target_column=target, header=header)

    def shared_with(self, others: Iterable["Layout"]) -> "Layout":
        """What holds for this file and for others too; where they differ, None: it is found out for each."""
        layout = self
        for other in others:
            names = (each.name for each in fields(self))
            differing = (name for name in names if getattr(layout, name) != getattr(other, name))
            layout = replace(layout, **dict.fromkeys(differing))
        return layout
