"""Pairs of one's own: files of pairs -> a corpus with its splits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from s2s_lesson.corpora._corpus import Corpus
from s2s_lesson.corpora.files import FilePairs, Layout, read_pairs
from s2s_lesson.corpora.files.unpacking import expect_there, is_read_once
from s2s_lesson.corpora.splits import split_pairs
from s2s_lesson.data.expected import PositiveInt, Share, checked

Files: TypeAlias = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class OwnFiles:
    """What files of pairs gave.

    Attributes:
        corpus: ``Corpus``, in its splits.
        read: ``FilePairs`` of the first files: how they are laid out, and which rows could not be used.
        sha256: str or None, of what the files hold, in hexadecimal digits; None where one of them is the
            standard input or a pipe.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pairs.tsv"
    ...     rows = "".join(f"{number}\\t{-number}\\n" for number in range(97))
    ...     _ = path.write_text(rows, encoding="utf-8")
    ...     own = read(path)
    >>> own.read.layout.format, sum(map(len, own.corpus.splits.values()))
    ('tsv', 97)
    """

    corpus: Corpus
    read: FilePairs
    sha256: str | None


@checked
def load(files: Files, target_files: Files | None = None, **options: Any) -> Corpus:
    """Read files of pairs as a corpus.

    Args:
        files, target_files: as in ``read``.
        **options: likewise.

    Returns:
        ``Corpus``.

    Raises:
        OSError, ValueError: as ``read``.
    """
    return read(files, target_files, **options).corpus


@checked
def read(
    files: Files,
    target_files: Files | None = None,
    *,
    dev: Files | None = None,
    dev_target_files: Files | None = None,
    test: Files | None = None,
    test_target_files: Files | None = None,
    dev_share: Share = 0.05,
    test_share: Share = 0.05,
    largest: PositiveInt = 3000,
    layout: Layout | None = None,
    strict: bool = False,
    sha256: str | None = None,
    progress: bool = False,
) -> OwnFiles:
    """Read files of pairs, and what there is to know of them.

    Args:
        files: a path or a list of paths, of pairs; "-" is standard input. What formats there are is told by
            ``files.read_pairs``.
        target_files: as many, where ``files`` are of sources alone, a text a line: their targets.
        dev: a path or paths of development pairs, laid out as ``files`` are. None draws a share of the pairs.
        dev_target_files: likewise, their targets.
        test: a path or paths of test pairs. None draws a share.
        test_target_files: likewise, their targets.
        dev_share: float from 0 to 1, share of the sources: see ``splits.split_pairs``.
        test_share: likewise.
        largest: int, pairs in a share that is drawn; the others are set aside.
        layout: ``Layout``; None finds it out.
        strict: bool. The first row that cannot be used is an error; else it is left out and counted.
        sha256: str or None, of all files together, as ``OwnFiles`` gives it. Other content is an error.
        progress: bool. Show a progress bar.

    Returns:
        ``OwnFiles``.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file has no pairs, or other content than ``sha256`` says; or as ``files.read_pairs`` and
            ``splits.split_pairs``.
    """
    paths = [listed(one) for one in (files, target_files, dev, dev_target_files, test, test_target_files)]
    for path in (path for some in paths for path in some):
        expect_there(path)  # all of them, before the first is read
    read_files = read_pairs(
        paths[0], paths[1] or None, layout=layout or Layout(), strict=strict, progress=progress
    )
    held_out = {
        name: read_pairs(some, targets or None, layout=read_files.layout, strict=strict).pairs
        for name, some, targets in (("dev", paths[2], paths[3]), ("test", paths[4], paths[5]))
        if some
    }
    contents = _digest([path for some in paths for path in some])
    if sha256 is not None and contents != sha256:
        raise ValueError(
            f"Expected files with the SHA-256 {sha256}; {', '.join(map(str, paths[0]))} now have {contents}. "
            "They hold something else: take sha256 out of the settings to use them all the same."
        )
    corpus = split_pairs(
        read_files.pairs,
        dev_share=dev_share,
        test_share=test_share,
        largest=largest,
        dev=held_out.get("dev"),
        test=held_out.get("test"),
    )
    return OwnFiles(corpus, read_files, contents)


def listed(files: Files | None) -> list[str | Path]:
    """Put a path, several, or none into a list."""
    if files is None:
        return []
    return [files] if isinstance(files, str | Path) else list(files)


def _digest(paths):
    if any(map(is_read_once, paths)):
        return None
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
