"""Split pairs of one's own for train, dev and test, so that a source is on one side alone."""

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from s2s_lesson.corpora._corpus import Corpus, Pair, hash_number
from s2s_lesson.data.expected import PositiveInt, Share, checked
from s2s_lesson.data.incoming import plain_pairs
from s2s_lesson.data.text import TokenizerName, normalise

LEAVE_OUT = " Scores on these say less: leave their pairs out of one of the two."


@checked
def split_pairs(
    pairs: Iterable[tuple[str, str]],
    *,
    name: str = "own",
    dev: Iterable[tuple[str, str]] | None = None,
    test: Iterable[tuple[str, str]] | None = None,
    dev_share: Share = 0.05,
    test_share: Share = 0.05,
    largest: PositiveInt = 3000,
    source_tokens: TokenizerName = "words",
    target_tokens: TokenizerName = "words",
) -> Corpus:
    """Split pairs by their sources, by a rule that is the same on every machine and for ever.

    A source has a number from 0 to 1, the ``hash_number`` of its text (normalised; case and the width of
    blanks do not count). Below ``test_share`` its pairs are for test, from there to below ``test_share +
    dev_share`` for dev. So all pairs of a source are on one side, the order of pairs does not matter, and
    when pairs are added those that were there stay where they are. There are two exceptions:

    - Of more than ``largest`` pairs in dev or test those with the lowest numbers are used. The others are set
      aside, and never trained on. Pairs that are added may take the place of some that were used.
    - Of few sources, none may fall to test, dev or train. Then test begins with the lowest number and dev
      with the next, as many as leave each at least one source. This ends as the pairs grow.

    Args:
        pairs: what ``data.plain_pairs`` takes.
        name: what the corpus is called.
        dev: pairs for dev, used as they are; none are drawn then.
        test: pairs for test, the same.
        dev_share: share of the sources for dev; 0 for none.
        test_share: share of the sources for test; 0 for none. Together they are below 1.
        largest: number of pairs that are drawn at most, for each of both.
        source_tokens: name of the tokenizer that suits the sources.
        target_tokens: the same for the targets.

    Returns:
        The corpus. Its notes count duplicates (pairs that came before, word for word; they stay, for a pair
        may be repeated as a weight), dev_set_aside and test_set_aside (pairs beyond ``largest``), moved
        (sources that are elsewhere than their number says), dev_sources_in_train and test_sources_in_train
        (sources of given pairs that are trained on as well). Of the last three a warning tells as well.

    Raises:
        TypeError: pairs are none, or hold something else than strings.
        ValueError: the shares leave nothing to train on, or there are too few distinct sources to split.

    >>> corpus = split_pairs([(f"{number}", "a number") for number in range(1000)], test_share=0.1)
    >>> len(corpus.train), len(corpus.dev), len(corpus.test), corpus.notes["duplicates"]
    (840, 54, 106, 0)
    """
    own = list(map(Pair._make, plain_pairs(pairs)))
    keys = [_key(source) for source, _ in own]
    numbers = {key: hash_number(key) for key in keys}
    given = {
        split: list(map(Pair._make, plain_pairs(values, split)))
        for split, values in (("test", test), ("dev", dev))
        if values is not None
    }
    shares = {
        split: share for split, share in (("test", test_share), ("dev", dev_share)) if split not in given
    }
    notes = {"duplicates": len(own) - len(set(own))}
    sides, notes["moved"] = _sides(numbers, shares)
    splits: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for key, pair in zip(keys, own, strict=True):
        splits[sides[key]].append(pair)
    train = {key for key, side in sides.items() if side == "train"}
    for split in ("dev", "test"):
        if split in given:
            splits[split] = given[split]
            shared = len(train & {_key(source) for source, _ in given[split]})
            notes[f"{split}_sources_in_train"] = shared
            if shared:
                warnings.warn(f"{shared:,} sources of {split} are in train too.{LEAVE_OUT}", stacklevel=3)
        else:
            drawn = splits[split]
            splits[split] = _lowest(drawn, largest, numbers)
            notes[f"{split}_set_aside"] = len(drawn) - len(splits[split])
    if notes["moved"]:
        warnings.warn(
            f"Of {len(numbers):,} distinct sources, {notes['moved']:,} were moved, so that each split has "
            "one. Scores on so few say little: add pairs, or give pairs for dev and test.",
            stacklevel=3,
        )
    return Corpus(name, splits, source_tokens, target_tokens, notes)


def _key(source):
    """What of a source is compared."""
    return " ".join(normalise(source).casefold().split())


def _sides(numbers: dict[str, float], shares: dict[str, float]) -> tuple[dict[str, str], int]:
    """Which split each source is in, and how many are elsewhere than their number says."""
    drawn = [split for split, share in shares.items() if share > 0]
    if sum(shares.values()) >= 1:
        raise ValueError(
            f"Expected dev_share and test_share below 1 together; received {shares}. Lower them."
        )
    if len(numbers) < 1 + len(drawn):
        raise ValueError(
            f"Expected at least {1 + len(drawn)} distinct sources, for {', '.join([*drawn, 'train'])}; "
            f"received {len(numbers)}. Add pairs, give dev and test, or set dev_share and test_share to 0."
        )
    ordered = sorted(numbers, key=numbers.__getitem__)  # those for test, for dev, for train
    values = [numbers[key] for key in ordered]
    own_ends: list[int] = []
    ends: list[int] = []
    for place, border in enumerate(accumulate(shares[split] for split in drawn)):
        own_ends.append(bisect_left(values, border))  # as ``split_by_hash`` says
        first = ends[-1] if ends else 0
        ends.append(min(max(own_ends[-1], first + 1), len(ordered) - (len(drawn) - place)))
    names = [*drawn, "train"]
    sides = {key: names[bisect_right(ends, place)] for place, key in enumerate(ordered)}
    places = range(len(ordered) if ends != own_ends else 0)
    return sides, sum(bisect_right(ends, place) != bisect_right(own_ends, place) for place in places)


def _lowest(pairs: Sequence[Pair], largest: int, numbers: dict[str, float]) -> list[Pair]:
    """The pairs of the lowest numbers, in their order; where a source has several, by their texts."""
    if len(pairs) <= largest:
        return list(pairs)
    ranked = sorted(range(len(pairs)), key=lambda place: (numbers[_key(pairs[place].source)], pairs[place]))
    return [pairs[place] for place in sorted(ranked[:largest])]
