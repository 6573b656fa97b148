"""The loop of beam search: step after step, until all sentences are done."""

from typing import Any, Literal, TypeAlias

import numpy as np

from s2s_lesson.search.allowed_tokens import AllowedTokens
from s2s_lesson.search.candidates import at, choose, look_ahead, of_parents
from s2s_lesson.search.constraints import Constraints
from s2s_lesson.search.groups import DiverseGroups
from s2s_lesson.search.hypotheses import Beam, Finished
from s2s_lesson.search.results import BeamTree, SearchResult, Trace
from s2s_lesson.search.rows import Rows
from s2s_lesson.search.scoring import Scoring
from s2s_lesson.search.shortlist import Shortlist

Stopping: TypeAlias = Literal["exact", "top_ended", "first_ended", "never"]


def find_best(
    rows: Rows,
    *,
    bos_id: int,
    eos_id: int,
    pad_id: int | None,
    max_output_length: int,
    constraints: Constraints,
    n_best: int = 1,
    scoring: Scoring | None = None,
    stopping: Stopping = "exact",
    groups: DiverseGroups | None = None,
    return_attention: bool = False,
    return_tree: bool = False,
    normalise: bool = True,
) -> SearchResult:
    """Search with as many hypotheses as ``rows`` has slots.

    Args:
        rows: ``Rows``, before the first step.
        bos_id, eos_id, pad_id, max_output_length, constraints, n_best, scoring, stopping, groups: as in
            ``beam_search``.
        return_attention, return_tree: as in ``beam_search``.
        normalise: bool, as in ``rank``. False for one hypothesis alone: scores mean nothing then.

    Returns:
        ``SearchResult``.

    Raises:
        ValueError: as ``beam_search``, but for what it looks at by itself.
    """
    scoring, groups = scoring or Scoring(), groups or DiverseGroups()
    shortlist = None if rows.candidate_ids is None else Shortlist(rows.candidate_ids, eos_id)
    never = (bos_id, pad_id)
    allowed = AllowedTokens(constraints, rows.batch, eos_id, max_output_length, never, shortlist)
    beam = Beam(rows.batch, rows.slots, groups.count, bos_id, keep_sequences=allowed.reads_sequences)
    finished = Finished(rows.batch, n_best * groups.count)
    trace = Trace(rows.batch, eos_id)
    tree = BeamTree(eos_id) if return_tree else None

    for time in range(max_output_length if rows.batch else 0):
        logits = rows.step(beam.tokens)
        if time == 0:
            allowed.check_ids(logits.shape[-1], bos_id)
        attention: Any = None
        coverage: Any = None
        if scoring.coverage_penalty or return_attention:
            why = "coverage_penalty" if scoring.coverage_penalty else "return_attention"
            attention = rows.leaf("attention_weights", why).reshape(*beam.tokens.shape, -1)
        candidates = look_ahead(logits, beam, allowed, eos_id, normalise)
        closed = beam.closed
        lengths = beam.lengths + ~closed
        scores = scoring.normalise(candidates.log_probs, lengths[..., None])
        if scoring.coverage_penalty:
            coverage = beam.coverage + np.where(beam.open[..., None], attention, 0)

        chosen = choose(scores, candidates, closed, groups)
        if tree is not None:
            tree.add(beam.sentences, closed, candidates, scores, chosen)
        parents = chosen // scores.shape[-1]  # (sentences, beam_size)
        beam.advance(candidates, scores, lengths, coverage, chosen)
        trace.add(
            beam.sentences,
            parents=parents,
            tokens=beam.tokens,
            log_probs=at(candidates.token_log_probs, chosen),
            attention=of_parents(attention, parents) if return_attention else None,
        )
        just_ended = beam.open & ((beam.tokens == eos_id) | (time + 1 == max_output_length))
        beam.ended |= just_ended
        final_scores = beam.scores
        if scoring.coverage_penalty:
            real = rows.source_mask(attention.shape[-1])
            final_scores = final_scores + scoring.covered(beam.coverage, real)
        finished.add(time, beam, final_scores, just_ended)

        beam.done |= _done(stopping, n_best, groups.count, beam, finished, scoring, max_output_length)
        if beam.done.all():
            break
        places = rows.staying(beam.done)
        rows.take(places, parents[places])
        if len(places) < len(beam.done):
            beam.keep(places)
            allowed.keep(places)
    return finished.result(n_best, trace, tree)


def _done(stopping, n_best, groups, beam, finished, scoring, max_output_length):
    """Say which sentences need no further step: bool (sentences,). The rules stand in ``beam_search``."""
    is_open = beam.open
    enough = (n_best - 1) * groups + 1  # each group may have found the same ones
    if stopping == "exact":
        best_possible = scoring.normalise(beam.log_probs, max_output_length)  # coverage can only lower it
        could_reach = np.where(is_open, best_possible, -np.inf).max(axis=1)
        return finished.scores[beam.sentences, -1] >= could_reach
    none_open = ~is_open.any(axis=1)
    if stopping == "first_ended":
        return none_open | np.isfinite(finished.scores[beam.sentences, enough - 1])
    if stopping == "top_ended":
        top = np.argsort(-beam.scores, axis=1, kind="stable")[:, :enough]
        return none_open | np.take_along_axis(beam.ended, top, axis=1).all(axis=1)
    return none_open
