"""Constraints as texts: what their prefixes and phrases are in the ids of each text's vocabulary."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary

if TYPE_CHECKING:
    from s2s_lesson.search.constraints import Constraints


class ConstraintsInIds(NamedTuple):
    """What ``Constraints`` ask of each output, in ids: lists of one entry for each source.

    Attributes:
        prefix: lists of ids.
        required: lists of phrases, which are lists of ids.
        forbidden: likewise.

    >>> ConstraintsInIds(prefix=[[5]], required=[[[7, 11]]], forbidden=[[]]).required
    [[[7, 11]]]
    """

    prefix: list[list[int]]
    required: list[list[list[int]]]
    forbidden: list[list[list[int]]]


def constraints_in_ids(
    constraints: "Constraints",
    target_side: Callable[[str], list[str]],
    words: Sequence[ExtendedVocabulary],
    copies: bool,
) -> ConstraintsInIds:
    """Turn the texts of ``Constraints`` into ids.

    Args:
        constraints: ``Constraints`` of texts. ``prefix`` is one text for all, or a list of one for each;
            ``required`` and ``forbidden`` are one phrase or a list of phrases for all, or a list of lists of
            phrases, one for each. A blank text asks for nothing.
        target_side: turns a text into tokens, as ``TextToText.target_side``.
        words: list of ``ExtendedVocabulary``, one for each source.
        copies: bool. Whether outputs may hold words that only the source knows.

    Returns:
        ``ConstraintsInIds``.

    Raises:
        TypeError: a text is none.
        ValueError: a token is unknown where no output could hold it, or there is not one text for each.
    """
    side = functools.cache(target_side)
    known = [_Known(vocabulary, side, copies) for vocabulary in words]
    prefixes = [[text] for text in _prefix_of_each(constraints.prefix, len(words))]
    required, forbidden = (
        _phrases_of_each(name, getattr(constraints, name), len(words)) for name in ("required", "forbidden")
    )
    _check_some_output_could_hold(forbidden, known)
    asked = {"prefix": prefixes, "required": required, "forbidden": forbidden}
    ids = {
        name: [one.ids(name, texts) for one, texts in zip(known, lists, strict=True)]
        for name, lists in asked.items()
    }
    return ConstraintsInIds([prefix for (prefix,) in ids["prefix"]], ids["required"], ids["forbidden"])


class _Known:
    """The words that outputs for one source may hold."""

    def __init__(self, words, target_side, copies):
        self.words, self.target_side, self.copies = words, target_side, copies
        self.vocabulary = words if copies else words.vocab

    def unknown(self, text):
        """The tokens of a text that no output for the source can hold: list of str."""
        tokens = self.target_side(text)
        ids = self.vocabulary.encode(tokens)[:-1]
        return [token for token, index in zip(tokens, ids, strict=True) if index == self.words.vocab.unk_id]

    def ids(self, name, texts):
        """The ids of texts; nothing is written for a blank source, and nothing forbidden that cannot be."""
        lists = []
        for text in texts:
            unknown = self.unknown(text)
            if unknown and name != "forbidden" and self.words.source_tokens:
                raise _unknown(name, unknown[0], text, self.copies)
            if not (unknown and name == "forbidden"):
                lists.append(self.vocabulary.encode(self.target_side(text))[:-1])
        return lists


def _check_some_output_could_hold(lists, known):
    """Raise an error for a forbidden phrase that no output could hold: it may be misspelt."""
    unknown_to = {}
    for one, phrases in zip(known, lists, strict=True):
        for phrase in phrases:
            unknown_to.setdefault(phrase, []).append(one.unknown(phrase))
    for phrase, unknown in unknown_to.items():
        if all(unknown):
            raise _unknown("forbidden", unknown[0][0], phrase, known[0].copies)


def _unknown(name, token, text, copies):
    where = "the target vocabulary or the source" if copies else "the target vocabulary"
    return ValueError(
        f"Expected {name} of tokens that {where} holds; received the unknown token {token!r} in {text!r}. "
        "Write it as the texts of the training have it, or leave it out."
    )


def _prefix_of_each(prefix, count):
    """list of str."""
    texts = [prefix or ""] * count if isinstance(prefix, str) or not prefix else list(prefix)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(
            f"Expected prefix as a text, or a list of one for each; received {prefix}."
            " Give one text, or a list of texts."
        )
    if len(texts) != count:
        raise ValueError(
            f"Expected prefix as one text, or one for each of {count}; received {len(texts)}."
            " Give as many as there are texts to predict."
        )
    return texts


def _phrases_of_each(name, phrases, count):
    """list of lists of str, without blank ones."""
    phrases = [phrases] if isinstance(phrases, str) else list(phrases or ())
    lists = [phrases] * count if all(isinstance(phrase, str) for phrase in phrases) else phrases
    if not all(_are_texts(phrases_of_one) for phrases_of_one in lists):
        raise TypeError(
            f"Expected {name} as a phrase or a list of phrases for all texts, or one list of phrases for "
            f"each; received {phrases}. Write [text] for a single phrase of one of them."
        )
    if len(lists) != count:
        raise ValueError(
            f"Expected {name} as phrases for all texts, or one list of phrases for each of {count}; "
            f"received {len(lists)} lists."
            " Give as many lists as there are texts to predict."
        )
    return [[text for text in texts if text.strip()] for texts in lists]


def _are_texts(phrases):
    return isinstance(phrases, (list, tuple)) and all(isinstance(phrase, str) for phrase in phrases)
