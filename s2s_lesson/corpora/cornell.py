"""Film dialogue: an utterance -> the reply to it, from the Cornell Movie-Dialogs Corpus.

Source: Danescu-Niculescu-Mizil and Lee 2011, "Chameleons in imagined conversations", arXiv:1106.3077.
"""

import random
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from ._cornell_files import Conversation, Line, read
from ._corpus import Corpus, Pair
from ._fetch import fetch, local

URL = "https://www.cs.cornell.edu/~cristian/data/cornell_movie_dialogs_corpus.zip"
SHA256 = "3bde8a571f615201bc2d2453e22878090719638592f774720eddec739de8c900"


def load(
    path: str | Path | None = None, *, seed: int = 42, max_words: int | None = None, strict: bool = False
) -> Corpus:
    """Read the corpus as pairs of adjacent utterances, split by film.

    The films, shuffled, are divided 80/10/10 into train, dev and test; each film is in one part only. With
    one film all is train; with two there is no dev. Texts are not changed, but for blanks at their ends.

    Args:
        path: a folder or zip file that holds `movie_lines.txt` and `movie_conversations.txt`, or ConvoKit's
            `utterances.jsonl`. None looks in the folder `cornell` of the variable S2S_LESSON_DATA, then in
            the cache, and then downloads the full corpus (10 MB).
        seed: shuffles the films.
        max_words: drop pairs in which a side has more words, counted between blanks; None keeps all.
        strict: raise at the first malformed line instead of counting it and warning once.

    Returns:
        The corpus; both sides suit the tokenizer "casual". Its notes count lines, conversations, films,
        adjacent_pairs, empty (pairs dropped because a side is blank), too_long, malformed_lines,
        unknown_lines (named by a conversation, but not there) and not_utf8 (lines in another encoding).

    Raises:
        CorpusUnavailable: the corpus is not here and cannot be downloaded.
        FileNotFoundError: the folder or zip file is not there or does not hold the files.
        ValueError: no pair is left; a zip file is unsafe or broken; or, if strict, a line is malformed.
    """
    where = _find(path)
    lines, conversations, problems = read(where, strict)
    texts = {line.line_id: line.text for line in lines}
    part = _split_films((conversation.movie_id for conversation in conversations), seed)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    notes = {"lines": len(lines), "conversations": len(conversations), "films": len(part)}
    notes |= {"adjacent_pairs": 0, "empty": 0, "too_long": 0, **problems}
    for conversation in conversations:
        utterances = [texts.get(line_id) for line_id in conversation.line_ids]
        for source, target in pairwise(utterances):
            if source is None or target is None:
                continue
            notes["adjacent_pairs"] += 1
            if not (source and target):
                notes["empty"] += 1
            elif max_words is not None and max(len(source.split()), len(target.split())) > max_words:
                notes["too_long"] += 1
            else:
                splits[part[conversation.movie_id]].append(Pair(source, target))
    if not any(splits.values()):
        raise ValueError(
            f"Expected pairs of utterances in {where}; received none from {len(lines)} lines and "
            f"{len(conversations)} conversations. Check the files, and max_words if it is set."
        )
    return Corpus("cornell", splits, "casual", "casual", notes)


def frames(path: str | Path | None = None, *, strict: bool = False):
    """Read the corpus as two pandas frames, to look at.

    Args:
        path: where to look, as for `load`.
        strict: raise at the first malformed line, as for `load`.

    Returns:
        lines: a row for each utterance, with the columns line_id, character_id, movie_id, character, text.
        conversations: a row for each, with character_id_1, character_id_2, movie_id, line_ids (a list).

    Raises:
        CorpusUnavailable, FileNotFoundError, ValueError: as for `load`, but no row at all is no error.
    """
    import pandas

    lines, conversations, _ = read(_find(path), strict)
    return (
        pandas.DataFrame(lines, columns=list(Line._fields)),
        pandas.DataFrame(conversations, columns=list(Conversation._fields)),
    )


def _find(path: str | Path | None) -> Path:
    if path is not None:
        return Path(path)
    return local("cornell") or fetch(URL, SHA256, "cornell_movie_dialogs_corpus.zip")


def _split_films(movie_ids: Iterable[str], seed: int) -> dict[str, str]:
    films = sorted(set(movie_ids))
    random.Random(seed).shuffle(films)
    share = max(1, round(len(films) / 10))
    test, dev = share if len(films) > 1 else 0, share if len(films) > 2 else 0
    parts = ["test"] * test + ["dev"] * dev + ["train"] * (len(films) - test - dev)
    return dict(zip(films, parts, strict=True))
