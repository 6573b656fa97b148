"""Checks of the exercises of chapter 3, attention."""

import functools

import numpy as np
from scipy.special import expit, softmax

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    compare,
    exercise,
    expect_function,
    numbers,
    redraw,
    returned_parts,
    run,
)


@exercise(
    "3.1", "your function `shuffled_attention(layer, query, keys, order)`, which returns context and weights"
)
def _shuffled_positions(answer, generator):
    expect_function(answer)
    query, keys = (generator.normal(size=size).astype("float32") for size in ((3, 2, 7), (3, 6, 11)))
    cycle = generator.permutation(6)
    order = cycle[np.argsort(cycle) - 1]  # each position moves, and to put them back is another order
    layer = redraw(_additive_attention(), generator)

    def attention(keys, values):
        return [numbers(part) for part in layer(query, keys=keys, values=values)]

    context, weights = attention(keys, keys)
    keys_alone, values_alone = attention(keys[:, order], keys)[0], attention(keys, keys[:, order])[0]
    their_context, their_weights = returned_parts(2, answer, layer, query, keys, order)
    mistakes = [
        (weights[:, :, order], "The two have changed places: return the context first."),
        (
            keys_alone,
            "The keys are shuffled and the values are not: each "
            "weight now falls on another position's value.",
        ),
        (values_alone, "The values are shuffled and the keys are not. Both stand for the same positions."),
    ]
    compare(their_context, context, "the context", mistakes)
    mistakes = [
        (weights, "These are the weights of the old order. Attend to the shuffled keys."),
        (
            weights[:, :, np.argsort(order)],
            "The positions are put back, and not shuffled: new position i holds old position `order[i]`.",
        ),
    ]
    compare(their_weights, weights[:, :, order], "the weights", mistakes)


@exercise("3.2", "your function `masked_weights(scores, mask)`")
def _masking(answer, generator):
    expect_function(answer)
    mask = np.arange(7) < generator.permutation([2, 4, 7])[:, None]
    scores = np.where(mask, generator.normal(-4, 1, (3, 7)), generator.normal(5, 1, (3, 7)))
    with np.errstate(all="ignore"):
        right = softmax(np.where(mask, scores, -np.inf), axis=-1)
        after = softmax(scores, axis=-1) * mask
        mistakes = [
            (
                softmax(scores * mask, axis=-1),
                "Multiplied by the mask, the scores of padding are 0, and 0 beats every real score below 0.",
            ),
            (after, "Padding is out, but the rows no longer sum to 1: the mask came after the softmax."),
            (
                softmax(np.where(mask, -np.inf, scores), axis=-1),
                "The mask is the wrong way round: True is a real token, and it lost its weight.",
            ),
            (
                softmax(np.where(mask, scores, -np.inf), axis=0),
                "The softmax goes over the rows of the batch. Take the last axis, the positions.",
            ),
            (
                softmax(np.where(mask, scores, -np.inf), axis=None),
                "All rows together sum to 1. Each row must: take the softmax along the last axis.",
            ),
            (softmax(scores, axis=-1), "The mask changes nothing: these are the weights without it."),
        ]
    compare(run(answer, scores, mask), right, "the weights", mistakes, tolerance=1e-5)
    far_apart = np.where(mask, scores, 1e4)
    if not np.allclose(numbers(run(answer, far_apart, mask), "the weights"), right, atol=1e-5):
        raise Hint(
            "With scores of 10,000 on padding it goes wrong: all real weights were "
            "rounded to 0 before the mask came. Mask the scores, not the weights."
        )


@exercise(
    "3.3",
    "your function `feeding_step(token_id, hidden, cell, attended, values, mask, p)`, which returns logits, "
    "hidden, cell, attended and weights",
)
def _input_feeding(answer, generator):
    expect_function(answer)
    sizes = {
        "embedding": (13, 3),
        "kernel": (3 + 7, 4 * 7),
        "recurrent_kernel": (7, 4 * 7),
        "bias": (4 * 7,),
        "W": (5, 7),
        "W_c": (5 + 7, 7),
        "b_c": (7,),
        "W_o": (7, 13),
        "b_o": (13,),
    }
    p = {name: generator.normal(0, 0.5, size) for name, size in sizes.items()}
    hidden, cell, attended = (generator.normal(size=7) for _ in range(3))
    values, mask = generator.normal(size=(6, 5)), np.arange(6) < generator.integers(2, 5)
    token_id = int(generator.integers(13))
    given = token_id, hidden, cell, attended, values, mask, p
    right = _feeding_step(*given)
    theirs = returned_parts(5, answer, *given)
    not_fed = _feeding_step(token_id, hidden, cell, 0 * attended, values, mask, p)
    turned = {**p, "kernel": np.roll(p["kernel"], 3, axis=0)}
    swapped = _feeding_step(token_id, hidden, cell, attended, values, mask, turned)
    everywhere = _feeding_step(token_id, hidden, cell, attended, values, mask | True, p)
    names = ("the logits", "the hidden state", "the cell state", "what was attended", "the weights")
    for place, name in enumerate(names):
        mistakes = [
            (not_fed[place], "What was attended at the step before has no part in it. Give it to the LSTM."),
            (
                swapped[place],
                "In what the LSTM reads, the embedding comes first, then what was attended.",
            ),
            (everywhere[place], "Padding gets weight: mask the scores before the softmax."),
            (given[min(place, 3)], f"You return {name} as it came in. Return the new one."),
        ]
        compare(theirs[place], right[place], name, mistakes)


def _feeding_step(token_id, hidden, cell, attended, values, mask, p):
    read = np.concatenate([p["embedding"][token_id], attended])
    gates = read @ p["kernel"] + hidden @ p["recurrent_kernel"] + p["bias"]
    enter, keep, new, show = np.split(gates, 4)
    cell = expit(keep) * cell + expit(enter) * np.tanh(new)
    hidden = expit(show) * np.tanh(cell)
    weights = softmax(np.where(mask, values @ p["W"] @ hidden, -np.inf))
    attended = np.tanh(np.concatenate([weights @ values, hidden]) @ p["W_c"] + p["b_c"])
    return attended @ p["W_o"] + p["b_o"], hidden, cell, attended, weights


@exercise("3.4", "your function `local_weights(scores, middle, half_width)`")
def _local_attention(answer, generator):
    expect_function(answer)
    for half_width in (2, 3):
        scores, middle = generator.normal(size=(2, 5, 13)), generator.uniform(0, 13, (2, 5, 1))
        offset = np.arange(13) - middle

        def weights(scores, sigma=half_width / 2, sign=-1, offset=offset, half_width=half_width):
            log_bell = sign * offset**2 / (2 * sigma**2)
            return softmax(np.where(abs(offset) <= half_width, scores + log_bell, -np.inf), axis=-1)

        in_window = abs(offset) <= half_width
        bell = np.exp(-(offset**2) / (2 * (half_width / 2) ** 2))
        windowed = softmax(np.where(in_window, scores, -np.inf), axis=-1)
        mistakes = [
            (
                softmax(scores + np.log(bell), axis=-1),
                "Nothing is outside the window: beyond `half_width` a weight has to be 0.",
            ),
            (windowed, "The window is there, and the bell is not."),
            (windowed * bell, "The rows do not sum to 1: the bell came after the softmax."),
            (weights(scores, sigma=half_width), "The bell is too wide: sigma is half of the half-width."),
            (
                weights(scores, sign=1),
                "The bell is upside down: far from the middle a score has to become less.",
            ),
            (
                softmax(np.where(in_window, scores + bell, -np.inf), -1),
                "The bell itself is added. Add its logarithm.",
            ),
        ]
        compare(run(answer, scores, middle, half_width), weights(scores), "the weights", mistakes)


@exercise("3.5", "your function `masked_outputs(layer, sequence, positions)`")
def _order_in_self_attention(answer, generator):
    from s2s_lesson.layers.masks import look_ahead_mask
    from s2s_lesson.layers.self_attention_decoder import sinusoids

    expect_function(answer)
    layer = redraw(_self_attention(), generator)
    sequence = generator.normal(size=(3, 7, 12)).astype("float32")

    def outputs(inputs, mask, queries=None):
        queries = inputs if queries is None else queries
        return numbers(layer(queries, *layer.project(inputs), np.repeat(mask[None], 3, axis=0))[0])

    mask = numbers(look_ahead_mask(7)).astype(bool)
    for positions in (np.zeros((7, 12), "float32"), numbers(sinusoids(7, 12)).astype("float32")):
        theirs = numbers(run(answer, layer, sequence, positions), "the outputs")
        right = outputs(sequence + positions, mask)
        compare(
            theirs,
            right,
            "the outputs",
            lambda positions=positions, right=right: [
                (right[:, -1], "This is the output at the last position. Return those at all positions."),
                (
                    outputs(sequence + positions, mask | True),
                    "Nothing is masked: each position sees what comes after it, too.",
                ),
                (
                    outputs(sequence + positions, mask.T),
                    "The mask is transposed: here each position sees itself and what comes *after* it.",
                ),
                (outputs(sequence, mask), "The positions are left out. Add them to the sequence."),
                (
                    outputs(sequence * positions, mask),
                    "The sequence is multiplied by the positions. Add them.",
                ),
                (
                    outputs(sequence + positions, mask, queries=sequence),
                    "The positions are missing in the queries: they, too, are the sequence with positions.",
                ),
                (
                    outputs(sequence, mask, queries=sequence + positions),
                    "The positions are missing in keys and values: `project` has to read them, too.",
                ),
            ],
        )


@exercise("3.6", "your function `mixture(vocabulary, weights, copy_ids, generate)`")
def _copy_mixture(answer, generator):
    expect_function(answer)
    vocabulary, weights = generator.dirichlet(np.ones(11)), generator.dirichlet(np.ones(5))
    twice, once_there = generator.permutation(11)[:2]
    copy_ids, generate = np.array([twice, 11 + 1, twice, 11 + 3, once_there]), generator.uniform(0.2, 0.4)

    def mixed(share=generate, adds=True):
        right = np.append(share * vocabulary, np.zeros(5))
        if adds:
            np.add.at(right, copy_ids, (1 - share) * weights)
        else:
            right[copy_ids] = (1 - share) * weights
        return right

    once = np.append(generate * vocabulary, np.zeros(5))
    once[copy_ids] += (1 - generate) * weights
    by_place = np.append(generate * vocabulary, (1 - generate) * weights)
    mistakes = [
        (mixed(1 - generate), "The shares have changed places: `generate` is that of the vocabulary."),
        (mixed(adds=False), "Where a token stands in both, its probability is replaced. Add to it."),
        (once, "A word that stands in the source twice gets one of its two weights. Add up all its places."),
        (
            by_place,
            "All that is copied has an id of its own. Words that the vocabulary holds have theirs there.",
        ),
        (mixed()[:11], "The words that the vocabulary lacks are missing: their ids come after its own."),
    ]
    compare(run(answer, vocabulary, weights, copy_ids, generate), mixed(), "the mixture", mistakes, 1e-5)


@functools.cache
def _additive_attention():
    from s2s_lesson.layers.bahdanau_attention import BahdanauAttention

    attention = BahdanauAttention(13)
    attention(np.ones((1, 1, 7)), keys=np.ones((1, 2, 11)), values=np.ones((1, 2, 11)))
    return attention


@functools.cache
def _self_attention():
    from s2s_lesson.layers.multi_head_attention import MultiHeadAttention

    attention, sequence = MultiHeadAttention(units=12, num_heads=3), np.ones((1, 2, 12))
    attention(sequence, *attention.project(sequence), np.ones((1, 2), bool))
    return attention
