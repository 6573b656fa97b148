"""Characters and films of the Cornell Movie-Dialogs Corpus, as far as its files tell."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from s2s_lesson.corpora._cornell_files import SEPARATOR, Line, Problems, contents, numbered_lines

CHARACTERS, FILMS = "movie_characters_metadata.txt", "movie_titles_metadata.txt"  # the official form
SPEAKERS, CONVERSATION_DATA = "speakers.json", "conversations.json"  # ConvoKit's


class Character(NamedTuple):
    """Somebody in a film; None where it is not known.

    >>> Character("u0", "m0", "BIANCA").gender is None
    True
    """

    character_id: str
    movie_id: str
    character: str | None = None
    movie_title: str | None = None
    gender: str | None = None  # "m" or "f"
    credit_position: int | None = None  # place in the credits, from 1


class Film(NamedTuple):
    """A film; None where it is not known.

    >>> Film("m0", title="10 things i hate about you", year=1999).year
    1999
    """

    movie_id: str
    title: str | None = None
    year: int | None = None
    rating: float | None = None  # on IMDb, from 0 to 10
    votes: int | None = None
    genres: list[str] | None = None


def read_metadata(where: Path, lines: Iterable[Line], strict: bool) -> tuple[list[Character], list[Film]]:
    """Read who speaks in which films; where no file tells, take the ids and names that the lines have.

    Args:
        where: a folder or zip file.
        lines: all lines of the corpus.
        strict: raise at the first malformed record instead of counting it.

    Returns:
        characters and films, each id once.

    Raises:
        FileNotFoundError: ``where`` is not there.
        ValueError: the zip file is unsafe or broken, or, if strict, a record is malformed.
    """
    files = contents(where, (CHARACTERS, FILMS, SPEAKERS, CONVERSATION_DATA))
    problems = Problems(strict)
    characters: dict = {}
    films: dict = {}
    for name, data in files.items():
        records = _json_records(name, data, problems) if name.endswith(".json") else _rows(name, data)
        for number, fields in records:
            try:
                record = _PARSERS[name](fields)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                problems.report("malformed_lines", name, number, _EXPECTED[name], repr(error))
                continue
            (characters if isinstance(record, Character) else films).setdefault(record[0], record)
    problems.warn(where)
    if not characters:
        named = ((line.character_id, line.movie_id, line.character or None) for line in lines)
        characters = {character[0]: Character(*character) for character in named}
    if not films:
        films = {line.movie_id: Film(line.movie_id) for line in lines}
    return list(characters.values()), list(films.values())


def _rows(name, data):
    """Yield the lines of an official file, as number and fields."""
    for number, text in numbered_lines(data, Problems(strict=False)):
        yield number, [field.strip() for field in text.split(SEPARATOR)]


def _json_records(name, data, problems):
    """Yield the objects of a file of ConvoKit's, as number and (id, data)."""
    try:
        records = json.loads(data)
        records = list(records.items())
    except (ValueError, AttributeError) as error:
        problems.report("malformed_lines", name, 1, "a JSON object", repr(error))
        return
    for number, (key, record) in enumerate(records, start=1):
        yield number, (key, record.get("meta", record) if isinstance(record, dict) else record)


def _character(fields):
    character_id, character, movie_id, movie_title, gender, position = fields
    return Character(character_id, movie_id, character, movie_title, _gender(gender), _number(position))


def _film(fields):
    movie_id, title, year, rating, votes, genres = fields
    return Film(movie_id, title, _number(year), float(rating), _number(votes), _genres(genres))


def _convokit_character(fields):
    character_id, record = fields
    known = (record[name] for name in ("character_name", "movie_idx", "movie_name", "gender", "credit_pos"))
    return _character([character_id, *known])


def _convokit_film(fields):
    _, record = fields
    names = ("movie_idx", "movie_name", "release_year", "rating", "votes", "genre")
    return _film([record[name] for name in names])


def _gender(text):
    return text.lower() if text.lower() in ("m", "f") else None


def _number(text):
    """The number that a text begins with: a year may be "1989/I"."""
    digits = re.match(r"\d+", str(text))
    return int(digits[0]) if digits else None


def _genres(text):
    return re.findall(r"""['"]([^'"]+)['"]""", str(text))


_PARSERS = {
    CHARACTERS: _character,
    FILMS: _film,
    SPEAKERS: _convokit_character,
    CONVERSATION_DATA: _convokit_film,
}
_EXPECTED = {
    CHARACTERS: "id, name, film, title, gender and place in the credits",
    FILMS: "id, title, year, rating, votes and genres",
    SPEAKERS: "character_name, movie_idx, movie_name, gender and credit_pos",
    CONVERSATION_DATA: "movie_idx, movie_name, release_year, rating, votes and genre",
}
