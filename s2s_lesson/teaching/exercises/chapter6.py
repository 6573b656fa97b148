"""Checks of the exercises of chapter 6, the Cornell movie dialogs."""

import re
import string
from types import SimpleNamespace

import numpy as np

from s2s_lesson.data.scores import distinct_n
from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    choice,
    compare,
    described,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    returned_parts,
    run,
    said,
)


@exercise("6.1", "two sentences and a dict of options, `(one, other, options)`", rounds=1)
def _opposite_sentences(answer, generator):
    from s2s_lesson.data.text import clean

    one, other, options = parts(answer, 3)
    if not all(isinstance(sentence, str) for sentence in (one, other)) or not isinstance(options, dict):
        raise Unexpected(", ".join(map(described, (one, other, options))))
    if not all(re.search(r"\w", sentence) for sentence in (one, other)):
        raise Hint("One of the sentences has no word.")
    bare = [" ".join(sentence.lower().strip(string.punctuation + " ").split()) for sentence in (one, other)]
    if bare[0] == bare[1]:
        raise Hint(
            "The two sentences differ in capitals or in the last "
            "mark alone. They should mean opposite things."
        )
    if clean(one) != clean(other):
        raise Hint(f"With all steps they are still different: `{clean(one)}` and `{clean(other)}`.")
    try:
        kept = [clean(sentence, **options) for sentence in (one, other)]
    except (TypeError, ValueError) as error:
        raise Hint(f"`clean` does not take {options!r}: {said(error)}.") from error
    if kept[0] == kept[1]:
        raise Hint(f"With these options both become `{kept[0]}`. Which step takes the difference away?")


@exercise("6.2", "your function `shares(draw)` and a letter, `(shares, reason)`")
def _temperature_and_variety(answer, generator):
    function, reason = parts(answer, 2)
    expect_function(function)
    drawn = {}  # temperature -> replies

    def draw(temperature):
        if temperature not in drawn:
            lengths, kinds = generator.integers(1, 9, 31), 2 + int(20 * temperature)
            drawn[temperature] = [
                [f"word{token}" for token in generator.integers(kinds, size=n)] for n in lengths
            ]
        return [list(reply) for reply in drawn[temperature]]

    theirs = numbers(run(function, draw), "the figures")
    if theirs.shape != (3,):
        raise Hint("Expected three figures, one for each temperature.")
    replies = [draw(temperature) for temperature in (0.3, 0.7, 1.5)]
    right = np.array([distinct_n(outputs, 2) for outputs in replies])
    pairs = np.array([sum(len(reply) - 1 for reply in outputs) for outputs in replies])
    mistakes = [
        (
            [distinct_n(outputs, 1) for outputs in replies],
            "This is distinct-1, of words. Take pairs of words.",
        ),
        (right * pairs, "These are counts of different pairs. Divide each by the number of all pairs."),
        (right * 100, "These are percent. Return shares."),
        (right * pairs / 31, "Divide by the number of all pairs, and not by that of the replies."),
        (right[::-1], "The figures fall. Return them in the order of the temperatures, 0.3 first."),
        (
            [len({tuple(reply) for reply in outputs}) / 31 for outputs in replies],
            "These are the shares of different replies. Distinct-2 counts pairs of words.",
        ),
    ]
    if np.ptp(theirs) == 0:
        raise Hint("All three are equal. Was the temperature passed to `draw`?")
    compare(theirs, right, "the figures", mistakes)
    reason = choice(reason)
    if reason == "b":
        raise Hint("Longer replies would rather lower distinct-2: common pairs come again.")
    if reason == "c":
        raise Hint(
            "The vocabulary is the same at every temperature. What "
            "changes is how probability is spread over it."
        )


@exercise("6.3", "your function `retrieve(asked, known)`, which returns a reply")
def _retrieval(answer, generator):
    expect_function(answer)
    words = np.array([f"word{place}" for place in range(12)])

    def tokens(count):
        return set(generator.choice(words, count, replace=False).tolist())

    known = [(tokens(count), [f"reply{count}", *words[:count].tolist()]) for count in (1, 2, 3, 5, 8, 10)]
    measures = {
        "right": lambda asked, tokens: len(asked & tokens) / len(asked | tokens),
        "The least similar source was taken.": lambda asked, tokens: (
            -len(asked & tokens) / len(asked | tokens)
        ),
        "Shared tokens alone favour long sources. Divide by the number of different tokens in both.": (
            lambda asked, tokens: len(asked & tokens)
        ),
        "The denominator is the known source alone. Count the different tokens of both.": (
            lambda asked, tokens: len(asked & tokens) / len(tokens)
        ),
        "The denominator is the shorter source. Count the different tokens of both.": (
            lambda asked, tokens: len(asked & tokens) / min(len(asked), len(tokens))
        ),
        "The denominator is the longer source. Count the different tokens of both.": (
            lambda asked, tokens: len(asked & tokens) / max(len(asked), len(tokens))
        ),
        "The tokens that differ are counted. Divide the shared ones by the different ones of both.": (
            lambda asked, tokens: -len(asked ^ tokens)
        ),
        "The replies are not looked up: the same one comes back for each source.": lambda asked, tokens: 0,
    }
    fits = dict.fromkeys(measures, True)  # whether each reply is among the best by a measure
    for asked in [tokens(count) for count in (1, 2, 3, 4, 6, 8) for _ in range(5)]:
        reply = run(answer, asked, known)
        if isinstance(reply, (int, float, np.number)):
            raise Hint("Return the reply itself, and not its place or how similar its source is.")
        texts = isinstance(reply, (list, tuple)) and all(isinstance(token, str) for token in reply)
        if not texts or list(reply) not in [reply for _, reply in known]:
            raise Hint("Return the reply, a list of tokens: the second part of an entry of `known`.")
        place = [reply for _, reply in known].index(list(reply))
        for name, measure in measures.items():
            similar = [measure(asked, tokens) for tokens, _ in known]
            fits[name] &= similar[place] == max(similar)
    if fits.pop("right"):
        return
    hints = [name for name, fit in fits.items() if fit]
    raise Hint(hints[0] if hints else "For some sources another known one is more similar than yours.")


@exercise("6.4", "your function `best_reply(likely, prior, weight)`, which returns a place in the list")
def _rerank(answer, generator):
    expect_function(answer)
    weight = np.repeat([0.0, *generator.uniform([0.3, 0.8], [0.6, 1.0])], 20).round(2)
    likely, prior = -generator.uniform(1, 9, (2, 60, 7))
    cases = zip(likely.tolist(), prior.tolist(), weight.tolist(), strict=True)
    places = np.array([number(run(answer, *case), "the place") for case in cases])
    weight = weight[:, None]
    scores = likely - weight * prior
    if not np.allclose(places, scores.argmax(axis=1)) and np.allclose(places, scores.max(axis=1)):
        raise Hint("This is the best score. Return its place in the list.")
    mistakes = [
        (scores.argmin(axis=1), "The reply with the lowest score is chosen. The greatest is the best."),
        (
            (likely + weight * prior).argmax(axis=1),
            "A reply that is common everywhere is rewarded. Which sign has log p(T)?",
        ),
        (
            ((1 - weight) * likely - weight * prior).argmax(axis=1),
            "log p(T | S) keeps its full weight in this criterion.",
        ),
        (
            (weight * likely - prior).argmax(axis=1),
            "The weight belongs to log p(T), and not to log p(T | S).",
        ),
        (
            (prior - weight * likely).argmax(axis=1),
            "The two lists have changed places: log p(T | S) comes first, then log p(T).",
        ),
        (likely.argmax(axis=1), "This is the likeliest reply, whatever the weight is: log p(T) has no part."),
        (prior.argmin(axis=1), "This is the rarest reply: log p(T | S) has no part."),
        ((likely - prior).argmax(axis=1), "The weight is not in use: it is 1 here, always."),
        (
            (np.exp(likely) - weight * np.exp(prior)).argmax(axis=1),
            "Probabilities are subtracted. The criterion takes their logarithms, as they come in.",
        ),
        (scores.argmax(axis=1) + 1, "Places in a list are counted from 0."),
    ]
    compare(places, scores.argmax(axis=1), "the places", mistakes)


@exercise(
    "6.5", "your function `padded_accuracy(right, real_tokens, rows, length)`, which returns two shares"
)
def _accuracy_with_padding(answer, generator):
    expect_function(answer)
    for length in generator.integers([30, 150], [60, 200]).tolist():
        rows = int(generator.integers(40, 100))
        real_tokens = int(generator.integers(5 * rows, 20 * rows))
        right = int(real_tokens * generator.uniform(0.2, 0.4))
        places = rows * length
        padding = places - real_tokens
        counted, silent = returned_parts(2, answer, right, real_tokens, rows, length)
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


@exercise("6.6", "your function `first_losses(make, train, dev)`, which returns two losses")
def _first_bias(answer, generator):
    expect_function(answer)
    train, dev = ([(f"{part} {place}", "a reply") for place in range(5)] for part in ("train", "dev"))
    from_frequencies, from_zero = 4 + 2 * generator.random(2).cumsum()
    made = []

    def make():
        made.append(_StandIn(from_frequencies, from_zero, dev))
        return made[-1]

    theirs = numbers(returned_parts(2, answer, make, train, dev), "the two losses").ravel()
    right = np.array([from_frequencies, from_zero])
    mistakes = [
        (right[::-1], "The two have changed places: the loss that began from the frequencies comes first."),
        (right + GAP, "These are losses on the training pairs. Take those on the development pairs."),
        (np.exp(right), "These are perplexities. Nats per token are their logarithm."),
        (right[[0, 0]], "Both are the same. Was the bias of one of them set to zero *before* training?"),
        (right[[1, 1]], "Both are the same. The bias of one of them has to stay as it is."),
    ]
    if len(theirs) == 2 and not np.allclose(theirs, right, atol=1e-2):
        if len(made) < 2:
            raise Hint("One pipeline is not enough: what it learned first would help it the second time.")
        if any(len(pipeline.losses) > 1 for pipeline in made):
            raise Hint("A pipeline was trained for more than one epoch. Compare them after the first.")
    compare(theirs, right, "the losses", mistakes, tolerance=1e-2)


GAP = 0.7  # by how much a stand-in is worse on the pairs that it is trained with


class _StandIn:
    """What the exercise needs of a pipeline; its loss hangs on the bias of the output layer alone."""

    def __init__(self, from_frequencies, from_zero, dev):
        from keras import layers

        output_layer = layers.Dense(7)
        output_layer.build((None, 3))
        output_layer.bias.assign(-np.ones(7, "float32"))
        self.model = SimpleNamespace(decoder=SimpleNamespace(output_layer=output_layer))
        self.first, self.dev, self.losses = (from_frequencies, from_zero), dev, []

    def fit(self, pairs, validation_data=None, *, epochs=5, **options):
        bias = numbers(self.model.decoder.output_layer.get_weights()[1])
        loss = self.first[0] if np.allclose(bias, -1) else self.first[1] + abs(bias).max()
        for _ in range(epochs):
            self.losses.append(loss - len(self.losses) / 5)
        losses = self.losses[-epochs:]
        history = {"loss": [one + GAP for one in losses]}
        if validation_data is None:
            return history
        held_out = [one + GAP * (list(validation_data) != self.dev) for one in losses]
        return {**history, "val_loss": held_out, "val_perplexity": np.exp(held_out).tolist()}

    def __getattr__(self, name):
        raise AttributeError(f"the check's stand-in for a pipeline has `model` and `fit`, and no `{name}`")
