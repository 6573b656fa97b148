"""Checks of the exercises of chapter 3, attention."""

import functools

import numpy as np
from scipy.special import softmax

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    compare,
    exercise,
    expect_function,
    numbers,
    parts,
    run,
)


@exercise(
    "3.1", "your function `shuffled_attention(layer, query, keys, order)`, which returns context and weights"
)
def _shuffled_positions(answer):
    expect_function(answer)
    generator = np.random.default_rng(1)
    query, keys = (generator.normal(size=size).astype("float32") for size in ((2, 3, 7), (2, 5, 11)))
    order, layer = np.array([3, 0, 4, 1, 2]), _additive_attention()

    def attention(keys, values):
        return [numbers(part) for part in layer(query, keys=keys, values=values)]

    context, weights = attention(keys, keys)
    keys_alone, values_alone = attention(keys[:, order], keys)[0], attention(keys, keys[:, order])[0]
    their_context, their_weights = parts(run(answer, layer, query, keys, order), 2)
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


@exercise("3.2", "your function `limits(scores)`, which returns two arrays of weights, `(cold, hot)`")
def _temperatures(answer):
    scores = np.random.default_rng(2).normal(size=(2, 3, 5))  # (batch, target_length, source_length)
    cold, hot = np.eye(5)[scores.argmax(axis=-1)], np.full((2, 3, 5), 1 / 5)
    their_cold, their_hot = parts(run(answer, scores), 2)
    over_queries = np.swapaxes(np.eye(3)[scores.argmax(axis=1)], 1, 2)
    mistakes = [
        (hot, "The two have changed places: the weights at temperature 0 come first."),
        (
            over_queries,
            "The weights sum to 1 over the queries. A row of source positions should: that is the last axis.",
        ),
        (
            np.eye(5)[scores.argmin(axis=-1)],
            "Dividing by a small number makes the greatest score win, and not the least.",
        ),
        (scores.argmax(axis=-1), "These are positions. Return weights: 1 at that position, 0 at the others."),
    ]
    compare(their_cold, cold, "the weights at temperature 0", mistakes)
    mistakes = [
        (
            hot * 5 / 3,
            "Each query's weights have to sum to 1 over the source positions; you divide by the queries.",
        ),
        (hot / 3, "Each query's weights have to sum to 1; you divide by all pairs of positions."),
        (hot * 0, "The scores become 0, but the weights do not: e to the power 0 is 1."),
        (hot * 5, "The weights do not sum to 1."),
    ]
    compare(their_hot, hot, "the weights at an infinite temperature", mistakes)


@exercise("3.3", "your function `masked_weights(scores, mask)`")
def _masking(answer):
    generator = np.random.default_rng(3)
    mask = np.arange(7) < np.array([4, 7, 2])[:, None]
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
            (softmax(scores, axis=-1), "The mask changes nothing: these are the weights without it."),
        ]
    compare(run(answer, scores, mask), right, "the weights", mistakes, tolerance=1e-6)
    far_apart = np.where(mask, scores, 1e4)
    if not np.allclose(numbers(run(answer, far_apart, mask)), right, atol=1e-6):
        raise Hint(
            "With scores of 10,000 on padding it goes wrong: all real weights were "
            "rounded to 0 before the mask came. Mask the scores, not the weights."
        )


@exercise("3.4", "your function `local_weights(scores, middle, half_width)`")
def _local_attention(answer):
    generator = np.random.default_rng(4)
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


@exercise("3.5", "your function `share_at_heaviest(weights, sizes, source_ids)`, which returns two means")
def _gradient_share(answer):
    generator = np.random.default_rng(5)
    real = np.arange(7) < np.array([4, 7, 3, 5, 6])[:, None]  # (batch, source_length)
    source_ids = np.where(real, generator.integers(4, 20, real.shape), 0)
    weights = np.where(real, generator.uniform(0, 1, real.shape), 0)
    weights = weights / weights.sum(axis=1, keepdims=True)
    sizes = generator.uniform(0.5, 3, real.shape)
    rows, heaviest = np.arange(5), weights.argmax(axis=1)
    sizes_of_tokens = np.where(real, sizes, 0)
    of_rows = sizes_of_tokens[rows, heaviest] / sizes_of_tokens.sum(axis=1)
    mean_weight, share = parts(run(answer, weights, sizes, source_ids), 2)
    mistakes = [
        (of_rows.mean(), "The two have changed places: return the mean weight first."),
        (weights.max(axis=1).sum(), "This is the sum over the rows. Return their mean."),
        (weights.max(), "This is the heaviest weight of all rows. Take that of each row, and then the mean."),
    ]
    compare(mean_weight, weights.max(axis=1).mean(), "the mean weight", mistakes)
    mistakes = [
        (
            (sizes[rows, heaviest] / sizes.sum(axis=1)).mean(),
            "Padding is counted: what stands in `sizes` there is no gradient of the source.",
        ),
        (
            (sizes_of_tokens.max(axis=1) / sizes_of_tokens.sum(axis=1)).mean(),
            "This is the share at the largest gradient. Look at the position with the heaviest weight.",
        ),
        (sizes_of_tokens[rows, heaviest].mean(), "This is the size itself. Divide by the sum over the row."),
        (
            sizes_of_tokens[rows, heaviest].sum() / sizes_of_tokens.sum(),
            "This divides one sum by another. Take the share of each row, and then the mean.",
        ),
        (of_rows.sum(), "This is the sum over the rows. Return their mean."),
    ]
    compare(share, of_rows.mean(), "the share of the gradient", mistakes)


@exercise("3.6", "your function `last_output(self_attention, sequence, positions)`")
def _order_in_self_attention(answer):
    from s2s_lesson.layers.masks import look_ahead_mask
    from s2s_lesson.layers.self_attention_decoder import sinusoids

    expect_function(answer)
    sequence = np.random.default_rng(6).normal(size=(1, 7, 12)).astype("float32")
    layer = _self_attention()

    def outputs(inputs, mask):
        return numbers(layer(inputs, *layer.project(inputs), mask)[0])

    mask = look_ahead_mask(7)[None]
    for positions in (np.zeros((7, 12), "float32"), numbers(sinusoids(7, 12)).astype("float32")):
        right = outputs(sequence + positions, mask)
        mistakes = [
            (right, "These are the outputs at all positions. Return the last one."),
            (right[:, 0], "This is the output at the first position."),
            (
                outputs(sequence + positions, np.swapaxes(numbers(mask).astype(bool), 1, 2))[:, -1],
                "The mask is transposed: here each position sees itself and what comes *after* it.",
            ),
            (outputs(sequence, mask)[:, -1], "The positions are left out. Add them to the sequence."),
            (
                outputs(sequence * positions, mask)[:, -1],
                "The sequence is multiplied by the positions. Add them.",
            ),
        ]
        compare(run(answer, layer, sequence, positions), right[:, -1], "the last output", mistakes)


@functools.cache
def _additive_attention():
    from s2s_lesson.layers.bahdanau_attention import BahdanauAttention

    return BahdanauAttention(13)


@functools.cache
def _self_attention():
    from s2s_lesson.layers.multi_head_attention import MultiHeadAttention

    return MultiHeadAttention(units=12, num_heads=3)
