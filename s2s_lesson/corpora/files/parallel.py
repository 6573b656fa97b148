"""Parallel files: each line of one belongs to the same line of the other."""

from collections.abc import Iterator
from itertools import zip_longest

from s2s_lesson.corpora.files.layout import Layout
from s2s_lesson.corpora.files.rows import Content, Texts


def read_parallel(sources: Iterator[str], targets: Iterator[str], file: str, target_file: str) -> Content:
    """Put the lines of two files together.

    Args:
        sources: lines without their ends.
        targets: the lines that belong to them.
        file: name of the file of sources, for errors.
        target_file: that of the targets.

    Returns:
        The rows. While these are read, different numbers of lines are a ``ValueError``; blank lines at the
        end do not count.
    """
    layout = Layout(format="parallel", header=False)
    return Content(layout, _rows(sources, targets, file, target_file), "the lines of both")


def _rows(sources, targets, file, target_file) -> Iterator[tuple[int, Texts]]:
    lengths = [0, 0]  # lines; of the longer file, once the other has ended, but for blank ones at the end
    for number, lines in enumerate(zip_longest(sources, targets), 1):
        if None not in lines:
            lengths = [number, number]
            if any(map(str.strip, lines)):
                yield number, lines
        for side, line in enumerate(lines):
            if line and line.strip():
                lengths[side] = number
    if lengths[0] != lengths[1]:
        raise ValueError(
            f"Expected as many lines in {file} as in {target_file}, whose lines belong to them; received "
            f"{lengths[0]:,} and {lengths[1]:,}. Look for the first line without a partner."
        )
