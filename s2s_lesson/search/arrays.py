"""Arrays of whatever kind a step function takes and returns: NumPy's stay NumPy's, and so on.

Only here, and only once Keras was imported, does a search meet ``search.steps``, which knows Keras's tensors.
"""

import copy
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np


def keras_steps() -> ModuleType | None:
    """The adapter for steps of Keras layers, or None where Keras was not imported: then there are none."""
    if "keras" not in sys.modules:
        return None
    from s2s_lesson.search.steps import keras_steps

    return keras_steps


def adapter_of(values: Any) -> ModuleType | None:
    """The adapter, where these are tensors of the engine that Keras runs on."""
    if isinstance(values, np.ndarray):
        return None
    adapter = keras_steps()
    return adapter if adapter is not None and adapter.is_tensor(values) else None


def take_rows(values: Any, rows: np.ndarray) -> Any:
    """Gather rows: (rows, ...) and int (new_rows,) -> (new_rows, ...), of the same kind of array."""
    adapter = adapter_of(values)
    return values[rows] if adapter is None else adapter.take_rows(values, rows)


def as_numpy(values: Any) -> np.ndarray:
    """The same numbers as a NumPy array."""
    adapter = adapter_of(values)
    return np.asarray(values) if adapter is None else adapter.as_numpy(values)


def leaves(nested: Any) -> list[Any]:
    """The arrays of nested dicts, lists and tuples, of dicts in the order of their keys; None is one, too."""
    gathered: list = []
    _gather(nested, gathered)
    return gathered


def with_leaves(nested: Any, values: list[Any]) -> Any:
    """The same structure with other arrays: those of ``values``, in the order of ``leaves``."""
    following = iter(values)
    return map_leaves(lambda _: next(following), nested)


def map_leaves(function: Callable[[Any], Any], nested: Any) -> Any:
    """The same structure with what a function makes of each leaf."""
    if isinstance(nested, dict):
        mapped = copy.copy(nested)  # of whatever kind of dict
        for key in _in_order(nested):
            mapped[key] = map_leaves(function, nested[key])
        return mapped
    if isinstance(nested, tuple) and hasattr(nested, "_fields"):
        return type(nested)(*(map_leaves(function, part) for part in nested))
    if isinstance(nested, (list, tuple)):
        return type(nested)(map_leaves(function, part) for part in nested)
    return function(nested)


def _in_order(nested: dict) -> list:
    """Keys, whatever the order in which they came: a step may hand on its state in another one."""
    return sorted(nested, key=str)


def _gather(nested, gathered):
    if isinstance(nested, dict):
        for key in _in_order(nested):
            _gather(nested[key], gathered)
    elif isinstance(nested, (list, tuple)):
        for part in nested:
            _gather(part, gathered)
    else:
        gathered.append(nested)
