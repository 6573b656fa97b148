"""Strings to tokens and back, and the cleaning steps that many tutorials apply to dialogue.

Nothing here needs an NLTK download: the tokenizers used carry no data. NLTK is imported by the functions that
need it, for it brings much more than they use.
"""

import functools
import re
import string
from collections.abc import Sequence
from importlib.resources import files
from typing import Protocol

from s2s_lesson import _extras

TOKENIZERS = ("characters", "whitespace", "words", "casual")  # those that are trained: `subwords.KINDS`

STOP_WORDS = files(__package__) / "stop_words" / "english.txt"  # one a line; its licence lies beside it

_PLAIN_QUOTES = str.maketrans("‘’‛“”‟", "'''\"\"\"")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

_CLOSING = re.compile(r"[.,!?;:%)\]}…]+")
_CONTRACTION = re.compile(r"'(?:m|s|d|re|ve|ll)|n't", re.IGNORECASE)
_CLIPPED = frozenset(("em", "bout", "cause", "til", "till", "tis", "twas", "round", "cuz"))


class Tokenizer(Protocol):
    """What splits texts by rules of its own, and puts them together again: ``subwords.Subwords``.

    >>> class Pairs:
    ...     def tokenize(self, text):
    ...         return [text[place : place + 2] for place in range(0, len(text), 2)]
    ...
    ...     def detokenize(self, tokens):
    ...         return "".join(tokens)
    >>> tokenize("lesson", Pairs())
    ['le', 'ss', 'on']
    """

    def tokenize(self, text: str) -> list[str]: ...

    def detokenize(self, tokens: Sequence[str]) -> str: ...


def tokenize(text: str, how: str | Tokenizer) -> list[str]:
    """Split a text into tokens.

    Args:
        text: the text; an empty or blank one has no tokens, except that "characters" keeps blanks.
        how: one of ``TOKENIZERS``, or a tokenizer that was trained, a ``subwords.Subwords``:

            - "characters": every character is a token, blanks too.
            - "whitespace": split at blanks.
            - "words": NLTK's Treebank words: "don't" is "do" and "n't"; a full stop is split off only at the
              end of the text.
            - "casual": NLTK's TweetTokenizer, for dialogue: "don't" stays whole, each mark of punctuation is
              a token, quotation marks are made plain, and no token holds a blank.

    Returns:
        The tokens, in order.

    Raises:
        TypeError: text is no string.
        ValueError: ``how`` is unknown.
    """
    _check(how)
    if not isinstance(text, str):
        raise TypeError(f"Expected a string to tokenize; received {type(text).__name__}.")
    if not isinstance(how, str):
        return how.tokenize(text)
    if how == "characters":
        return list(text)
    if how == "whitespace":
        return text.split()
    if how == "words":
        with _extras.named():
            from nltk.tokenize import word_tokenize

        return word_tokenize(text, preserve_line=True)
    tokens = _casual_tokenizer().tokenize(text.translate(_PLAIN_QUOTES))
    return [joined for token in tokens if (joined := "".join(token.split()))]  # ". . ." is one token


def detokenize(tokens: Sequence[str], how: str | Tokenizer) -> str:
    """Put tokens together again, as a reader would write them.

    Exact for "characters"; for "whitespace" and subwords up to the width of the blanks; a good guess for the
    others.

    Args:
        tokens: what ``tokenize(text, how)`` gave.
        how: one of ``TOKENIZERS``, or a tokenizer that was trained.

    Returns:
        The text.

    Raises:
        ValueError: ``how`` is unknown.
    """
    _check(how)
    if not isinstance(how, str):
        return how.detokenize(tokens)
    if how == "characters":
        return "".join(tokens)
    if how == "whitespace":
        return " ".join(tokens)
    if how == "words":
        with _extras.named():
            from nltk.tokenize.treebank import TreebankWordDetokenizer

        return TreebankWordDetokenizer().detokenize(list(tokens))
    return _detokenize_casual(tokens)


@functools.cache
def _casual_tokenizer():
    with _extras.named():
        from nltk.tokenize import TweetTokenizer

    return TweetTokenizer(match_phone_numbers=False)  # phone numbers would be tokens that hold spaces


def _check(how):
    if isinstance(how, str) and how not in TOKENIZERS:
        raise ValueError(
            f"Expected the name of a tokenizer, one of {', '.join(TOKENIZERS)}; received {how!r}."
        )


def _detokenize_casual(tokens):
    text, glue, open_quotes = "", True, set()  # glue: the next token follows without a blank
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        joins_left = bool(_CLOSING.fullmatch(token) or _CONTRACTION.fullmatch(token))
        joins_right = token in ("(", "[", "{", "$", "#")
        if token == "-" == before:
            joins_left = True  # a dash typed as two hyphens
        elif token == "'" and after.lower() in _CLIPPED:
            joins_right = True  # 'em
        elif token == "'" and "'" not in open_quotes and before.lower().endswith("in"):
            joins_left = True  # goin'
        elif token in ("'", '"'):
            joins_left, joins_right = token in open_quotes, token not in open_quotes
            open_quotes ^= {token}
        text += token if glue or joins_left else " " + token
        glue = joins_right
    return text


@functools.cache
def stop_words() -> frozenset[str]:
    """English stop words: NLTK's list where its corpus is installed, else one that comes with this package.

    The two lists differ: NLTK's has about 200 words, the other 174, those of the PyPI package ``stop-words``,
    version 2018.7.23, under its BSD licence. Nothing is downloaded.

    Returns:
        Lower-case words, with and without apostrophes.
    """
    try:
        from nltk.corpus import stopwords

        return frozenset(stopwords.words("english"))
    except (LookupError, ModuleNotFoundError):
        return frozenset(STOP_WORDS.read_text(encoding="utf-8").split())


def clean(
    text: str,
    *,
    lower: bool = True,
    strip_punctuation: bool = True,
    remove_stop_words: bool = True,
    keep_alphabetic: bool = True,
) -> str:
    """Apply four common cleaning steps, in this order. They destroy much of a dialogue: see chapter 6.

    Args:
        text: the text.
        lower: make it lower-case.
        strip_punctuation: delete ASCII punctuation, so that "don't" becomes "dont", which is no stop word
            for NLTK.
        remove_stop_words: drop the words in ``stop_words()``, however they are capitalised.
        keep_alphabetic: drop every word that is not made of letters alone.

    Returns:
        What is left, with single blanks between the words; perhaps the empty string.
    """
    if lower:
        text = text.lower()
    if strip_punctuation:
        text = text.translate(_NO_PUNCTUATION)
    if not (remove_stop_words or keep_alphabetic):
        return " ".join(text.split())
    words = tokenize(text, "words")
    if remove_stop_words:
        words = [word for word in words if word.lower() not in stop_words()]
    if keep_alphabetic:
        words = [word for word in words if word.isalpha()]
    return " ".join(words)
