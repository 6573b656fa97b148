"""Phrases: runs of tokens that outputs must hold or must not, and how far hypotheses have come with them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

Phrase: TypeAlias = tuple[int, ...]
NO_TOKEN = -1  # fills arrays of ids; no phrase holds it


def nesting(values: object) -> int:
    """How many lists deep ids or texts lie: 0 for a single one."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        return 0
    return 1 + max(map(nesting, values), default=0)


def phrases_of_each(phrases: Iterable[object] | None, batch: int, name: str) -> list[list[Phrase]]:
    """Read the phrases of each sentence from any of the forms that ``Constraints`` takes.

    Args:
        phrases: list of phrases, for every sentence alike, or one such list for each sentence. A phrase is
            a list of ids; one of a single token may be its id. None means no phrase.
        batch: int.
        name: str, of the option.

    Returns:
        list of lists of tuples of int, one list for each sentence.

    Raises:
        ValueError: a phrase is empty or holds what is no id, or there is not one list for each sentence.

    >>> phrases_of_each([5, [7, 11]], 2, "required")
    [[(5,), (7, 11)], [(5,), (7, 11)]]
    >>> phrases_of_each([[[7, 11]], []], 2, "required")
    [[(7, 11)], []]
    """
    lists = [] if phrases is None else list(phrases)
    if nesting(lists) < 3:
        return [_checked(lists, name)] * batch
    if len(lists) != batch:
        raise ValueError(
            f"Expected {name} as one list of phrases, or one list for each of {batch} sentences; "
            f"received {len(lists)} lists."
            " Give one list, or as many as sentences."
        )
    return [_checked(of_sentence, name) for of_sentence in lists]


def _checked(phrases, name):
    if not np.iterable(phrases) or nesting(phrases) > 2:
        raise ValueError(
            f"Expected {name} as a list of phrases, each a list of ids; received {phrases}."
            " Put each phrase in a list, even one of a single id."
        )
    read = [tuple(phrase) if np.iterable(phrase) else (phrase,) for phrase in phrases]
    if any(read) and not all(read):
        raise ValueError(
            f"Expected {name} as phrases of at least one id; received {list(phrases)}. Phrases for each "
            "sentence are lists of lists of lists, such as [[[5, 7]], []]."
        )
    if any(token < 0 for phrase in read for token in phrase):
        raise ValueError(
            f"Expected {name} to hold ids of 0 or greater; received a negative one. Leave padding out."
        )
    return [tuple(map(int, phrase)) for phrase in read if phrase]


class PhraseTable:
    """Phrases that outputs must hold, and how far hypotheses have come with them.

    A phrase occurs wherever its tokens stand one after the other. Occurrences may overlap, those of one
    phrase as well as those of several, and a phrase that is listed n times must occur at n places.

    Args:
        of_each: list of lists of tuples of int, the phrases of each sentence.

    >>> required = PhraseTable([[(5, 7), (7, 5)]])
    >>> required.missing(np.array([[[5, 5, 7], [5, 7, 5]]])).tolist()
    [[[0, 1], [0, 0]]]
    """

    def __init__(self, of_each: Sequence[Sequence[Phrase]]):
        number_of: dict[tuple, int] = {}  # sentences with the same phrases share their rows until the end
        numbers = np.array([number_of.setdefault(each, len(number_of)) for each in map(tuple, of_each)], int)
        counted = [sorted(Counter(phrases).items()) for phrases in number_of]  # [(phrase, count)]
        self.counted = [counted[number] for number in numbers]
        width = max(map(len, counted), default=0)
        self.longest = max((len(phrase) for phrases in number_of for phrase in phrases), default=0)
        shape = (len(counted), width)
        counts, lengths = np.zeros(shape, int), np.zeros(shape, int)
        # beginnings[..., size - 1, :] holds the first tokens of a phrase, and no token before them.
        beginnings = np.full((*shape, self.longest, self.longest), NO_TOKEN)
        for number, of_sentence in enumerate(counted):
            for place, (phrase, count) in enumerate(of_sentence):
                counts[number, place], lengths[number, place] = count, len(phrase)
                for size in range(1, len(phrase) + 1):
                    beginnings[number, place, size - 1, -size:] = phrase[:size]
        tokens = [sorted({token for phrase, _ in each for token in phrase}) for each in counted]
        self.counts, self.lengths, self.beginnings = (of[numbers] for of in (counts, lengths, beginnings))
        self.tokens = rectangular(tokens)[numbers]  # int (batch, tokens), all in a sentence's phrases

    def __len__(self) -> int:
        return self.counts.shape[1]

    @property
    def last_tokens(self) -> np.ndarray:
        """The last token of each phrase: int (batch, phrases)."""
        return self._whole()[..., -1]

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,)."""
        self.counted = [self.counted[sentence] for sentence in sentences]
        for name in ("counts", "lengths", "beginnings", "tokens"):
            setattr(self, name, getattr(self, name)[sentences])

    def missing(self, sequences: np.ndarray) -> np.ndarray:
        """Count how often each phrase is still to come.

        Args:
            sequences: int (batch, copies, length).

        Returns:
            int (batch, copies, phrases).
        """
        ends = np.lib.stride_tricks.sliding_window_view(self._after_nothing(sequences), self.longest, axis=-1)
        occur = self._begins(ends, self._whole()[:, None, None]).sum(axis=2)
        return np.maximum(self.counts[:, None] - occur, 0)

    def missing_after(self, sentence: int, sequence: Phrase) -> tuple[int, ...]:
        """Count the same for a sequence of one sentence."""
        return tuple(
            max(count - occurrences(sequence, phrase), 0) for phrase, count in self.counted[sentence]
        )

    def lack_one_token(self, sequences: np.ndarray) -> np.ndarray:
        """Say which phrases the next token could complete: bool (batch, copies, phrases)."""
        ends = self._after_nothing(sequences)[..., sequences.shape[-1] + 1 :]  # the last longest - 1
        same = (self._whole()[:, None, :, :-1] == NO_TOKEN) | (
            self._whole()[:, None, :, :-1] == ends[:, :, None]
        )
        return same.all(axis=-1) & (self.lengths > 0)[:, None]

    def tokens_held(self, sequences: np.ndarray, next_tokens: np.ndarray) -> np.ndarray:
        """Count the required tokens that hypotheses would hold with each of some next tokens.

        These are the tokens of the phrases that occurred, and those of the missing phrase of which most is
        written at the end.

        Args:
            sequences: int (batch, copies, length).
            next_tokens: int (batch, copies, candidates).

        Returns:
            int (batch, copies, candidates).
        """
        ends = self._after_nothing(sequences)[..., sequences.shape[-1] + 1 :]  # the last longest - 1
        ends = np.broadcast_to(ends[:, :, None], (*next_tokens.shape, self.longest - 1))
        ends = np.concatenate([ends, next_tokens[..., None]], axis=-1)
        occurs = self._begins(ends, self._whole()[:, None, None])  # (batch, copies, candidates, phrases)
        missing = np.maximum(self.missing(sequences)[:, :, None] - occurs, 0)
        sizes, lengths = np.arange(1, self.longest + 1), self.lengths[:, None, None]
        begins = self._begins(ends[..., None, :], self.beginnings[:, None, None])
        begun = (begins & (sizes < lengths[..., None])) * sizes
        written = np.where(missing > 0, begun.max(axis=-1), 0).max(axis=-1)
        return (
            (self.counts * self.lengths).sum(axis=-1)[:, None, None] - (missing * lengths).sum(-1) + written
        )

    def _whole(self):
        """The whole phrases, at the end of their rows: int (batch, phrases, longest)."""
        last = np.maximum(self.lengths - 1, 0)[:, :, None, None]
        return np.take_along_axis(self.beginnings, last, axis=2)[:, :, 0]

    def _after_nothing(self, sequences):
        """Put places before sequences, so that those without tokens have room for the longest phrase, too."""
        return np.pad(sequences, [(0, 0), (0, 0), (self.longest, 0)], constant_values=NO_TOKEN - 1)

    @staticmethod
    def _begins(ends, beginnings):
        """Whether runs (..., longest) end with beginnings (..., phrases, longest): bool (..., phrases)."""
        same = (beginnings == NO_TOKEN) | (beginnings == ends[..., None, :])
        return same.all(axis=-1) & (beginnings[..., -1] != NO_TOKEN)


def occurrences(sequence: Phrase, phrase: Phrase) -> int:
    """Count the places where a phrase stands in a sequence."""
    size = len(phrase)
    return sum(sequence[start : start + size] == phrase for start in range(len(sequence) - size + 1))


def overlap(before: Phrase, phrase: Phrase) -> int:
    """The most tokens, fewer than all, at the end of a sequence with which a phrase begins."""
    sizes = range(min(len(before), len(phrase) - 1), 0, -1)
    return next((size for size in sizes if before[-size:] == phrase[:size]), 0)


def rectangular(rows: Iterable[Sequence[int]]) -> np.ndarray:
    """Put rows of ids into one array, filled with ``NO_TOKEN``: int (rows, width)."""
    rows = list(rows)
    padded = np.full((len(rows), max(map(len, rows), default=0)), NO_TOKEN, "int64")
    for places, ids in zip(padded, rows, strict=True):
        places[: len(ids)] = ids
    return padded
