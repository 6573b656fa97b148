import pytest

from s2s_lesson.corpora import toy

SIZES = {"train_size": 53, "dev_size": 7, "test_size": 11}


@pytest.mark.parametrize(
    ("task", "expected"), [("copy", lambda s: s), ("reverse", lambda s: s[::-1]), ("sort", sorted)]
)
def test_targets_are_right(task, expected):
    corpus = toy.load(task, **SIZES, alphabet_size=5, min_length=2, max_length=7)
    for pairs, size in zip(corpus.splits.values(), SIZES.values(), strict=True):
        assert len(pairs) == size
        for source, target in pairs:
            assert target.split() == list(expected(source.split()))
            assert 2 <= len(source.split()) <= 7
            assert set(source) <= set("abcde ")


def test_no_source_twice():
    corpus = toy.load("sort", **SIZES)
    sources = [pair.source for pairs in corpus.splits.values() for pair in pairs]
    assert len(set(sources)) == len(sources) == 71


def test_the_seed_decides():
    assert toy.load("copy", **SIZES) == toy.load("copy", **SIZES)
    assert toy.load("copy", **SIZES).train != toy.load("copy", seed=1, **SIZES).train


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "shuffle"}, "received 'shuffle'"),
        ({"alphabet_size": 53}, "from 1 to 52; received 53"),
        ({"min_length": 5, "max_length": 3}, "Expected max_length of at least min_length=5; received 3"),
        ({"alphabet_size": 1}, "Ask for fewer pairs"),
        ({"train_size": 0, "dev_size": 0, "test_size": 0}, "received none"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(ValueError, match=message):
        toy.load(**options)


@pytest.mark.parametrize(
    "options", [{"min_length": 1, "max_length": 5}, {"min_length": 5, "max_length": 5}, {"alphabet_size": 52}]
)
def test_options_may_be_at_their_limits(options):
    lengths = {len(pair.source.split()) for pair in toy.load("copy", **SIZES, **options).train}
    assert min(lengths) >= options.get("min_length", 3) and max(lengths) <= options.get("max_length", 8)


def test_a_single_letter_is_a_source():
    pairs = toy.load(
        "reverse", train_size=5, dev_size=3, test_size=3, min_length=1, max_length=1, alphabet_size=13
    ).train
    assert all(len(pair.source) == 1 and pair.target == pair.source for pair in pairs)
