"""Completion: the fewest tokens with which an output can still hold all that it must."""

import heapq
from collections.abc import Iterable, Sequence
from functools import cache

from s2s_lesson.search.phrases import Phrase, occurrences, overlap

OTHER = -1  # any token that no phrase holds


class Completion:
    """What it takes to write the required phrases of one sentence: the length of a shortest superstring.

    Phrases may overlap, which saves tokens, and forbidden ones may keep them apart, which costs some.

    Args:
        counted: list of (phrase, count), the required phrases and how often each must occur.
        forbidden: phrases that must not occur.
        tokens: int. The tokens of phrases that may be written at all.
        others: bool. Whether there is another token that may be written.

    >>> completion = Completion([((5, 7), 1), ((7, 3), 1)], forbidden=[], tokens=[3, 5, 7], others=True)
    >>> completion.needed(sequence=(), missing=(1, 1)), completion.needed(sequence=(3, 5), missing=(1, 1))
    (3, 2)
    >>> completion.needed(sequence=(5, 3), missing=(1, 1))
    3
    """

    def __init__(
        self,
        counted: Sequence[tuple[Phrase, int]],
        forbidden: Iterable[Phrase],
        tokens: Iterable[int],
        others: bool,
    ):
        self.phrases, self.forbidden = [phrase for phrase, _ in counted], list(forbidden)
        self.tokens, self.others = list(tokens), others
        both = self.phrases + self.forbidden
        self._beginnings = {phrase[:size] for phrase in both for size in range(1, len(phrase))}
        self._longest = max(map(len, both), default=1) - 1
        self._shared = [_shared(phrase, self.phrases) for phrase in self.phrases]
        self._needed = cache(self._shortest)

    def needed(self, sequence: Phrase, missing: tuple[int, ...]) -> float:
        """Count the tokens that a hypothesis must still write.

        Args:
            sequence: tuple of int. What it holds so far.
            missing: tuple of int. How often each phrase is still to come.

        Returns:
            int, or infinity where nothing completes it.
        """
        return self._needed(self._end(sequence), missing)

    def after(self, sequence: Phrase, missing: tuple[int, ...], token: int) -> float:
        """Count the tokens to write after a next one; infinity where that one may not come."""
        state = self._next(self._end(sequence), missing, token)
        return float("inf") if state is None else self._needed(*state)

    def _shortest(self, end, missing):
        """Search the states that tokens lead through, the most promising first (A*)."""
        start = (end, missing)
        steps, queue = {start: 0}, [(self._at_least(*start), 0, start)]
        while queue:
            *_, state = heapq.heappop(queue)
            if not any(state[1]):
                return steps[state]
            for token in (*self.tokens, OTHER) if self.others else self.tokens:
                following, made = self._next(*state, token), steps[state] + 1
                if following is not None and made < steps.get(following, made + 1):
                    steps[following] = made
                    estimate = made + self._at_least(*following)
                    heapq.heappush(queue, (estimate, -made, following))  # of equal ones the furthest first
        return float("inf")

    def _next(self, end, missing, token):
        """The state after a token, or None where it completes a forbidden phrase."""
        longer = (*end, token)
        if any(longer[-len(phrase) :] == phrase for phrase in self.forbidden):
            return None
        pairs = zip(self.phrases, missing, strict=True)
        missing = tuple(max(count - (longer[-len(phrase) :] == phrase), 0) for phrase, count in pairs)
        return self._end(longer), missing

    def _end(self, sequence):
        """The part of a sequence that counts: the longest end with which a phrase begins."""
        for size in range(min(self._longest, len(sequence)), 0, -1):
            if sequence[-size:] in self._beginnings:
                return sequence[-size:]
        return ()

    def _at_least(self, end, missing):
        """Never more than needed: of each phrase what it can share with no other one."""
        tokens = saved = 0
        for phrase, count, shared in zip(self.phrases, missing, self._shared, strict=True):
            if count:
                tokens += count * (len(phrase) - shared)
                saved = max(saved, overlap(end, phrase) - shared)
        return tokens - saved


def _shared(phrase, phrases):
    """The most tokens at the beginning of a phrase that an occurrence of another one may end with."""
    if any(occurrences(other, phrase) for other in phrases if other != phrase):
        return len(phrase)
    return max(
        overlap(other, phrase) for other in phrases if other == phrase or not occurrences(phrase, other)
    )
