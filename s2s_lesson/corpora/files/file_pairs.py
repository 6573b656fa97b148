"""The pairs of files, and how they were read, in words."""

from dataclasses import dataclass
from typing import NamedTuple

from s2s_lesson.corpora._corpus import Pair
from s2s_lesson.corpora.files.layout import SIDES, Layout


class Malformed(NamedTuple):
    """A row that was left out.

    >>> Malformed("pairs.tsv", 7, "1 column").reason
    '1 column'
    """

    file: str
    row: int
    reason: str


@dataclass(frozen=True)
class FilePairs:
    """The pairs of one file or of several, and how they were read.

    Attributes:
        pairs: in the order of the files and their rows.
        rows: how many were read; blank lines, headers and comments are none.
        malformed: how many of them were left out.
        examples: the first five of those: file, row and reason. The row is the number from 1 of the line
            where it begins, as an editor shows it.
        layout: how the files were read. To read them with it gives the same pairs. None stands for what
            differs between the files, and is found out for each.
        files: each file with its own layout.

    >>> import tempfile
    >>> from s2s_lesson.corpora.files import read_pairs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/pairs.csv"
    ...     with open(path, "w") as file:
    ...         _ = file.write("de;en\\nder Hund;the dog\\ndie Katze;\\n")
    ...     read = read_pairs(path)
    >>> read.pairs, read.layout.delimiter, read.layout.target_column
    ([Pair(source='der Hund', target='the dog')], ';', 'en')
    >>> print(read.report().replace(folder, ""))
    /pairs.csv: csv, cells between ';', in utf-8; first row taken as header; source 'de', target 'en'.
    2 rows, 1 pair, 1 malformed row left out:
      /pairs.csv, row 3: an empty target
    """

    pairs: list[Pair]
    rows: int
    malformed: int
    examples: list[Malformed]
    layout: Layout
    files: list[tuple[str, Layout]]

    def report(self) -> str:
        """A few plain lines on how each file was read, and on what was left out."""
        lines = [f"{file}: {_described(layout)}." for file, layout in self.files]
        left_out = f", {_count(self.malformed, 'malformed row')} left out:" if self.malformed else "."
        lines.append(f"{_count(self.rows, 'row')}, {_count(len(self.pairs), 'pair')}{left_out}")
        lines += [f"  {file}, row {row}: {reason}" for file, row, reason in self.examples]
        if self.malformed > len(self.examples):
            lines.append(f"  and {self.malformed - len(self.examples):,} more")
        return "\n".join(lines)


def _described(layout):
    if layout.format == "parallel":
        return f"lines that belong to each other, in {layout.encoding or 'an encoding each'}"
    columns = ", ".join(
        f"{side} {column!r}" if isinstance(column, str) else f"{side} from column {column}"
        for side, column in zip(SIDES, layout.columns, strict=True)
    )
    if layout.format == "jsonl":
        return f"JSON Lines, in {layout.encoding}; {columns}"
    header = "first row taken as header" if layout.header else "no header"
    return f"{layout.format}, cells between {layout.delimiter!r}, in {layout.encoding}; {header}; {columns}"


def _count(number, what):
    return f"{number:,} {what}{'s' * (number != 1)}"
