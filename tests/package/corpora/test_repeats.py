"""Held-out pairs that were seen before are found: all of them, and no others."""

import random

import pytest

from s2s_lesson.corpora._corpus import Pair, comparable
from s2s_lesson.corpora._repeats import MIN_WORDS, drop_repeats


def edits(one, other):
    """The least number of words to insert, delete or replace, by the plain recursion."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        edits(one[1:], other) + 1, edits(one, other[1:]) + 1, edits(one[1:], other[1:]) + (one[0] != other[0])
    )


def distance(pair, other):
    return sum(edits(comparable(a).split(), comparable(b).split()) for a, b in zip(pair, other, strict=True))


def test_what_is_found_is_what_comparing_all_pairs_finds():
    draw = random.Random(3)

    def pairs(count):
        for _ in range(count):
            yield Pair(*(" ".join(draw.choices("ab", k=draw.randint(0, 5))) for _ in range(2)))

    splits = {"train": list(pairs(61)), "dev": list(pairs(53)), "test": list(pairs(47))}
    kept, counts = drop_repeats(splits)
    expected = {"duplicates": 0, "near_duplicates": 0}
    for name, earlier in (("dev", splits["train"]), ("test", splits["train"] + splits["dev"])):
        distances = [min(distance(pair, other) for other in earlier) for pair in splits[name]]
        long = [len(" ".join(pair).split()) >= MIN_WORDS for pair in splits[name]]
        seen = [least == 0 or (least == 1 and enough) for least, enough in zip(distances, long, strict=True)]
        expected["duplicates"] += distances.count(0)
        expected["near_duplicates"] += sum(seen) - distances.count(0)
        assert kept[name] == [pair for pair, drop in zip(splits[name], seen, strict=True) if not drop]
    assert counts == expected and all(count > 7 for count in counts.values())
    assert kept["train"] == splits["train"]


@pytest.mark.parametrize(
    ("pair", "kind"),
    [
        (("where WERE you", "at home... all day"), "duplicates"),
        (("Where were you?", "At home, all night."), "near_duplicates"),
        (("Where were you then?", "At home, all day."), "near_duplicates"),
        (("Where were you?", "Home, all day."), "near_duplicates"),
        (("Where were you then?", "Home, all day."), None),
        (("Where were", "you at home, all day."), None),
        (("At home, all day.", "Where were you?"), None),
        (("Why?", "No reason!"), None),
        (("WHY?", "Because"), "duplicates"),
    ],
)
def test_pairs_that_are_nearly_the_same(pair, kind):
    train = [Pair("Where were you?", "At home, all day."), Pair("Why?", "Because.")]
    kept, counts = drop_repeats({"train": train, "dev": [], "test": [Pair(*pair)]})
    assert counts == dict.fromkeys(("duplicates", "near_duplicates"), 0) | ({kind: 1} if kind else {})
    assert kept["test"] == ([] if kind else [pair])


def test_splits_may_be_empty():
    assert drop_repeats({"train": [], "dev": [], "test": []})[0] == {"train": [], "dev": [], "test": []}
    pairs = [Pair("", ""), Pair("a b c", "d e f")]
    assert drop_repeats({"train": [], "dev": pairs, "test": []})[0]["dev"] == pairs
