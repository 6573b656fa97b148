"""Read pairs, or sources alone, from files of whatever kind, and say what was done."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from s2s_lesson import _extras
from s2s_lesson.corpora._corpus import Pair
from s2s_lesson.corpora.files.file_pairs import FilePairs, Malformed
from s2s_lesson.corpora.files.json_lines import looks_like_json, read_json_lines
from s2s_lesson.corpora.files.layout import Layout
from s2s_lesson.corpora.files.opening import lines_of, open_text
from s2s_lesson.corpora.files.parallel import read_parallel
from s2s_lesson.corpora.files.rows import Content, Fault
from s2s_lesson.corpora.files.tables import read_table
from s2s_lesson.corpora.files.unpacking import ENDINGS, STANDARD_INPUT, name_of
from s2s_lesson.data.expected import checked

PathLike: TypeAlias = str | Path
FOUND_OUT = Layout()  # all of it, from each file
EXAMPLES = 5
NO_TEXT = "bytes that are no text"
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_TABLES = (".csv", ".tsv", ".tab")


@checked
def read_pairs(
    paths: PathLike | Sequence[PathLike],
    target_paths: PathLike | Sequence[PathLike] | None = None,
    *,
    layout: Layout = FOUND_OUT,
    strict: bool = False,
    progress: bool = False,
) -> FilePairs:
    """Read pairs from tables, JSON Lines or parallel files.

    Files may be packed by gzip, bzip2, xz or zstd. What ``layout`` leaves open is found out from each file:
    format and delimiter from its name and its first rows; the header from usual names of columns, such as
    source, question or de; the columns from these names, else the first two that hold more than numbers. The
    lines that Anki writes above its notes are known, and HTML in notes becomes text. ``report()`` says all
    that was decided. Texts are taken as they stand: "NA" and "null" are texts, and blanks at their ends stay.

    Args:
        paths: one file, or several that are read one after the other; "-" is the standard input.
        target_paths: of parallel files those with the targets, as many: each line of a file of ``paths``
            belongs to the same line of its file here.
        layout: what is known of the files.
        strict: a malformed row is an error. Otherwise it is left out and counted. Malformed are rows with too
            few columns, or in CSV more than its header has; with an empty side; that are no JSON; and whose
            fields are missing or hold no string.
        progress: show how many rows were read.

    Returns:
        The pairs, and how they were read.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is damaged or its encoding unsure; a column does not exist; parallel files differ
            in their lines; no row can be used; with ``strict``, one cannot.

    Source: RFC 4180 for CSV; https://jsonlines.org; https://docs.ankiweb.net/exporting.html.
    """
    files = _paired(_listed(paths), target_paths, layout)
    pairs: list[Pair] = []
    examples: list[Malformed] = []
    rows = malformed = 0
    read, columns = [], ""
    for path, target_path in files:
        with _opened(path, target_path, layout, 2) as (content, file):
            for number, texts in _shown(content.rows, file, progress):
                rows += 1
                fault = texts if isinstance(texts, Fault) else _empty(texts)
                if not fault:
                    pairs.append(Pair._make(texts))
                    continue
                if strict:
                    raise _malformed(file, number, fault)
                malformed += 1
                if len(examples) < EXAMPLES:
                    examples.append(Malformed(file, number, str(fault)))
            read.append((file, content.layout))
            columns = columns or content.columns
    shared = read[0][1].shared_with(each for _, each in read[1:])
    result = FilePairs(pairs, rows, malformed, examples, shared, read)
    if not pairs:
        raise ValueError(
            f"Expected at least one row with a source and a target; received none. {result.report()}\nThere "
            f"are {columns}. Choose two with source_column and target_column, or correct the file."
        )
    return result


@checked
def read_texts(path: PathLike, *, layout: Layout = FOUND_OUT) -> Iterator[str]:
    """Read the sources of a file one by one, however large it is.

    A file is plain text, one text a line, blank lines among them; unless the layout has a format, a
    delimiter, a header or a column: then it is read as ``read_pairs`` does, but for its targets,
    which may be missing.

    Args:
        path: the file, or "-", the standard input.
        layout: what is known of it.

    Yields:
        A text for each row; an empty one where there is none.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as ``read_pairs``; or a row is malformed: none is left out.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/texts.txt", "w") as file:
    ...         _ = file.write("3 May\\n4 May\\n")
    ...     list(read_texts(f"{folder}/texts.txt"))
    ['3 May', '4 May']
    """
    for number, text in read_rows(path, layout=layout):
        if isinstance(text, Fault):
            raise _malformed(name_of(path), number, text, "a source")
        yield text


def read_rows(path: PathLike, *, layout: Layout = FOUND_OUT) -> Iterator[tuple[int, str | Fault]]:
    """Read the sources of a file one by one, as ``read_texts`` does, and say of each that cannot be used why.

    Args:
        path: the file, or "-", the standard input.
        layout: what is known of it.

    Yields:
        number: int, of the row or the line, from 1.
        text: str, or a ``Fault`` in its place.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as ``read_pairs``, but for single rows.
    """
    told = (layout.format, layout.delimiter, layout.header, *layout.columns)
    with ExitStack() as stack:
        if layout.format == "parallel" or told == (None,) * len(told):
            text = stack.enter_context(open_text(path, layout.encoding, "surrogateescape"))
            rows = (
                (number, line)
                for number, line in enumerate(lines_of(text), 1)
                if not (layout.comment and line.startswith(layout.comment))
            )
        else:
            content, _ = stack.enter_context(_opened(path, None, layout, 1, "surrogateescape"))
            rows = (
                (number, texts if isinstance(texts, Fault) else texts[0]) for number, texts in content.rows
            )
        for number, row in rows:
            yield number, row if is_whole(row) else Fault(NO_TEXT)


def is_whole(text: str) -> bool:
    """Whether a text can be written to a file: it holds no half of a character, nor bytes that were none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def _opened(path, target_path, layout, sides, errors="strict") -> Iterator[tuple[Content, str]]:
    with ExitStack() as stack:
        text = stack.enter_context(open_text(path, layout.encoding, errors))
        encoding, file, lines = _encoding(text), name_of(path), lines_of(text)
        if target_path is not None:
            targets = stack.enter_context(open_text(target_path, layout.encoding))
            file = f"{file} and {name_of(target_path)}"
            content = read_parallel(lines, lines_of(targets), name_of(path), name_of(target_path))
            encoding = encoding if encoding == _encoding(targets) else layout.encoding
        else:
            content = _read(lines, layout, file, _ending(path), sides)
        yield content._replace(layout=replace(content.layout, encoding=encoding)), file


def _read(lines, layout, file, ending, sides):
    if layout.format is None and layout.delimiter is None and ending not in _TABLES:
        start = []
        for line in lines:
            start.append(line)
            if line.strip() and not (layout.comment and line.startswith(layout.comment)):
                break
        lines = chain(start, lines)
        if ending in _JSON_LINES or (start and looks_like_json(start[-1])):
            layout = replace(layout, format="jsonl")
    if layout.format == "jsonl":
        return read_json_lines(lines, layout, file, sides)
    return read_table(lines, layout, file, ending, sides)


def _listed(paths):
    if not isinstance(paths, str | Path | Iterable):
        raise TypeError(f"Expected a path or several; received {paths!r}. Name a file, or '-'.")
    return [paths] if isinstance(paths, str | Path) else list(paths)


def _paired(paths, target_paths, layout):
    """Each file with the one that holds its targets, or None."""
    targets = [None] * len(paths) if target_paths is None else _listed(target_paths)
    if not paths or len(paths) != len(targets):
        raise ValueError(
            f"Expected at least one file, and as many of targets; received {len(paths)} and {len(targets)}. "
            "Name them in the same order."
        )
    parallel = target_paths is not None
    told = (layout.delimiter, layout.comment, layout.header or None, *layout.columns)
    of_tables = layout.format not in (None, "parallel") or told != (None,) * len(told)
    if (layout.format == "parallel" and not parallel) or (parallel and of_tables):
        said = {name: value for name, value in asdict(layout).items() if value is not None}
        raise ValueError(
            "Expected files of targets (target_paths, on the command line --target-file) for the format "
            f"parallel, and nothing of tables or JSON with it; received {target_paths or 'none'} and {said}. "
            "Leave out what does not fit."
        )
    if [*paths, *targets].count(STANDARD_INPUT) > 1:
        raise ValueError("Expected the standard input, '-', at most once; received it again. Save it.")
    return list(zip(paths, targets, strict=True))


def _ending(path):
    path = Path(path)
    return (path.with_suffix("") if path.suffix.lower() in ENDINGS else path).suffix.lower()


def _encoding(text):
    return "utf-8" if text.encoding == "utf-8-sig" else text.encoding


def _shown(rows, file, progress):
    if not progress:
        return rows
    with _extras.named():
        from tqdm.auto import tqdm

    return tqdm(rows, desc=f"reading {file}", unit=" rows", leave=False)


def _empty(texts):
    source, target = texts
    if not source.strip():
        return "an empty source"
    return "" if target.strip() else "an empty target"


def _malformed(file, number, fault, wanted="a source and a target"):
    remedy = "Correct the row" + (", or leave such rows out without strict." if "target" in wanted else ".")
    return ValueError(f"Expected {wanted} in row {number} of {file}; received {fault}. {remedy}")
