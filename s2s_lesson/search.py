"""Greedy and beam search over any step function.

``step(token_ids, state) -> (logits, state)`` is all that a search knows of a model. ``token_ids`` is an int
array (rows,), ``logits`` a float array (rows, vocab_size), and ``state`` any nested structure of arrays with
the row axis first. NumPy functions serve as well as Keras models.
"""

from typing import NamedTuple

import numpy as np
from keras import ops, tree


class SearchResult(NamedTuple):
    """What a search found, best hypothesis first.

    Attributes:
        sequences: int32 (batch, n_best, length). After a hypothesis' end, ``eos_id`` fills the row.
        lengths: int32 (batch, n_best). Tokens, the end token included.
        scores: float32 (batch, n_best). ``log_probabilities`` over the length penalty; -inf where the search
            space held fewer than ``n_best`` hypotheses.
        log_probabilities: float32 (batch, n_best), in nats, summed over the tokens, the end token included.
    """

    sequences: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    log_probabilities: np.ndarray


def greedy_search(step, initial_state, *, bos_id, eos_id, max_output_length):
    """Choose the likeliest token at every step.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first.
        eos_id: int. Ends a sentence.
        max_output_length: int. A sentence that has not ended by then is cut, in tokens.

    Returns:
        ``SearchResult`` with ``n_best`` 1.

    Raises:
        ValueError: a size is below 1, or ``step`` returned logits of a wrong shape or NaN.
    """
    return beam_search(
        step, initial_state, bos_id=bos_id, eos_id=eos_id, max_output_length=max_output_length, beam_size=1
    )


def beam_search(
    step,
    initial_state,
    *,
    bos_id,
    eos_id,
    max_output_length,
    beam_size=5,
    n_best=1,
    length_penalty=0.0,
):
    """Keep the ``beam_size`` best hypotheses at every step.

    score = log_probability / ((5 + length) / 6) ** length_penalty

    A hypothesis that ended keeps its place, frozen, while its score is among the best ``beam_size``. A
    sentence is done when its ``n_best`` best hypotheses have ended and nothing that is still open could pass
    them, so stopping early changes no result, and neither do the other sentences of the batch. Of equal
    scores the hypothesis that stood higher, and then the smaller token id, comes first.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first.
        eos_id: int. Ends a hypothesis.
        max_output_length: int. A hypothesis that has not ended by then is cut, in tokens.
        beam_size: int. 1 is greedy search.
        n_best: int, at most ``beam_size``. Hypotheses to return for each sentence.
        length_penalty: float, 0 or greater. 0 compares log-probabilities, which favours short outputs.

    Returns:
        ``SearchResult``.

    Raises:
        ValueError: a size is out of range, or ``step`` returned logits of a wrong shape or NaN.

    Source: the penalty is that of Wu et al. 2016, section 7, arXiv:1609.08144.
    """
    _check_sizes(max_output_length, beam_size, n_best, length_penalty)
    batch = tree.flatten(initial_state)[0].shape[0]
    state = _take_rows(initial_state, np.repeat(np.arange(batch), beam_size))
    first_row = beam_size * np.arange(batch)[:, None]

    tokens = np.full((batch, beam_size), bos_id, "int32")  # chosen last
    sequences = np.zeros((batch, beam_size, 0), "int32")
    lengths = np.zeros((batch, beam_size), "int32")
    log_probs = np.full((batch, beam_size), -np.inf, "float32")
    log_probs[:, 0] = 0.0  # every hypothesis is the same yet: one is enough
    ended = np.zeros((batch, beam_size), bool)
    done = np.zeros(batch, bool)

    def penalty(length):
        return np.float32(((5 + length) / 6) ** length_penalty)

    while not done.all() and sequences.shape[-1] < max_output_length:
        logits, state = step(tokens.reshape(-1), state)
        token_log_probs = _log_softmax(logits, batch * beam_size).reshape(batch, beam_size, -1)
        vocab_size = token_log_probs.shape[-1]
        closed = ended | done[:, None]
        token_log_probs[closed] = -np.inf
        token_log_probs[closed, eos_id] = 0.0  # a frozen hypothesis goes on at no cost, with eos_id

        next_log_probs = log_probs[:, :, None] + token_log_probs  # (batch, beam_size, vocab_size)
        next_lengths = lengths + ~closed
        next_scores = next_log_probs / penalty(next_lengths)[:, :, None]
        best = _best(next_scores.reshape(batch, -1), beam_size)  # (batch, beam_size)
        parents, tokens = best // vocab_size, (best % vocab_size).astype("int32")

        log_probs = next_log_probs[np.arange(batch)[:, None], parents, tokens]
        lengths = np.take_along_axis(next_lengths, parents, axis=1)
        ended = np.take_along_axis(ended, parents, axis=1) | (tokens == eos_id)
        history = np.take_along_axis(sequences, parents[:, :, None], axis=1)
        sequences = np.concatenate([history, tokens[:, :, None]], axis=-1)
        state = _take_rows(state, (first_row + parents).reshape(-1))

        scores = log_probs / penalty(lengths)
        could_reach = np.where(ended, -np.inf, log_probs / penalty(max_output_length)).max(axis=1)
        done |= ended[:, :n_best].all(axis=1) & (scores[:, n_best - 1] >= could_reach)

    scores = log_probs / penalty(lengths)
    return SearchResult(sequences[:, :n_best], lengths[:, :n_best], scores[:, :n_best], log_probs[:, :n_best])


def _take_rows(state, rows):
    """Gather rows of every leaf; NumPy stays NumPy, so that any step function can be searched."""

    def take(leaf):
        return leaf[rows] if isinstance(leaf, np.ndarray) else ops.take(leaf, rows, axis=0)

    return tree.map_structure(take, state)


def _log_softmax(logits, rows):
    """Check the logits and turn them into log-probabilities: float32 (rows, vocab_size)."""
    logits = ops.convert_to_numpy(logits).astype("float32")
    if logits.ndim != 2 or logits.shape[0] != rows:
        raise ValueError(
            f"Expected step to return logits of shape ({rows}, vocab_size); received {logits.shape}."
        )
    highest = logits.max(axis=-1, keepdims=True)
    if not np.isfinite(highest).all():
        raise ValueError(
            "Expected finite logits from step; received NaN, infinity, or a row of nothing but -infinity. "
            "Did the training diverge? To forbid a token, give it -infinity and leave others possible."
        )
    logits = logits - highest
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _best(scores, count):
    """Indices of the highest scores of each row, in order; equal scores in the order of their index."""
    threshold = np.partition(scores, -count, axis=1)[:, -count]
    best = np.empty((len(scores), count), "int64")
    for row, (row_scores, lowest) in enumerate(zip(scores, threshold, strict=True)):
        candidates = np.flatnonzero(row_scores >= lowest)
        best[row] = candidates[np.argsort(-row_scores[candidates], kind="stable")[:count]]
    return best


def _check_sizes(max_output_length, beam_size, n_best, length_penalty):
    if max_output_length < 1 or beam_size < 1:
        raise ValueError(
            "Expected max_output_length and beam_size of at least 1; "
            f"received {max_output_length} and {beam_size}."
        )
    if not 1 <= n_best <= beam_size:
        raise ValueError(
            f"Expected n_best from 1 to beam_size={beam_size}; received {n_best}. Use a wider beam."
        )
    if length_penalty < 0:
        raise ValueError(f"Expected a length_penalty of 0 or greater; received {length_penalty}.")
