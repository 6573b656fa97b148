"""Constraints: which tokens a hypothesis may take next, given those that it has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Ids = Sequence[int] | Sequence[Sequence[int]] | str | Sequence[str]


@dataclass(frozen=True)
class Constraints:
    """What outputs may look like.

    The prefix comes first: while it lasts, no other constraint is looked at.

    Args:
        prefix: list of int, for every sentence alike, or one list for each sentence. What outputs begin with.
        min_output_length: int. Tokens, the end token included.
        no_repeat_ngram: int. No run of so many tokens occurs twice in an output; 0 allows everything.
        forbidden: list of int. Tokens that occur nowhere.
        required: list of int, for every sentence alike, or one list for each sentence. Tokens that occur
            somewhere, in any order.

    Ids are those of the target vocabulary. ``TextToText`` takes texts in their place: one for every source or
    a list of one for each, and one for ``forbidden``.

    Raises:
        ValueError: a size is out of range, or ``forbidden`` holds several lists.

    >>> Constraints(no_repeat_ngram=3, forbidden=[1])
    Constraints(prefix=(), min_output_length=1, no_repeat_ngram=3, forbidden=[1], required=())
    """

    prefix: Ids = ()
    min_output_length: int = 1
    no_repeat_ngram: int = 0
    forbidden: Sequence[int] | str = ()
    required: Ids = ()

    def __post_init__(self) -> None:
        if self.min_output_length < 1:
            raise ValueError(f"Expected min_output_length of at least 1; received {self.min_output_length}.")
        if self.no_repeat_ngram < 0:
            raise ValueError(f"Expected no_repeat_ngram of 0 or greater; received {self.no_repeat_ngram}.")
        if any(np.ndim(token) for token in self.forbidden):
            raise ValueError(
                "Expected forbidden as one list of ids, for every sentence alike; received several."
            )


class AllowedTokens:
    """Which tokens hypotheses may take next. It knows tokens and lengths, and nothing of probabilities.

    Args:
        constraints: ``Constraints``.
        batch: int.
        eos_id: int.
        max_output_length: int.

    Raises:
        ValueError: the constraints contradict each other, or do not fit the batch.

    >>> allowed = AllowedTokens(Constraints(no_repeat_ngram=1), batch=1, eos_id=1, max_output_length=3)
    >>> allowed.next_tokens(np.array([[[0, 3]]]), vocab_size=5).tolist()
    [[False, True, True, False, True]]
    """

    def __init__(self, constraints: Constraints, batch: int, eos_id: int, max_output_length: int):
        self.eos_id, self.max_output_length = eos_id, max_output_length
        self.prefix = _for_each_sentence(constraints.prefix, batch, "prefix")
        self.required = _for_each_sentence(constraints.required, batch, "required")
        self.forbidden = np.unique(np.asarray(list(constraints.forbidden), "int64"))
        self.min_output_length = constraints.min_output_length
        self.no_repeat_ngram = constraints.no_repeat_ngram
        if self.min_output_length > max_output_length:
            raise ValueError(
                f"Expected min_output_length from 1 to max_output_length={max_output_length}; "
                f"received {self.min_output_length}."
            )
        self._check_contradictions()

    def _check_contradictions(self):
        longest = self.prefix.shape[1]
        if longest > self.max_output_length:
            raise ValueError(
                f"Expected a prefix of at most max_output_length={self.max_output_length} tokens; "
                f"received one of {longest}."
            )
        for name, ids in (("prefix", self.prefix), ("required", self.required)):
            if (ids == self.eos_id).any():
                raise ValueError(
                    f"Expected {name} without the end token {self.eos_id}; received it. "
                    "Leave it out: a search ends outputs by itself."
                )
            if both := sorted(set(ids[ids >= 0]) & set(self.forbidden)):
                raise ValueError(
                    f"Expected {name} and forbidden to share no token; received {list(map(int, both))} "
                    "in both."
                )
        room = self.max_output_length - (self.prefix >= 0).sum(axis=1)
        to_come = (self.unmet(self.prefix[:, None]) if longest else self.required >= 0).sum(axis=-1)
        if (to_come.reshape(-1) > room).any():
            raise ValueError(
                f"Expected max_output_length={self.max_output_length} to hold the prefix and the required "
                "tokens; received more of them. Raise max_output_length."
            )

    def _check_length(self, vocab_size):
        """Raise an error where the tokens that are left make no output as long as it must be."""
        can_end = self.eos_id not in self.forbidden
        least = self.min_output_length if can_end else self.max_output_length
        others, size = vocab_size - len(self.forbidden) - can_end, self.no_repeat_ngram
        longest = others**size + size - 1 if size else least  # a de Bruijn sequence
        longest = longest * (others > 0) + can_end
        if longest < least and not self.prefix.size:
            raise ValueError(
                f"Expected constraints that leave outputs of at least {least} tokens; received "
                f"{len(self.forbidden)} forbidden tokens of {vocab_size} and no_repeat_ngram={size}, which "
                f"leave {longest} at most."
            )

    def check_ids(self, vocab_size: int, bos_id: int) -> None:
        """Raise an error where an id is not in the vocabulary.

        Args:
            vocab_size: int.
            bos_id: int.

        Raises:
            ValueError: an id is out of range, or too few tokens are left to write an output with.
        """
        named = {"bos_id": [bos_id], "eos_id": [self.eos_id], "forbidden": self.forbidden}
        named |= {name: getattr(self, name)[getattr(self, name) != -1] for name in ("prefix", "required")}
        for name, ids in named.items():
            ids = np.asarray(ids)
            if len(wrong := ids[(ids < 0) | (ids >= vocab_size)]):
                raise ValueError(
                    f"Expected {name} to hold ids from 0 to {vocab_size - 1}, as step returns logits for "
                    f"{vocab_size} tokens; received {int(wrong[0])}."
                )
        if len(self.forbidden) == vocab_size:
            raise ValueError("Expected forbidden to leave a token; received the whole vocabulary.")
        self._check_length(vocab_size)

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,)."""
        self.prefix, self.required = self.prefix[sentences], self.required[sentences]

    def unmet(self, sequences: np.ndarray) -> np.ndarray:
        """Say which required tokens are still to come.

        Args:
            sequences: int (batch, copies, length).

        Returns:
            bool (batch, copies, required).
        """
        required = self.required[:, None]  # (batch, 1, required)
        return (required >= 0) & ~(sequences[..., None] == required[:, :, None]).any(axis=2)

    def next_tokens(self, sequences: np.ndarray, vocab_size: int) -> np.ndarray | None:
        """Say which tokens may come next.

        Args:
            sequences: int (batch, copies, length). What the hypotheses hold so far.
            vocab_size: int.

        Returns:
            bool (batch * copies, vocab_size), or None where every token may.
        """
        batch, copies, length = sequences.shape
        in_prefix = length < self.prefix.shape[1]
        ends_too_early = length + 1 < self.min_output_length
        repeats = 0 < self.no_repeat_ngram <= length
        if not (in_prefix or ends_too_early or repeats or len(self.forbidden) or self.required.size):
            return None
        allowed = np.ones((batch, copies, vocab_size), bool)
        allowed[..., self.forbidden] = False
        if ends_too_early:
            allowed[..., self.eos_id] = False
        if self.required.size:
            self._leave_room_for_required(allowed, sequences)
        if repeats:
            _forbid_repeats(allowed, sequences, self.no_repeat_ngram)
        if in_prefix:
            next_ids = self.prefix[:, length]
            forced = np.flatnonzero(next_ids >= 0)
            allowed[forced] = False
            allowed[forced, :, next_ids[forced]] = True
        return allowed.reshape(batch * copies, vocab_size)

    def _leave_room_for_required(self, allowed, sequences):
        """No end before all required tokens are there, and nothing else once they need all that is left."""
        unmet = self.unmet(sequences)
        allowed[..., self.eos_id] &= ~unmet.any(axis=-1)
        pressed = unmet.sum(axis=-1) >= self.max_output_length - sequences.shape[-1]
        pressed &= unmet.any(axis=-1)
        for sentence, copy in zip(*np.nonzero(pressed), strict=True):
            needed = self.required[sentence][unmet[sentence, copy]]
            others = np.ones(allowed.shape[-1], bool)
            others[needed] = False
            allowed[sentence, copy, others] = False


def _forbid_repeats(allowed, sequences, size):
    """Rule out every token that would complete a run of ``size`` tokens for the second time."""
    runs = np.lib.stride_tricks.sliding_window_view(sequences, size, axis=-1)  # (batch, copies, runs, size)
    latest = sequences[..., sequences.shape[-1] - size + 1 :]  # (batch, copies, size - 1)
    same = (runs[..., :-1] == latest[..., None, :]).all(axis=-1)
    sentence, copy, run = np.nonzero(same)
    allowed[sentence, copy, runs[sentence, copy, run, -1]] = False


def _for_each_sentence(ids, batch, name):
    """int (batch, width), -1 where a sentence has fewer ids than another."""
    rows = list(ids) if ids is not None else []
    if not rows or np.ndim(rows[0]) == 0:
        rows = [rows] * batch
    rows = [list(row) for row in rows]
    if len(rows) != batch:
        raise ValueError(
            f"Expected {name} as one list of ids, or one list for each of {batch} sentences; "
            f"received {len(rows)} lists."
        )
    if name == "required":
        rows = [sorted(set(row)) for row in rows]  # of equal candidates the smaller token id comes first
    if any(index < 0 for row in rows for index in row):
        raise ValueError(f"Expected {name} to hold ids of 0 or greater; received a negative one.")
    padded = np.full((batch, max(map(len, rows), default=0)), -1, "int64")
    for row, ids in zip(padded, rows, strict=True):
        row[: len(ids)] = ids
    return padded
