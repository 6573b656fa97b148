"""Beam search, of which greedy search is the narrowest."""

import numpy as np

from .candidates import at, choose, look_ahead, of_parents
from .constraints import Constraints
from .hypotheses import Beam, Finished
from .results import BeamTree, History
from .rows import Rows, staying
from .scoring import Scoring

STOPPING = ("exact", "top_ended", "first_ended", "never")


def greedy_search(
    step,
    initial_state,
    *,
    bos_id,
    eos_id,
    max_output_length,
    prefix=(),
    min_output_length=1,
    no_repeat_ngram=0,
    forbidden=(),
    required=(),
    return_attention=False,
    compile_step=None,
):
    """Choose the likeliest token at every step.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first.
        eos_id: int. Ends a sentence.
        max_output_length: int. A sentence that has not ended by then is cut, in tokens.
        prefix, min_output_length, no_repeat_ngram, forbidden, required, return_attention, compile_step: as
            in ``beam_search``.

    Returns:
        ``SearchResult`` with ``n_best`` 1.

    Raises:
        ValueError: as ``beam_search``.
    """
    return beam_search(
        step,
        initial_state,
        bos_id=bos_id,
        eos_id=eos_id,
        max_output_length=max_output_length,
        beam_size=1,
        prefix=prefix,
        min_output_length=min_output_length,
        no_repeat_ngram=no_repeat_ngram,
        forbidden=forbidden,
        required=required,
        return_attention=return_attention,
        compile_step=compile_step,
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
    length_formula="gnmt",
    coverage_penalty=0.0,
    stopping="exact",
    groups=1,
    diversity_penalty=0.0,
    prefix=(),
    min_output_length=1,
    no_repeat_ngram=0,
    forbidden=(),
    required=(),
    return_attention=False,
    return_tree=False,
    compile_step=None,
):
    """Keep the ``beam_size`` best hypotheses at every step.

    score = log_probability / ((5 + length) / 6) ** length_penalty + coverage_penalty * covered     ("gnmt")
    score = log_probability / length ** length_penalty             + coverage_penalty * covered  ("average")
    covered = sum over source tokens of log(min(1, attention weights of all steps on that token)), where less
              than 1e-6 counts as 1e-6

    Open and ended hypotheses compete by these scores without ``covered``, which says little of a hypothesis
    that has not come to the end of the source. One that ended keeps its place, frozen, while it is among the
    best ``beam_size``; the ``n_best`` best of all that ended, now by the whole score, are remembered even
    when open ones push them out. Of equal scores the hypothesis that stood higher, and then the smaller token
    id, comes first. The other sentences of the batch change nothing.

    When a sentence is done:

    - "exact": its ``n_best`` best ended hypotheses are no worse than anything that is still open could
      become. This never changes the result: it is that of "never".
    - "top_ended": the ``n_best`` hypotheses at the top of the beam have ended. The same result as "exact"
      for a ``length_penalty`` and ``coverage_penalty`` of 0 and one group, where scores only fall;
      otherwise a longer hypothesis may be missed.
    - "first_ended": ``n_best`` hypotheses have ended, wherever they stand. The fastest; may miss better ones.
    - "never": all hypotheses of the beam have ended, or are cut.

    With ``groups``, each group keeps ``beam_size / groups`` hypotheses and chooses after those before it: its
    scores are lowered by ``diversity_penalty`` for each time that these took the same token in this step. The
    scores that are returned are those of the formula. What several groups find is returned once, so fewer
    than ``n_best`` may come back.

    Required tokens share the beam out: for each number of required tokens that hypotheses hold, the best ones
    have places of their own. So a beam of any size finds an output with all of them, unless other constraints
    leave none. Where there are fewer places than such numbers, the hypotheses that hold most have them:
    greedy search writes the required tokens first.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first.
        eos_id: int. Ends a hypothesis.
        max_output_length: int. A hypothesis that has not ended by then is cut, in tokens.
        beam_size: int. 1 is greedy search. It may exceed the size of the vocabulary.
        n_best: int, at most ``beam_size``. Hypotheses to return for each sentence.
        length_penalty: float, 0 or greater. 0 compares log-probabilities, which favours short outputs.
        length_formula: "gnmt" or "average".
        coverage_penalty: float, 0 or greater. Needs the leaf ``attention_weights``.
        stopping: "exact", "top_ended", "first_ended" or "never".
        groups: int, a divisor of ``beam_size``.
        diversity_penalty: float, 0 or greater.
        prefix: list of int, for every sentence alike, or one list for each sentence. What outputs begin with;
            while it lasts, the other constraints are not looked at.
        min_output_length: int. Tokens, the end token included.
        no_repeat_ngram: int. No run of so many tokens occurs twice in an output; 0 allows everything.
        forbidden: list of int. Tokens that occur nowhere.
        required: list of int, for every sentence alike, or one list for each sentence. Tokens that occur
            somewhere, in any order.
        return_attention: bool. Return ``attention_weights``. Needs the leaf of that name.
        return_tree: bool. Return all candidates that were looked at.
        compile_step: bool. True compiles ``step``, once for each shape; keep the function, for a new one is
            traced anew. None does so where it is a method of a Keras layer and can be traced.

    Returns:
        ``SearchResult``. Log-probabilities are those of the model, whatever the constraints.

    Raises:
        ValueError: a size, penalty or id is out of range, constraints contradict each other, the state lacks
            a leaf that an option needs, or ``step`` returned logits of a wrong shape, NaN or infinity.

    Sources: Wu et al. 2016, section 7, arXiv:1609.08144 (gnmt, coverage); Vijayakumar et al. 2018,
    arXiv:1610.02424 (groups); Post and Vilar 2018, arXiv:1804.06609 (required tokens).
    """
    scoring = Scoring(length_penalty, length_formula, coverage_penalty)
    _check_options(max_output_length, beam_size, n_best, stopping, groups, diversity_penalty)
    rows = Rows(step, initial_state, beam_size, compile_step)
    constraints = Constraints(
        rows.batch,
        eos_id,
        max_output_length,
        prefix=prefix,
        min_output_length=min_output_length,
        no_repeat_ngram=no_repeat_ngram,
        forbidden=forbidden,
        required=required,
    )
    beam = Beam(rows.batch, beam_size, groups, bos_id)
    finished = Finished(rows.batch, n_best * groups)
    history = History(rows.batch, eos_id)
    tree = BeamTree(eos_id) if return_tree else None

    for time in range(max_output_length if rows.batch else 0):
        logits = rows.step(beam.tokens)
        if time == 0:
            constraints.check_ids(logits.shape[-1], bos_id)
        attention = coverage = None
        if coverage_penalty or return_attention:
            why = "coverage_penalty" if coverage_penalty else "return_attention"
            attention = rows.leaf("attention_weights", why).reshape(*beam.tokens.shape, -1)
        candidates = look_ahead(logits, beam, constraints, eos_id)
        lengths = beam.lengths + ~beam.closed
        scores = scoring.normalise(candidates.log_probs, lengths[..., None])
        if coverage_penalty:
            coverage = beam.coverage + np.where(beam.open[..., None], attention, 0)

        chosen = choose(scores, candidates, beam.closed, groups, diversity_penalty)
        if return_tree:
            tree.add(beam.sentences, beam.closed, candidates, scores, chosen)
        parents = chosen // scores.shape[-1]  # (sentences, beam_size)
        history.add(
            beam.sentences,
            parents=parents,
            tokens=at(candidates.tokens, chosen),
            log_probs=at(candidates.token_log_probs, chosen),
            attention=of_parents(attention, parents) if return_attention else None,
        )
        beam.advance(candidates, scores, lengths, coverage, chosen)
        just_ended = beam.open & ((beam.tokens == eos_id) | (time + 1 == max_output_length))
        beam.ended |= just_ended
        final_scores = beam.scores
        if coverage_penalty:
            real = rows.source_mask(attention.shape[-1])
            final_scores = final_scores + scoring.covered(beam.coverage, real)
        finished.add(time, beam, final_scores, just_ended)

        beam.done |= _done(stopping, n_best, groups, beam, finished, scoring, max_output_length)
        if beam.done.all():
            break
        places = staying(beam.done)
        rows.take(places, parents[places])
        beam.keep(places)
        constraints.keep(places)
    return finished.result(n_best, history, tree)


def _done(stopping, n_best, groups, beam, finished, scoring, max_output_length):
    """Say which sentences need no further step: bool (sentences,). The rules stand in ``beam_search``."""
    none_open = ~beam.open.any(axis=1)
    enough = (n_best - 1) * groups + 1  # each group may have found the same ones
    if stopping == "first_ended":
        return none_open | np.isfinite(finished.scores[beam.sentences, enough - 1])
    if stopping == "top_ended":
        top = np.argsort(-beam.scores, axis=1, kind="stable")[:, :enough]
        return none_open | np.take_along_axis(beam.ended, top, axis=1).all(axis=1)
    if stopping == "exact":
        best_possible = scoring.normalise(beam.log_probs, max_output_length)  # coverage can only lower it
        could_reach = np.where(beam.open, best_possible, -np.inf).max(axis=1)
        return finished.scores[beam.sentences, -1] >= could_reach
    return none_open


def _check_options(max_output_length, beam_size, n_best, stopping, groups, diversity_penalty):
    if max_output_length < 1 or beam_size < 1:
        raise ValueError(
            "Expected max_output_length and beam_size of at least 1; "
            f"received {max_output_length} and {beam_size}."
        )
    if not 1 <= n_best <= beam_size:
        raise ValueError(
            f"Expected n_best from 1 to beam_size={beam_size}; received {n_best}. Use a wider beam."
        )
    if stopping not in STOPPING:
        raise ValueError(f"Expected stopping among {', '.join(STOPPING)}; received {stopping!r}.")
    if groups < 1 or beam_size % groups:
        raise ValueError(f"Expected groups to divide beam_size={beam_size}; received {groups}.")
    if not 0 <= diversity_penalty < np.inf:
        raise ValueError(f"Expected a diversity_penalty of 0 or greater; received {diversity_penalty}.")
    if diversity_penalty and groups == 1:
        raise ValueError(
            f"Expected at least 2 groups for a diversity_penalty of {diversity_penalty}; received 1. "
            "The penalty holds the groups apart."
        )
