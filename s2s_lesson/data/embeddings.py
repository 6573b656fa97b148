"""Pretrained embeddings: the vectors of words, as word2vec, GloVe and fastText write them as text.

Each row is a token and its numbers, with blanks between. word2vec and fastText begin with a row of two
numbers, how many rows there are and how wide they are; GloVe does not. Some tokens of GloVe hold blanks.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from s2s_lesson.data.vocabulary import SPECIAL_TOKENS, Vocabulary

Embeddings: TypeAlias = str | Path | Mapping[str, np.ndarray]  # a file, or vectors by token
START = 1 << 20  # bytes that tell how a file is laid out
GZIP, ZIP, FASTTEXT = b"\x1f\x8b", b"PK\x03\x04", b"\xba\x16\x4f\x2f"  # how packed and binary files begin
HEADER = re.compile(rb"\s*(\d+)[ \t]+(\d+)\s*")
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class EmbeddingLayout:
    """How a file of embeddings is laid out.

    Attributes:
        width: int, numbers in a vector.
        rows: int, as the first row says; None where it is that of a token already.

    >>> EmbeddingLayout(300, None).rows is None
    True
    """

    width: int
    rows: int | None


def embedding_layout(path: str | Path) -> EmbeddingLayout:
    """Look at the beginning of a file of embeddings.

    Args:
        path: str or Path, of a text, which may be packed by gzip.

    Returns:
        ``EmbeddingLayout``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is empty, or binary, or packed in another way, or its first row is none of embeddings.
    """
    start = _start(path)
    first, _, rest = start.partition(b"\n")
    if start.startswith(FASTTEXT):
        raise ValueError(
            f"Expected embeddings as text; received {path}, a binary model of fastText. Take the file of "
            "vectors that comes with it, .vec, or write one with fastText's print-word-vectors."
        )
    if start.startswith(ZIP):
        raise ValueError(f"Expected embeddings as text; received {path}, a zip archive. Unpack it first.")
    header = HEADER.fullmatch(first)
    if header and not _is_text(rest[: rest.find(b" ") + 1 + 4 * int(header[2])]):  # as long as a binary row
        raise ValueError(
            f"Expected embeddings as text; received {path}: this is a binary word2vec file. Make it text in "
            "Python, with gensim: "
            "KeyedVectors.load_word2vec_format(path, binary=True).save_word2vec_format(other)."
        )
    if b"\0" in start:
        raise ValueError(
            f"Expected embeddings as text; received {path}, which is binary."
            " Save them as text, with the program that made them."
        )
    if header:
        rows, width = map(int, header.groups())
    else:
        rows, width = None, min(_numbers_at_the_end(first), len(first.split()) - 1)
    if width < 1:
        raise ValueError(
            f"Expected a token and its numbers in each row of {path}, blanks between them; "
            f"received {first[:50]!r} in line 1."
            " Look whether it is a file of embeddings."
        )
    return EmbeddingLayout(width, rows)


def read_embeddings(
    path: str | Path, wanted: Vocabulary | Iterable[str] | None = None
) -> dict[str, np.ndarray]:
    """Read the vectors of words, row by row, and keep those that are wanted.

    Of a row that is not wanted its width alone is looked at. Where a token has several rows, the first holds.

    Args:
        path: str or Path, of a text in UTF-8 as word2vec, GloVe or fastText (.vec) write it, which may be
            packed by gzip.
        wanted: the tokens to keep: a ``Vocabulary``, without its special tokens, or any collection of str.
            None keeps all.

    Returns:
        dict of float32 (width,) by token.

    Raises:
        OSError: the file cannot be read.
        TypeError: ``wanted`` is one string.
        ValueError: as ``embedding_layout``; a row has another width, or holds what is no finite number; the
            file ends early. The error names the line.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "words.vec")
    ...     _ = path.write_text("2 3\\nhouse 0.5 1 0\\nfire 0 0 2\\n", encoding="utf-8")
    ...     vectors = read_embeddings(path, wanted=["house", "horse"])
    >>> {token: vector.tolist() for token, vector in vectors.items()}
    {'house': [0.5, 1.0, 0.0]}
    """
    layout, keys = embedding_layout(path), _keys(wanted)
    vectors: dict[str, np.ndarray] = {}
    rows, number = 0, 0
    for number, line in enumerate(_lines(path), start=1):
        row = line.strip(b"\r\n \t")
        if not row or (number == 1 and layout.rows is not None):
            continue
        rows += 1
        if keys is not None and row.count(b" ") == layout.width and row[: row.index(b" ")] not in keys:
            continue
        name, *values = _parts(row, layout.width, f"line {number} of {path}")
        if keys is not None and name not in keys:
            continue
        token = _decoded(name, f"line {number} of {path}") if keys is None else keys[name]
        if token not in vectors:
            vectors[token] = _vector(values, f"line {number} of {path}")
    if layout.rows not in (None, rows):
        raise ValueError(
            f"Expected {layout.rows:,} rows in {path}, as its first line says; received {rows:,}, up to line "
            f"{number}. Was the file loaded to its end?"
        )
    return vectors


def vectors_of(embeddings: Embeddings, vocab: Vocabulary) -> dict[str, np.ndarray]:
    """The pretrained vectors of the words of a vocabulary, from a file or a dict.

    Args:
        embeddings: str or Path, as ``read_embeddings`` takes it; or a dict of arrays, (width,), by token.
        vocab: ``Vocabulary``.

    Returns:
        dict of float32 (width,) by token: the ordinary tokens that there are.

    Raises:
        OSError, ValueError: as ``read_embeddings``; or vectors of a dict differ in width.
        TypeError: it is neither a path nor a dict.

    >>> vectors_of({"a": np.ones(2), "c": np.ones(2)}, Vocabulary(["a", "b"]))
    {'a': array([1., 1.], dtype=float32)}
    """
    if isinstance(embeddings, (str, Path)):
        return read_embeddings(embeddings, vocab)
    if not isinstance(embeddings, Mapping):
        raise TypeError(
            "Expected embeddings as a path, or as a dict of vectors by token; "
            f"received {type(embeddings).__name__}."
            " Give one of the two."
        )
    there = [token for token in vocab.tokens[len(SPECIAL_TOKENS) :] if token in embeddings]
    vectors = {token: np.asarray(embeddings[token], "float32") for token in there}
    for token, vector in vectors.items():
        width = vectors[there[0]].shape
        if vector.ndim != 1 or vector.shape != width:
            raise ValueError(
                f"Expected vectors of one width, such as {width} of {there[0]!r}; "
                f"received {vector.shape} of {token!r}."
                " Give vectors of one table."
            )
        if not np.isfinite(vector).all():
            raise ValueError(
                f"Expected finite numbers; received NaN or infinity in the vector of {token!r}."
                " Mend the vector, or take it out."
            )
    return vectors


def _start(path):
    """The first bytes of a file, unpacked."""
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"Expected a file of embeddings; there is none at {path}. Give the path of one."
        )
    start = next(_blocks(path), b"")
    if not start:
        raise ValueError(
            f"Expected embeddings, a token and its numbers in each row; {path} is empty. Get the file again."
        )
    return start


def _opened(path):
    with Path(path).open("rb") as file:
        packed = file.read(2) == GZIP
    return gzip.open(path, "rb") if packed else Path(path).open("rb")


def _blocks(path):
    return _whole(path, lambda file: iter(lambda: file.read(START), b""))


def _lines(path) -> Iterator[bytes]:
    return _whole(path, iter)


def _whole(path, parts):
    """Go through an open file; a packed one that is cut off or damaged is named."""
    try:
        with _opened(path) as file:
            yield from parts(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"Expected a whole file that gzip packed; received {path}: {error}. Get it again."
        ) from error


def _is_text(start):
    """Whether bytes are UTF-8 and hold no controls; the last character may be cut off."""
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return False
    return not CONTROLS.search(start)


def _keys(wanted):
    """The tokens that are wanted, by their bytes; None for all."""
    if wanted is None:
        return None
    if isinstance(wanted, str):
        raise TypeError(
            f"Expected a collection of tokens that are wanted; received the text {wanted!r}."
            " Put it in a list."
        )
    tokens = wanted.tokens[len(SPECIAL_TOKENS) :] if isinstance(wanted, Vocabulary) else wanted
    return {token.encode("utf-8"): token for token in tokens}


def _parts(row, width, place):
    """A row's token, which may hold blanks, and its numbers: list of bytes."""
    parts = row.rsplit(None, width)
    words = parts[0].split()
    if len(parts) <= width or (len(words) > 1 and _is_number(words[-1])):
        raise ValueError(
            f"Expected a token and {width} numbers, as in the first row; received "
            f"{min(_numbers_at_the_end(row), len(row.split()) - 1)} numbers in {place}."
            " Mend the row, or get the file again."
        )
    return parts


def _vector(values, place):
    try:
        vector = np.array([float(value) for value in values])
    except ValueError as error:
        raise ValueError(
            f"Expected numbers; received something else in {place}: {error}. Mend the row, or take it out."
        ) from error
    if not (np.abs(vector) <= np.finfo("float32").max).all():
        raise ValueError(
            f"Expected finite numbers; received NaN or infinity in {place}. Mend the row, or take it out."
        )
    return vector.astype("float32")


def _decoded(name, place):
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Expected a token in UTF-8; received {name!r} in {place}. Write the file in UTF-8."
        ) from error


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers_at_the_end(row):
    """How many words at the end of a row are numbers."""
    words = row.split()
    return next((place for place, word in enumerate(reversed(words)) if not _is_number(word)), len(words))
