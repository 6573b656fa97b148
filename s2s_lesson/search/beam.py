"""Beam search, of which greedy search is the narrowest."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s_lesson.data.expected import NonNegativeFloat, NonNegativeInt, PositiveInt, checked
from s2s_lesson.search.beam_loop import Stopping, find_best
from s2s_lesson.search.constraints import Constraints
from s2s_lesson.search.groups import DiverseGroups
from s2s_lesson.search.results import SearchResult
from s2s_lesson.search.rows import Rows
from s2s_lesson.search.scoring import Scoring


@checked
def greedy_search(
    step: Callable,
    initial_state: Any,
    *,
    bos_id: NonNegativeInt,
    eos_id: NonNegativeInt,
    pad_id: NonNegativeInt | None = None,
    max_output_length: PositiveInt,
    constraints: Constraints | None = None,
    return_attention: bool = False,
    return_log_probs: bool = True,
    compile_step: bool | None = None,
    shared_leaves: Sequence[str] | None = None,
) -> SearchResult:
    """Choose the likeliest token at every step.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first, and never written, unless it is the end token as well.
        eos_id: int. Ends a sentence.
        pad_id: int or None. Never written, unless it is the end token.
        max_output_length: int. A sentence that has not ended by then is cut, in tokens.
        constraints, return_attention, compile_step, shared_leaves: as in ``beam_search``.
        return_log_probs: bool. False leaves out the sum over the vocabulary at every step, which choosing
            does not need; with large vocabularies it is most of the work. The same tokens are chosen.

    Returns:
        ``SearchResult`` with ``n_best`` 1. With ``return_log_probs=False`` the scores and log-probabilities
        of outputs and of their tokens are NaN, for they are not known.

    Raises:
        ValueError: as ``beam_search``.

    >>> import numpy as np
    >>> from s2s_lesson.search import greedy_search
    >>> always_the_same = lambda token_ids, state: (np.log([[0.5, 0.2, 0.3]] * len(token_ids)), state)
    >>> state = {"nothing": np.zeros((1, 1))}
    >>> greedy_search(always_the_same, state, bos_id=1, eos_id=2, max_output_length=4).sequences.tolist()
    [[[0, 0, 0, 0]]]
    """
    result = find_best(
        Rows(step, initial_state, 1, compile_step, shared_leaves),
        bos_id=bos_id,
        eos_id=eos_id,
        pad_id=pad_id,
        max_output_length=max_output_length,
        constraints=constraints or Constraints(),
        return_attention=return_attention,
        normalise=return_log_probs,
    )
    return result if return_log_probs else _without_log_probs(result)


@checked
def beam_search(
    step: Callable,
    initial_state: Any,
    *,
    bos_id: NonNegativeInt,
    eos_id: NonNegativeInt,
    pad_id: NonNegativeInt | None = None,
    max_output_length: PositiveInt,
    beam_size: PositiveInt = 5,
    n_best: PositiveInt = 1,
    length_penalty: NonNegativeFloat = 0.0,
    scoring: Scoring | None = None,
    stopping: Stopping = "exact",
    groups: DiverseGroups | None = None,
    constraints: Constraints | None = None,
    return_attention: bool = False,
    return_tree: bool = False,
    compile_step: bool | None = None,
    shared_leaves: Sequence[str] | None = None,
) -> SearchResult:
    """Keep the ``beam_size`` best hypotheses at every step.

    Open and ended hypotheses compete by the score of ``Scoring`` without its coverage, which says little of a
    hypothesis that has not come to the end of the source. One that ended keeps its place, frozen, while it
    is among the best ``beam_size``; the ``n_best`` best of all that ended, now by the whole score, are
    remembered even when open ones push them out. Of equal scores the hypothesis that stood higher, and then
    the smaller token id, comes first. The other sentences of the batch change nothing.

    When a sentence is done:

    - "exact": its ``n_best`` best ended hypotheses are no worse than anything that is still open could
      become. This never changes the result: it is that of "never".
    - "top_ended": the ``n_best`` hypotheses at the top of the beam have ended. The same result as "exact"
      for a ``length_penalty`` and ``coverage_penalty`` of 0 and one group, where scores only fall;
      otherwise a longer hypothesis may be missed.
    - "first_ended": ``n_best`` hypotheses have ended, wherever they stand. The fastest; may miss better ones.
    - "never": all hypotheses of the beam have ended, or are cut.

    What several groups find is returned once, so fewer than ``n_best`` may come back.

    Required phrases share the beam out: places are dealt out by turns to the hypotheses that hold as many
    required tokens, beginning with those that hold most. So a beam of any size finds an output with all
    phrases where there is one (``no_repeat_ngram`` apart, which may rule out later what is missing), and
    greedy search writes them first.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id: int. Fed first, and never written, unless it is the end token as well.
        eos_id: int. Ends a hypothesis. Where several tokens do, let ``step`` join them in one.
        pad_id: int or None. Never written, unless it is the end token.
        max_output_length: int. A hypothesis that has not ended by then is cut, in tokens.
        beam_size: int. 1 is greedy search. It may exceed the size of the vocabulary.
        n_best: int, at most ``beam_size``. Hypotheses to return for each sentence.
        length_penalty: float, 0 or greater: short for ``scoring=Scoring(length_penalty)``.
        scoring: ``Scoring``, what hypotheses are compared by, or None.
        stopping: "exact", "top_ended", "first_ended" or "never".
        groups: ``DiverseGroups``, or None for one group.
        constraints: ``Constraints``, what outputs may look like, or None.
        return_attention: bool. Return ``attention_weights``. Needs the leaf of that name.
        return_tree: bool. Return all candidates that were looked at.
        compile_step: bool. True compiles ``step``, once for each shape; keep the function, for a new one is
            traced anew. None does so where it is a method of a Keras layer and can be traced.
        shared_leaves: names of leaves of the state, a dict, that ``step`` takes with one row for each
            sentence, whatever the number of its hypotheses, which lie together: they are never copied. None
            asks the object that ``step`` is a method of for its attribute ``shared_leaves``.

    Returns:
        ``SearchResult``. Log-probabilities are those of the model, whatever the constraints.

    Raises:
        ValueError: a size, penalty or id is out of range, constraints contradict each other, the state lacks
            a leaf that an option needs, or ``step`` returned logits of a wrong shape, NaN or infinity.

    Sources: Wu et al. 2016, section 7, arXiv:1609.08144 (scores); Vijayakumar et al. 2018, arXiv:1610.02424
    (groups); Post and Vilar 2018, arXiv:1804.06609 (required phrases).

    >>> import numpy as np
    >>> from s2s_lesson.search import beam_search
    >>> always_the_same = lambda token_ids, state: (np.log([[0.5, 0.2, 0.3]] * len(token_ids)), state)
    >>> state = {"nothing": np.zeros((1, 1))}
    >>> result = beam_search(always_the_same, state, bos_id=1, eos_id=2, max_output_length=4, n_best=2)
    >>> result.sequences.tolist(), result.lengths.tolist()
    ([[[2, 2], [0, 2]]], [[1, 2]])
    """
    scoring, groups = _scoring(length_penalty, scoring), groups or DiverseGroups()
    _check_options(beam_size, n_best, groups)
    return find_best(
        Rows(step, initial_state, beam_size, compile_step, shared_leaves),
        bos_id=bos_id,
        eos_id=eos_id,
        pad_id=pad_id,
        max_output_length=max_output_length,
        n_best=n_best,
        scoring=scoring,
        stopping=stopping,
        groups=groups,
        constraints=constraints or Constraints(),
        return_attention=return_attention,
        return_tree=return_tree,
    )


def _without_log_probs(result):
    """Say that log-probabilities are not known: NaN. A hypothesis that does not exist keeps -infinity."""
    of_outputs = np.where(result.lengths > 0, np.nan, -np.inf).astype("float32")
    written = np.arange(result.sequences.shape[-1]) < result.lengths[..., None]
    of_tokens = np.where(written, np.nan, 0).astype("float32")
    return result._replace(scores=of_outputs, log_probabilities=of_outputs, token_log_probabilities=of_tokens)


def _scoring(length_penalty, scoring):
    if scoring is None:
        return Scoring(length_penalty)
    if length_penalty:
        raise ValueError(
            f"Expected length_penalty within scoring; received {length_penalty} beside {scoring}. "
            "Leave out one of them."
        )
    return scoring


def _check_options(beam_size, n_best, groups):
    if n_best > beam_size:
        raise ValueError(
            f"Expected n_best of at most beam_size={beam_size}; received {n_best}. Use a wider beam."
        )
    if beam_size % groups.count:
        raise ValueError(
            f"Expected groups to divide beam_size={beam_size}; received {groups.count}."
            " Choose beam_size as a multiple of groups."
        )
