"""Checks of the exercises of chapter 6, the Cornell movie dialogs."""

import string

import numpy as np

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    compare,
    entries,
    exercise,
    number,
    numbers,
    parts,
    run,
)


@exercise("6.1", "two sentences and a dict of options, `(one, other, options)`")
def _opposite_sentences(answer):
    from s2s_lesson.data.text import clean

    one, other, options = parts(answer, 3)
    if not all(isinstance(sentence, str) for sentence in (one, other)) or not isinstance(options, dict):
        raise Unexpected("parts of another kind")
    bare = [" ".join(sentence.lower().strip(string.punctuation + " ").split()) for sentence in (one, other)]
    if bare[0] == bare[1]:
        raise Hint(
            "The two sentences differ in capitals or in the last "
            "mark alone. They should mean opposite things."
        )
    if clean(one) != clean(other):
        raise Hint(f"With all steps they are still different: `{clean(one)}` and `{clean(other)}`.")
    kept = [run(lambda sentence: clean(sentence, **options) or " ", sentence) for sentence in (one, other)]
    if kept[0] == kept[1]:
        raise Hint(
            f"With these options both become `{kept[0].strip()}`. Which step takes the difference away?"
        )


@exercise("6.2", "a list of three figures and a letter, `(shares, reason)`")
def _temperature_and_variety(answer):
    shares, reason = parts(answer, 2)
    shares = numbers(shares)
    if shares.shape != (3,):
        raise Hint("Expected three figures, one for each temperature.")
    if shares.min() < 0 or shares.max() > 1:
        raise Hint("Distinct-2 is a share, from 0 to 1. Are these counts, or percent?")
    if shares[0] == shares[1] == shares[2]:
        raise Hint("All three are equal. Was the temperature passed to `sample`?")
    if shares[0] > shares[2]:
        raise Hint("The figures fall. Are they in the order of the temperatures, 0.3 first?")
    if sorted(shares) != shares.tolist():
        raise Hint("The one in the middle is out of order. Use the same sources and the same seed each time.")
    if not isinstance(reason, str) or reason.strip().lower() not in ("a", "b", "c"):
        raise Hint("Give the reason as a letter, 'a', 'b' or 'c'.")
    if reason.strip().lower() == "b":
        raise Hint("Longer replies would rather lower distinct-2: common pairs come again.")
    if reason.strip().lower() == "c":
        raise Hint(
            "The vocabulary is the same at every temperature. What "
            "changes is how probability is spread over it."
        )


@exercise("6.3", "your function `retrieve(asked, known)`, which returns a reply")
def _retrieval(answer):
    # The nearest by overlap, by similarity and the least similar are different ones.
    known = [
        ({"where", "is", "the", "red", "car", "of", "my", "old", "friend"}, ["in", "town"]),
        ({"where", "is", "it"}, ["over", "there"]),
        ({"who", "are", "you"}, ["nobody"]),
        ({"the", "car"}, ["which", "one"]),
    ]
    cases = [
        ({"where", "is", "he"}, 1),
        ({"where", "is", "the", "car"}, 3),
        ({"who", "are", "they", "now"}, 2),
        ({"the", "car", "is", "red", "of", "my"}, 0),
    ]
    for asked, right in cases:
        reply = run(answer, set(asked), list(known))
        overlap = [len(asked & tokens) for tokens, _ in known]
        similar = [len(asked & tokens) / len(asked | tokens) for tokens, _ in known]
        of_known = [len(asked & tokens) / len(tokens) for tokens, _ in known]
        if not isinstance(reply, (list, tuple)):
            raise Hint("Return the reply, a list of tokens: the second part of an entry of `known`.")
        if list(reply) == known[right][1]:
            continue
        hints = [
            (int(np.argmin(similar)), "The least similar source was taken."),
            (
                int(np.argmax(overlap)),
                "Shared tokens alone favour long sources. Divide by the number of different tokens in both.",
            ),
            (
                int(np.argmax(of_known)),
                "The denominator is the known source alone. Count the different tokens of both.",
            ),
        ]
        for place, hint in hints:
            if place != right and list(reply) == known[place][1]:
                raise Hint(hint)
        raise Hint(f"For {sorted(asked)} another known source is more similar than the one that was taken.")


@exercise(
    "6.4", "your function `padded_accuracy(right, real_tokens, rows, length)`, which returns two shares"
)
def _accuracy_with_padding(answer):
    for right, real_tokens, rows, length in ((211, 709, 101, 31), (97, 503, 47, 199)):
        places = rows * length
        padding = places - real_tokens
        counted, silent = parts(run(answer, right, real_tokens, rows, length), 2)
        mistakes = [
            (padding / places, "The two have changed places: the model's share comes first."),
            (
                right / places,
                "The padding is in the denominator and not in the numerator. Grant the model all of it.",
            ),
            (right / real_tokens, "This is the accuracy on real tokens. Now count the padding, too."),
            (
                (right + padding) / real_tokens,
                "The padding is in the numerator alone. All places are counted.",
            ),
            (100 * (right + padding) / places, "These are percent. Return shares."),
        ]
        compare(counted, (right + padding) / places, "the accuracy", mistakes)
        mistakes = [
            (
                real_tokens / places,
                "This is the share of real tokens. The silent model is right on all the others.",
            ),
            ((right + padding) / places, "A model that writes nothing is right on no real token."),
            (0, "The silent model is right on the padding, and that is much."),
        ]
        compare(silent, padding / places, "the share of the silent model", mistakes)


@exercise("6.5", "your function `best_reply(likely, prior, weight)`, which returns a place in the list")
def _rerank(answer):
    generator = np.random.default_rng(5)
    weight = np.repeat([0.0, 0.5, 0.9], 20)
    likely, prior = -generator.uniform(1, 9, (2, 60, 7))
    cases = zip(likely.tolist(), prior.tolist(), weight.tolist(), strict=True)
    places = [number(run(answer, *case)) for case in cases]
    part = weight[:, None] * prior
    mistakes = [
        ((likely - part).argmin(axis=1), "The reply with the lowest score is chosen."),
        (
            (likely + part).argmax(axis=1),
            "A reply that is common everywhere is rewarded. Which sign has log p(T)?",
        ),
        (
            ((1 - weight[:, None]) * likely - part).argmax(axis=1),
            "log p(T | S) keeps its full weight in this criterion.",
        ),
        (likely.argmax(axis=1), "The weight is not in use: this is the likeliest reply."),
        ((likely - prior).argmax(axis=1), "The weight is not in use: it is 1 here, always."),
        ((likely - part).argmax(axis=1) + 1, "Places in a list are counted from 0."),
    ]
    compare(places, (likely - part).argmax(axis=1), "the places", mistakes)


@exercise("6.6", "a dict with two losses, `{'token frequencies': loss, 'zero': loss}`")
def _first_bias(answer):
    losses = dict(
        zip(("frequencies", "zero"), map(number, entries(answer, ("token frequencies", "zero"))), strict=True)
    )
    if min(losses.values()) <= 0:
        raise Hint("A loss in nats per token lies above 0.")
    if max(losses.values()) > 12:
        raise Hint(
            "Are these perplexities, or sums? Nats per token are "
            "their logarithm, or their mean: below 12 here."
        )
    if losses["frequencies"] == losses["zero"]:
        raise Hint("Both are the same. Was the bias of one of them set to zero before training?")
    if losses["frequencies"] > losses["zero"]:
        raise Hint("The one that begins from the frequencies should be ahead. Have the two changed places?")
