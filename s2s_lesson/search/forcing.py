"""Forcing: how likely a step function finds outputs that are given, token by token."""

from collections.abc import Callable, Sequence

import numpy as np

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.search.ranking import check_usable, rank
from s2s_lesson.search.rows import Rows
from s2s_lesson.search.shortlist import Shortlist


@checked
def score_targets(
    step: Callable,
    initial_state: object,
    targets: np.ndarray,
    *,
    bos_id: NonNegativeInt,
    eos_id: NonNegativeInt,
    compile_step: bool | None = None,
    shared_leaves: Sequence[str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Tell how likely each token of given outputs is, given the true ones before it.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        targets: int (batch, target_length), as ``SearchResult.sequences`` has them: a row ends with its first
            end token, and what comes after does not count.
        bos_id: int. Fed first.
        eos_id: int.
        compile_step, shared_leaves: as in ``beam_search``.

    Returns:
        log_probabilities: float32 (batch, target_length), in nats; 0 after the end.
        likeliest: bool (batch, target_length). Whether nothing is likelier, nor as likely with a smaller id;
            False after the end.

    Raises:
        ValueError: targets and state differ in their number of rows, a target is not in the vocabulary, or
            ``step`` returned logits of a wrong shape, NaN or infinity.

    >>> always_the_same = lambda token_ids, state: (np.log([[0.5, 0.2, 0.3]] * len(token_ids)), state)
    >>> state, targets = {"nothing": np.zeros((1, 1))}, np.array([[0, 0, 2]])
    >>> of_tokens, likeliest = score_targets(always_the_same, state, targets, bos_id=1, eos_id=2)
    >>> of_tokens.round(2).astype(str).tolist(), likeliest.tolist()
    ([['-0.69', '-0.69', '-1.2']], [[True, True, False]])
    """
    targets = np.asarray(targets)
    rows = Rows(step, initial_state, 1, compile_step, shared_leaves)
    if targets.ndim != 2 or len(targets) != rows.batch:
        raise ValueError(
            f"Expected targets of shape ({rows.batch}, target_length), a row for each sentence of the state; "
            f"received {targets.shape}."
            " Pad the targets to one length, a row for each sentence."
        )
    shortlist = None if rows.candidate_ids is None else Shortlist(rows.candidate_ids, eos_id)
    log_probs, likeliest = np.zeros(targets.shape, "float32"), np.zeros(targets.shape, bool)
    before, real = np.full(len(targets), bos_id), np.ones(len(targets), bool)
    for time in range(targets.shape[1] if rows.batch else 0):
        tokens = np.where(real, targets[:, time], eos_id)
        logits = rows.step(before[:, None])
        if (tokens >= logits.shape[-1]).any():
            raise ValueError(
                f"Expected targets below {logits.shape[-1]}, the size of the vocabulary; received "
                f"{tokens.max()}."
                " Encode them with the vocabulary that the model was made with."
            )
        columns = tokens[:, None]
        if shortlist is not None:
            logits, columns = shortlist.look_up(logits), shortlist.columns_of(columns)
        best, _, of_tokens, usable = rank(logits, 1, extra_ids=columns)
        check_usable(usable, real)
        log_probs[:, [time]], likeliest[:, [time]] = of_tokens, best == columns
        if shortlist is not None:
            is_off = shortlist.lacks(tokens[:, None])[:, 0]
            log_probs[is_off, time], likeliest[is_off, time] = -np.inf, False
        log_probs[~real, time], likeliest[~real, time] = 0, False
        before, real = tokens, real & (tokens != eos_id)
    return log_probs, likeliest
