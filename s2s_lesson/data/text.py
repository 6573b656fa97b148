"""Strings to tokens and back, and the cleaning steps that many tutorials apply to dialogue.

Nothing here needs an NLTK download: the tokenizers used carry no data. NLTK is imported by the functions that
need it, for it brings much more than they use.
"""

import functools
import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Literal, Protocol, TypeAlias, get_args, runtime_checkable

from s2s_lesson import _extras
from s2s_lesson.data import marks
from s2s_lesson.data.casual import detokenize_casual, tokenize_casual
from s2s_lesson.data.expected import checked
from s2s_lesson.data.treebank import tokenize_words

TokenizerName: TypeAlias = Literal["characters", "whitespace", "words", "casual", "icu"]
TOKENIZERS = get_args(TokenizerName)  # trained ones: `subwords.KINDS`
PACKAGES = {"words": "nltk", "casual": "nltk", "icu": "icu4py"}  # what some of them import

STOP_WORDS = files(__package__) / "stop_words" / "english.txt"  # one a line; its licence lies beside it

_LINE_ENDS = re.compile("\r\n?")
_PLAIN = str.maketrans("‘’‛\u00a0\u202f", "'''  ")  # apostrophes, and blanks that no line breaks at
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@runtime_checkable
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


@checked
def tokenize(text: str, how: TokenizerName | Tokenizer) -> list[str]:
    """Split a text into tokens.

    Args:
        text: the text; an empty or blank one has no tokens, except that "characters" keeps blanks.
        how: one of ``TOKENIZERS``, or a tokenizer that was trained, a ``subwords.Subwords``:

            - "characters": every character is a token, blanks too.
            - "whitespace": split at blanks.
            - "words": NLTK's Treebank words: "don't" is "do" and "n't"; a full stop is split off only at the
              end of the text, and marks of other scripts wherever they stand: "؟", "।", "。".
            - "casual": NLTK's TweetTokenizer, for dialogue: "don't" stays whole, each mark of punctuation is
              a token, and so is an emoji of several characters; quotation marks are made plain, and no token
              holds a blank.
            - "icu": the words of ICU, Unicode's library, with its dictionaries for languages that have no
              blanks between words: Chinese, Japanese, Thai, Lao, Khmer and Burmese. Blanks are tokens too.

    Returns:
        The tokens, in order.

    Raises:
        TypeError: text is no string.
        ValueError: ``how`` is unknown.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"Expected a string to tokenize; received {type(text).__name__}. Give one text at a time."
        )
    return tokenizer(how)(text)


@checked
def tokenizer(how: TokenizerName | Tokenizer) -> Callable[[str], list[str]]:
    """The function that ``tokenize`` calls, which looks at no option any more: for many texts.

    Args:
        how: as in ``tokenize``.

    Returns:
        function of a text; it returns the tokens.

    >>> list(map(tokenizer("whitespace"), ["a b", "c"]))
    [['a', 'b'], ['c']]
    """
    if not isinstance(how, str):
        return how.tokenize
    splits: dict[str, Callable[[str], list[str]]] = {
        "characters": list,
        "whitespace": str.split,
        "words": tokenize_words,
        "icu": _icu_words,
    }
    return splits.get(how, tokenize_casual)


def _icu_words(text):
    with _extras.named():
        from icu4py.breakers import WordBreaker

    return list(WordBreaker(text, "und"))  # und: whatever language the characters are of


@checked
def detokenize(tokens: Sequence[str], how: TokenizerName | Tokenizer) -> str:
    """Put tokens together again, as a reader would write them.

    Exact for "characters" and "icu"; for "whitespace" and subwords up to the width of the blanks; a good
    guess for the others.

    Args:
        tokens: what ``tokenize(text, how)`` gave.
        how: one of ``TOKENIZERS``, or a tokenizer that was trained.

    Returns:
        The text.

    Raises:
        ValueError: ``how`` is unknown.
    """
    if not isinstance(how, str):
        return how.detokenize(tokens)
    if how in ("characters", "icu"):
        return "".join(tokens)
    if how == "whitespace":
        return " ".join(tokens)
    if how == "words":
        with _extras.named():
            from nltk.tokenize.treebank import TreebankWordDetokenizer

        return marks.put_back(TreebankWordDetokenizer().detokenize(list(tokens)))
    return detokenize_casual(tokens)


def normalise(text: str) -> str:
    """Write a text in the one of several ways that look alike, so that a word is always the same word.

    In this order: a byte order mark (U+FEFF) at the beginning goes; line ends of Windows (CR LF) and of old
    Macs (CR) become LF; the text becomes Unicode's NFC, in which "é" is one character and not "e" with an
    accent (U+0301); the curly apostrophes and single quotation marks "‘", "’" and "‛" become "'"; no-break
    spaces (U+00A0, U+202F) become blanks. All else stays: double quotation marks, «guillemets» and dashes,
    which are tokens of their own and differ between languages; full-width letters; what joins emoji.

    Args:
        text: str.

    Returns:
        str; to normalise it again changes nothing.

    Raises:
        TypeError: text is no string.

    >>> normalise("\\ufeffIt’s a cafe\\u0301\\r\\n")
    "It's a café\\n"
    """
    if not isinstance(text, str):
        raise TypeError(
            f"Expected a string to normalise; received {type(text).__name__}. Give one text at a time."
        )
    if text.isascii() and "\r" not in text:
        return text  # the usual case, quickly
    text = _LINE_ENDS.sub("\n", text.lstrip("\ufeff"))
    return text if text.isascii() else unicodedata.normalize("NFC", text).translate(_PLAIN)


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


@checked
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

    Raises:
        TypeError: text is no string.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"Expected a string to clean; received {type(text).__name__}. Give one text at a time."
        )
    if lower:
        text = text.lower()
    if strip_punctuation:
        text = text.translate(_NO_PUNCTUATION)
    if not (remove_stop_words or keep_alphabetic):
        return " ".join(text.split())
    words = tokenize(text, "words")
    if remove_stop_words:
        common = stop_words()
        words = [word for word in words if word.lower() not in common]
    if keep_alphabetic:
        words = [word for word in words if word.isalpha()]
    return " ".join(words)
