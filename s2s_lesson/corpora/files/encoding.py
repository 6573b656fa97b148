"""The encoding of a file: a byte order mark says it; else UTF-8; else one for all, if that is sure."""

import codecs
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from s2s_lesson import _extras
from s2s_lesson.corpora.files.unpacking import name_of, open_bytes

UTF_8 = "utf-8"
_CHUNK = 1 << 20  # bytes
_SAMPLE = 1 << 18  # bytes of lines that are not ASCII alone, of which an encoding is guessed
_FEWEST = 8  # bytes that are not ASCII; of fewer, nothing can be told
_MARGIN = 0.1  # of charset-normalizer's "chaos", by which the best guess must lead
_CHAOS = 0.5  # the most that is looked at: two alphabets in one line count as much as 0.25
_CELL_ENDS = re.compile(rb'[\t;,"\n]')  # none of these is a part of another character in any encoding
_LETTERS = 0.8  # of what is not ASCII in a text
_USUAL = (  # encodings that files are written in, of several that give the same text the first
    *("cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("cp932", "gb18030", "cp949", "big5", "euc_jp", "koi8_r", "koi8_u", "cp866", "cp850"),
    *(
        "iso8859_2",
        "iso8859_5",
        "iso8859_6",
        "iso8859_7",
        "iso8859_8",
        "iso8859_15",
        "mac_roman",
        "mac_cyrillic",
    ),
)
_MARKS = (  # the longer ones first: that of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Decoding(NamedTuple):
    """How the bytes of a file become lines.

    Attributes:
        encoding: as Python calls it; of a file with a byte order mark the one that reads it.
        newline: what ends a line: LF, with or without CR before it; or CR alone, where the file has no LF.

    >>> Decoding("utf-8", "\\n").codec
    'utf-8-sig'
    """

    encoding: str
    newline: str

    @property
    def codec(self) -> str:
        """The name for ``open``: of UTF-8 the one that leaves a byte order mark out."""
        return "utf-8-sig" if self.encoding == UTF_8 else self.encoding


class NotEncoded(ValueError):
    """A file holds bytes that are not what its encoding has; or which encoding that is, is unsure."""


def is_encoding(name: str) -> bool:
    """Whether Python knows an encoding of texts by this name."""
    try:
        return isinstance("".encode(name), bytes)
    except (LookupError, ValueError):
        return False


def by_mark(head: bytes, encoding: str | None = None) -> Decoding:
    """Tell the encoding from the first bytes of a file alone.

    Args:
        head: at least four bytes, if there are so many.
        encoding: the encoding, if it is known.

    Returns:
        The encoding of a byte order mark, if there is one that fits; else the known one, or UTF-8.
    """
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    known = codecs.lookup(encoding or marked or UTF_8).name
    if marked is not None and known.startswith(marked):  # UTF-16-LE with a mark is read as UTF-16
        known = marked
    return Decoding(known, "\n")


def find_decoding(path: str | Path, encoding: str | None = None) -> Decoding:
    """Find out how a file is to be decoded, and make sure that all of it can be: it is read to its end.

    Args:
        path: the file; not the standard input, which can be read but once.
        encoding: the encoding, if it is known.

    Returns:
        The decoding.

    Raises:
        NotEncoded: the file does not hold the encoding; or it is none of Unicode's, and which one is unsure.
    """
    with open_bytes(path) as file:
        head = file.peek(4096)[:4096]
        decoding = by_mark(head, encoding)
        if encoding is None and decoding.encoding == UTF_8:
            _expect_no_halves(path, head)
        try:
            return _read_through(file, decoding)
        except _Undecodable as error:
            trouble = not_encoded(path, decoding.encoding, error.error, error.row)
    if encoding is not None or decoding.encoding != UTF_8:
        raise trouble
    return _guess(path, trouble)


def not_encoded(
    path: str | Path, encoding: str, error: UnicodeDecodeError, row: int | None = None
) -> ValueError:
    """The error for bytes that are not what the encoding has, with the row if it is known."""
    byte = error.object[error.start : error.start + 1]
    before = error.object[max(0, error.start - 20) : error.start].decode("ascii", "replace")
    where = name_of(path) if row is None else f"row {row} of {name_of(path)}"
    return NotEncoded(
        f"Expected {encoding} in {where}; received the byte 0x{byte.hex().upper()} after {before!r}, which "
        "is none of it. Pass the encoding that it was written in, such as encoding='cp1252', or correct it."
    )


class _Undecodable(Exception):
    def __init__(self, error, row):
        super().__init__(str(error))
        self.error, self.row = error, row


def _read_through(file, decoding):
    """Decode all of a file, and see what ends its lines."""
    decoder = codecs.getincrementaldecoder(decoding.codec)()
    rows, carriage_return, chunk = 0, False, b" "
    while chunk:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise _Undecodable(error, rows + error.object[: error.start].count(b"\n") + 1) from error
        rows += text.count("\n")
        carriage_return = carriage_return or "\r" in text
    return decoding._replace(newline="\r" if carriage_return and not rows else "\n")


def _expect_no_halves(path, head):
    """UTF-16 without a byte order mark can be valid UTF-8: every other byte is 0."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        halves, others = head[first::2], head[1 - first :: 2]
        if halves.count(0) > max(4, len(halves) // 2) and 0 not in others:
            raise ValueError(
                f"Expected UTF-8 in {path}; received a 0 as every other byte, as in {name} without a byte "
                f"order mark. If it is that, pass encoding={name!r}."
            )


def _guess(path, trouble):
    with _extras.named():
        from charset_normalizer import from_bytes

    sample = _sample(path)
    if _is_damaged(sample):
        raise trouble
    strange = sum(byte > 127 for byte in sample)
    if strange < _FEWEST:
        raise _unsure(path, f"{strange} bytes that are not ASCII, too few to tell", [])
    candidates = []  # chaos and decoding, one for each text that the sample can be
    options = {"steps": 20, "chunk_size": 1024, "threshold": _CHAOS}
    for match in from_bytes(sample, cp_isolation=list(_USUAL), **options):
        names = sorted({match.encoding, *match.could_be_from_charset}, key=_USUAL.index)
        decodings = (_decodes(path, name) for name in names)
        if _is_legible(str(match)) and (decoding := next((each for each in decodings if each), None)):
            candidates.append((match.chaos, decoding))
    likely = [each for chaos, each in candidates if chaos < min(candidates)[0] + _MARGIN]
    if len(likely) != 1:
        raise _unsure(
            path, f"bytes that are {'of no encoding that is clear' if not likely else 'several'}", likely
        )
    return likely[0]


def _is_damaged(sample):
    """Whether most of what is not ASCII is UTF-8 after all."""
    text = sample.decode(UTF_8, "replace")
    wrong = text.count("\ufffd")
    return sum(not character.isascii() for character in text) > 2 * wrong


def _is_legible(text):
    """Whether most of what is not ASCII is letters; halves of letters (U+FF61 to U+FF9F) are none."""
    strange = [character for character in text if not character.isascii()]
    letters = sum(character.isalpha() and not "\uff61" <= character <= "\uff9f" for character in strange)
    marks = sum(unicodedata.category(character)[0] == "M" for character in strange)
    return letters + marks >= _LETTERS * len(strange)


def _sample(path):
    """Cells of a file that are not ASCII alone, with every byte that it has above 127 for sure."""
    cells, size, known = [], 0, set()
    with open_bytes(path) as file:
        for line in file:
            if not line.isascii():
                new = {byte for byte in line if byte > 127} - known
                if size < _SAMPLE or (new and size < 4 * _SAMPLE):
                    strange = (cell for cell in _CELL_ENDS.split(line[:_SAMPLE]) if not cell.isascii())
                    cells += strange
                    size += len(line[:_SAMPLE])
                    known |= new
    return b"\n".join(cells)


def _decodes(path, name):
    with open_bytes(path) as file:
        try:
            return _read_through(file, Decoding(codecs.lookup(name).name, "\n"))
        except _Undecodable:
            return None


def _unsure(path, received, likely):
    names = ", ".join(each.encoding for each in likely[:7])
    which = f"It could be {names}, which give different texts. " if names else ""
    first = names.partition(",")[0] or "cp1252"
    return NotEncoded(
        f"Expected UTF-8, or another encoding that is sure, in {path}; received {received}. {which}Pass the "
        f"one that it was written in, such as encoding={first!r}, on the command line --encoding {first}."
    )
