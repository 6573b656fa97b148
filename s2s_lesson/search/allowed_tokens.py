"""Which tokens hypotheses may take next: what the constraints leave of those that an output can hold."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from s2s_lesson.data.expected import expect
from s2s_lesson.search.completion import OTHER, Completion
from s2s_lesson.search.constraints import Constraints, Ids
from s2s_lesson.search.phrases import (
    Phrase,
    PhraseTable,
    nesting,
    occurrences,
    overlap,
    phrases_of_each,
    rectangular,
)


class AllowedTokens:
    """Which tokens hypotheses may take next. It knows tokens and lengths, and nothing of probabilities.

    Args:
        constraints: ``Constraints``.
        batch: int.
        eos_id: int.
        max_output_length: int.
        never: ids, or None, that no output holds: those of padding and of the begin token. The end token is
            none of them.

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
    ):
        self.eos_id, self.max_output_length = eos_id, max_output_length
        self.never = sorted({token for token in never if token is not None and token != eos_id})
        self.min_output_length, self.forced_end = constraints.min_output_length, constraints.forced_end
        too_long = constraints.no_repeat_ngram >= max_output_length  # so long a run has no room to come twice
        self.no_repeat_ngram = 0 if too_long else constraints.no_repeat_ngram
        self.prefix = _prefix_of_each(constraints.prefix, batch)
        self.required = PhraseTable(phrases_of_each(constraints.required, batch, "required"))
        self.forbidden = [
            frozenset(each) for each in phrases_of_each(constraints.forbidden, batch, "forbidden")
        ]
        self.forbidden_runs = PhraseTable([[run for run in each if len(run) > 1] for each in self.forbidden])
        self._completion = cache(self._completion_of)
        self._check_contradictions()

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,)."""
        self.prefix = self.prefix[sentences]
        self.forbidden = [self.forbidden[sentence] for sentence in sentences]
        self.required.keep(sentences)
        self.forbidden_runs.keep(sentences)

    def next_tokens(self, sequences: np.ndarray, vocab_size: int) -> np.ndarray | None:
        """Say which tokens may come next.

        Args:
            sequences: int (batch, copies, length). What the hypotheses hold so far.
            vocab_size: int.

        Returns:
            bool (batch * copies, vocab_size), or (1, vocab_size) where the same tokens may come next
            everywhere, or None where every token may.
        """
        batch, copies, length = sequences.shape
        in_prefix = length < self.prefix.shape[1]
        ends_too_early = length + 1 < self.min_output_length
        must_end = self.forced_end and length + 1 == self.max_output_length
        repeats = 0 < self.no_repeat_ngram <= length
        runs = len(self.forbidden_runs) or len(self.required)
        singles = self._never_or_forbidden(vocab_size)  # bool (batch, vocab_size), or (1, vocab_size)
        if not (in_prefix or repeats or runs or len(singles) > 1):
            if not (singles.any() or ends_too_early or must_end):
                return None
            batch = copies = 1
        allowed = np.repeat(~singles[:, None], copies, axis=1)
        if len(allowed) < batch:
            allowed = np.repeat(allowed, batch, axis=0)
        if ends_too_early:
            allowed[..., self.eos_id] = False
        if must_end:
            allowed[..., np.arange(vocab_size) != self.eos_id] = False
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

    def _never_or_forbidden(self, vocab_size):
        """Which tokens occur nowhere: bool (batch, vocab_size), or (1, vocab_size) where all are alike."""
        alike = len(set(self.forbidden)) <= 1
        ruled_out = np.zeros((1 if alike else len(self.forbidden), vocab_size), bool)
        ruled_out[:, self.never] = True
        for row, forbidden in zip(ruled_out, self.forbidden, strict=False):
            row[[run[0] for run in forbidden if len(run) == 1]] = True
        return ruled_out

    def _leave_room_for_required(self, allowed, sequences):
        """No end before all required phrases are there, and nothing for which they leave no room."""
        missing = self.required.missing(sequences)  # (batch, copies, phrases)
        allowed[..., self.eos_id] &= ~missing.any(axis=-1)
        room = self.max_output_length - self.forced_end - sequences.shape[-1] - 1  # after the next token
        one_by_one = (missing * self.required.lengths[:, None]).sum(axis=-1)
        for sentence, copy in zip(*np.nonzero(missing.any(axis=-1)), strict=True):
            completion = self._completion_for(sentence, allowed.shape[-1])
            to_come = missing[sentence, copy, : len(self.required.counted[sentence])]
            between = to_come.sum() if completion.forbidden else 0  # a token that keeps them apart
            if one_by_one[sentence, copy] + between <= room and (completion.others or not between):
                continue  # there is room for all, even one after the other
            state = tuple(sequences[sentence, copy].tolist()), tuple(to_come.tolist())
            fits = np.full(allowed.shape[-1], completion.others and completion.after(*state, OTHER) <= room)
            for token in completion.tokens:
                fits[token] = completion.after(*state, token) <= room
            allowed[sentence, copy] &= fits

    def _completion_for(self, sentence, vocab_size=None):
        return self._completion(tuple(self.required.counted[sentence]), self.forbidden[sentence], vocab_size)

    def _completion_of(self, counted, forbidden, vocab_size):
        ruled_out = {self.eos_id, *self.never, *(run[0] for run in forbidden if len(run) == 1)}
        runs = [run for run in forbidden if len(run) > 1]
        tokens = {token for phrase in (*(phrase for phrase, _ in counted), *runs) for token in phrase}
        others = vocab_size is None or vocab_size > len(tokens | ruled_out)
        return Completion(counted, runs, sorted(tokens - ruled_out), others)

    def check_ids(self, vocab_size: int, bos_id: int) -> None:
        """Raise an error where an id is not in the vocabulary.

        Args:
            vocab_size: int.
            bos_id: int.

        Raises:
            ValueError: an id is out of range, or too few tokens are left to write an output with.
        """
        named = {"bos_id": [bos_id], "eos_id": [self.eos_id], "pad_id": self.never}
        named["forbidden"] = [token for each in self.forbidden for run in each for token in run]
        named["prefix"] = self.prefix[self.prefix >= 0].tolist()
        named["required"] = self.required.tokens[self.required.tokens >= 0].tolist()
        for name, ids in named.items():
            if wrong := [token for token in ids if not 0 <= token < vocab_size]:
                raise ValueError(
                    f"Expected {name} to hold ids from 0 to {vocab_size - 1}, as step returns logits for "
                    f"{vocab_size} tokens; received {int(wrong[0])}."
                )
        self._check_tokens_left(vocab_size)
        for sentence in range(len(self.prefix)):
            self._check_room(sentence, vocab_size)

    def _check_tokens_left(self, vocab_size):
        """Raise an error where the tokens that are left make no output as long as it must be."""
        for ruled_out in np.unique(self._never_or_forbidden(vocab_size), axis=0):
            if ruled_out.all():
                raise ValueError("Expected forbidden to leave a token; received the whole vocabulary.")
            can_end, size = not ruled_out[self.eos_id], self.no_repeat_ngram
            least = self.min_output_length if can_end else self.max_output_length
            others = int((~ruled_out).sum()) - can_end
            longest = others**size + size - 1 if 0 < size < least else least  # a de Bruijn sequence
            longest = longest * (others > 0) + can_end
            if longest < least and not self.prefix.size:
                raise ValueError(
                    f"Expected constraints that leave outputs of at least {least} tokens; received "
                    f"{int(ruled_out.sum())} forbidden tokens of {vocab_size} and no_repeat_ngram={size}, "
                    f"which leave {longest} at most."
                )

    def _check_room(self, sentence, vocab_size=None):
        """Raise an error where nothing holds the prefix and all required phrases."""
        prefix = self._prefix(sentence)
        missing = self.required.missing_after(sentence, prefix)
        room = self.max_output_length - self.forced_end - len(prefix)
        needed = self._completion_for(sentence, vocab_size).needed(prefix, missing) if any(missing) else 0
        if needed > room:
            raise ValueError(
                f"Expected max_output_length={self.max_output_length} to hold the prefix and the required "
                "phrases; received more of them. Raise max_output_length, or forbid less."
            )

    def _prefix(self, sentence) -> Phrase:
        ids = self.prefix[sentence]
        return tuple(ids[ids >= 0].tolist())

    def _check_contradictions(self):
        expect(
            "min_output_length",
            self.min_output_length,
            self.min_output_length <= self.max_output_length,
            f"from 1 to max_output_length={self.max_output_length}",
        )
        longest, room = self.prefix.shape[1], self.max_output_length - self.forced_end
        if longest > room:
            raise ValueError(
                f"Expected a prefix of at most max_output_length={self.max_output_length} tokens"
                f"{', one of them the forced end' if self.forced_end else ''}; received one of {longest}."
            )
        for sentence, forbidden in enumerate(self.forbidden):
            if (self.eos_id,) in forbidden and self.forced_end:
                raise ValueError("Expected the end token to be allowed with a forced end; it is forbidden.")
            if any(self.eos_id in run[:-1] or self.eos_id in run[1:] for run in forbidden):
                raise ValueError(
                    f"Expected forbidden phrases without the end token {self.eos_id}; received it. Forbid "
                    "it alone, or leave it out."
                )
            required = [phrase for phrase, _ in self.required.counted[sentence]]
            for name, runs in (("prefix", [self._prefix(sentence)]), ("required", required)):
                self._check_runs(name, runs, forbidden)
            self._check_repeats(sentence)
            self._check_room(sentence)

    def _check_repeats(self, sentence):
        """Raise an error where required phrases hold what must not come twice once the prefix is over."""
        prefix, size = self._prefix(sentence), self.no_repeat_ngram
        missing = self.required.missing_after(sentence, prefix)
        for (phrase, _), count in zip(self.required.counted[sentence], missing, strict=True):
            runs = [phrase[start : start + size] for start in range(len(phrase) - size + 1)] if size else []
            written = range(max(overlap(prefix, phrase) + 1 - size, 0), len(runs))  # the prefix may begin it
            if (runs and count > 1) or (count and any(runs[place] in runs[:place] for place in written)):
                raise ValueError(
                    f"Expected required phrases without repeats, as no_repeat_ngram={size}; received "
                    f"{list(phrase)}, {count} times."
                )

    def _check_runs(self, name, runs, forbidden):
        """Raise an error where what is to be written must not be written."""
        for run in runs:
            if self.eos_id in run:
                raise ValueError(
                    f"Expected {name} without the end token {self.eos_id}; received it. "
                    "Leave it out: a search ends outputs by itself."
                )
            if never := set(run) & set(self.never):
                raise ValueError(
                    f"Expected {name} without padding and the begin token, which no output holds; received "
                    f"{min(never)}. Leave it out: a search begins outputs by itself."
                )
            if both := [list(part) for part in sorted(forbidden) if occurrences(run, part)]:
                raise ValueError(f"Expected {name} to hold nothing forbidden; received {both[0]} in both.")


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
    if nesting(rows) < 2:
        rows = [rows] * batch
    if len(rows) != batch:
        raise ValueError(
            f"Expected prefix as one list of ids, or one list for each of {batch} sentences; "
            f"received {len(rows)} lists."
        )
    if any(token < 0 for row in rows for token in row):
        raise ValueError("Expected prefix to hold ids of 0 or greater; received a negative one.")
    return rectangular(rows)
