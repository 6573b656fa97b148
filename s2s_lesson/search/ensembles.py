"""Ensembles: several step functions that write one output together, by the mean of what they say."""

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from s2s_lesson.data.expected import PositiveFloat, checked
from s2s_lesson.search.arrays import adapter_of, as_numpy
from s2s_lesson.search.ranking import log_softmax
from s2s_lesson.search.running import expect_pair, runnable
from s2s_lesson.search.shortlist import LEAF

Mean: TypeAlias = Literal["probabilities", "log_probabilities"]
State: TypeAlias = dict[str, object]

ATTENTION, MASK = "attention_weights", "keys_mask"


class Ensemble:
    """Several step functions as one, for every search: ``step`` gives the logits of their mean.

    "probabilities":      p(w) = sum over members m of weight[m] p[m](w)
    "log_probabilities":  p(w) ~ product over members m of p[m](w) ** weight[m], made to sum to 1

    The mean of probabilities wants what one member at least finds likely, that of log-probabilities what no
    member finds unlikely. Members read one source each, all the same, and write with one vocabulary.

    Each member runs as it would alone: NumPy functions, ONNX sessions and models of Keras may be mixed; steps
    of Keras layers are compiled, and leaves that a member shares among a sentence's hypotheses stay shared.

    Args:
        steps: ``step(token_ids, state) -> (logits, state)`` of each member, one or more.
        mean: "probabilities" or "log_probabilities".
        weights: list of float above 0, one for each member, made to sum to 1; None weighs all alike.

    Attributes:
        shared_leaves: names of the leaves of the state of which a sentence has one row: see ``beam_search``.

    Raises:
        ValueError: there is no step, or the weights are not as many.

    Source: Hansen and Salamon 1990, doi:10.1109/34.58871; of sequences, Sutskever et al. 2014, section 3.6,
    arXiv:1409.3215.

    >>> from s2s_lesson.search import beam_search
    >>> def always(*probabilities):
    ...     return lambda token_ids, state: (np.log([probabilities] * len(token_ids)), state)
    >>> ensemble = Ensemble([always(0.5, 0.1, 0.4), always(0.1, 0.3, 0.6)])
    >>> state = ensemble.start([{"nothing": np.zeros((1, 1))}] * 2)
    >>> result = beam_search(ensemble.step, state, bos_id=1, eos_id=2, max_output_length=4)
    >>> result.sequences.tolist(), np.exp(result.log_probabilities).round(3).tolist()
    ([[[2]]], [[0.5]])
    """

    @checked
    def __init__(
        self,
        steps: Sequence[Callable],
        mean: Mean = "probabilities",
        weights: Sequence[PositiveFloat] | None = None,
    ):
        self.steps, self.mean = list(steps), mean
        if not self.steps:
            raise ValueError("Expected at least one step; received none. Give the step of each member.")
        if weights is not None and len(weights) != len(self.steps):
            raise ValueError(
                f"Expected one weight for each of {len(self.steps)} members; received {len(weights)}."
                " Give as many weights as members."
            )
        given = [1.0] * len(self.steps) if weights is None else list(weights)
        self.weights = tuple(float(weight / sum(given)) for weight in given)
        self._shared = [
            tuple(getattr(getattr(step, "__self__", None), "shared_leaves", ())) for step in self.steps
        ]
        self.shared_leaves = ("shared", *(name for name in (MASK, LEAF) if name in self._shared[0]))

    def start(self, states: Sequence[object]) -> State:
        """Put the members' states together, each as a search would be given it.

        Args:
            states: of each member, a nested structure of arrays, row axis first; one row a sentence.

        Returns:
            dict: ``members``, a tuple of the states, without the leaves that members share, which stand in
            ``shared``, a tuple of dicts. Where each member has ``attention_weights``, of one shape, there is
            their mean, weighed like the members; ``keys_mask`` and ``candidate_ids`` are the first member's.

        Raises:
            ValueError: the states are not as many as the members, or their ``candidate_ids`` differ.
        """
        if len(states) != len(self.steps):
            raise ValueError(
                f"Expected one state for each of {len(self.steps)} members; received {len(states)}."
                " Give the states in the order of the members."
            )
        first = states[0] if isinstance(states[0], dict) else {}
        lists = [as_numpy(state[LEAF]) for state in states if isinstance(state, dict) and LEAF in state]
        if lists and not (len(lists) == len(states) and all(np.array_equal(lists[0], one) for one in lists)):
            raise ValueError(
                f"Expected the same leaf {LEAF!r} in the states of all members, or in none; received "
                "different ones. An ensemble has one shortlist."
            )
        of_all = {name: first[name] for name in (MASK, LEAF) if first.get(name) is not None}
        return self._together(list(states), of_all)

    def step(self, token_ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """Let all members decode one token.

        Args:
            token_ids: int (rows,). The tokens chosen last; the begin token at first.
            state: from ``start`` or from the step before.

        Returns:
            logits: float32 (rows, vocab_size), of the mean. Tensors, where all members give tensors.
            state: for the next step.

        Raises:
            ValueError: a member returned no pair, or their logits differ in shape.
        """
        return self._step(self.steps, token_ids, state)

    @checked
    def runnable(self, compile_step: bool | None) -> tuple[Callable, bool]:
        """What a search calls: ``step``, of members that are compiled where each would be alone.

        Args:
            compile_step: bool or None, as in ``beam_search``.

        Returns:
            step: a function with the signature of ``step``.
            compiled: bool. Whether all members are compiled.
        """
        members = [runnable(step, compile_step) for step in self.steps]
        steps = [step for step, _ in members]
        return functools.partial(self._step, steps), all(is_compiled for _, is_compiled in members)

    def _step(self, steps, token_ids, state):
        results = []
        for step, own, shared in zip(steps, state["members"], state["shared"], strict=True):
            results.append(step(token_ids, _joined(own, shared)))
            expect_pair(results[-1])
        logits = [member_logits for member_logits, _ in results]
        shapes = {tuple(each.shape) for each in logits}
        if len(shapes) > 1:
            raise ValueError(
                f"Expected logits of one shape from all members; received {', '.join(map(str, shapes))}. "
                "Members of an ensemble write with one vocabulary, and copy words all or none."
            )
        mean = log_mean_of_probabilities if self.mean == "probabilities" else weighted_mean
        of_all = {name: state[name] for name in (MASK, LEAF) if name in state}
        return mean(logits, self.weights), self._together([new for _, new in results], of_all)

    def _together(self, states, of_all):
        """The state of all: what a search reads by name stands at its top."""
        parts = [_parted(state, names) for state, names in zip(states, self._shared, strict=True)]
        together = {
            **of_all,
            "members": tuple(own for own, _ in parts),
            "shared": tuple(shared for _, shared in parts),
        }
        weights = [state[ATTENTION] for state in states if isinstance(state, dict) and ATTENTION in state]
        if len(weights) == len(states) and len({tuple(each.shape) for each in weights}) == 1:
            together[ATTENTION] = weighted_mean(weights, self.weights)
        return together


def weighted_mean(arrays: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """The mean of arrays or tensors of one shape, in float32: of logits, that of log-probabilities.

    Args:
        arrays: list of float (...).
        weights: list of float that sum to 1.

    Returns:
        float32 (...): a tensor where all are tensors, and else a NumPy array.
    """
    if adapter := _adapter_of_all(arrays):
        return adapter.weighted_mean(arrays, tuple(weights))
    with np.errstate(invalid="ignore"):
        return functools.reduce(
            np.add, [weight * _float32(each) for each, weight in zip(arrays, weights, strict=True)]
        )


def log_mean_of_probabilities(logits: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """The logarithm of the mean of the probabilities that several logits give, in float32.

    Args:
        logits: list of float (rows, vocab_size).
        weights: list of float that sum to 1.

    Returns:
        float32 (rows, vocab_size), as of ``weighted_mean``; NaN in rows of which a member gives no
        probabilities.
    """
    if adapter := _adapter_of_all(logits):
        return adapter.log_mean_of_probabilities(logits, tuple(weights))
    log_probs = [log_softmax(_float32(each))[0] for each in logits]
    highest = functools.reduce(np.maximum, log_probs)
    base = np.where(np.isfinite(highest), highest, np.float32(0))
    shares = [weight * np.exp(each - base) for each, weight in zip(log_probs, weights, strict=True)]
    with np.errstate(divide="ignore"):
        return base + np.log(functools.reduce(np.add, shares))


def _adapter_of_all(arrays):
    """The adapter of the engine's tensors, where all are such."""
    adapters = [adapter_of(each) for each in arrays]
    return adapters[0] if all(adapters) else None


def _float32(array):
    return as_numpy(array).astype("float32", copy=False)


def _parted(state, names):
    """A state in two: what is a hypothesis' own, and a dict of what a sentence shares."""
    if not names:
        return state, {}
    own = copy.copy(state)
    return own, {name: own.pop(name) for name in names}


def _joined(own, shared):
    if not shared:
        return own
    state = copy.copy(own)
    state.update(shared)
    return state
