"""The tokenizer for dialogue, "casual": NLTK's TweetTokenizer, with emoji whole and plain quotation marks."""

import functools
import re
from collections.abc import Sequence

from s2s_lesson import _extras
from s2s_lesson.data.marks import ENDS, WIDE

_PLAIN_QUOTES = str.maketrans("‘’‛“”‟", "'''\"\"\"")
_CLOSING = re.compile(r"[.,!?;:%)\]}…]+")
_CONTRACTION = re.compile(r"'(?:m|s|d|re|ve|ll)|n't", re.IGNORECASE)
_CLIPPED = frozenset(("em", "bout", "cause", "til", "till", "tis", "twas", "round", "cuz"))

_PICTURE = "[\u2190-\u2bff\U0001f000-\U0001faff]"
_CHANGED = (  # a picture or a sign in another style or colour of skin, or a flag of a part of a country
    "(?:\\S[\ufe0e\ufe0f]|" + _PICTURE + "[\U0001f3fb-\U0001f3ff]|\U0001f3f4[\U000e0020-\U000e007f]+)"
)
_FAR = re.compile(r"&.*;|\.\s+\.", re.DOTALL)  # an entity of HTML, which may become a full stop; ". . ."
KEPT, LONGEST = 2**16, 40  # chunks to remember at most, and their characters

_EMOJI = re.compile(  # those of several characters: flags, keys, what is joined (U+200D), what is changed
    "([\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    f"|(?:{_CHANGED}|{_PICTURE})(?:\u200d(?:{_CHANGED}|{_PICTURE}))+|{_CHANGED})"
)


def tokenize_casual(text: str) -> list[str]:
    """Split a text as dialogue.

    Hardly any rule looks beyond a blank. So each chunk between blanks is split once, and remembered.

    Args:
        text: str.

    Returns:
        list of str. "don't" stays whole, and so does an emoji of several characters; each mark of punctuation
        is a token.

    >>> tokenize_casual("I don't know... ❤️👩‍💻!")
    ['I', "don't", 'know', '...', '❤️', '👩‍💻', '!']
    """
    if _FAR.search(text):
        return list(_split(text))
    tokens: list[str] = []
    for chunk in text.split(" "):
        tokens += _remembered(chunk) if len(chunk) <= LONGEST else _split(chunk)
    return tokens


def detokenize_casual(tokens: Sequence[str]) -> str:
    """Put the tokens of a dialogue together: a good guess.

    Args:
        tokens: sequence of str.

    Returns:
        str.
    """
    open_quotes: set[str] = set()
    text, glue = "", True  # glue: the next token follows without a blank
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        joins_left = bool(_CLOSING.fullmatch(token) or _CONTRACTION.fullmatch(token) or token in ENDS)
        joins_right = token in ("(", "[", "{", "$", "#", "¿", "¡")
        if token == "-" == before:
            joins_left = True  # a dash typed as two hyphens
        elif token == "'" and after.lower() in _CLIPPED:
            joins_right = True  # 'em
        elif token == "'" and "'" not in open_quotes and before.lower().endswith("in"):
            joins_left = True  # goin'
        elif token in ("'", '"'):
            joins_left, joins_right = token in open_quotes, token not in open_quotes
            open_quotes ^= {token}
        elif token in WIDE:
            joins_left = joins_right = True
        text += token if glue or joins_left else " " + token
        glue = joins_right
    return text


def _split(text):
    tokens: list[str] = []
    for place, part in enumerate(_EMOJI.split(text.translate(_PLAIN_QUOTES))):
        tokens += [part] if place % 2 else _tweet_tokenizer().tokenize(part)
    return tuple(joined for token in tokens if (joined := "".join(token.split())))  # ". . ." is one token


@functools.lru_cache(KEPT)
def _remembered(chunk):
    return (chunk,) if chunk.isascii() and chunk.isalpha() else _split(chunk)


@functools.cache
def _tweet_tokenizer():
    with _extras.named():
        from nltk.tokenize import TweetTokenizer

    return TweetTokenizer(match_phone_numbers=False)  # phone numbers would be tokens that hold spaces
