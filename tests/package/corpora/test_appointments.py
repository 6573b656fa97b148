"""Appointments: the same for the same seed, and places of dev and test that training never shows."""

import pytest

from s2s_lesson.corpora import load
from s2s_lesson.corpora.appointments import LOCALES, places
from s2s_lesson.data import tokenize

SMALL = {"train_size": 200, "dev_size": 20, "test_size": 50}


def place_words(pairs):
    return {word for _, target in pairs for word in target.split()[3:]}


def test_the_splits_and_their_form():
    corpus = load("appointments", **SMALL)
    assert {split: len(pairs) for split, pairs in corpus.splits.items()} == {
        "train": 200, "dev": 20, "test": 50, "test_known_places": 50}  # fmt: skip
    for source, target in corpus.train:
        year, month, day, *place = target.split()
        assert 1950 <= int(year) <= 2049 and 1 <= int(month) <= 12 and 1 <= int(day) <= 31
        assert year in source and str(int(day)) in source and source.endswith(", " + " ".join(place))


def test_every_word_of_a_place_can_be_copied():
    corpus = load("appointments", **SMALL)
    for pairs in corpus.splits.values():
        for source, target in pairs:
            assert set(target.split()[3:]) <= set(tokenize(source, corpus.source_tokens))


def test_places_of_dev_and_test_never_occur_in_training():
    corpus = load("appointments", train_size=4000, dev_size=200, test_size=400)
    train, dev, test = (place_words(corpus.splits[split]) for split in ("train", "dev", "test"))
    assert not train & dev and not train & test and not dev & test
    assert len(place_words(corpus.splits["test_known_places"]) - train) < 0.05 * len(train)
    assert not {source for source, _ in corpus.splits["test_known_places"]} & {s for s, _ in corpus.train}


def test_the_seed_decides_the_pairs():
    assert load("appointments", **SMALL).splits == load("appointments", **SMALL).splits
    assert load("appointments", **SMALL).train != load("appointments", seed=1, **SMALL).train


@pytest.mark.parametrize("locale", LOCALES)
def test_places_are_plain_words(locale):
    names = places(locale)
    assert len(names) > 20 and names == sorted(set(names))
    assert all(character.isalpha() or character in " -" for name in names for character in name)


def test_too_many_pairs_are_an_error():
    with pytest.raises(ValueError, match="Expected 10 different pairs in a split; received only 0"):
        load("appointments", train_size=10, dev_size=1, test_size=1, locales=())
