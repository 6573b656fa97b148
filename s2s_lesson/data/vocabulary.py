"""Vocabulary: tokens to ids and back."""

import json
import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from s2s_lesson.data.expected import PositiveInt, Range, checked
from s2s_lesson.data.incoming import plain_list, plain_texts
from s2s_lesson.data.whole_files import readable, write_at_once

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<s>", "</s>"
SPECIAL_TOKENS = (PAD, UNK, BOS, EOS)
FORM = 'a vocabulary, JSON of the form {"tokens": ["a", "b"]},'
REMEDY = "Write it with Vocabulary.save, or take its folder anew from where it came."


class Vocabulary:
    """A two-way map between tokens and ids.

    The first four ids are fixed: padding 0, unknown 1, begin of sequence 2, end of sequence 3.

    Args:
        tokens: the ordinary tokens, in the order of their ids, which begin at 4.

    Raises:
        TypeError: a token is no string.
        ValueError: a token occurs twice, is one of the four special ones, or holds half a character.

    >>> from s2s_lesson.data import Vocabulary
    >>> vocab = Vocabulary(["a", "b"])
    >>> vocab.encode(["b", "a", "c"])
    [5, 4, 1, 3]
    >>> vocab.decode([5, 4, 3])
    ['b', 'a']
    """

    pad_id, unk_id, bos_id, eos_id = range(4)

    def __init__(self, tokens: Iterable[str]):
        self.tokens = (*SPECIAL_TOKENS, *plain_texts(list(tokens), "tokens"))
        first = len(SPECIAL_TOKENS)  # a special token that stands in a text is as unknown as any other
        self._ids = {token: first + place for place, token in enumerate(self.tokens[first:])}
        if len({*self._ids, *SPECIAL_TOKENS}) != len(self.tokens):
            twice = [token for token, count in Counter(self.tokens).items() if count > 1]
            raise ValueError(
                f"Expected distinct tokens, none of them special; received {twice[:5]} twice."
                " Give each token once, without the special ones."
            )

    @classmethod
    @checked
    def from_tokens(
        cls,
        token_lists: Iterable[Sequence[str]],
        min_count: PositiveInt = 1,
        max_size: Annotated[int, Range(len(SPECIAL_TOKENS), above=True)] | None = None,
    ) -> "Vocabulary":
        """Collect a vocabulary, commonest token first; equally common ones in the order of their text.

        Args:
            token_lists: iterable of lists of str.
            min_count: int. Rarer tokens are left out and become unknown.
            max_size: int or None. The most entries to keep, the four special ones included.

        Returns:
            A ``Vocabulary``.

        Raises:
            TypeError: a text stands in the place of a list of tokens, or a token is no string.
            ValueError: there is no token, or ``min_count`` or ``max_size`` leave none.
        """
        token_lists = plain_list(token_lists, "token_lists")
        for row, tokens in enumerate(token_lists):
            if isinstance(tokens, str):
                raise TypeError(
                    f"Expected a list of tokens in row {row} of token_lists; received the text {tokens!r}. "
                    "Tokenise it first."
                )
        return cls.from_counts(
            Counter(token for tokens in token_lists for token in tokens), min_count, max_size
        )

    @classmethod
    @checked
    def from_counts(
        cls,
        counts: Mapping[str, int],
        min_count: PositiveInt = 1,
        max_size: Annotated[int, Range(len(SPECIAL_TOKENS), above=True)] | None = None,
    ) -> "Vocabulary":
        """Collect a vocabulary as ``from_tokens`` does, from tokens that were counted.

        Args:
            counts: how often each token occurs: dict of str to int.
            min_count: int, as in ``from_tokens``.
            max_size: int or None, as in ``from_tokens``.

        Returns:
            A ``Vocabulary``.

        Raises:
            TypeError, ValueError: as ``from_tokens``.

        >>> Vocabulary.from_counts({"b": 3, "a": 3, "c": 1}, min_count=2).tokens[4:]
        ('a', 'b')
        """
        counts = {token: count for token, count in counts.items() if count and token not in SPECIAL_TOKENS}
        if not counts:
            raise ValueError(
                "Expected at least one token; received none. Is there a text, and left after cleaning?"
            )
        common = _commonest_first(counts)
        kept = [token for token in common if counts[token] >= min_count]
        if not kept:
            raise ValueError(
                f"Expected a token that occurs at least min_count={min_count} times; the commonest, "
                f"{common[0]!r}, occurs {counts[common[0]]} times. Lower min_count."
            )
        if max_size is not None:
            kept = kept[: max_size - len(SPECIAL_TOKENS)]
        return cls(kept)

    @checked
    def grown(
        self,
        counts: Mapping[str, int],
        min_count: PositiveInt = 1,
        max_size: Annotated[int, Range(len(SPECIAL_TOKENS), above=True)] | None = None,
    ) -> "Vocabulary":
        """Append tokens that it lacks, in the order of ``from_tokens``; the others keep their ids.

        Args:
            counts: how often each token occurs, old ones too: dict of str to int.
            min_count: int, as in ``from_tokens``, of the new tokens.
            max_size: int or None. The most entries it grows to, all the old ones included; it never shrinks.

        Returns:
            A ``Vocabulary``.

        >>> Vocabulary(["c"]).grown({"b": 3, "a": 3, "c": 1, "d": 1}, min_count=2).tokens[4:]
        ('c', 'a', 'b')
        """
        new = {
            token: count
            for token, count in counts.items()
            if count >= min_count and token not in self and token not in SPECIAL_TOKENS
        }
        room = None if max_size is None else max(0, max_size - len(self))
        return Vocabulary([*self.tokens[len(SPECIAL_TOKENS) :], *_commonest_first(new)[:room]])

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._ids

    def __eq__(self, other):
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self):
        return f"Vocabulary({len(self)} tokens: {', '.join(map(repr, self.tokens[4:8]))}, ...)"

    @checked
    def encode(self, tokens: Sequence[str], add_bos: bool = False, add_eos: bool = True) -> list[int]:
        """Turn tokens into ids; an unseen token becomes ``unk_id``.

        A special token that stands in the text as text is unknown too: only ``add_bos`` and ``add_eos``
        write special ids.

        Args:
            tokens: list of str.
            add_bos: bool. Begin with ``bos_id``.
            add_eos: bool. End with ``eos_id``.

        Returns:
            list of int.

        Raises:
            TypeError: ``tokens`` is a text, or a token is no string.
        """
        if isinstance(tokens, str):
            raise TypeError(f"Expected a list of tokens; received the text {tokens!r}. Tokenise it first.")
        tokens = list(tokens)
        ids = [self._ids.get(token, self.unk_id) for token in tokens]
        for token, index in zip(tokens, ids, strict=True):
            if index == self.unk_id and not isinstance(token, str):
                raise TypeError(
                    f"Expected tokens, each a string; received {type(token).__name__} {token!r}."
                    " Give a list of tokens for each text."
                )
        return [self.bos_id] * add_bos + ids + [self.eos_id] * add_eos

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Turn ids into tokens, up to the first end token; padding and begin tokens are left out.

        Args:
            ids: iterable of int.

        Returns:
            list of str.

        Raises:
            TypeError: an id is no whole number.
            ValueError: an id lies outside the vocabulary.
        """
        tokens = []
        for index in ids:
            try:
                index = operator.index(index)
            except TypeError:
                raise TypeError(
                    f"Expected ids, whole numbers; received {type(index).__name__} {index!r}."
                    " Give ids, as encode returns them."
                ) from None
            if not 0 <= index < len(self):
                raise ValueError(
                    f"Expected ids from 0 to {len(self) - 1}; received {index}. "
                    "Do the model and the vocabulary belong together?"
                )
            if index == self.eos_id:
                break
            if index not in (self.pad_id, self.bos_id):
                tokens.append(self.tokens[index])
        return tokens

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to a JSON file.

        Args:
            path: str or Path.
        """
        write_at_once(Path(path), lambda part: part.write_bytes(self.to_json()))

    def to_json(self) -> bytes:
        """The vocabulary as ``save`` writes it."""
        text = json.dumps({"tokens": self.tokens[len(SPECIAL_TOKENS) :]}, ensure_ascii=False, indent=0)
        return (text + "\n").encode("utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Read a vocabulary that ``save`` wrote.

        Args:
            path: str or Path.

        Raises:
            ValueError: the file is no vocabulary.
        """
        return cls.from_json(Path(path).read_bytes(), path)

    @classmethod
    def from_json(cls, content: bytes, where: str | Path) -> "Vocabulary":
        """Read what ``to_json`` gives.

        Args:
            content: bytes.
            where: str or Path, where they come from, for errors.

        Raises:
            ValueError: they are no vocabulary.
        """
        with readable(where, FORM, REMEDY):
            tokens = json.loads(content)["tokens"]
            if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
                raise ValueError("its tokens are no list of strings")
            return cls(tokens)


def _commonest_first(counts):
    return sorted(counts, key=lambda token: (-counts[token], token))
