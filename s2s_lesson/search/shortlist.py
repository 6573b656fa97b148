"""Shortlists: the few tokens of a large vocabulary that a sentence's outputs can be made of."""

import numpy as np

from s2s_lesson.search.arrays import adapter_of

LEAF = "candidate_ids"


class Shortlist:
    """The only tokens that can be written, of each sentence. Probabilities are those among them.

    What is looked up at them has one column a candidate, in the order of their ids, and then as many as
    longer lists have more; these last can never be chosen.

    Args:
        candidate_ids: int (batch, n). -1 and repeats fill shorter lists.
        eos_id: int. It must be on every list.

    Raises:
        ValueError: the ids are no such array, one of them is below -1, or the end token is missing.

    >>> shortlist = Shortlist(np.array([[7, 1, 4], [1, 5, -1]]), eos_id=1)
    >>> shortlist.look_up(np.arange(16, dtype="float32").reshape(2, 8)).tolist()
    [[1.0, 4.0, 7.0], [9.0, 13.0, -inf]]
    >>> shortlist.ids_at(np.array([[2, 0], [1, 0]])).tolist()
    [[7, 1], [5, 1]]
    """

    def __init__(self, candidate_ids: np.ndarray, eos_id: int):
        if candidate_ids.ndim != 2 or candidate_ids.dtype.kind not in "iu":
            raise ValueError(
                f"Expected the leaf {LEAF!r} to be int (rows, candidates); received "
                f"{candidate_ids.dtype} {candidate_ids.shape}."
                " Give a row of candidates for each row of the state."
            )
        if (candidate_ids < -1).any():
            raise ValueError(
                f"Expected the leaf {LEAF!r} to hold ids, and -1 where a list is shorter; received "
                f"{int(candidate_ids.min())}."
                " Fill short lists up with -1."
            )
        ends = (candidate_ids == eos_id).any(axis=1)
        if not ends.all():
            raise ValueError(
                f"Expected the leaf {LEAF!r} to hold the end token {eos_id} in every row, or outputs could "
                f"not end; row {int(np.argmin(ends))} lacks it. Add it to each list."
            )
        ids = np.sort(candidate_ids, axis=1).astype(int)
        real = ids >= 0
        real[:, 1:] &= ids[:, 1:] != ids[:, :-1]
        order = np.argsort(~real, axis=1, kind="stable")[:, : real.sum(axis=1).max(initial=1)]
        self.real = np.take_along_axis(real, order, axis=1)  # bool (sentences, candidates)
        self.ids = np.where(self.real, np.take_along_axis(ids, order, axis=1), eos_id)  # int, likewise
        self._places: dict[tuple, np.ndarray] = {}

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,)."""
        self.ids, self.real = self.ids[sentences], self.real[sentences]
        self._places.clear()

    def look_up(self, logits: np.ndarray) -> np.ndarray:
        """Take the logits of the candidates.

        Args:
            logits: float (rows, vocab_size), NumPy array or tensor, as many rows for each sentence.

        Returns:
            float (rows, candidates), -infinity where a list is shorter, of the same kind of array.
        """
        if adapter := adapter_of(logits):
            return adapter.look_up(logits, self._of_rows(self.ids, logits), self._of_rows(self.real, logits))
        array = np.asarray(logits)
        if array.shape not in self._places:
            self._places.clear()
            starts = np.arange(len(array))[:, None] * array.shape[1]
            self._places[array.shape] = starts + self._of_rows(self.ids, array)
        taken = np.take(array.reshape(-1), self._places[array.shape]).astype("float32", copy=False)
        if not self.real.all():
            taken[~self._of_rows(self.real, array)] = -np.inf
        return taken

    def look_up_allowed(self, allowed: np.ndarray | None, rows: int) -> np.ndarray | None:
        """Take the truth values of the candidates.

        Args:
            allowed: bool (rows, vocab_size), (1, vocab_size) or None.
            rows: int.

        Returns:
            bool (rows, candidates), or None where every candidate is allowed.
        """
        if allowed is None:
            return None
        if len(allowed) == 1:
            of_candidates = allowed[0][self.ids]
            return None if of_candidates.all() else self._of_rows(of_candidates, range(rows))
        return np.take_along_axis(allowed, self._of_rows(self.ids, allowed), axis=1)

    def columns_of(self, tokens: np.ndarray) -> np.ndarray:
        """Find tokens that are on the lists: int (sentences, tokens) -> int (sentences, tokens)."""
        return (self.ids[:, None] == tokens[..., None]).argmax(axis=-1)

    def ids_at(self, columns: np.ndarray) -> np.ndarray:
        """Turn columns back into ids: int (rows, places) -> int (rows, places)."""
        return np.take_along_axis(self._of_rows(self.ids, columns), columns, axis=1)

    def lacks(self, tokens: np.ndarray) -> np.ndarray:
        """Say which tokens are not on the list: int (sentences, tokens), -1 for none -> bool, likewise."""
        is_on = ((self.ids[:, None] == tokens[..., None]) & self.real[:, None]).any(axis=-1)
        return (tokens >= 0) & ~is_on

    @staticmethod
    def _of_rows(values, rows):
        """Repeat what belongs to sentences, so that each of their rows has it."""
        return np.repeat(values, len(rows) // max(len(values), 1), axis=0)
