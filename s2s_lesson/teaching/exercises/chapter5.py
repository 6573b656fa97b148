"""Checks of the exercises of chapter 5, training strategies."""

import functools
from collections import Counter

import numpy as np

from s2s_lesson import _extras
from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    compare,
    described,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    run,
)


@exercise("5.1", "your function `half(k)`, which returns a number of updates", rounds=1)
def _half_of_the_past(answer, generator):
    expect_function(answer)
    for k in (*generator.integers(50, 300, 2).tolist(), int(generator.integers(300, 2_000))):
        natural = k * np.log(k)
        updates = number(run(answer, k), f"the number of updates for k = {k}")
        if abs(updates - natural) < 1:  # they may be rounded
            continue
        mistakes = [
            (k * np.log10(k), "The logarithm has to be the natural one, since the formula has e to a power."),
            (k * np.log2(k), "The logarithm has to be the natural one; this one has the base 2."),
            (k, "At i = k the share is k / (k + e), still near 1."),
            (np.log(k), "A factor is missing: this is i / k."),
            (k / 2, "Half of k is not where half of the past is the model's own."),
            (k * np.log(0.5), "Set the share, not exp(i / k), to 1/2, and solve for i."),
        ]
        compare(updates, natural, f"the number of updates for k = {k}", mistakes, tolerance=1e-3)


@exercise("5.2", "two rows of three log-probabilities each, `(for_least, for_greatest)`", rounds=1)
def _expected_cost(answer, generator):
    from s2s_lesson.training.costs import expected_cost

    rows = [numbers(row, "the log-probabilities").ravel() for row in parts(answer, 2)]
    costs, counts = np.array([[0.0, 0.5, 1.0]], "float32"), np.ones((1, 3), bool)
    for name, row in zip(("first", "second"), rows, strict=True):
        if row.shape != (3,):
            raise Hint(f"Expected three log-probabilities in the {name} row; received {row.size}.")
        if np.isnan(row).any() or np.isinf(row).all():
            raise Hint(f"The {name} row gives no distribution: it needs one finite number at least.")
        if row.max() > 0 and not ((row >= 0).all() and np.isclose(row.sum(), 1)):
            raise Hint("No logarithm of a probability is above 0, since no probability is above 1.")
    least, greatest = (
        number(expected_cost(np.maximum(row, -1e9).astype("float32")[None], costs, counts)) for row in rows
    )
    if least > greatest:
        raise Hint("The two rows have changed places: the one for the least cost comes first.")
    for name, row, reached, right in (("least", rows[0], least, 0), ("greatest", rows[1], greatest, 1)):
        if abs(reached - right) < 1e-3:
            continue
        if (row >= 0).all() and np.isclose(row.sum(), 1):
            raise Hint("These look like probabilities. The function takes their logarithms: 0 is certain.")
        raise Hint(
            f"The row for the {name} cost gives {reached:.3f}. It can get further: where must all of it sit?"
        )


@exercise("5.3", "your class, a subclass of `Strategy` that is made with a share: `RandomPast`")
def _random_past(answer, generator):
    import keras

    from s2s_lesson.training.strategies import Strategy

    if not (isinstance(answer, type) and issubclass(answer, Strategy)):
        raise Unexpected("the strategy itself" if isinstance(answer, Strategy) else described(answer))
    model, lengths = _untrained_model(), generator.integers(5, 14, 97)
    gold = np.where(np.arange(13) < lengths[:, None], generator.integers(4, 101, (97, 13)), 0).astype("int32")
    gold[:, 0] = 2
    real, share, seed = gold > 3, round(generator.uniform(0.2, 0.6), 2), int(generator.integers(99))

    def fed(share):
        strategy, drawn = run(answer, share, what="Your class"), keras.random.SeedGenerator(seed)
        past = run(strategy.past, model, gold, None, 0, drawn, what="Your method `past`")
        ids = numbers(past, "the past")
        if ids.shape != gold.shape:
            raise Hint(f"The past must keep its shape, {gold.shape}; received {ids.shape}.")
        if not np.array_equal(ids, np.abs(ids).round()):
            raise Hint("The past must hold ids, whole numbers from 0.")
        return ids.astype(int)

    untouched, all_random, some = fed(0.0), fed(1.0), fed(share)
    if (untouched != gold)[real].mean() > 0.5:
        raise Hint(
            "A share of 0 changes nearly everything. Is the comparison with the coin the wrong way round?"
        )
    if (untouched != gold).any():
        raise Hint("A share of 0 has to change nothing.")
    if (all_random != gold)[~real].any():
        raise Hint("Padding or the begin token is replaced. Leave alone what is no token of a word.")
    if all_random[real].min() < 4 or all_random.max() > 100:
        raise Hint("A replacement is a special token, or lies outside the vocabulary.")
    if (all_random != gold)[real].mean() < 0.9:
        raise Hint("With a share of 1 every token should be drawn anew; most of them stay.")
    changed = (some != gold) & real
    of_rows = changed.sum(axis=1) / real.sum(axis=1)
    if np.isin(of_rows.round(1), (0.0, 1.0)).mean() > 0.8:
        raise Hint("Whole rows are replaced or kept. Toss the coin for every token.")
    if abs(changed[real].mean() - share) > 0.08:
        raise Hint(f"With a share of {share}, {changed[real].mean():.0%} of the tokens differ.")
    if len(set(all_random[real].tolist())) < 30:
        raise Hint("The replacements are always the same few tokens. Draw one for every place.")


@functools.cache
def _untrained_model():
    from s2s_lesson.layers.config import Seq2SeqConfig
    from s2s_lesson.models.seq2seq import Seq2Seq

    return Seq2Seq(Seq2SeqConfig(17, 101, embedding_dim=3, encoder_units=5, decoder_units=7))


@exercise("5.4", "your function `learned(share)`, which returns a 2 by 2 table", rounds=1)
def _own_first_token(answer, generator):
    expect_function(answer)
    shares = generator.permutation([0, *generator.random(4)]).round(2)
    tables = np.zeros((5, 2, 2))
    for place, share in enumerate(shares.tolist()):
        table = numbers(run(answer, share), "the table")
        if table.shape != (2, 2):
            raise Hint(f"Expected a table of shape (2, 2); received {table.shape}.")
        if not np.isfinite(table).all():
            raise Hint(
                "A number of the table is not finite. Was each first token fed, in all your sentences?"
            )
        tables[place] = table

    def right(shares):
        kept = (1 - shares[:, None, None]) / 2  # the second token is the first one again
        return np.where(np.eye(2), kept, 1 - kept)

    def near(other):
        return abs(tables - other).max() < 0.06  # of a simulation

    if near(right(shares)):
        return
    if np.max(tables) > 1.5:
        raise Hint("These are counts. Divide each row by its sum.")
    if near(right(shares) / 2):
        raise Hint("The whole table sums to 1. Each *row* is a distribution over the second token.")
    if near(0.5):
        raise Hint("This is right for a share of 0 alone. At others the true first token is fed at times.")
    if near(right(1 - shares)):
        raise Hint("The share is that of *true* tokens. At a share of 0 the model's own is always fed.")
    if near(np.eye(2)[::-1]):
        raise Hint("This is what the true first token teaches: to alternate. It is fed at a share of 1.")
    if near(np.eye(2)) or near(right(shares)[:, ::-1]):
        raise Hint("This model repeats its first token, which no sentence of the language does.")
    for share, table, wanted in zip(shares, tables, right(shares), strict=True):
        if abs(table.sum(axis=1) - 1).max() > 1e-3:
            raise Hint(f"Each row has to sum to 1; they sum to {table.sum(axis=1).round(3).tolist()}.")
        if abs(table - wanted).max() >= 0.06:
            raise Hint(
                f"For a share of {share} the first row should be near {wanted[0].round(2).tolist()}; "
                f"received {table[0].round(2).tolist()}. Is the own first token drawn whatever the sentence?"
            )


@exercise("5.5", "your function `changes(gold, own)`, which returns a `Counter` of pairs (true id, fed id)")
def _what_is_changed(answer, generator):
    expect_function(answer)
    gold, own = generator.integers(4, 9, (2, 11, 7))
    gold[:, 0] = own[:, 0] = 2
    gold[3:, 5:] = own[3:, 5:] = 0  # a mixture keeps padding, and what it begins with
    pairs = run(answer, gold, own)
    if not hasattr(pairs, "items"):
        raise Hint("Return a `Counter` or a dict, from a pair of ids to how often it occurs.")
    try:
        pairs = {(int(true), int(fed)): int(times) for (true, fed), times in pairs.items() if times}
    except (TypeError, ValueError, OverflowError):
        raise Hint("Expected pairs of two ids each, and for each pair how often it occurs.") from None

    def counted(which, first=gold, second=own):
        return dict(Counter(zip(first[which].tolist(), second[which].tolist(), strict=True)))

    differ, real = gold != own, gold > 3
    if pairs == counted(differ):
        return
    hints = [
        (counted(real), "Pairs that are equal are counted, too. Which tokens were *changed*?"),
        (counted(real & ~differ), "These are the tokens that stayed. Which were *changed*?"),
        (counted(differ, own, gold), "The pairs are the wrong way round: the true token comes first."),
        (
            counted(differ | ~real),
            "Padding is counted: it is the same in both, and nothing that was changed.",
        ),
        (counted(real | ~real), "All places are counted, equal ones and padding as well."),
        (dict.fromkeys(counted(differ), 1), "Each pair is counted once. Count how often it occurs."),
    ]
    for wrong, hint in hints:
        if pairs == wrong:
            raise Hint(hint)
    raise Hint(f"Expected {differ.sum()} changes in all; received {sum(pairs.values())}, or other pairs.")


@exercise("5.6", "your function `vowel_cost(outputs, targets, is_vowel)`, which returns one number a row")
def _wrong_vowels(answer, generator):
    expect_function(answer)
    with _extras.named():
        from rapidfuzz.distance import Levenshtein

    is_vowel = np.isin(np.arange(19), 4 + generator.permutation(15)[:7])
    lengths = generator.integers(3, 12, (2, 7))
    outputs, targets = (
        np.where(np.arange(width) < length[:, None], generator.integers(4, 19, (7, width)), 0)
        for width, length in zip((11, 13), lengths, strict=True)
    )

    def distances(keep, change=list):
        rows = zip(outputs.tolist(), targets.tolist(), strict=True)
        return [Levenshtein.distance(*(change(filter(keep, row)) for row in pair)) for pair in rows]

    def by_place():
        both = [
            np.pad(np.where(is_vowel[ids], ids, 0), [(0, 0), (0, 13 - ids.shape[1])])
            for ids in (outputs, targets)
        ]
        return (both[0] != both[1]).sum(axis=1)

    right = np.array(distances(lambda token: is_vowel[token]))
    count = [max(sum(is_vowel[row]), 1) for row in targets]
    mistakes = [
        (distances(lambda token: token), "All phones count here. Delete those that are no vowels first."),
        (
            distances(lambda token: token and not is_vowel[token]),
            "The consonants count, and the vowels do not.",
        ),
        (
            distances(lambda token: is_vowel[token], sorted),
            "The vowels have lost their order. Move what does not "
            "count to the right, and keep the rest as it is.",
        ),
        (
            by_place(),
            "The vowels are compared place by place: one that is missing "
            "shifts all that follow. Take the edit distance.",
        ),
        (
            _with_holes(outputs, targets, is_vowel),
            "What does not count is set to padding, and stands between "
            "the vowels. Padding may stand on the right alone.",
        ),
        (right / count, "This is an error rate. The cost of the exercise is the distance itself."),
        (right.mean(), "Return one number for each row, and not their mean."),
    ]
    compare(run(answer, outputs, targets, is_vowel), right, "the costs", mistakes)


def _with_holes(outputs, targets, is_vowel):
    from s2s_lesson.training.costs import edit_distance

    return numbers(edit_distance(*(np.where(is_vowel[ids], ids, 0) for ids in (outputs, targets))))
