import pytest

from s2s_lesson.corpora import CORPORA, Corpus, Pair, group_references, load
from s2s_lesson.corpora._corpus import split_by_hash

PAIR = Pair("a", "b")


def test_splits_are_properties():
    corpus = Corpus("x", {"train": [PAIR], "dev": [], "test": [PAIR, PAIR]}, "characters", "whitespace")
    assert (corpus.train, corpus.dev, corpus.test) == ([PAIR], [], [PAIR, PAIR])
    assert corpus.notes == {}


def test_a_missing_split_is_named():
    with pytest.raises(ValueError, match=r"Add \['dev'\]"):
        Corpus("x", {"train": [PAIR], "test": []}, "characters", "characters")


def test_a_corpus_without_pairs_is_an_error():
    with pytest.raises(ValueError, match="corpus 'x'; received none"):
        Corpus("x", {"train": [], "dev": [], "test": []}, "characters", "characters")


def test_references_are_grouped_in_order():
    pairs = [Pair("b", "1"), Pair("a", "2"), Pair("b", "3"), Pair("b", "1")]
    assert group_references(pairs) == (["b", "a"], [["1", "3"], ["2"]])


def test_split_by_hash_is_fixed_for_ever():
    # SHA-256 of "abc" begins ba78..., so its number is about 0.728
    assert split_by_hash("abc", 0.1, 0.72) == "dev"
    assert split_by_hash("abc", 0.1, 0.73) == "test"
    assert split_by_hash("abc", 0.0, 0.72) == "train"


@pytest.mark.parametrize("name", ["copy", "reverse", "sort"])
def test_corpora_load_by_name(name):
    assert name in CORPORA
    assert load(name, train_size=7, dev_size=3, test_size=2).name == name


def test_every_name_has_a_module(tmp_path):
    dates = load("dates", train_size=11, dev_size=3, test_size=2)
    assert (dates.name, len(dates.train)) == ("dates", 11)
    for name in ("pronunciations", "cornell", "chitchat"):
        with pytest.raises(FileNotFoundError):
            load(name, path=tmp_path / "nowhere")


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match=r"Expected .*dates.*; received 'klingon'"):
        load("klingon")
