"""Files as bytes, unpacked: what they are packed with shows in their first bytes, whatever their names."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s2s_lesson import _extras

STANDARD_INPUT = "-"
ENDINGS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_NO_TEXT = {
    b"PK\x03\x04": "a zip archive or a spreadsheet (xlsx, ods). Unpack it, or save the sheet as CSV (UTF-8)",
    b"PAR1": "a Parquet table. Read it with pandas.read_parquet, whose two columns are taken as pairs",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file. Save it as CSV (UTF-8)",
    b"%PDF": "a PDF. Save its text as a table",
}
_PIECE = 4096  # bytes of zstd at a time: what these unpack to stays below 128 MiB, whatever they hold


def name_of(path: str | Path) -> str:
    """What messages call a file."""
    return "the standard input" if path == STANDARD_INPUT else str(path)


def is_read_once(path: str | Path) -> bool:
    """Whether what a path names can be read but once: the standard input, or a pipe, as of ``<(...)``."""
    return path == STANDARD_INPUT or not Path(path).is_file()


def expect_there(path: str | Path) -> None:
    """Make sure that there is something to read.

    Args:
        path: the file. "-" is the standard input.

    Raises:
        OSError: there is no such file; or it is the standard input, which is closed.
        ValueError: it is a folder.
    """
    if path == STANDARD_INPUT:
        if sys.stdin is None or sys.stdin.closed:
            raise OSError(
                "Expected an open standard input; received a closed one. Open it, for example: < texts.txt"
            )
    elif not Path(path).exists():
        raise FileNotFoundError(f"Expected the file {path}; received a path where none is. Check the name.")
    elif Path(path).is_dir():
        raise ValueError(f"Expected a file; received the folder {path}. Name the file in it.")


@contextmanager
def open_bytes(path: str | Path) -> Iterator[io.BufferedReader]:
    """Open a file as bytes, unpacked if it is packed.

    Args:
        path: the file; gzip, bzip2, xz and zstd are known by their first bytes. "-" is the standard input,
            which is taken as it is.

    Yields:
        A buffered binary file.

    Raises:
        OSError: there is no such file; or it is the standard input, which is closed.
        ValueError: it is no file, is not packed as its name says, was cut short, or is no text file.
    """
    expect_there(path)
    if path == STANDARD_INPUT:
        with _kept_open(sys.stdin.buffer) as file:
            yield file
        return
    with open(path, "rb") as file:
        head = file.peek(8)
        packing = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
        _expect_text(path, head, packing)
        with _unpacked(path, file, packing) as unpacked:
            yield unpacked


@contextmanager
def _kept_open(file):
    if isinstance(file, io.BufferedReader):
        yield file  # as it is: another buffer would wait for more than the line that was typed
        return
    buffered = io.BufferedReader(file)
    try:
        yield buffered
    finally:
        buffered.detach()


def _expect_text(path, head, packing):
    for magic, kind in _NO_TEXT.items():
        if head.startswith(magic):
            raise ValueError(f"Expected a text file as {path}; received {kind}.")
    promised = ENDINGS.get(Path(path).suffix.lower(), "")
    if promised and promised != packing and head:
        raise ValueError(
            f"Expected {promised} in {path}, as its name says; received {packing or 'other bytes'}. Give it "
            "the name that fits what it holds, or get it again."
        )


@contextmanager
def _unpacked(path, file, packing):
    if not packing:
        yield file
        return
    try:
        with io.BufferedReader(_opened(file, packing), 1 << 17) as unpacked:
            yield unpacked
    except (EOFError, OSError, zlib.error, lzma.LZMAError, _Damaged) as error:
        if getattr(error, "errno", None) is not None:  # of the disk, say; the libraries' own have no number
            raise
        raise ValueError(
            f"Expected a whole {packing} file as {path}; received one that was cut short or altered "
            f"({error}). Get it again."
        ) from error


def _opened(file, packing):
    if packing == "gzip":
        return gzip.GzipFile(fileobj=file)
    if packing == "zstd":
        return _Zstd(file)
    return bz2.BZ2File(file) if packing == "bzip2" else lzma.LZMAFile(file)


class _Damaged(Exception):
    pass


class _Zstd(io.RawIOBase):
    """Unpacks frame after frame, and sees that the last is whole; the library's reader does not say."""

    def __init__(self, file):
        with _extras.named():
            import zstandard

        self._file, self._library = file, zstandard
        self._frame, self._packed, self._ready = None, b"", b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._ready:
            self._packed = self._packed or self._file.read(_PIECE)
            if not self._packed:
                if self._frame is not None:
                    raise EOFError("the last frame has no end")
                return 0
            self._unpack()
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _unpack(self):
        if self._frame is None:
            self._frame = self._library.ZstdDecompressor().decompressobj()
        try:
            self._ready = self._frame.decompress(self._packed)
        except self._library.ZstdError as error:
            raise _Damaged(str(error)) from error
        self._packed = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
