"""What every chat export holds: messages, and files that they lie in."""

import zipfile
import zlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeAlias

from s2s_lesson.corpora._fetch import expect_inside
from s2s_lesson.data.memory import expect_memory

COUNTS = ("system", "media", "deleted")  # what is left out of an export, and counted
SUFFIXES = (".txt", ".json", ".html")
Files: TypeAlias = dict[PurePosixPath, Callable[[], bytes]]


class Message(NamedTuple):
    """What somebody wrote.

    Attributes:
        time: without a zone, as the export tells it; Slack's is UTC.
        author: the name.
        text: as written; it may have several lines.
        thread: what tells the conversation apart from others that go on at the same time: a chat of several,
            a thread of a channel. Empty where there is one only.

    >>> from datetime import datetime
    >>> Message(datetime(2016, 9, 30, 21, 5), "Ada", "Ahoy!").thread
    ''
    """

    time: datetime
    author: str
    text: str
    thread: str = ""


Export: TypeAlias = tuple[list[Message], dict[str, int]]  # messages, and how many others were left out


def files_of(path: Path) -> Files:
    """List the files of an export that may hold messages, without reading them.

    Args:
        path: a file, a zip file, or a folder, of which the folders in it are looked into as well.

    Returns:
        What reads each file, by its place in the folder or zip file.

    Raises:
        FileNotFoundError: there is nothing.
        ValueError: a zip file is broken or unsafe, or larger than the memory.
    """
    if path.is_dir():
        present = [file for pattern in ("*", "*/*") for file in path.glob(pattern) if file.suffix in SUFFIXES]
        return {PurePosixPath(file.relative_to(path).as_posix()): file.read_bytes for file in sorted(present)}
    if not path.exists():
        raise FileNotFoundError(
            f"Expected a chat export, a file or a folder; {path} is not there."
            " Export the chat from its app, and give the path of what it wrote."
        )
    if path.suffix.lower() == ".zip" and not zipfile.is_zipfile(path):
        raise ValueError(
            f"Expected a whole zip file at {path}; received something else. Export the chat again."
        )
    if not zipfile.is_zipfile(path):
        return {PurePosixPath(path.name): path.read_bytes}
    with zipfile.ZipFile(path) as opened:
        places = {info: expect_inside(path, info.filename) for info in opened.infolist()}
    texts = {place: info for info, place in places.items() if place.suffix in SUFFIXES}
    size = sum(info.file_size for info in texts.values())
    expect_memory("files in the zip", f"{path.name} with {size / 1e9:,.1f} GB", 4 * size)
    return {
        place: partial(_read_member, path, info.filename)
        for place, info in texts.items()
        if "__MACOSX" not in place.parts
    }


def decoded(data: bytes, name: object) -> str:
    """Decode a file of an export, which is UTF-8 in all apps.

    Raises:
        ValueError: it is not.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Expected UTF-8 in {name}, as the apps write it; received byte {data[error.start]:#04x} at "
            f"place {error.start}. Export the chat again, and do not open and save the file in between."
        ) from error


def _read_member(archive, name):
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"Expected a whole zip file at {archive}; received a damaged one ({error}). Export it again."
        ) from error
