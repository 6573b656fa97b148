"""Rows: the step function, and the state of all hypotheses, one row each."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s_lesson.data.memory import expect_memory
from s2s_lesson.search.arrays import as_numpy, keras_steps, leaves, map_leaves, take_rows, with_leaves
from s2s_lesson.search.running import expect_pair, runnable
from s2s_lesson.search.shortlist import LEAF

SLOT_BYTES = 150  # what a search keeps for each hypothesis, and each step of it
TOKEN_BYTES = 16  # for each token that it may go on with: logits and their order


class Rows:
    """All hypotheses of a search, as the step function sees them: the rows of a sentence lie together.

    The first step is made with one row for each sentence, since its hypotheses are all alike then (not where
    every new shape is compiled, as on JAX).

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, batch axis first.
        slots: int. Hypotheses of each sentence.
        compile_step: bool or None, as in ``beam_search``.
        shared_leaves: names of leaves, or None, as in ``beam_search``. They are never copied.
        option: str. The option that says how many slots there are.

    Attributes:
        candidate_ids: int (sentences, n), the leaf of that name, which is read once, or None.

    Raises:
        ValueError: the leaves of the state differ in their batch axis, there is none, one of
            ``shared_leaves`` is missing, or the memory has no room for so many slots.

    >>> step = lambda token_ids, state: (np.zeros((len(token_ids), 3)), {"sum": state["sum"] + token_ids})
    >>> rows = Rows(step, {"sum": np.array([0, 10])}, slots=2)
    >>> _ = rows.step(np.array([[1, 1], [2, 2]]))
    >>> rows.take(np.array([0, 1]), np.array([[0, 0], [0, 0]]))
    >>> rows.state["sum"].tolist()
    [1, 1, 12, 12]
    """

    def __init__(
        self,
        step: Callable,
        initial_state: Any,
        slots: int,
        compile_step: bool | None = None,
        shared_leaves: Sequence[str] | None = None,
        option: str = "beam_size",
    ):
        self.batch, self.slots, self.option = _batch_size(initial_state), slots, option
        self.step_function, self.compiled = runnable(step, compile_step)
        self.state = map_leaves(_own, initial_state)  # a plain function may write into its state
        self.sentences, self.copies = self.batch, 1  # how many there are, and the rows of each
        named = initial_state if isinstance(initial_state, dict) else {}
        self.candidate_ids = np.array(as_numpy(named[LEAF])) if named.get(LEAF) is not None else None
        if shared_leaves is None:
            shared_leaves = getattr(getattr(step, "__self__", None), "shared_leaves", ())
        self._handed_on = None  # the shortlist as it was when it was last looked at
        self.shared_leaves = _known_leaves(shared_leaves, initial_state)
        self._expect_room(vocab_size=0)
        self.unchanged = set(range(len(leaves(initial_state))))  # leaves alike for a sentence's rows
        adapter = keras_steps()
        self.fixed_shapes = self.compiled and adapter is not None and adapter.compiles_each_shape()
        if self.fixed_shapes:
            self.take(np.arange(self.batch), np.zeros((self.batch, slots), int))

    def step(self, token_ids: np.ndarray) -> Any:
        """Make one step.

        Args:
            token_ids: int (sentences, slots). The tokens chosen last.

        Returns:
            logits: float (sentences * slots, vocab_size), or (sentences, vocab_size) after the first step,
                if it was made once for all hypotheses of a sentence; see ``one_row_a_slot``.

        Raises:
            ValueError: the step function returned no pair, or the logits have another shape.
        """
        before = leaves(self.state)
        rows = token_ids[:, : self.copies].reshape(-1).astype("int32")
        result = self.step_function(rows, self.state)
        expect_pair(result)
        logits, self.state = result
        if len(logits.shape) != 2 or logits.shape[0] != len(rows):
            raise ValueError(
                f"Expected step to return logits of shape ({len(rows)}, vocab_size); "
                f"received {tuple(logits.shape)}."
                " Let step return a row of logits for each row of the state."
            )
        if self.copies < self.slots:
            self._expect_room(logits.shape[-1])
        pairs = zip(leaves(self.state), before, strict=False)  # a plain function's state may grow
        handed_on = {
            index
            for index, (after, earlier) in enumerate(pairs)
            if after is earlier and not isinstance(after, np.ndarray)  # which may have been written into
        }
        self.unchanged = self.unchanged & handed_on if self.compiled else set()
        if self.candidate_ids is not None:
            self._expect_same_shortlist()
        return logits

    def take(self, sentences: np.ndarray, parents: np.ndarray) -> None:
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
        kept = leaves(self.state)
        for index, leaf in enumerate(kept):
            if index in of_sentences and not all_stay:
                kept[index] = _take(leaf, sentences)
            elif index not in of_sentences and index not in alike:
                kept[index] = _take(leaf, rows)
        self.state = with_leaves(self.state, kept)
        self.sentences, self.copies = len(sentences), self.slots
        if self.candidate_ids is not None and not all_stay:
            self.candidate_ids = self.candidate_ids[sentences]

    def _expect_same_shortlist(self):
        """Raise an error where a step changed the shortlist, which is read once, before the first step."""
        leaf = self.state.get(LEAF) if isinstance(self.state, dict) else None
        if leaf is None or (leaf is self._handed_on and not isinstance(leaf, np.ndarray)):
            return
        copies = 1 if LEAF in self.shared_leaves else self.copies
        if not np.array_equal(as_numpy(leaf), np.repeat(self.candidate_ids, copies, axis=0)):
            raise ValueError(
                f"Expected step to hand on the leaf {LEAF!r} as it is; received another one. A shortlist "
                "holds for the whole output."
            )
        self._handed_on = leaf

    def _expect_room(self, vocab_size):
        """Compare what all slots need with what is free; what a step does inside is not known."""
        of_sentences = _places(self.state, self.shared_leaves)
        of_slots = [leaf for index, leaf in enumerate(leaves(self.state)) if index not in of_sentences]
        state_size = sum(map(_bytes, of_slots)) / max(self.batch, 1)
        slot_size = SLOT_BYTES + TOKEN_BYTES * vocab_size + state_size
        expect_memory(self.option, self.slots, self.batch * self.slots * slot_size)

    def one_row_a_slot(self, array: Any) -> Any:
        """Repeat the rows of the first step, which was made once for all hypotheses of a sentence."""
        repeats = self.slots // self.copies
        if repeats == 1:
            return array
        return take_rows(array, np.repeat(np.arange(self.sentences * self.copies), repeats))

    def leaf(self, name: str, why: str) -> np.ndarray:
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
        values, count = as_numpy(self.state[name]), self.sentences * self.copies
        if values.ndim != 2 or len(values) != count:
            raise ValueError(
                f"Expected the leaf {name!r} to be float (rows, source_length), with {count} rows; "
                f"received shape {values.shape}. Return the mean of several heads, or those of one."
            )
        return self.one_row_a_slot(values)

    def source_mask(self, source_length: int) -> np.ndarray:
        """The leaf ``keys_mask``: bool (sentences, slots or 1, source_length); True where there is none."""
        if "keys_mask" not in self.state:
            return np.ones((self.sentences, 1, source_length), bool)
        mask = as_numpy(self.state["keys_mask"]).astype(bool)
        return mask.reshape(self.sentences, -1, source_length)

    def staying(self, done: np.ndarray) -> np.ndarray:
        """Choose the sentences to go on with: all until a quarter are done, and then those that are not.

        Args:
            done: bool (sentences,).

        Returns:
            int (staying,): places in ``done``.
        """
        open_ones = np.flatnonzero(~done)
        if self.fixed_shapes or len(open_ones) > 0.75 * len(done):
            return np.arange(len(done))
        return open_ones


def _known_leaves(names: Sequence[str], state: Any) -> tuple[str, ...]:
    """The names of leaves, once it is known that the state has them."""
    missing = [name for name in names if not isinstance(state, dict) or name not in state]
    if missing:
        received = f"the leaves {', '.join(state)}" if isinstance(state, dict) else "no dict"
        raise ValueError(
            f"Expected a state with the leaves that shared_leaves names; {missing[0]!r} is missing, received "
            f"{received}."
            " Name leaves that the state holds."
        )
    return tuple(names)


def _own(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _bytes(leaf: Any) -> int:
    shape, dtype = getattr(leaf, "shape", ()), str(getattr(leaf, "dtype", "float32"))
    bits = re.search(r"\d+$", dtype)
    return math.prod(int(size or 1) for size in shape) * (int(bits[0]) // 8 if bits else 1)


def _take(leaf: Any, rows: np.ndarray) -> Any:
    return None if leaf is None else take_rows(leaf, rows)


def _places(state: Any, names: Sequence[str]) -> set[int]:
    """Indices of the leaves of a dict that stand under some names."""
    if not names:
        return set()
    named = {name: with_leaves(part, [name in names] * len(leaves(part))) for name, part in state.items()}
    return {index for index, is_named in enumerate(leaves(named)) if is_named}


def _batch_size(state: Any) -> int:
    shapes: list[Sequence[int]] = [getattr(leaf, "shape", ()) for leaf in leaves(state) if leaf is not None]
    sizes = {shape[0] if len(shape) else None for shape in shapes}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            "Expected an initial_state of arrays with the batch axis first, all of the same batch size; "
            f"received sizes {sorted(map(str, sizes))}."
            " Give each leaf a row for each sentence."
        )
    (size,) = sizes
    return int(size or 0)
