"""What every corpus is: pairs of texts, in splits that share nothing."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from s2s_lesson.data.expected import Share, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.memory import expect_memory

PAIR_BYTES = 300  # of two short texts


class Pair(NamedTuple):
    """One example: the text that is read and the text that is to be written.

    >>> from s2s_lesson.corpora import Pair
    >>> source, target = Pair("3 May", "05-03")
    >>> target
    '05-03'
    """

    source: str
    target: str


@dataclass(frozen=True)
class Corpus:
    """Pairs of texts with a train/dev/test split.

    Attributes:
        name: what the corpus is called, such as "dates".
        splits: lists of pairs, made of what ``data.plain_pairs`` takes; always "train", "dev" and "test", and
            more where a corpus has them.
        source_tokens: name of the tokenizer in ``s2s_lesson.data.text`` that suits the sources.
        target_tokens: the same for the targets.
        notes: counts worth reporting, such as lines that could not be read.

    Raises:
        TypeError: a split holds no pairs of strings.
        ValueError: a split is missing, or no split holds a pair.

    >>> from s2s_lesson.corpora import Corpus, Pair
    >>> splits = {"train": [Pair("3 May", "05-03")], "dev": [], "test": []}
    >>> corpus = Corpus("one date", splits, source_tokens="words", target_tokens="characters")
    >>> corpus.train[0].source, corpus.reversed().train[0].source
    ('3 May', '05-03')
    """

    name: str
    splits: dict[str, list[Pair]]
    source_tokens: str
    target_tokens: str
    notes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        if missing := {"train", "dev", "test"} - self.splits.keys():
            raise ValueError(
                f"Expected the splits train, dev and test; received {sorted(self.splits)}. "
                f"Add {sorted(missing)}, which may be empty lists."
            )
        splits = {
            name: list(map(Pair._make, plain_pairs(pairs, name))) for name, pairs in self.splits.items()
        }
        object.__setattr__(self, "splits", splits)
        if not any(splits.values()):
            raise ValueError(
                f"Expected at least one pair in the corpus {self.name!r}; received none. "
                "Check what was read, and options that drop or limit pairs."
            )

    def reversed(self) -> "Corpus":
        """Turn every pair round: what was written is read, and what was read is written."""
        splits = {
            name: [Pair(target, source) for source, target in pairs] for name, pairs in self.splits.items()
        }
        return Corpus(self.name, splits, self.target_tokens, self.source_tokens, self.notes)

    @property
    def train(self) -> list[Pair]:
        return self.splits["train"]

    @property
    def dev(self) -> list[Pair]:
        return self.splits["dev"]

    @property
    def test(self) -> list[Pair]:
        return self.splits["test"]


def group_references(pairs: Iterable[tuple[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Gather all the targets of each source, for scores that allow several right answers.

    Args:
        pairs: (source, target) pairs; a source may occur many times.

    Returns:
        sources: each distinct source once, in the order of first appearance.
        references: for each source its distinct targets, in the order of first appearance.
    """
    groups: dict[str, dict[str, None]] = {}
    for source, target in plain_pairs(pairs):
        groups.setdefault(source, {})[target] = None
    return list(groups), [list(targets) for targets in groups.values()]


def comparable_words(sentence: str) -> list[str]:
    """What of a sentence is compared: its words, in lower case."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", sentence).casefold())


def comparable(sentence: str) -> str:
    """The words of a sentence that are compared, with single blanks between them."""
    return " ".join(comparable_words(sentence))


def expect_room(**sizes: int) -> None:
    """Make sure that so many pairs of each split fit into the memory.

    Raises:
        ValueError: there are more than the memory has room for.
    """
    for name, size in sizes.items():
        expect_memory(name, size, PAIR_BYTES * size)


def hash_number(key: str) -> float:
    """A number for a key that is fixed for ever, on every machine, and for many keys spread evenly.

    Args:
        key: what must stay together: a word, the id of a conversation.

    Returns:
        The first 8 bytes of the key's SHA-256, read as a big-endian number and divided by 2**64: from 0 to 1.
    """
    return int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big") / 2**64


@checked
def split_by_hash(key: str, dev: Share, test: Share) -> str:
    """Choose a split for a key by a rule that is fixed for ever, on every machine.

    Below ``test`` the key's ``hash_number`` is "test", below ``test + dev`` it is "dev", and otherwise
    "train".

    Args:
        key: what must stay together: a word, the id of a conversation.
        dev: share of keys for "dev", from 0 to 1.
        test: share of keys for "test", from 0 to 1.
    """
    number = hash_number(key)
    if number < test:
        return "test"
    return "dev" if number < test + dev else "train"
