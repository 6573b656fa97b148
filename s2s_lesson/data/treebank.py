"""The tokenizer for words, "words": NLTK's Treebank rules, and marks of other scripts set apart."""

import functools
import re

from s2s_lesson import _extras
from s2s_lesson.data import marks

KEPT, LONGEST = 2**16, 40  # chunks to remember at most, and their characters

_END_OF_ALL = re.compile(r"(?:[\])}>\"'»”’ ]|\s)\Z")  # a full stop may stand before these, which end a text

_CONTRACTED = re.compile("(?:cannot|gimme|gonna|gotta|lemme|wanna)", re.IGNORECASE)


def tokenize_words(text: str) -> list[str]:
    """Split a text into Treebank words.

    The rules look no further than the blanks on both sides, but for the full stop at the end of the text. So
    each chunk between blanks is split once, and remembered.

    Args:
        text: str.

    Returns:
        list of str.

    >>> tokenize_words("Don't ask. Please don't.")
    ['Do', "n't", 'ask.', 'Please', 'do', "n't", '.']
    """
    first, *middle = text.split(" ")
    if not middle or _END_OF_ALL.search(text):
        return _split(text)
    last = middle.pop()
    tokens = [*_first(first)] if len(first) <= LONGEST else _split(f"{first} x")[:-1]
    for chunk in middle:
        tokens += _middle(chunk) if len(chunk) <= LONGEST else _split(f"x {chunk} x")[1:-1]
    tokens += _last(last) if len(last) <= LONGEST else _split(f"x {last}")[1:]
    return tokens


@functools.lru_cache(KEPT)
def _first(chunk):
    return (chunk,) if _is_one(chunk) else tuple(_split(f"{chunk} x")[:-1])


@functools.lru_cache(KEPT)
def _middle(chunk):
    return (chunk,) if _is_one(chunk) else tuple(_split(f"x {chunk} x")[1:-1])


@functools.lru_cache(KEPT)
def _last(chunk):
    if chunk.endswith((".", "?", "!")) and _is_one(chunk[:-1]):
        return chunk[:-1], chunk[-1]
    return (chunk,) if _is_one(chunk) else tuple(_split(f"x {chunk}")[1:])


def _is_one(chunk):
    """Whether a chunk is a word of letters alone, which no rule takes apart: seen at once."""
    return chunk.isalpha() and not _CONTRACTED.fullmatch(chunk)


def _split(text):
    with _extras.named():
        from nltk.tokenize import word_tokenize

    return word_tokenize(marks.set_apart(text), preserve_line=True)
