"""Checks of the exercises of chapter 1, concepts."""

import functools
import re

import numpy as np
from scipy.special import log_softmax

from s2s_lesson.data.padding import shift_right
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.teaching.exercises._checking import (
    Hint,
    compare,
    exercise,
    expect_function,
    number,
    numbers,
    redraw,
    returned_parts,
    run,
)


@exercise("1.1", "your function `kind(source_steps, target_steps, aligned=False)`")
def _kind(answer, generator):
    expect_function(answer)
    few, some, many = (2 + generator.permutation(99)[:3]).tolist()
    cases = {
        (1, 1): "one to one",
        (1, few): "one to many",
        (many, 1): "many to one",
        (some, some): "many to many, unaligned",
        (some, some, True): "many to many, aligned",
        (few, many): "many to many, unaligned",
    }
    for steps, right in [list(cases.items())[place] for place in generator.permutation(len(cases))]:
        named = run(answer, *steps)
        if not isinstance(named, str):
            raise Hint("Your function must return a text, such as the words under the picture.")
        if named == right:
            continue
        if _words(named) == _words(right):
            raise Hint(
                f"Write the names as the picture has them, in small letters and with blanks: not {named!r}."
            )
        if _words(named) == _words(right)[::-1]:
            raise Hint("Input and output are the wrong way round: what comes in is named first.")
        if (named, right) == (cases[some, some, True], cases[some, some]):
            raise Hint(
                f"{some} to {some} steps: equal length is not alignment. Only `aligned` says which it is."
            )
        if named == cases[some, some] and len(steps) == 3:
            raise Hint("It is not aligned, though `aligned` is True. What is this argument for?")
        raise Hint(f"For {steps} your function says {named!r}. Look for that kind in the picture.")


def _words(name):
    return re.findall("[a-z]+", name.lower())


@exercise(
    "1.2", "your function `there_and_back(vocab, tokens)`, which returns ids, unknown tokens and tokens"
)
def _unknown_words(answer, generator):
    expect_function(answer)
    words = generator.permutation([f"word{place}" for place in range(99)]).tolist()
    vocab, tokens = Vocabulary(words[:7]), generator.permutation(words[4:9]).tolist()
    new_ids, unknown, decoded = returned_parts(3, answer, vocab, tokens)
    new_ids = numbers(new_ids, "the ids").ravel().tolist()
    for these in (unknown, decoded):
        listed = isinstance(these, (list, tuple, set, np.ndarray))
        if not listed or not all(isinstance(token, str) for token in these):
            raise Hint("The unknown tokens and what `decode` returns should be lists of texts.")
    if set(unknown) == set(words[4:7]):
        raise Hint("These are the tokens that the vocabulary does know.")
    if sorted(unknown) != sorted(words[7:9]):
        raise Hint(
            "The unknown tokens are others. `token in vocab` tells, for the vocabulary that was passed."
        )
    if new_ids[:1] == [vocab.bos_id]:
        raise Hint("The ids begin with 2, the begin token. Only a decoder's input has one.")
    if new_ids[-1:] != [vocab.eos_id]:
        raise Hint("The ids do not end with 3, the end token. `encode` adds it unless told otherwise.")
    if new_ids != vocab.encode(tokens):
        raise Hint("Expected six ids: one for each token, 1 where it is unknown, and the end.")
    if list(decoded) == tokens:
        raise Hint("These are the words that went in. Decode the ids: what was unknown is lost in them.")
    if list(decoded) != vocab.decode(vocab.encode(tokens)):
        raise Hint("The last part should be what `vocab.decode` makes of the ids, a list of tokens.")


@exercise("1.3", "your function `even(targets, vocab_size)`, which returns a loss and a perplexity")
def _even_guess(answer, generator):
    expect_function(answer)
    lengths, vocab_size = 2 + generator.permutation(5)[:3], int(generator.integers(11, 99))
    padded = np.where(np.arange(7) < lengths[:, None], generator.integers(3, 11, (3, 7)), 0)
    for targets in (padded[:, :2], padded):
        loss, perplexity = returned_parts(2, answer, targets, vocab_size)
        nats, real = np.log(vocab_size), np.count_nonzero(targets)
        if np.isclose(number(perplexity, "the perplexity"), nats) and np.isclose(
            number(loss, "the loss"), vocab_size
        ):
            raise Hint("Loss and perplexity have changed places: return the loss first.")
        mistakes = [
            (
                np.log2(vocab_size),
                "This loss is in bits, with a logarithm to the base 2. The package counts in nats.",
            ),
            (nats * real, "This is the sum over the tokens. The loss is their mean."),
            (nats * targets.size / real, "Padding is counted: its terms are in the sum, too."),
            (
                nats * real / targets.size,
                "Padding is counted: you divide by all positions, and not by the real ones.",
            ),
        ]
        compare(loss, nats, "the loss", mistakes)
        mistakes = [
            (nats, "This is the loss again. Perplexity is how many equally likely tokens it stands for."),
            (2**nats, "A loss in nats is undone by e to its power, and not by 2 to its power."),
        ]
        compare(perplexity, vocab_size, "the perplexity", mistakes)


@exercise(
    "1.4", "your function `padded_logits(model, source_ids, decoder_inputs, columns, masked)`", rounds=2
)
def _padding_changes_nothing(answer, generator):
    expect_function(answer)
    model, columns = redraw(_untrained_model(), generator), int(generator.integers(3, 9))
    source_ids, decoder_inputs = generator.integers(4, 17, (3, 4)), generator.integers(4, 19, (3, 3))
    source_ids[1, 2:] = 0

    def logits(ids, masked=True):
        state = model.encode(ids)
        if not masked:
            state["keys_mask"] = np.ones(ids.shape, bool)
        return model.decode(decoder_inputs, state)[0]

    with_mask = _logits_alone(run(answer, model, source_ids, decoder_inputs, columns, True))
    right = logits(source_ids)
    wider = np.pad(source_ids, ((0, 0), (0, columns)))
    unmasked = logits(wider, masked=False)
    mistakes = [
        (
            unmasked,
            "With `masked=True` the decoder still looks at padding. Leave the state as `encode` made it.",
        ),
    ]
    compare(with_mask, right, "the logits", mistakes)
    without_mask = _logits_alone(run(answer, model, source_ids, decoder_inputs, columns, False))
    compare(
        without_mask,
        unmasked,
        "the logits without the mask",
        lambda: [
            (right, "Your function takes no notice of `masked=False`: the logits are those with the mask."),
            (
                logits(source_ids, masked=False),
                "With `masked=False` only the padding that was there before is called real.",
            ),
        ],
    )


@functools.cache
def _untrained_model():
    from s2s_lesson.layers.config import Seq2SeqConfig
    from s2s_lesson.models.seq2seq import Seq2Seq

    model = Seq2Seq(Seq2SeqConfig(17, 19, embedding_dim=3, encoder_units=5, decoder_units=7))
    model({"source_ids": np.array([[4, 3]]), "decoder_inputs": np.array([[2]])})
    return model


def _logits_alone(logits):
    if isinstance(logits, (tuple, list)) and len(logits) == 2:  # and no batch of three rows
        raise Hint("Return the logits alone: `decode` gives a pair, logits and attention weights.")
    return logits


@exercise("1.5", "your function `log_probability(model, source_ids, targets)`", rounds=2)
def _log_probability(answer, generator):
    expect_function(answer)
    model = redraw(_untrained_model(), generator)
    source_ids, targets = generator.integers(4, 17, (3, 5)), generator.integers(4, 19, (3, 4))
    source_ids[1, 3:] = 0
    targets[[0, 1, 2], [3, 1, 2]] = 3
    targets[1, 2:] = targets[2, 3:] = 0

    def of_targets(read, change):
        logits = numbers(model({"source_ids": source_ids, "decoder_inputs": read}))
        return np.take_along_axis(change(logits, axis=-1), targets[:, :, None], axis=2)[:, :, 0]

    theirs = numbers(run(answer, model, source_ids, targets), "the logarithms")
    each = of_targets(shift_right(targets), log_softmax)  # (batch, target_length)
    real, end = targets != 0, targets == 3
    right = (each * real).sum(axis=1)
    compare(
        theirs,
        right,
        "the logarithms",
        lambda: [
            (each.sum(axis=1), "Padding is counted: leave out the positions where the target is 0."),
            ((each * (real & ~end)).sum(axis=1), "The end token is left out. It is a part of the output."),
            (np.exp(right), "This is the probability. Its logarithm was asked for."),
            (-right, "The sign is wrong: the logarithm of a probability is 0 at most."),
            (
                right / real.sum(axis=1),
                "This is the mean over the tokens. The logarithm of a product is a sum.",
            ),
            (right.sum(), "One number for all rows: sum over the positions, and not over the batch."),
            (
                (of_targets(targets, log_softmax) * real).sum(axis=1),
                "The decoder reads the very token that it should say next. Shift the targets to the right.",
            ),
            (
                (of_targets(shift_right(targets), lambda logits, axis: logits) * real).sum(axis=1),
                "These are sums of logits. Take the logarithm of their softmax first.",
            ),
        ],
    )


# A step's factor for a bias of the forget gate of 0, 0.5, 1 and so on, the mean of eight seeds, which
# differ by 0.02: above sigma of the bias, since the recurrent weights carry some, too.
BIASES = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4)
FACTORS = (0.588, 0.701, 0.801, 0.882, 0.940, 0.979, 1.005, 1.021, 1.031)


@exercise("1.6", "your function `factor(forget_bias)`, which returns a number", rounds=1)
def _fading(answer, generator):
    expect_function(answer)
    biases = generator.permutation(generator.uniform([0.0, 0.8, 2.5], [0.3, 1.3, 3.5])).round(2)
    measured = [number(run(answer, bias), "the factor") for bias in biases.tolist()]
    right, sigma = np.interp(biases, BIASES, FACTORS), 1 / (1 + np.exp(-biases))

    def near(factors):
        return np.allclose(measured, factors, rtol=0, atol=0.04)

    if near(right):
        return
    if near(1 / right):
        raise Hint("Is your division the wrong way round? What is 20 steps back comes first.")
    if np.ptp(measured) < 0.05:
        raise Hint("All biases give the same factor. Did you set the second of the four blocks, and use it?")
    if near(right**15):
        raise Hint("Is this the ratio over many steps? One step's factor is a root of it.")
    if near(right**0.75):
        raise Hint("Is this the 20th root? From 5 to 20 steps back it is 15 steps.")
    if near(sigma):
        raise Hint("sigma of the bias is not the whole answer: measure it, by the gradient.")
    place = int(np.argmax(abs(measured - right)))
    raise Hint(
        f"For a bias of {biases[place]} the factor should be near {right[place]:.2f}; "
        f"received {measured[place]:.3f}."
    )
