"""The best output there is: depth first, no further where nothing better can come, as the page does it."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from keras import ops

from s2s_lesson.search import Scoring
from s2s_lesson.search.ranking import log_softmax

MOST_STEPS = 2_000  # a tenth of the page's, which are faster
Output: TypeAlias = tuple[list[int], float, float]  # ids, log-probability, score


class OutOfTime(Exception):
    """The search has made all the steps that it may."""


class LogProbs:
    """One step of one hypothesis: the log-probabilities of what may come next.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        possible: list of int. Ids of the tokens that an output may hold; others get -inf.

    >>> log_probs, _ = LogProbs(lambda token_ids, state: (np.zeros((1, 4)), state), [2, 3])(0, None)
    >>> [round(log_prob, 2) for log_prob in log_probs.tolist()]
    [-inf, -inf, -1.39, -1.39]
    """

    def __init__(self, step: Callable, possible: Sequence[int]):
        self.step = step
        self.possible = list(possible)

    def __call__(self, token: int, state: object) -> tuple[np.ndarray, object]:
        """Log-probabilities, float32 (vocab_size,), and the state after the token."""
        logits, state = self.step(np.array([token]), state)
        [log_probs], _ = log_softmax(ops.convert_to_numpy(logits))
        allowed = np.full_like(log_probs, -np.inf)
        allowed[self.possible] = log_probs[self.possible]
        return allowed, state


def exact_search(
    log_probs: Callable[[int, object], tuple[np.ndarray, object]],
    state: object,
    *,
    bos_id: int,
    eos_id: int,
    max_output_length: int,
    scoring: Scoring | None = None,
    max_steps: int = MOST_STEPS,
) -> tuple[Output | None, int]:
    """Find the output with the highest score, those that are cut at ``max_output_length`` included.

    A log-probability only falls with each token, and the length penalty lifts it most at
    ``max_output_length``: that is a bound on what a hypothesis can become.

    Args:
        log_probs: ``LogProbs``.
        state: of the model before the first token, one row.
        bos_id: int. Fed first.
        eos_id: int. Ends an output.
        max_output_length: int, in tokens.
        scoring: ``Scoring`` without a coverage penalty, or None.
        max_steps: int. How often ``log_probs`` may be called.

    Returns:
        The best output, None where the search was given up; and how many steps it made.
    """
    scoring = scoring or Scoring()
    best: Output | None = None
    steps = 0

    def could_be_better(log_prob):
        return best is None or scoring.normalise(log_prob, max_output_length) > best[2]

    def visit(tokens, log_prob, state):
        nonlocal best, steps
        if steps == max_steps:
            raise OutOfTime
        steps += 1
        next_log_probs, state = log_probs(tokens[-1] if tokens else bos_id, state)
        for token in np.argsort(-next_log_probs, kind="stable").tolist():
            child, of_child = [*tokens, token], log_prob + float(next_log_probs[token])
            if not (np.isfinite(of_child) and could_be_better(of_child)):
                return  # nor could those that are less likely
            if token != eos_id and len(child) < max_output_length:
                visit(child, of_child, state)
            elif best is None or scoring.normalise(of_child, len(child)) > best[2]:
                best = child, of_child, float(scoring.normalise(of_child, len(child)))

    try:
        visit([], 0.0, state)
    except OutOfTime:
        return None, steps
    return best, steps
