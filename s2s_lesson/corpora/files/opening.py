"""Files opened as text: unpacked and decoded, and never read by half."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from s2s_lesson.corpora.files.encoding import NotEncoded, by_mark, find_decoding, not_encoded
from s2s_lesson.corpora.files.unpacking import is_read_once, open_bytes


@contextmanager
def open_text(path: str | Path, encoding: str | None = None, errors: str = "strict") -> Iterator[TextIO]:
    """Open a text file, whatever it is packed with and encoded in.

    A file is read through once before it is opened, so that no part of it is used before all of it is known
    to be text; the standard input and pipes are read as they come. Lines end with LF, or CR LF, and CR alone
    is a character like others; unless a file has no LF at all, as those of old Macs: then CR ends a line.
    Nothing else does, such as U+2028.

    Args:
        path: the file, which may be packed by gzip, bzip2, xz or zstd. "-" is the standard input, which is
            not unpacked.
        encoding: its name. None takes what a byte order mark says, else UTF-8, else the one encoding that
            fits the whole file, if that is sure; of the standard input and of pipes UTF-8. The package
            charset-normalizer tells which.
        errors: what becomes of bytes that are no text, as in ``bytes.decode``. Where that is not "strict", a
            file of an encoding that is unsure is read as UTF-8.

    Yields:
        A text file, whose attribute ``encoding`` names the encoding.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or no text of the encoding; or which encoding it is, is unsure.

    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with gzip.open(f"{folder}/pairs.gz", "wt", encoding="utf-16") as file:
    ...         _ = file.write("drei Äpfel")
    ...     with open_text(f"{folder}/pairs.gz") as file:
    ...         print(file.read())
    drei Äpfel
    """
    decoding = None
    if not is_read_once(path):
        try:
            decoding = find_decoding(path, encoding)
        except NotEncoded:
            if errors == "strict":
                raise
    with open_bytes(path) as file:
        decoding = decoding or by_mark(file.peek(4), encoding)
        text = io.TextIOWrapper(file, decoding.codec, errors, newline=decoding.newline)
        try:
            yield text
        except UnicodeDecodeError as error:
            raise not_encoded(path, decoding.encoding, error) from error
        finally:
            text.detach()


def lines_of(text: TextIO) -> Iterator[str]:
    """The lines of an opened text, without what ends them."""
    for line in text:
        yield line.removesuffix("\n").removesuffix("\r")
