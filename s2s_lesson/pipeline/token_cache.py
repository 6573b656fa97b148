"""TokenCache: texts that were split once are not split again, in this process and in later ones."""

import contextlib
import hashlib
import json
import os
import unicodedata
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from s2s_lesson import __version__
from s2s_lesson.corpora._fetch import cache_folder
from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.text import stop_words
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.whole_files import write_at_once

REMEMBERED = 6  # sides of pairs, in memory
LONG = 2_000_000  # characters; what is shorter is split again as soon as it is read from the disk
MOST_BYTES = 2**30  # on the disk
_PACKAGES = ("nltk", "regex", "sentencepiece", "icu4py")


class TokenCache:
    """The tokens of the texts that were seen last, by their content and what is done to them.

    Long ones lie below the folder of the downloads as well, in ``tokens``, at most a gigabyte: what was not
    used for longest goes first. A file that is damaged is written anew.

    >>> cache = TokenCache()
    >>> first = cache.tokens(["a b", "c"], Preparation("whitespace"))
    >>> cache.tokens(["a b", "c"], Preparation("whitespace")) is first
    True
    """

    def __init__(self):
        self._seen: dict[str, TokenLists] = {}

    def tokens(self, texts: Sequence[str], preparation: Preparation, progress: bool = False) -> TokenLists:
        """Split texts, or tell how they were split before.

        Args:
            texts: list of str.
            preparation: ``Preparation``.
            progress: bool, as in ``TokenLists.of``.

        Returns:
            ``TokenLists``.
        """
        key = _key(texts, preparation)
        lists = self._seen.pop(key, None)
        if lists is None:
            path = _path(key) if sum(map(len, texts)) >= LONG else None
            lists = None if path is None else _read(path, len(texts))
            if lists is None:
                lists = TokenLists.of(texts, preparation, progress)
                if path is not None:
                    _keep(path, lists)
        self._seen[key] = lists  # the last one
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return lists


def _key(texts, preparation):
    """SHA-256 of the texts and of all that decides how they are split."""
    how, cleaning = preparation.tokens, preparation.cleaning
    if isinstance(how, Subwords):
        how = hashlib.sha256(how.model).hexdigest()
    strip = preparation.strip and how not in ("whitespace", "casual") and _any_has_outer_blanks(texts)
    words = None if cleaning is None else sorted(stop_words())
    options = [how, preparation.normalisation, cleaning, strip, words]
    versions = [__version__, unicodedata.unidata_version, *map(_version, _PACKAGES)]
    key = hashlib.sha256(json.dumps([*options, *versions], sort_keys=True).encode())
    for start in range(0, len(texts), 4096):
        part = texts[start : start + 4096]
        key.update(
            np.fromiter(map(len, part), "int64").tobytes() + "".join(part).encode("utf-8", "surrogatepass")
        )
    return key.hexdigest()


def _any_has_outer_blanks(texts):
    """Whether it matters for any text that blanks around it go; a byte order mark may hide one."""
    return any(text != text.strip() or text.startswith("\ufeff") for text in texts)


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _path(key):
    """The Path of a file of the cache; None where there is no folder for it."""
    try:
        return cache_folder() / "tokens" / f"{key}.npz"
    except ModuleNotFoundError:  # of what knows the user's folders
        return None


def _read(path: Path, count: int) -> TokenLists | None:
    """Read what ``_keep`` wrote; None where there is no file, or a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            ids, lengths, sizes = (_whole(file[name]) for name in ("ids", "lengths", "sizes"))
            text = file["tokens"].tobytes()
        os.utime(path)
        ends = np.cumsum(sizes, dtype="int64")
        tokens = [
            text[end - size : end].decode() for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)
        ]
        lists = IdLists(ids, lengths)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    right = len(lists) == count and sizes.sum() == len(text) and (not len(ids) or ids.max() < len(tokens))
    return TokenLists(tokens, lists) if right else None


def _whole(array):
    if array.dtype != np.int32 or array.ndim != 1 or (array < 0).any():
        raise ValueError(
            f"Expected one row of whole numbers; received {array.dtype} {array.shape}. Count anew."
        )
    return array


def _keep(path, lists):
    """Write tokens to the disk, and let what was not used for longest go; do without where it cannot be."""
    tokens = [token.encode() for token in lists.tokens]
    arrays = {
        "ids": lists.lists.ids,
        "lengths": lists.lengths,
        "sizes": np.fromiter(map(len, tokens), "int32"),
        "tokens": np.frombuffer(b"".join(tokens), "uint8"),
    }
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_at_once(path, lambda part: np.savez(part, allow_pickle=False, **arrays))
        files = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
        room = MOST_BYTES
        for file in files:
            room -= file.stat().st_size
            if room < 0:
                file.unlink()
