"""Rows: the step function, and the state of all hypotheses, one row each."""

import functools
import warnings

import keras
import numpy as np
from keras import ops, tree

from s2s_lesson import engine


class Rows:
    """All hypotheses of a search, as the step function sees them: the rows of a sentence lie together.

    The first step is made with one row for each sentence, since its hypotheses are all alike then (not on
    JAX, which would compile once more). A layer may name ``shared_leaves``: leaves of the state that its
    ``step`` takes with one row for each sentence. They are never copied.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, batch axis first.
        slots: int. Hypotheses of each sentence.
        compile_step: bool or None, as in ``beam_search``.

    Raises:
        ValueError: the leaves of the state differ in their batch axis, or there is none.
    """

    def __init__(self, step, initial_state, slots, compile_step=None):
        self.batch = _batch_size(initial_state)
        self.step_function, self.compiled = _runnable(step, compile_step)
        self.state = tree.map_structure(_own, initial_state)  # a plain function may write into its state
        self.slots = slots
        self.sentences, self.copies = self.batch, 1  # how many there are, and the rows of each
        self.shared_leaves = getattr(getattr(step, "__self__", None), "shared_leaves", ())
        self.unchanged = set(range(len(tree.flatten(initial_state))))  # leaves alike for a sentence's rows
        if engine.compiles_each_shape():
            self.take(np.arange(self.batch), np.zeros((self.batch, slots), int))

    def step(self, token_ids):
        """Make one step.

        Args:
            token_ids: int (sentences, slots). The tokens chosen last.

        Returns:
            logits: float (sentences * slots, vocab_size).

        Raises:
            ValueError: the step function returned no pair, or the logits have another shape.
        """
        before = tree.flatten(self.state)
        rows = token_ids[:, : self.copies].reshape(-1).astype("int32")
        found = self.step_function(rows, self.state)
        if not isinstance(found, tuple) or len(found) != 2:
            raise ValueError(
                f"Expected step to return a pair, (logits, state); received {type(found).__name__}."
            )
        logits, self.state = found
        if len(logits.shape) != 2 or logits.shape[0] != len(rows):
            raise ValueError(
                f"Expected step to return logits of shape ({len(rows)}, vocab_size); "
                f"received {tuple(logits.shape)}."
            )
        pairs = zip(tree.flatten(self.state), before, strict=False)  # a plain function's state may grow
        handed_on = {
            index
            for index, (after, earlier) in enumerate(pairs)
            if after is earlier and not isinstance(after, np.ndarray)  # which may have been written into
        }
        self.unchanged = self.unchanged & handed_on if self.compiled else set()
        return self._one_row_a_slot(logits)

    def take(self, sentences, parents):
        """Let hypotheses take the places of others. NumPy stays NumPy, so any step function can be searched.

        Args:
            sentences: int (staying,). The places of the sentences to go on with, in order.
            parents: int (staying, slots). The slot that each hypothesis goes on from.
        """
        rows = sentences[:, None] * self.copies + np.minimum(parents, self.copies - 1)
        rows = rows.reshape(-1)
        all_stay = len(sentences) == self.sentences
        if all_stay and self.copies == self.slots and np.array_equal(rows, np.arange(len(rows))):
            return
        alike = self.unchanged if all_stay and self.copies == self.slots else set()
        of_sentences = _places(self.state, self.shared_leaves)
        leaves = tree.flatten(self.state)
        for index, leaf in enumerate(leaves):
            if index in of_sentences and not all_stay:
                leaves[index] = _take(leaf, sentences)
            elif index not in of_sentences and index not in alike:
                leaves[index] = _take(leaf, rows)
        self.state = tree.pack_sequence_as(self.state, leaves)
        self.sentences, self.copies = len(sentences), self.slots

    def _one_row_a_slot(self, array):
        """Repeat the rows of the first step, which was made once for all hypotheses of a sentence."""
        repeats = self.slots // self.copies
        if repeats == 1:
            return array
        return (np if isinstance(array, np.ndarray) else ops).repeat(array, repeats, axis=0)

    def leaf(self, name, why):
        """Read a named leaf of the state.

        Args:
            name: str.
            why: str. The option that needs it.

        Returns:
            NumPy array (rows, source_length).

        Raises:
            ValueError: the state is no dict, has no such leaf, or one of another shape.
        """
        if not isinstance(self.state, dict) or name not in self.state:
            received = f"the leaves {', '.join(self.state)}" if isinstance(self.state, dict) else "no dict"
            raise ValueError(
                f"Expected a state with the leaf {name!r}, float (rows, source_length), as {why} needs it; "
                f"received {received}. Return the weights of the step from step under this name, or leave "
                f"{why} out."
            )
        found, count = ops.convert_to_numpy(self.state[name]), self.sentences * self.copies
        if found.ndim != 2 or len(found) != count:
            raise ValueError(
                f"Expected the leaf {name!r} to be float (rows, source_length), with {count} rows; "
                f"received shape {found.shape}. Return the mean of several heads, or those of one."
            )
        return self._one_row_a_slot(found)

    def source_mask(self, source_length):
        """The leaf ``keys_mask``: bool (sentences, slots or 1, source_length); True where there is none."""
        if "keys_mask" not in self.state:
            return np.ones((self.sentences, 1, source_length), bool)
        mask = ops.convert_to_numpy(self.state["keys_mask"]).astype(bool)
        return mask.reshape(self.sentences, -1, source_length)


def staying(done):
    """Choose the sentences to go on with: all until a quarter are done, and then those that are not.

    Args:
        done: bool (sentences,).

    Returns:
        int (staying,): places in ``done``.
    """
    open_ones = np.flatnonzero(~done)
    if engine.compiles_each_shape() or len(open_ones) > 0.75 * len(done):
        return np.arange(len(done))
    return open_ones


def _runnable(step, compile_step):
    """The step function to call, and whether it is compiled."""
    is_method = isinstance(getattr(step, "__self__", None), keras.Layer)
    if compile_step is None and is_method:
        return _compiled_if_possible(step), True
    if compile_step:
        return _compiled(step), True
    return step, False


@functools.lru_cache(maxsize=16)
def _compiled(step):
    """Compile a step function; what was compiled for the latest 16 is kept."""
    layer = getattr(step, "__self__", None)
    return engine.compile_step(step, layer if isinstance(layer, keras.Layer) else None)


@functools.lru_cache(maxsize=16)
def _compiled_if_possible(step):
    compiled = _compiled(step)
    impossible = []

    def run(token_ids, state):
        if not impossible:
            try:
                return compiled(token_ids, state)
            except Exception as error:
                found = step(token_ids, state)  # raises by itself where the fault is not in compiling
                warnings.warn(f"step could not be compiled and runs as it is, slower: {error}", stacklevel=2)
                impossible.append(error)
                return found
        return step(token_ids, state)

    return run


def _own(leaf):
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _take(leaf, rows):
    if leaf is None:
        return None
    return leaf[rows] if isinstance(leaf, np.ndarray) else engine.take_rows(leaf, rows)


def _places(state, names):
    """Indices of the leaves of a dict that stand under some names: set of int."""
    if not names:
        return set()
    named = {
        name: tree.map_structure(lambda _, name=name: name in names, part) for name, part in state.items()
    }
    return {index for index, is_named in enumerate(tree.flatten(named)) if is_named}


def _batch_size(state):
    shapes = [getattr(leaf, "shape", ()) for leaf in tree.flatten(state) if leaf is not None]
    sizes = {shape[0] if len(shape) else None for shape in shapes}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            "Expected an initial_state of arrays with the batch axis first, all of the same batch size; "
            f"received sizes {sorted(map(str, sizes))}."
        )
    return int(sizes.pop())
