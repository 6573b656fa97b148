"""Read the files of the Cornell Movie-Dialogs Corpus, in the official form and in ConvoKit's."""

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from s2s_lesson.corpora._fetch import read_members

LINES, CONVERSATIONS, UTTERANCES = "movie_lines.txt", "movie_conversations.txt", "utterances.jsonl"
SEPARATOR = "+++$+++"
_LINE_IDS = re.compile(r"""\[\s*(?:['"]\w+['"][\s,]*)+\]""")


class Line(NamedTuple):
    """One utterance of a film; the character's name is empty where the file does not give it.

    >>> Line("L7", "u0", "m0", "BIANCA", "They do not!").text
    'They do not!'
    """

    line_id: str
    character_id: str
    movie_id: str
    character: str
    text: str


class Conversation(NamedTuple):
    """Lines that follow each other, between two characters.

    >>> Conversation("u0", "u2", "m0", ["L194", "L195"]).line_ids
    ['L194', 'L195']
    """

    character_id_1: str
    character_id_2: str
    movie_id: str
    line_ids: list[str]


class Problems:
    """Raise at the first problem if strict; else count all of them, and warn once.

    >>> problems = Problems(strict=False)
    >>> problems.report("malformed_lines", "movie_lines.txt", 3, expected="5 fields", received="4")
    >>> problems.first
    'movie_lines.txt, line 3: expected 5 fields; received 4.'
    """

    def __init__(self, strict):
        self.strict = strict
        self.counts = {"malformed_lines": 0, "unknown_lines": 0, "not_utf8": 0}
        self.first = None

    def report(self, kind, file, number, expected, received):
        message = f"{file}, line {number}: expected {expected}; received {received}."
        if self.strict:
            raise ValueError(
                f"{message} Mend the file, or pass strict=False, on the command "
                "line --set run.corpus_options={strict=false}."
            )
        self.counts[kind] += 1
        self.first = self.first or message

    def warn(self, where):
        if self.first:
            bad = (
                f"{self.counts['malformed_lines']} malformed lines and {self.counts['unknown_lines']} unknown"
            )
            warnings.warn(f"Left out {bad} line ids in {where}. First: {self.first}", stacklevel=4)


def contents(where: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Read those of some files that a folder or zip file holds, or a folder inside it; by name.

    Raises:
        FileNotFoundError: ``where`` is not there.
        ValueError: the zip file is unsafe or broken.
    """
    if where.is_dir():
        present = {name: file for name in names for file in (*where.glob(f"[!_]*/{name}"), *where.glob(name))}
        return {name: file.read_bytes() for name, file in present.items()}
    if where.exists():
        return read_members(where, names)
    raise FileNotFoundError(
        f"Expected a folder or zip file; received {where}, which is not there."
        " Give the path of one that holds the corpus."
    )


def read(where: Path, strict: bool) -> tuple[list[Line], list[Conversation], dict[str, int]]:
    """Read all lines and conversations from a folder or zip file, whatever its encoding.

    A file is read as UTF-8, or as UTF-16 if it begins with its byte order mark. A line that is no UTF-8 is
    read as Windows-1252, and as ISO 8859-1 where it has bytes that Windows-1252 leaves undefined.

    Args:
        where: the folder or zip file; the files may lie in a folder inside it.
        strict: raise at the first malformed line instead of counting it.

    Returns:
        lines, conversations, and counts: malformed_lines, unknown_lines, not_utf8.

    Raises:
        FileNotFoundError: ``where`` or the files in it are not there.
        ValueError: the zip file is unsafe or broken, or, if strict, a line is malformed.
    """
    files = contents(where, (LINES, CONVERSATIONS, UTTERANCES))
    problems = Problems(strict)
    if LINES in files and CONVERSATIONS in files:
        lines = _read_lines(files[LINES], problems)
        conversations = _read_conversations(files[CONVERSATIONS], {line.line_id for line in lines}, problems)
    elif UTTERANCES in files:
        lines, conversations = _read_utterances(files[UTTERANCES], problems)
    else:
        raise FileNotFoundError(
            f"Expected {LINES} and {CONVERSATIONS}, or {UTTERANCES}, in {where}; received {sorted(files)}. "
            "Name the folder or zip file of the Cornell Movie-Dialogs Corpus."
        )
    problems.warn(where)
    return lines, conversations, problems.counts


def numbered_lines(data: bytes, problems: Problems) -> Iterator[tuple[int, str]]:
    """Decode a file line by line, without the blank ones; numbers begin at 1."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    # Not str.splitlines: a text may hold the other characters at which that splits.
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            problems.counts["not_utf8"] += 1
            try:
                text = raw.decode("cp1252")
            except UnicodeDecodeError:
                text = raw.decode("iso-8859-1")
        if text.strip():
            yield number, text


def _read_lines(data, problems):
    lines: dict[str, Line] = {}
    for number, text in numbered_lines(data, problems):
        fields = [field.strip() for field in text.split(SEPARATOR)]
        if len(fields) != 5:
            problems.report("malformed_lines", LINES, number, "5 fields", len(fields))
        elif fields[0] in lines:
            problems.report("malformed_lines", LINES, number, "a new line id", fields[0])
        else:
            lines[fields[0]] = Line(*fields)
    return list(lines.values())


def _read_conversations(data, known_ids, problems):
    conversations = []
    for number, text in numbered_lines(data, problems):
        *fields, id_list = (field.strip() for field in text.split(SEPARATOR))
        if len(fields) != 3:
            problems.report("malformed_lines", CONVERSATIONS, number, "4 fields", len(fields) + 1)
        elif not _LINE_IDS.fullmatch(id_list):
            problems.report(
                "malformed_lines", CONVERSATIONS, number, "line ids such as ['L1', 'L2']", id_list
            )
        else:
            line_ids = re.findall(r"\w+", id_list)
            for line_id in line_ids:
                if line_id not in known_ids:
                    problems.report("unknown_lines", CONVERSATIONS, number, "ids of known lines", line_id)
            conversations.append(Conversation(*fields, line_ids))
    return conversations


def _read_utterances(data, problems):
    """Read ConvoKit's form: each utterance names the one that it replies to."""
    lines: dict[str, Line] = {}
    parents: dict[str, tuple[int, str | None]] = {}  # with the number of the line in the file
    for number, text in numbered_lines(data, problems):
        try:
            line, parent = _parse_utterance(text)
            if line.line_id in lines:
                raise ValueError(f"the id {line.line_id} a second time")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            expected = "a JSON object with a new id, speaker, text, reply-to and meta.movie_id"
            problems.report("malformed_lines", UTTERANCES, number, expected, repr(error))
        else:
            lines[line.line_id], parents[line.line_id] = line, (number, parent)
    starts: list[str] = []
    children: dict[str, list[str]] = {}
    for line_id, (number, parent) in parents.items():
        if parent in lines:
            children.setdefault(parent, []).append(line_id)
        else:
            starts.append(line_id)
            if parent is not None:
                problems.report("unknown_lines", UTTERANCES, number, "a reply to a known id", parent)
    chains = list(_chains(starts, children))
    for line_id in lines.keys() - {line_id for chain in chains for line_id in chain}:
        expected = "replies that lead back to a first utterance"
        problems.report("malformed_lines", UTTERANCES, parents[line_id][0], expected, "a circle")
    conversations = []
    for chain in chains:
        if len(chain) > 1:
            first, second = lines[chain[0]], lines[chain[1]]
            conversations.append(Conversation(first.character_id, second.character_id, first.movie_id, chain))
    return list(lines.values()), conversations


def _parse_utterance(text):
    record = json.loads(text)
    line = Line(record["id"], record["speaker"], record["meta"]["movie_id"], "", record["text"].strip())
    if not all(isinstance(value, str) for value in (*line, record["reply-to"] or "")):
        raise TypeError("a value that is no text")
    return line, record["reply-to"]


def _chains(starts, children):
    """Yield the chains of replies; a second reply to an utterance begins a chain of its own."""
    waiting = [[start] for start in reversed(starts)]
    while waiting:
        chain = waiting.pop()
        while replies := children.get(chain[-1]):
            waiting += [[chain[-1], reply] for reply in replies[1:]]
            chain.append(replies[0])
        yield chain
