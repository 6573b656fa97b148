"""Files that whoever reads them finds whole: written at once or not at all, and known by a checksum."""

import errno
import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PART = ".part-"  # begins the name of a file that is being written
FOLDER = "s2s_lesson"  # within an archive, of the files that are enclosed
FULL = (errno.ENOSPC, errno.EDQUOT)
# What libraries raise where a file is cut, has other bits, or is of another kind.
DAMAGED = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, RecursionError, TypeError, ValueError),
    *(NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error),
)


def write_at_once(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that whoever reads it finds the old one or the new one, never a part.

    Args:
        path: Path.
        write: function of a Path, that writes the file there.

    Raises:
        OSError: it cannot be written, for want of room for example; the old one stays.
    """
    part = path.with_name(f"{PART}{path.name}")
    try:
        write(part)
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        remedy = "Make room there" if error.errno in FULL or _is_full(path.parent) else "Look at that folder"
        told = OSError(
            f"Expected to write {path}; received {error.strerror or error}. {remedy}, or choose another one. "
            "What was there before is kept."
        )
        told.errno = error.errno
        raise told from error
    finally:
        part.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what a process that was killed has left half written in a folder, and in those below it."""
    for part in folder.rglob(f"{PART}*"):
        part.unlink(missing_ok=True)


@contextmanager
def readable(path: str | Path, what: str, remedy: str) -> Iterator[None]:
    """Read a file, and say so in one sentence where it is damaged or of another kind.

    Args:
        path: str or Path.
        what: what the file should be: "a vocabulary".
        remedy: a sentence, what to do.

    Raises:
        ValueError: what is done within raised one of ``DAMAGED``, or an ``OSError`` that is not about
            whether there is such a file and who may read it.

    >>> try:
    ...     with readable("numbers.json", "numbers", "Write it anew."):
    ...         int("one")
    ... except ValueError as error:
    ...     print(str(error)[:61])
    Expected numbers in numbers.json; received a damaged file, or
    """
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError, ModuleNotFoundError):
        raise
    except (*DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(
            f"Expected {what} in {path}; received a damaged file, or one of another kind ({detail}). {remedy}"
        ) from error


def enclose(path: Path, files: Mapping[str, bytes]) -> None:
    """Put files into an archive, a ``.keras`` or ``.npz`` file: what belongs together is one file.

    They are stored as they are, so that whoever reads them needs no more memory than the archive has bytes.

    Args:
        path: Path, of the archive.
        files: dict of their names, and what they hold.
    """
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(f"{FOLDER}/{name}", content)


def enclosed(path: Path) -> dict[str, bytes]:
    """Read the files that ``enclose`` put into an archive.

    Args:
        path: Path, of the archive.

    Returns:
        dict of names and contents; empty where there are none.

    Raises:
        ValueError: the archive is damaged, or files in it are compressed.
    """
    with readable(path, "a model", "Take it anew from where it came."), zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.startswith(f"{FOLDER}/")]
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError(f"files in {FOLDER}/ are compressed")
        return {entry.filename.removeprefix(f"{FOLDER}/"): archive.read(entry) for entry in entries}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_full(folder):
    """Whether next to nothing fits into a folder: libraries do not always say why they could not write."""
    try:
        return shutil.disk_usage(folder).free < 1 << 16
    except OSError:
        return False
