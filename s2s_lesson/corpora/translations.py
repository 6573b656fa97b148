"""Translations: Spanish -> English from Tatoeba, and German -> English from Multi30k.

Sources: the pairs of sentences of tatoeba.org (CC BY 2.0) that manythings.org/anki gathered in May 2018;
Elliott et al. 2016, "Multi30K: Multilingual English-German image descriptions", arXiv:1605.00459.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from s2s_lesson.corpora._corpus import Corpus, Pair, comparable, split_by_hash
from s2s_lesson.corpora._fetch import fetch, local, read_members
from s2s_lesson.data.expected import checked

Translation: TypeAlias = Literal["spanish", "multi30k"]
DEV_SHARE = 0.02
TEST_SHARE = 0.02
SPANISH_URL = "http://storage.googleapis.com/download.tensorflow.org/data/spa-eng.zip"
MULTI30K_URL = "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d/data/task1/raw/"
MULTI30K_FILES = {"train": "train", "dev": "val", "test": "test_2016_flickr"}
SHA256 = {  # of the files as they are read, not as they are packed for the download
    "spa.txt": "6ec60e212f812ee3430f7568ea6f33b6fb080e32193c5952e8da0ee8ba45574c",
    "train.de": "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
    "train.en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
    "val.de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
    "val.en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
    "test_2016_flickr.de": "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
    "test_2016_flickr.en": "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
}


@checked
def load(name: Translation = "spanish", *, path: str | Path | None = None) -> Corpus:
    """Read translations into English.

    "spanish" holds 118,964 pairs, many of them of a few words, and a sentence may have several translations.
    Two pairs that share a sentence on either side, directly or through others, are in one split: the SHA-256
    of the first English sentence of such a group, in alphabetical order, decides (``split_by_hash``), with 2
    % of the groups for dev and 2 % for test. So all translations of a sentence are there to be counted as
    right (``group_references``), and no sentence of dev or test, on either side, is in train.

    "multi30k" holds descriptions of photographs, German and English, in the official parts: 29,000 pairs to
    train on, 1,014 ("val") for dev and 1,000 ("test_2016_flickr") for test. Pairs of train that share a
    sentence with dev or test are dropped and counted.

    Sentences are compared without regard to case, blanks and punctuation.

    Args:
        name: "spanish" or "multi30k".
        path: a folder with the files, whatever their checksums: ``spa.txt``, lines of an English and a
            Spanish sentence with a tab between them; or ``train``, ``val`` and ``test_2016_flickr``, each
            with the endings ``.de`` and ``.en``. None looks in the folder ``spa-eng`` or ``multi30k`` of the
            variable S2S_LESSON_DATA, then in the cache, and then downloads them (3 MB or 2 MB).

    Returns:
        The corpus; both sides suit the tokenizer "casual". Its notes count lines, empty (pairs dropped
        because a side has no letter or digit), duplicates (pairs that came again; of "spanish"), groups
        (of "spanish") and train_shared (pairs of train that were dropped; of "multi30k").

    Raises:
        CorpusUnavailable: the corpus is not here and cannot be downloaded.
        FileNotFoundError: the folder does not hold the files.
        ValueError: the name is unknown; a file has another checksum, is no UTF-8, has a line without a tab,
            or differs from its translation in the number of lines.
    """
    splits, notes = _spanish(path) if name == "spanish" else _multi30k(path)
    return Corpus(name, splits, "casual", "casual", notes)


def _spanish(path):
    lines = _lines("spa.txt", "spa-eng", SPANISH_URL, _unzip, path)
    notes = dict.fromkeys(("lines", "empty", "duplicates", "groups"), 0) | {"lines": len(lines)}
    pairs: dict[Pair, None] = {}
    for number, line in enumerate(lines, 1):
        english, *others = line.split("\t")
        if not others:
            raise ValueError(
                f"Expected an English and a Spanish sentence with a tab between them in line {number} of "
                "spa.txt; received no tab. Is this the whole file, in its own format?"
            )
        pair = Pair(others[0].strip(), english.strip())
        if not all(map(comparable, pair)):
            notes["empty"] += 1
        elif pair in pairs:
            notes["duplicates"] += 1
        else:
            pairs[pair] = None
    groups = _groups((comparable(source), comparable(target)) for source, target in pairs)
    notes["groups"] = len(set(groups))
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for pair, group in zip(pairs, groups, strict=True):
        splits[split_by_hash(group, DEV_SHARE, TEST_SHARE)].append(pair)
    return splits, notes


def _groups(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Tell to which group each pair belongs, by the first of the group's targets in alphabetical order."""
    pairs = list(pairs)
    parents: dict[str, str] = {}

    def root(sentence):
        while (parent := parents.setdefault(sentence, sentence)) != sentence:
            parents[sentence] = sentence = parents[parent]
        return sentence

    for source, target in pairs:
        parents[root(source)] = root(target)
    first: dict[str, str] = {}
    for _, target in pairs:
        first[root(target)] = min(target, first.get(root(target), target))
    return [first[root(target)] for _, target in pairs]


def _multi30k(path):
    notes = dict.fromkeys(("lines", "empty", "train_shared"), 0)
    splits: dict[str, list[Pair]] = {}
    for split, file in MULTI30K_FILES.items():
        sides = [
            _lines(f"{file}.{ending}", "multi30k", f"{MULTI30K_URL}{file}.{ending}.gz", _gunzip, path)
            for ending in ("de", "en")
        ]
        german, english = map(len, sides)
        if german != english:
            raise ValueError(
                f"Expected as many lines in {file}.de as in {file}.en, its translation; "
                f"received {german} and {english}. Get both files again."
            )
        notes["lines"] += german
        pairs = [Pair(source.strip(), target.strip()) for source, target in zip(*sides, strict=True)]
        splits[split] = [pair for pair in pairs if all(map(comparable, pair))]
        notes["empty"] += german - len(splits[split])
    held_out = {comparable(text) for split in ("dev", "test") for pair in splits[split] for text in pair}
    train = [pair for pair in splits["train"] if held_out.isdisjoint(map(comparable, pair))]
    notes["train_shared"] = len(splits["train"]) - len(train)
    return {**splits, "train": train}, notes


def _lines(name: str, folder: str, url: str, unpack: Callable[[Path], bytes], path) -> list[str]:
    """Find a file, make sure that it is the right one, and read its lines."""
    if path is not None:
        where = Path(path) / name
        if not where.is_file():
            raise FileNotFoundError(
                f"Expected the file {name} in the folder {path}; there is none."
                " Put the whole corpus there, or get it again."
            )
        content = where.read_bytes()
    elif (here := local(folder, name)) is not None:
        content = here.read_bytes()
        if (checksum := hashlib.sha256(content).hexdigest()) != SHA256[name]:
            raise ValueError(
                f"Expected the SHA-256 {SHA256[name]} of {here}; received {checksum}: the file was cut short "
                f"or altered. Get it again from {url}, or read a file of your own with the option path."
            )
    else:
        content = fetch(url, SHA256[name], f"{folder}-{name}", unpack).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"Expected UTF-8 in {name}; received other bytes ({error}). Get it again."
        ) from error
    return text.removesuffix("\n").split("\n") if text else []


def _unzip(archive: Path) -> bytes:
    return read_members(archive, ["spa.txt"]).get("spa.txt", b"")


def _gunzip(packed: Path) -> bytes:
    try:
        return gzip.decompress(packed.read_bytes())
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"Expected a whole gzip file; received something else ({error})."
            " Delete the file and get it again."
        ) from error
