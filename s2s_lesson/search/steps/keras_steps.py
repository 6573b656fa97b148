"""Keras layers and their tensors, for the searches: compiling a step, taking rows, ranking on the engine."""

import functools
import inspect
import math
import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from s2s_lesson import engine

_compiled: weakref.WeakKeyDictionary[Any, dict[str, Callable]] = weakref.WeakKeyDictionary()


def is_tensor(values: Any) -> bool:
    """Whether these are tensors of the engine that Keras runs on."""
    return ops.is_tensor(values)


def take_rows(values: Any, rows: np.ndarray) -> Any:
    """As ``arrays.take_rows``."""
    return engine.take_rows(values, rows)


def as_numpy(values: Any) -> np.ndarray:
    """As ``arrays.as_numpy``."""
    return ops.convert_to_numpy(values)


def compiles_each_shape() -> bool:
    """Whether every new number of rows costs a compilation."""
    return engine.compiles_each_shape()


def rank(
    logits: Any,
    count: int,
    allowed: np.ndarray | None,
    extra_ids: np.ndarray | None,
    normalise: bool = True,
) -> tuple:
    """As ``ranking.rank``."""
    if allowed is not None and len(allowed) == 1:
        allowed = _constant(allowed.tobytes())
    ranked = _ranking(count, normalise)(logits, allowed, extra_ids)
    return tuple(None if array is None else as_numpy(array) for array in ranked)


def look_up(logits: engine.Tensor, ids: np.ndarray, real: np.ndarray) -> engine.Tensor:
    """As ``Shortlist.look_up``, with ids for each row, and whether they are any."""
    return _looking_up()(logits, ids.astype("int32"), real)


def log_softmax(logits: Any) -> tuple[np.ndarray, np.ndarray]:
    """As ``ranking.log_softmax``."""
    log_probs, normaliser = (as_numpy(array) for array in _log_softmax()(logits))
    return log_probs, np.isfinite(normaliser[:, 0])


def weighted_mean(arrays: Sequence[engine.Tensor], weights: tuple[float, ...]) -> engine.Tensor:
    """As ``ensembles.weighted_mean``."""
    return _weighted_mean(weights)(list(arrays))


def log_mean_of_probabilities(logits: Sequence[engine.Tensor], weights: tuple[float, ...]) -> engine.Tensor:
    """As ``ensembles.log_mean_of_probabilities``."""
    return _log_mean_of_probabilities(weights)(list(logits))


def layer_of(step: Callable) -> keras.Layer | None:
    """The layer that a step function is a method of; None where it is none."""
    owner = getattr(step, "__self__", None)
    return owner if isinstance(owner, keras.Layer) else None


def compiled(step: Callable, if_possible: bool = False) -> Callable:
    """Compile a step function, or find what was compiled before. Neither function nor layer is kept alive.

    Args:
        step: as in ``compile_step``, a method of a layer or a function.
        if_possible: bool. Where the step cannot be compiled, warn once, and run it as it is from then on.

    Returns:
        A callable with the same signature.
    """
    is_method = inspect.ismethod(step)
    owner, name = getattr(step, "__self__", step), step.__name__ if is_method else ""
    alive: Callable = weakref.WeakMethod(step) if is_method else weakref.ref(step)
    known = _compiled.setdefault(owner, {})

    def as_it_is(token_ids, state):
        return alive()(token_ids, state)

    if name not in known:
        known[name] = compile_step(as_it_is, layer_of(step))
    if not if_possible:
        return known[name]

    def run(token_ids, state):
        try:
            return known[name](token_ids, state)
        except Exception as error:
            result = step(token_ids, state)  # raises by itself where the fault is not in compiling
            warnings.warn(f"step could not be compiled and runs as it is, slower: {error}", stacklevel=2)
            known[name] = as_it_is
            return result

    return run


def compile_step(step: Callable, layer: keras.Layer | None = None) -> Callable:
    """Compile a step function. What it hands on of the state comes back as the same object.

    A search need not rearrange such leaves, the encoder's keys and values for example.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``, whose state keeps its structure.
        layer: as in ``engine.compile_function``.

    Returns:
        A callable with the same signature. It raises a ``ValueError`` where the structure changes.
    """
    handed_on: dict[tuple, list[bool]] = {}  # one bool a leaf, by structure, written while the engine traces

    def changes(token_ids, state):
        logits, new_state = step(token_ids, state)
        try:
            tree.assert_same_structure(state, new_state)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "Expected step to return a state of the structure that it received; received another one: "
                f"{error}. Keep the structure, or pass compile_step=False."
            ) from error
        leaves = list(zip(tree.flatten(new_state), tree.flatten(state), strict=True))
        paths, _ = _paths_and_leaves(state)
        handed_on[paths] = [new is old for new, old in leaves]
        return logits, [new for new, old in leaves if new is not old]

    compiled = engine.compile_function(changes, layer)

    def run(token_ids, state):
        logits, changed = compiled(token_ids, state)
        changed = iter(changed)
        paths, before = _paths_and_leaves(state)
        leaves = [
            leaf if same else next(changed) for leaf, same in zip(before, handed_on[paths], strict=True)
        ]
        return logits, tree.pack_sequence_as(state, leaves)

    return run


def _paths_and_leaves(state):
    """The ways to the leaves of a state, which tell its structure, and the leaves."""
    flat = tree.flatten_with_path(state)
    return tuple(path for path, _ in flat), [leaf for _, leaf in flat]


@functools.lru_cache(maxsize=16)
def _constant(truth_values):
    """Truth values, given as bytes, as a tensor: bool (1, width). Most steps rule out the same."""
    return ops.convert_to_tensor(np.frombuffer(truth_values, bool)[None].copy())


@functools.cache
def _ranking(count, normalise):
    def ranking(logits, allowed, extra_ids):
        logits, normaliser = _normalised(logits, normalise)
        if allowed is not None:
            logits = ops.where(allowed, logits, -np.inf)
        log_probs, ids = engine.top_k(logits, count)
        extra_log_probs = None
        if extra_ids is not None:
            extra_log_probs = ops.take_along_axis(logits, extra_ids, axis=-1) - normaliser
        return ids, log_probs - normaliser, extra_log_probs, ops.isfinite(normaliser[:, 0])

    return engine.compile_function(ranking)


@functools.cache
def _looking_up():
    def looking_up(logits, ids, real):
        taken = ops.take_along_axis(ops.cast(ops.convert_to_tensor(logits), "float32"), ids, axis=-1)
        return ops.where(real, taken, -np.inf)

    return engine.compile_function(looking_up)


@functools.cache
def _log_softmax():
    def log_softmax(logits):
        logits, normaliser = _normalised(logits)
        return logits - normaliser, normaliser

    return engine.compile_function(log_softmax)


@functools.lru_cache(maxsize=16)
def _weighted_mean(weights):
    def weighted_mean(arrays):
        parts = [weight * ops.cast(each, "float32") for each, weight in zip(arrays, weights, strict=True)]
        return functools.reduce(ops.add, parts)

    return engine.compile_function(weighted_mean)


@functools.lru_cache(maxsize=16)
def _log_mean_of_probabilities(weights):
    def log_mean_of_probabilities(logits):
        parts = []
        for each, weight in zip(logits, weights, strict=True):
            values, normaliser = _normalised(each)
            parts.append(values - normaliser + math.log(weight))
        return ops.logsumexp(ops.stack(parts), axis=0)

    return engine.compile_function(log_mean_of_probabilities)


def _normalised(logits, normalise=True):
    """Logits in float32, and the logarithm of the sum of their exponentials, or the highest: (rows, 1)."""
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    if normalise:
        return logits, ops.logsumexp(logits, axis=-1, keepdims=True)
    spoiled = ops.any(ops.isnan(logits), axis=-1, keepdims=True)  # engines differ in the highest of NaNs
    return logits, ops.where(spoiled, np.nan, ops.max(logits, axis=-1, keepdims=True))
