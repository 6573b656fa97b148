"""Candidates: what the hypotheses of a beam could become, and which of it to keep."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from s2s_lesson.search.allowed_tokens import AllowedTokens
from s2s_lesson.search.groups import DiverseGroups
from s2s_lesson.search.ranking import check_usable, rank

if TYPE_CHECKING:
    from s2s_lesson.search.hypotheses import Beam


class Candidates(NamedTuple):
    """What each hypothesis could become: arrays (sentences, beam_size, candidates).

    Attributes:
        tokens: int. The likeliest first, then those of the required phrases.
        token_log_probs: float. 0 for a hypothesis that stays as it is.
        log_probs: float, of the whole hypothesis; -inf where there is no candidate.
        held: int, how many required tokens it would hold; None if none are required.

    >>> import numpy as np
    >>> log_probs = np.log([[[0.6, 0.4]]])
    >>> Candidates(np.array([[[3, 1]]]), log_probs, log_probs).held is None
    True
    """

    tokens: np.ndarray
    token_log_probs: np.ndarray
    log_probs: np.ndarray
    held: np.ndarray | None = None


def look_ahead(
    logits: Any, beam: "Beam", allowed_tokens: AllowedTokens, eos_id: int, normalise: bool = True
) -> Candidates:
    """List the candidates that could be among the best.

    Args:
        logits: float (sentences * beam_size, vocab_size); or, before the first step, when all hypotheses of
            a sentence are alike, (sentences, vocab_size).
        beam: ``Beam``.
        allowed_tokens: ``AllowedTokens``.
        eos_id: int. A hypothesis that ended is its own only candidate, with this token, at no cost.
        normalise: bool, as in ``rank``. False ranks the candidates of one hypothesis as well, at less cost.

    Returns:
        ``Candidates``.

    Raises:
        ValueError: an open hypothesis has logits that give no probabilities.
    """
    sentences, beam_size = beam.tokens.shape
    vocab_size, required = logits.shape[-1], allowed_tokens.required
    closed = beam.closed
    missing = ~(np.isfinite(beam.log_probs) & ~closed)
    repeats = sentences * beam_size // max(len(logits), 1)  # all alike before the first step: ranked once
    allowed = allowed_tokens.next_tokens(beam.sequences[:, ::repeats], vocab_size)
    shortlist, extra_ids = allowed_tokens.shortlist, None
    if len(required):
        extra_ids = np.maximum(required.tokens, 0)
        if shortlist is not None:
            extra_ids = shortlist.columns_of(extra_ids)
        extra_ids = np.repeat(extra_ids, beam_size // repeats, axis=0)
    if shortlist is not None:
        logits, allowed = shortlist.look_up(logits), shortlist.look_up_allowed(allowed, len(logits))
    count = beam_size + required.tokens.shape[1]  # so many, as others may have no place to go on from
    tokens, log_probs, extra_log_probs, usable = rank(
        logits, min(count, logits.shape[-1]), allowed, extra_ids, normalise
    )
    if shortlist is not None:
        tokens = shortlist.ids_at(tokens)
    if repeats > 1:
        tokens, log_probs, usable = (np.repeat(of, repeats, axis=0) for of in (tokens, log_probs, usable))
        if extra_log_probs is not None:
            extra_log_probs = np.repeat(extra_log_probs, repeats, axis=0)
    check_usable(usable, ~missing.reshape(-1))
    if extra_log_probs is not None:
        extra_ids = np.repeat(required.tokens, beam_size, axis=0)
        is_new = (extra_ids >= 0) & ~(tokens[:, :, None] == extra_ids[:, None]).any(axis=1)
        tokens = np.concatenate([tokens, np.maximum(extra_ids, 0)], axis=1)
        log_probs = np.concatenate([log_probs, np.where(is_new, extra_log_probs, -np.inf)], axis=1)
    tokens = tokens.reshape(sentences, beam_size, -1).astype("int32")
    log_probs = log_probs.reshape(tokens.shape).astype("float64")
    log_probs[missing] = -np.inf
    tokens[closed, 0], log_probs[closed, 0] = eos_id, 0.0
    held = required.tokens_held(beam.sequences, tokens) if len(required) else None
    return Candidates(tokens, log_probs, beam.log_probs[..., None] + log_probs, held)


def choose(
    scores: np.ndarray, candidates: Candidates, closed: np.ndarray, groups: DiverseGroups
) -> np.ndarray:
    """Choose the candidates that go on.

    Args:
        scores: float (sentences, beam_size, candidates).
        candidates: ``Candidates``.
        closed: bool (sentences, beam_size). Hypotheses that stay as they are.
        groups: ``DiverseGroups``.

    Returns:
        int (sentences, beam_size), best first in each group: places in the last two axes of ``scores``, made
        one.
    """
    sentences, beam_size, count = scores.shape
    if groups.count == 1:
        held = None if candidates.held is None else candidates.held.reshape(sentences, -1)
        return _best(scores.reshape(sentences, -1), beam_size, held)
    width = beam_size // groups.count
    chosen, taken = [], np.zeros((sentences, 0), int)
    for first in range(0, beam_size, width):
        group = slice(first, first + width)
        group_scores = scores[:, group]
        if taken.size and groups.diversity_penalty:
            repeats = (candidates.tokens[:, group, :, None] == taken[:, None, None]).sum(axis=-1)
            repeats = np.where(closed[:, group, None], 0, repeats)
            group_scores = group_scores - groups.diversity_penalty * repeats
        held = None if candidates.held is None else candidates.held[:, group].reshape(sentences, -1)
        best = _best(group_scores.reshape(sentences, -1), width, held) + first * count
        chosen.append(best)
        takes_none = of_parents(closed, best // count) | ~np.isfinite(at(scores, best))
        tokens = np.where(takes_none, -1, at(candidates.tokens, best))
        taken = np.concatenate([taken, tokens], axis=1)
    return np.concatenate(chosen, axis=1)


def at(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Look up what was chosen: (sentences, beam_size, candidates) and int (sentences, places)."""
    first = np.arange(len(values))[:, None] * math.prod(values.shape[1:])
    return values.reshape(-1)[first + chosen]


def of_parents(values: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Look up what belongs to the parents: (sentences, beam_size, ...) and int (sentences, places)."""
    return values[np.arange(len(parents))[:, None], parents]


def _best(scores, count, held=None):
    """Places of the best of each row, in order; equal scores in the order of their place.

    Args:
        scores: float (rows, width).
        count: int.
        held: int (rows, width) or None. How many required tokens each holds. Those that hold as many share a
            bank; places are dealt out to the banks by turns, beginning with the one that holds most, and in
            each bank to the best.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    if held is not None:
        held, scores = (np.take_along_axis(values, order, axis=1) for values in (held, scores))
        in_bank = held[..., None] == np.arange(held.max() + 1)  # (rows, width, banks)
        turns = np.take_along_axis(in_bank.cumsum(axis=1), held[..., None], axis=2)[..., 0]
        by_turns = np.lexsort([-held, turns, ~np.isfinite(scores)], axis=1)
        order = np.take_along_axis(order, np.sort(by_turns[:, :count], axis=1), axis=1)
    return order[:, :count]
