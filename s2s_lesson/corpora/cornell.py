"""Film dialogue: an utterance -> the reply to it, from the Cornell Movie-Dialogs Corpus.

Source: Danescu-Niculescu-Mizil and Lee 2011, "Chameleons in imagined conversations", arXiv:1106.3077.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

from s2s_lesson import _extras
from s2s_lesson.corpora._cornell_files import Conversation, Line, read
from s2s_lesson.corpora._cornell_metadata import Character, Film, read_metadata
from s2s_lesson.corpora._corpus import Corpus, Pair, comparable_words
from s2s_lesson.corpora._fetch import fetch, local
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, Seed, Share, checked, expect

URL = "https://www.cs.cornell.edu/~cristian/data/cornell_movie_dialogs_corpus.zip"
SHA256 = "3bde8a571f615201bc2d2453e22878090719638592f774720eddec739de8c900"
TURN = " <turn> "  # between the utterances of a context; "<turn>" is one token of "casual"
_COUNTS = ("adjacent_pairs", "empty", "too_short", "too_long", "too_rare", "duplicates", "near_duplicates")


@checked
def load(
    path: str | Path | None = None,
    *,
    seed: Seed = 42,
    proportions: Literal["80/10/10", "80/20"] = "80/10/10",
    context: PositiveInt = 1,
    min_words: NonNegativeInt | None = None,
    max_words: PositiveInt | None = None,
    max_vocab_size: PositiveInt | None = None,
    max_unknown: Share = 0.0,
    keep_duplicates: bool = False,
    strict: bool = False,
) -> Corpus:
    """Read the corpus as utterances and the replies to them, split by film.

    The films, shuffled, are divided into train, dev and test; each film is in one part only. With one film
    all is train; with two there is no dev. Texts are not changed, but for blanks at their ends.

    A film is no safeguard against stock phrases. So a pair of dev that stands in train as well is dropped,
    and a pair of test that stands in train or dev. Pairs are the same if source and target have the same
    words; case, blanks and punctuation do not count. Pairs of 6 words or more, source and target together,
    are dropped too if inserting, deleting or replacing one word makes them a pair of the earlier part.

    Args:
        path: a folder or zip file that holds ``movie_lines.txt`` and ``movie_conversations.txt``, or
            ConvoKit's ``utterances.jsonl``. None looks in the folder ``cornell`` of the variable
            S2S_LESSON_DATA, then in the cache, and then downloads the full corpus (10 MB).
        seed: shuffles the films.
        proportions: of films, in percent: "80/10/10", or "80/20", which counts the films of test to dev and
            leaves test empty, as tutorials do that have no third part.
        context: utterances before the reply that make up the source, at most; ``TURN`` stands between them.
            Near the beginning of a conversation there are fewer. Blank ones are left out.
        min_words, max_words: drop pairs in which an utterance, the reply or one of the source, has fewer or
            more words, counted between blanks; None drops none.
        max_vocab_size: drop pairs of rare words: those in which more than ``max_unknown`` of the words, of
            both sides together, are not among the ``max_vocab_size`` commonest of the pairs to train on. Case
            and punctuation do not count. None drops none.
        max_unknown: a share, from 0 to 1.
        keep_duplicates: keep pairs of dev and test that were seen before.
        strict: raise at the first malformed line instead of counting it and warning once.

    Returns:
        The corpus; both sides suit the tokenizer "casual". Its notes count lines, conversations, films,
        adjacent_pairs, and pairs that were dropped, each at the first of these that applies: empty (the reply
        or the utterance before it is blank), too_short, too_long, too_rare, duplicates, near_duplicates; and
        malformed_lines, unknown_lines (named by a conversation, but not there) and not_utf8 (lines in another
        encoding).

    Raises:
        CorpusUnavailable: the corpus is not here and cannot be downloaded.
        FileNotFoundError: the folder or zip file is not there or does not hold the files.
        ValueError: an option is out of its range; no pair is left; a zip file is unsafe or broken; or, if
            strict, a line is malformed.
    """
    if min_words is not None and max_words is not None:
        expect("max_words", max_words, max_words >= min_words, f"of at least min_words={min_words}")
    where = _find(path)
    lines, conversations, problems = read(where, strict)
    texts = {line.line_id: line.text for line in lines}
    part = _split_films((conversation.movie_id for conversation in conversations), seed, proportions)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    notes = {"lines": len(lines), "conversations": len(conversations), "films": len(part)}
    notes |= dict.fromkeys(_COUNTS, 0) | problems
    for conversation in conversations:
        split = splits[part[conversation.movie_id]]
        for pair in _pairs([texts.get(line_id) for line_id in conversation.line_ids], context):
            notes["adjacent_pairs"] += 1
            if pair is None:
                notes["empty"] += 1
            elif min_words is not None and min(_words(pair)) < min_words:
                notes["too_short"] += 1
            elif max_words is not None and max(_words(pair)) > max_words:
                notes["too_long"] += 1
            else:
                split.append(pair)
    if max_vocab_size is not None:
        splits, notes["too_rare"] = _drop_rare(splits, max_vocab_size, max_unknown)
    if not keep_duplicates:
        from s2s_lesson.corpora._repeats import drop_repeats

        splits, counts = drop_repeats(splits)
        notes |= counts
    if not any(splits.values()):
        raise ValueError(
            f"Expected pairs of utterances in {where}; received none from {len(lines)} lines and "
            f"{len(conversations)} conversations. Check the files, and the options that drop pairs."
        )
    return Corpus("cornell", splits, "casual", "casual", notes)


class Frames(NamedTuple):
    """The corpus as pandas frames, to look at; a value that no file tells is missing (NA).

    Attributes:
        lines: a row for each utterance, with the columns line_id, character_id, movie_id, character, text.
        conversations: a row for each, with character_id_1, character_id_2, movie_id, line_ids (a list).
        characters: a row for each, with character_id, movie_id, character, movie_title, gender ("m" or "f"),
            credit_position (from 1).
        films: a row for each, with movie_id, title, year, rating (on IMDb, 0 to 10), votes, genres (a list).

    >>> Frames(lines=None, conversations=None, characters=None, films=None)._fields
    ('lines', 'conversations', 'characters', 'films')
    """

    lines: Any
    conversations: Any
    characters: Any
    films: Any


@checked
def frames(path: str | Path | None = None, *, strict: bool = False) -> Frames:
    """Read the corpus as pandas frames.

    Characters and films come from ``movie_characters_metadata.txt`` and ``movie_titles_metadata.txt``, or
    ConvoKit's ``speakers.json`` and ``conversations.json``. Where such a file is not there, the lines tell
    the ids and the characters' names.

    Args:
        path: where to look, as for ``load``.
        strict: raise at the first malformed line, as for ``load``.

    Returns:
        The frames: lines, conversations, characters, films.

    Raises:
        CorpusUnavailable, FileNotFoundError, ValueError: as for ``load``, but no row at all is no error.
    """
    with _extras.named():
        import pandas

    where = _find(path)
    lines, conversations, _ = read(where, strict)
    characters, films = read_metadata(where, lines, strict)
    return Frames(
        pandas.DataFrame(lines, columns=list(Line._fields)),
        pandas.DataFrame(conversations, columns=list(Conversation._fields)),
        pandas.DataFrame(characters, columns=list(Character._fields)).astype({"credit_position": "Int64"}),
        pandas.DataFrame(films, columns=list(Film._fields)).astype(
            {"year": "Int64", "rating": "Float64", "votes": "Int64"}
        ),
    )


def _find(path: str | Path | None) -> Path:
    if path is not None:
        return Path(path)
    return local("cornell") or fetch(URL, SHA256, "cornell_movie_dialogs_corpus.zip")


def _split_films(movie_ids: Iterable[str], seed: int, proportions: str) -> dict[str, str]:
    films = sorted(set(movie_ids))
    random.Random(seed).shuffle(films)
    share = max(1, round(len(films) / 10))
    test, dev = share if len(films) > 1 else 0, share if len(films) > 2 else 0
    held_out = "test" if proportions == "80/10/10" else "dev"
    parts = [held_out] * test + ["dev"] * dev + ["train"] * (len(films) - test - dev)
    return dict(zip(films, parts, strict=True))


def _pairs(utterances: list[str | None], context: int) -> Iterator[Pair | None]:
    """Yield a pair for each reply; None where a blank text makes it useless. An unknown line is None."""
    past: list[str] = []
    for utterance, reply in pairwise(utterances):
        past = [] if utterance is None else [*past, utterance][-context:]
        if utterance is None or reply is None:
            continue
        yield Pair(TURN.join(filter(None, past)), reply) if utterance and reply else None


def _drop_rare(splits, max_vocab_size, max_unknown):
    """Drop the pairs in which too many words are rare in train; also tell how many."""
    words_of = {name: [comparable_words(" ".join(pair)) for pair in pairs] for name, pairs in splits.items()}
    counts = Counter(word for words in words_of["train"] for word in words)
    common = {
        word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:max_vocab_size]
    }
    kept = {
        name: [
            pair
            for pair, words in zip(pairs, words_of[name], strict=True)
            if sum(word not in common for word in words) <= max_unknown * len(words)
        ]
        for name, pairs in splits.items()
    }
    return kept, sum(map(len, splits.values())) - sum(map(len, kept.values()))


def _words(pair: Pair) -> list[int]:
    """The number of words in each utterance of a pair."""
    return [len(utterance.split()) for side in pair for utterance in side.split(TURN)]
