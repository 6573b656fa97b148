"""Which tokens hypotheses may take next: what the constraints leave of those that an output can hold."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from s2s_lesson.search.completion import OTHER, Completion
from s2s_lesson.search.constraints import Constraints, Ids
from s2s_lesson.search.contradictions import check_contradictions, check_ids
from s2s_lesson.search.phrases import Phrase, PhraseTable, nesting, phrases_of_each, rectangular
from s2s_lesson.search.shortlist import Shortlist


class AllowedTokens:
    """Which tokens hypotheses may take next. It knows tokens and lengths, and nothing of probabilities.

    Args:
        constraints: ``Constraints``.
        batch: int.
        eos_id: int.
        max_output_length: int.
        never: ids, or None, that no output holds: those of padding and of the begin token. The end token is
            none of them.
        shortlist: ``Shortlist``, of the only tokens that can be written, or None.

    Raises:
        ValueError: the constraints contradict each other, or do not fit the batch.

    >>> allowed = AllowedTokens(Constraints(no_repeat_ngram=1), batch=1, eos_id=1, max_output_length=3)
    >>> allowed.next_tokens(np.array([[[0, 3]]]), vocab_size=5).tolist()
    [[False, True, True, False, True]]
    """

    def __init__(
        self,
        constraints: Constraints,
        batch: int,
        eos_id: int,
        max_output_length: int,
        never: Sequence[int | None] = (),
        shortlist: Shortlist | None = None,
    ):
        self.eos_id, self.max_output_length = eos_id, max_output_length
        self.never = sorted({token for token in never if token is not None and token != eos_id})
        self.min_output_length, self.forced_end = constraints.min_output_length, constraints.forced_end
        too_long = constraints.no_repeat_ngram >= max_output_length  # so long a run has no room to come twice
        self.no_repeat_ngram = 0 if too_long else constraints.no_repeat_ngram
        self.prefix = _prefix_of_each(constraints.prefix, batch)
        self.required = PhraseTable(phrases_of_each(constraints.required, batch, "required"))
        forbidden = phrases_of_each(constraints.forbidden, batch, "forbidden")
        self.forbidden = [frozenset(each) for each in forbidden]
        runs_of = {each: [run for run in each if len(run) > 1] for each in set(self.forbidden)}
        self.forbidden_runs = PhraseTable([runs_of[each] for each in self.forbidden])
        self.shortlist = shortlist
        self._writable: list[frozenset[int]] | None = None  # what a completion can be made of
        if shortlist is not None and len(self.required):
            self._writable = [frozenset(ids) for ids in shortlist.ids.tolist()]
        self._completion = cache(self._completion_of)
        self._ruled_out: np.ndarray | None = None
        self._constant: dict[tuple, np.ndarray | None] = {}
        check_contradictions(self)

    @property
    def reads_sequences(self) -> bool:
        """Whether it matters what hypotheses hold so far, and not only how long they are."""
        return bool(self.no_repeat_ngram or len(self.required) or len(self.forbidden_runs))

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,)."""
        self.prefix = self.prefix[sentences]
        self.forbidden = [self.forbidden[sentence] for sentence in sentences]
        self.required.keep(sentences)
        self.forbidden_runs.keep(sentences)
        if self.shortlist is not None:
            self.shortlist.keep(sentences)
        if self._writable is not None:
            self._writable = [self._writable[sentence] for sentence in sentences]
        if self._ruled_out is not None and len(self._ruled_out) > 1:
            self._ruled_out = self._ruled_out[sentences]

    def next_tokens(self, sequences: np.ndarray, vocab_size: int) -> np.ndarray | None:
        """Say which tokens may come next.

        Args:
            sequences: int (batch, copies, length). What the hypotheses hold so far. Where ``reads_sequences``
                is False, only the shape is looked at.
            vocab_size: int.

        Returns:
            bool (batch * copies, vocab_size), or (1, vocab_size) where the same tokens may come next
            everywhere, or None where every token may. The latter two are made once: do not write into them.
        """
        batch, copies, length = sequences.shape
        in_prefix = length < self.prefix.shape[1]
        repeats = 0 < self.no_repeat_ngram <= length
        runs = len(self.forbidden_runs) or len(self.required)
        ends_too_early = length + 1 < self.min_output_length
        must_end = self.forced_end and length + 1 == self.max_output_length
        ruled_out = self.ruled_out(vocab_size)
        if not (in_prefix or repeats or runs or len(ruled_out) > 1):
            kind = vocab_size, ends_too_early, must_end
            if kind not in self._constant:
                nothing_is = not (ruled_out.any() or ends_too_early or must_end)
                self._constant[kind] = None if nothing_is else self._allowed(1, 1, *kind)[0]
            return self._constant[kind]
        allowed = self._allowed(batch, copies, vocab_size, ends_too_early, must_end)
        if len(self.required):
            self._leave_room_for_required(allowed, sequences)
        if repeats:
            _forbid_repeats(allowed, sequences, self.no_repeat_ngram)
        if len(self.forbidden_runs):
            sentence, copy, run = np.nonzero(self.forbidden_runs.lack_one_token(sequences))
            allowed[sentence, copy, self.forbidden_runs.last_tokens[sentence, run]] = False
        if in_prefix:
            next_ids = self.prefix[:, length]
            forced = np.flatnonzero(next_ids >= 0)
            allowed[forced] = False
            allowed[forced, :, next_ids[forced]] = True
        return allowed.reshape(batch * copies, vocab_size)

    def ruled_out(self, vocab_size: int) -> np.ndarray:
        """Say what occurs nowhere: bool (batch, vocab_size), or (1, vocab_size) where all are alike."""
        if self._ruled_out is None or self._ruled_out.shape[1] != vocab_size:
            alike = len(set(self.forbidden)) <= 1
            self._ruled_out = np.zeros((1 if alike else len(self.forbidden), vocab_size), bool)
            self._ruled_out[:, self.never] = True
            for row, forbidden in zip(self._ruled_out, self.forbidden, strict=False):
                row[[run[0] for run in forbidden if len(run) == 1]] = True
        return self._ruled_out

    def _allowed(self, batch, copies, vocab_size, ends_too_early, must_end):
        """What does not depend on what hypotheses hold: bool (batch, copies, vocab_size)."""
        allowed = np.empty((batch, copies, vocab_size), bool)
        allowed[:] = ~self.ruled_out(vocab_size)[:, None]
        if ends_too_early:
            allowed[..., self.eos_id] = False
        if must_end:
            allowed[..., np.arange(vocab_size) != self.eos_id] = False
        return allowed

    def _leave_room_for_required(self, allowed, sequences):
        """No end before all required phrases are there, and nothing for which they leave no room."""
        missing = self.required.missing(sequences)  # (batch, copies, phrases)
        allowed[..., self.eos_id] &= ~missing.any(axis=-1)
        room = self.max_output_length - self.forced_end - sequences.shape[-1] - 1  # after the next token
        one_by_one = (missing * self.required.lengths[:, None]).sum(axis=-1)
        for sentence, copy in zip(*np.nonzero(missing.any(axis=-1)), strict=True):
            completion = self.completion_for(sentence, allowed.shape[-1])
            to_come = missing[sentence, copy, : len(self.required.counted[sentence])]
            between = to_come.sum() if completion.forbidden else 0  # a token that keeps them apart
            if one_by_one[sentence, copy] + between <= room and (completion.others or not between):
                continue  # there is room for all, even one after the other
            state = tuple(sequences[sentence, copy].tolist()), tuple(to_come.tolist())
            fits = np.full(allowed.shape[-1], completion.others and completion.after(*state, OTHER) <= room)
            for token in completion.tokens:
                fits[token] = completion.after(*state, token) <= room
            allowed[sentence, copy] &= fits

    def completion_for(self, sentence: int, vocab_size: int | None = None) -> Completion:
        """What it takes to write the required phrases of a sentence: ``Completion``."""
        writable = None if self._writable is None else self._writable[sentence]
        counted = tuple(self.required.counted[sentence])
        return self._completion(counted, self.forbidden[sentence], vocab_size, writable)

    def _completion_of(self, counted, forbidden, vocab_size, writable):
        ruled_out = {self.eos_id, *self.never, *(run[0] for run in forbidden if len(run) == 1)}
        runs = [run for run in forbidden if len(run) > 1]
        tokens = {token for phrase in (*(phrase for phrase, _ in counted), *runs) for token in phrase}
        if writable is None:
            others = vocab_size is None or vocab_size > len(tokens | ruled_out)
        else:
            others, tokens = bool(writable - tokens - ruled_out), tokens & writable
        return Completion(counted, runs, sorted(tokens - ruled_out), others)

    def check_ids(self, vocab_size: int, bos_id: int) -> None:
        """Raise an error where an id is not in the vocabulary.

        Args:
            vocab_size: int.
            bos_id: int.

        Raises:
            ValueError: an id is out of range, or too few tokens are left to write an output with.
        """
        check_ids(self, vocab_size, bos_id)

    def different(self) -> list[int]:
        """List sentences of which no two have the same constraints, and that stand for all."""
        required = map(tuple, self.required.counted)
        writable = [None] * len(self.prefix) if self._writable is None else self._writable
        constraints = zip(map(bytes, self.prefix), required, self.forbidden, writable, strict=True)
        return list(dict(zip(constraints, range(len(self.prefix)), strict=True)).values())

    def prefix_of(self, sentence: int) -> Phrase:
        """The prefix of a sentence: tuple of int."""
        ids = self.prefix[sentence]
        return tuple(ids[ids >= 0].tolist())


def _forbid_repeats(allowed, sequences, size):
    """Rule out every token that would complete a run of ``size`` tokens for the second time."""
    runs = np.lib.stride_tricks.sliding_window_view(sequences, size, axis=-1)  # (batch, copies, runs, size)
    latest = sequences[..., sequences.shape[-1] - size + 1 :]  # (batch, copies, size - 1)
    same = (runs[..., :-1] == latest[..., None, :]).all(axis=-1)
    sentence, copy, run = np.nonzero(same)
    allowed[sentence, copy, runs[sentence, copy, run, -1]] = False


def _prefix_of_each(ids: Ids, batch: int) -> np.ndarray:
    """int (batch, width), -1 where a sentence has fewer ids than another."""
    rows: list = list(ids) if ids is not None else []
    alike = nesting(rows) < 2
    rows = [rows] if alike else rows
    if len(rows) != batch and not alike:
        raise ValueError(
            f"Expected prefix as one list of ids, or one list for each of {batch} sentences; "
            f"received {len(rows)} lists."
            " Give one list, or as many as sentences."
        )
    if any(token < 0 for row in rows for token in row):
        raise ValueError(
            "Expected prefix to hold ids of 0 or greater; received a negative one. Leave padding out."
        )
    return np.repeat(rectangular(rows), batch, axis=0) if alike else rectangular(rows)
