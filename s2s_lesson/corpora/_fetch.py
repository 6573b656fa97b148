"""Find a corpus where it lies already, or download it once, safely."""

import importlib.metadata
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from s2s_lesson import _extras

DATA_VARIABLE = "S2S_LESSON_DATA"
CACHE_VARIABLE = "S2S_LESSON_CACHE"


class CorpusUnavailable(RuntimeError):
    """A corpus is neither on this machine nor to be had by download."""


def local(*parts: str) -> Path | None:
    """Return a path under the folder that the variable S2S_LESSON_DATA names, or None if it is not there."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        return None
    path = Path(root).expanduser().joinpath(*parts)
    return path if path.exists() else None


def cache_folder() -> Path:
    """Return where downloads are kept: the variable S2S_LESSON_CACHE, else the user's cache folder."""
    with _extras.named():
        import pooch

    return Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("s2s_lesson")).expanduser()


def packaged(distribution: str, file_name: str) -> Path:
    """Find a data file of an installed PyPI package without importing the package.

    Raises:
        CorpusUnavailable: the package or its file is missing.
    """
    try:
        path = Path(str(importlib.metadata.distribution(distribution).locate_file(file_name)))
    except importlib.metadata.PackageNotFoundError:
        path = None
    if path is None or not path.is_file():
        raise CorpusUnavailable(
            f"Expected the file {file_name} of the PyPI package {distribution}; received none. "
            f"Install it: pip install {distribution}"
        )
    return path


def fetch(url: str, sha256: str, file_name: str, unpack: Callable[[Path], bytes] | None = None) -> Path:
    """Return a file from the cache; download it first if it is not there.

    The download goes to a temporary file, which gets its name only when its checksum is right: an interrupted
    one is never taken for the file, and the next call starts again.

    Args:
        url: where the file is.
        sha256: its SHA-256, in hexadecimal.
        file_name: its name in the cache.
        unpack: reads the wanted file out of the one that came, if that is packed; ``sha256`` is then that of
            the wanted file, which alone is kept. Raises ValueError where it cannot.

    Returns:
        The path of the file, whose checksum is right.

    Raises:
        CorpusUnavailable: there is no network, or what came is not the expected file.
    """
    with _extras.named():
        import pooch
    import requests

    folder = cache_folder()
    download = pooch.HTTPDownloader(progressbar=True, timeout=30)
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=f"sha256:{sha256}",
                fname=file_name,
                path=folder,
                downloader=download if unpack is None else _unpacking(download, unpack),
            )
        )
    except requests.RequestException as error:
        reason = f"the download failed ({type(error).__name__}: {error})"
    except ValueError:
        reason = f"what came has another SHA-256 than {sha256}: it was cut short, altered, or is a web page"
    except OSError as error:
        reason = (
            f"it cannot be kept in {folder} ({error}); the variable {CACHE_VARIABLE} names another folder"
        )
    raise CorpusUnavailable(
        f"Expected {file_name} from {url}; received nothing usable: {reason}. Check the network and try "
        f"again, or put the files in a folder and name it in the variable {DATA_VARIABLE}."
    )


def _unpacking(download, unpack):
    """A downloader of pooch's that leaves what a packed file holds."""

    def download_and_unpack(url, output_file, pooch, **options):
        with tempfile.TemporaryDirectory() as folder:
            packed = Path(folder, "packed")
            download(url, str(packed), pooch, **options)
            Path(output_file).write_bytes(unpack(packed))

    return download_and_unpack


def expect_inside(archive: Path, member: str) -> PurePosixPath:
    """Make sure that a member of a zip file lies inside its folder.

    Args:
        archive: the zip file.
        member: name of the member.

    Returns:
        Its path within the archive.

    Raises:
        ValueError: it points outside.
    """
    path = PurePosixPath(member.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in str(path):
        raise ValueError(
            f"Expected members inside the folder in {archive}; received {member!r}. "
            "Do not trust this file: get it from its own source."
        )
    return path


def read_members(archive: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Read some files of a zip file without unpacking it: nothing is written.

    Args:
        archive: the zip file.
        names: names of files, in whatever folder of the archive they lie; what macOS adds is passed over.

    Returns:
        The contents of the files that are there, by name.

    Raises:
        ValueError: the file is no zip file, is damaged, or has a member that points outside the folder.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            paths = {member: expect_inside(archive, member) for member in opened.namelist()}
            wanted = {path.name: member for member, path in paths.items() if "__MACOSX" not in path.parts}
            return {name: opened.read(wanted[name]) for name in names if name in wanted}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"Expected a whole zip file at {archive}; received something else ({error}). Get it again."
        ) from error
