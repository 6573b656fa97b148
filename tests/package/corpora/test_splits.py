"""A source is on one side alone, and stays there when the file grows or is put in another order."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.corpora._corpus import hash_number, split_by_hash
from s2s_lesson.corpora.splits import split_pairs

MANY = [(f"Satz {number}", f"sentence {number}") for number in range(997)]
SHARES = {"dev_share": 0.07, "test_share": 0.11}
SPLITS = ("train", "dev", "test")


def sides(pairs, **options):
    """The split of each pair of some."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        corpus = split_pairs(pairs, **{**SHARES, **options})
    return {pair: split for split in SPLITS for pair in corpus.splits[split]}


def test_the_hash_of_the_source_says_the_split():
    corpus = split_pairs(MANY, **SHARES)
    for split in SPLITS:
        assert [split_by_hash(source.casefold(), 0.07, 0.11) for source, _ in corpus.splits[split]] == [
            split
        ] * len(corpus.splits[split])
    assert sum(map(len, corpus.splits.values())) == 997
    assert 50 < len(corpus.dev) < 90 and 80 < len(corpus.test) < 140
    assert corpus.notes == {"duplicates": 0, "moved": 0, "dev_set_aside": 0, "test_set_aside": 0}
    assert (corpus.name, corpus.source_tokens, corpus.target_tokens) == ("own", "words", "words")


def test_the_number_of_a_key_is_fixed_for_ever():
    assert 0.727 < hash_number("abc") < 0.729  # its SHA-256 begins ba78...
    assert all(0 <= hash_number(str(key)) < 1 for key in range(101))


def test_a_file_that_grows_keeps_its_split():
    before, after = sides(MANY[:499]), sides(MANY)
    assert before.items() <= after.items()


@given(st.permutations(MANY[:53]))
def test_the_order_does_not_matter(pairs):
    assert sides(pairs) == sides(MANY[:53])


def test_the_order_within_a_split_is_that_of_the_pairs():
    places = {pair: place for place, pair in enumerate(MANY)}
    corpus = split_pairs(MANY, largest=13, **SHARES)
    for pairs in corpus.splits.values():
        assert [places[pair] for pair in pairs] == sorted(places[pair] for pair in pairs)


def key_of(pair):
    return " ".join(pair[0].casefold().split())


SOURCES = st.text("ab Ä\u00a0", max_size=3)


@given(st.lists(st.tuples(SOURCES, st.sampled_from(["x", "y", "z"]))))
def test_a_source_is_on_one_side_alone_and_no_split_is_empty(pairs):
    keys = set(map(key_of, pairs))
    if len(keys) < 3:
        with pytest.raises(ValueError, match=rf"at least 3 distinct sources.*received {len(keys)}\."):
            split_pairs(pairs)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        corpus = split_pairs(pairs, dev_share=0.3, test_share=0.4)
    split = {
        name: {" ".join(source.casefold().split()) for source, _ in corpus.splits[name]} for name in SPLITS
    }
    assert all(split.values()) and set.union(*split.values()) == keys
    assert sum(map(len, split.values())) == len(keys)
    assert sum(map(len, corpus.splits.values())) == len(pairs)
    assert corpus.notes["duplicates"] == len(pairs) - len(set(pairs))


def test_sources_that_look_alike_are_one():
    pairs = [("It’s a cafe\u0301", "1"), (" it's  a CAF\u00c9 ", "2"), ("x", "3"), ("y", "4")]
    split = sides(pairs)
    assert split[pairs[0]] == split[pairs[1]]


def test_few_sources_are_moved_and_a_warning_says_so():
    with pytest.warns(UserWarning, match="Of 3 distinct sources, 2 were moved, so that each split has one"):
        corpus = split_pairs([("a", "1"), ("b", "2"), ("c", "3")])
    order = sorted("abc", key=hash_number)
    assert [corpus.splits[name][0].source for name in ("test", "dev", "train")] == order
    assert corpus.notes["moved"] == 2


def test_pairs_beyond_the_largest_number_are_set_aside():
    whole, cut = split_pairs(MANY, **SHARES), split_pairs(MANY, largest=13, **SHARES)
    assert cut.train == whole.train
    for name in ("dev", "test"):
        rest = len(whole.splits[name]) - 13
        lowest = sorted(whole.splits[name], key=lambda pair: hash_number(pair.source.casefold()))[:13]
        assert set(cut.splits[name]) == set(lowest) and cut.notes[f"{name}_set_aside"] == rest > 0


def test_given_pairs_are_used_as_they_are():
    dev, test = [("Satz 7", "x"), ("neu", "y")], [("SATZ  8", "z"), ("Satz 11", "z"), ("Satz 11", "w")]
    with pytest.warns(UserWarning) as warned:
        corpus = split_pairs(MANY, dev=iter(dev), test=test)
    assert (corpus.train, corpus.dev, corpus.test) == (MANY, dev, test)
    counts = {"duplicates": 0, "moved": 0, "dev_sources_in_train": 1, "test_sources_in_train": 2}
    assert corpus.notes == counts
    assert sorted(str(each.message)[:37] for each in warned) == [
        "1 sources of dev are in train too. Sc",
        "2 sources of test are in train too. S",
    ]


def test_one_split_given_leaves_the_other_to_be_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = split_pairs(MANY, dev=[("neu", "new")], test_share=0.11)
    assert corpus.dev == [("neu", "new")] and corpus.test == split_pairs(MANY, test_share=0.11).test
    assert len(corpus.train) + len(corpus.test) == 997


def test_a_share_of_0_draws_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = split_pairs([("a", "b")], dev_share=0, test_share=0)
    assert corpus.train == [("a", "b")] and corpus.dev == corpus.test == []


def test_duplicates_are_counted_and_stay():
    corpus = split_pairs(MANY * 3, **SHARES)
    assert corpus.notes["duplicates"] == 2 * 997 and sum(map(len, corpus.splits.values())) == 3 * 997


@pytest.mark.parametrize("shares", [(0.5, 0.5), (1.0, 0.0), (0.0, 1.0)])
def test_shares_leave_something_to_train_on(shares):
    with pytest.raises(ValueError, match="Expected dev_share and test_share below 1 together; received"):
        split_pairs(MANY, dev_share=shares[0], test_share=shares[1])


def test_pairs_that_are_none_are_told():
    with pytest.raises(TypeError, match="the target of row 1 of pairs"):
        split_pairs([("a", "b"), ("c", None)])
    with pytest.raises(TypeError, match="the source of row 0 of dev"):
        split_pairs(MANY, dev=[(5, "b")])
