"""Files that whoever reads them finds whole: written at once or not at all, and known by a checksum."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path


def write_at_once(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that whoever reads it finds the old one or the new one, never a part.

    Args:
        path: Path.
        write: function of a Path, that writes the file there.
    """
    part = path.with_name(f".part-{path.name}")
    write(part)
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
