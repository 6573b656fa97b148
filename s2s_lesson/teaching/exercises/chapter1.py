"""Checks of the exercises of chapter 1, concepts."""

import functools

import numpy as np

from s2s_lesson.data.padding import shift_right
from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    compare,
    entries,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    run,
)


@exercise("1.1", "your function `kind(source_steps, target_steps, aligned=False)`")
def _kind(answer):
    def name(*arguments):
        named = run(answer, *arguments)
        if not isinstance(named, str):
            raise Hint("Your function must return a text, such as the words under the picture.")
        return named

    cases = {(1, 1): "one to one", (1, 9): "one to many", (120, 1): "many to one"}
    for (source_steps, target_steps), right in cases.items():
        named = name(source_steps, target_steps)
        if named == right:
            continue
        if named.lower().replace("-", " ") == right:
            raise Hint(
                f"Write the names as the picture has them, in small letters and with blanks: not {named!r}."
            )
        if named == cases.get((target_steps, source_steps)) or named == " to ".join(
            right.split(" to ")[::-1]
        ):
            raise Hint("Input and output are the wrong way round: what comes in is named first.")
        raise Hint(f"{source_steps} in and {target_steps} out: your function says {named!r}.")
    if name(20, 20, True) == name(20, 20):
        raise Hint("20 to 20 gets the same name whether it is aligned or not. What is `aligned` for?")
    if name(7, 7) == "many to many, aligned":
        raise Hint("7 to 7 steps: equal length is not alignment. Only `aligned` says which it is.")
    for arguments, right in {(20, 20, True): "aligned", (7, 7): "unaligned", (5, 13): "unaligned"}.items():
        if name(*arguments) != f"many to many, {right}":
            raise Hint(
                f"For {arguments} your function says {name(*arguments)!r}. Look at the last two kinds."
            )


@exercise("1.2", "three lists, `(new_ids, unknown, decoded)`")
def _unknown_words(answer):
    tokens = ["the", "train", "stops", "at", "ten"]
    new_ids, unknown, decoded = parts(answer, 3)
    new_ids = numbers(new_ids).astype(int).ravel().tolist()
    if not all(isinstance(words, (list, tuple, set)) for words in (unknown, decoded)):
        raise Unexpected("something else than a list of words")
    if set(unknown) == {"at", "ten"}:
        raise Hint(
            "These are unknown to the *target* vocabulary. A source is encoded with that of the sources."
        )
    if set(unknown) == {"the", "train", "at"}:
        raise Hint("These are the words that the vocabulary does know.")
    if set(unknown) != {"stops", "ten"}:
        raise Hint("The unknown words are others. `token in source_vocab` tells for each one.")
    if new_ids[:1] == [2]:
        raise Hint("The ids begin with 2, the begin token. Only a decoder's input has one.")
    if new_ids[-1:] != [3]:
        raise Hint("The ids do not end with 3, the end token. `encode` adds it unless told otherwise.")
    known = len(new_ids) == 6 and new_ids[0] == 4 and min(new_ids[1], new_ids[3]) > 4
    if not known or (new_ids[2], new_ids[4]) != (1, 1):
        raise Hint("Expected six ids: one for each word, 1 where it is unknown, and the end.")
    if list(decoded) == tokens:
        raise Hint("These are the words that went in. Decode the ids: what was unknown is lost in them.")
    if list(decoded) != ["the", "train", "<unk>", "at", "<unk>"]:
        raise Hint("`decoded` should be what `source_vocab.decode(new_ids)` returns, a list of tokens.")


@exercise("1.3", "your function `even(targets, vocab_size)`, which returns a loss and a perplexity")
def _even_guess(answer):
    padded = np.array([[4, 5, 3, 0, 0, 0, 0], [8, 9, 10, 11, 3, 0, 0], [5, 3, 0, 0, 0, 0, 0]])
    for targets, vocab_size in ((padded[:2, :3], 13), (padded, 17)):
        loss, perplexity = parts(run(answer, targets, vocab_size), 2)
        nats, real = np.log(vocab_size), np.count_nonzero(targets)
        if np.isclose(number(perplexity), nats) and np.isclose(number(loss), vocab_size):
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


@exercise("1.4", "your function `padded_logits(model, source_ids, decoder_inputs, columns, masked)`")
def _padding_changes_nothing(answer):
    expect_function(answer)
    model = _untrained_model()
    source_ids = np.array([[5, 9, 16, 4, 3], [8, 6, 3, 0, 0]])
    decoder_inputs = np.array([[2, 7, 18], [2, 5, 4]])

    def logits(ids, masked=True):
        state = model.encode(ids)
        if not masked:
            state["keys_mask"] = np.ones(ids.shape, bool)
        return model.decode(decoder_inputs, state)[0]

    right, columns = logits(source_ids), 7
    wider = np.pad(source_ids, ((0, 0), (0, columns)))
    unmasked = logits(wider, masked=False)
    mistakes = [
        (
            unmasked,
            "With `masked=True` the decoder still looks at padding. Leave the state as `encode` made it.",
        ),
    ]
    compare(
        _logits_alone(run(answer, model, source_ids, decoder_inputs, columns, True)),
        right,
        "the logits",
        mistakes,
    )
    without_mask = _logits_alone(run(answer, model, source_ids, decoder_inputs, columns, False))
    mistakes = [
        (right, "Your function takes no notice of `masked=False`: the logits are those with the mask."),
        (
            logits(source_ids, masked=False),
            "With `masked=False` only the padding that was there before is called real.",
        ),
    ]
    compare(without_mask, unmasked, "the logits without the mask", mistakes)


@functools.cache
def _untrained_model():
    from s2s_lesson.layers.config import Seq2SeqConfig
    from s2s_lesson.models.seq2seq import Seq2Seq

    return Seq2Seq(Seq2SeqConfig(17, 19, embedding_dim=3, encoder_units=5, decoder_units=7))


def _logits_alone(logits):
    if isinstance(logits, (tuple, list)):
        raise Hint("Return the logits alone: `decode` gives a pair, logits and attention weights.")
    return logits


@exercise("1.5", "your function `log_probability(model, source_ids, targets)`")
def _log_probability(answer):
    expect_function(answer)
    model = _untrained_model()
    source_ids = np.array([[5, 9, 16, 4, 3], [8, 6, 3, 0, 0]])
    targets = np.array([[7, 18, 5, 3], [11, 3, 0, 0]])
    ids = {"source_ids": source_ids, "decoder_inputs": shift_right(targets)}
    logits = numbers(model(ids))  # (batch, target_length, vocabulary)
    log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    each = np.take_along_axis(log_probs, targets[:, :, None], axis=2)[:, :, 0]
    real, end = targets != 0, targets == 3
    right = (each * real).sum(axis=1)
    mistakes = [
        (each.sum(axis=1), "Padding is counted: leave out the positions where the target is 0."),
        ((each * (real & ~end)).sum(axis=1), "The end token is left out. It is a part of the output."),
        (np.exp(right), "This is the probability. Its logarithm was asked for."),
        (-right, "The sign is wrong: the logarithm of a probability is 0 at most."),
        (right / real.sum(axis=1), "This is the mean over the tokens. The logarithm of a product is a sum."),
        (right.sum(), "One number for all rows: sum over the positions, and not over the batch."),
    ]
    compare(run(answer, model, source_ids, targets), right, "the logarithms", mistakes)


@exercise("1.6", "a dict with two numbers, `{1: factor, 3: factor}`, by the bias of the forget gate")
def _fading(answer):
    factors = dict(zip((1, 3), map(number, entries(answer, (1, 3))), strict=True))
    if min(factors.values()) > 1:
        raise Hint("Above 1, a gradient grows on its way back. Is your division the wrong way round?")
    if max(factors.values()) < 0.5:
        raise Hint("Is this the ratio over many steps? One step's factor is a root of it.")
    if abs(factors[1] - factors[3]) < 0.05:
        raise Hint("Both biases give the same factor. Did you set the second of the four blocks, and use it?")
    if factors[3] < factors[1]:
        raise Hint("With a bias of 3 the gate is more open, and should keep more of the gradient.")
    measured = {1: 0.79, 3: 1.01}  # of several seeds; the recurrent weights carry some, too
    for bias, factor in factors.items():
        if abs(factor - measured[bias]) > 0.05:
            raise Hint(
                f"For a bias of {bias} the factor should be near {measured[bias]}; received {factor:.3f}. "
                f"sigma({bias}) is not the whole answer: measure it."
            )
