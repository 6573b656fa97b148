"""Marks of punctuation of other scripts than Latin: which they are, and where blanks go beside them."""

import re

# They end a clause: Arabic, Urdu, Hindi, Hebrew, Armenian, Ethiopic, Khmer, Burmese, Tibetan, Mongolian, ...
ENDS = frozenset("،؛؟۔।॥׃։፣፤፥፦፧።፨។៕៖၊။།༎᠂᠃᱾᱿‼⁇⁈⁉")
# Those of Chinese and Japanese, brackets too, which have no blank on either side.
WIDE = frozenset("。、，．！？：；｡､「」『』【】〈〉《》〔〕〖〗（）［］｛｝｢｣")

_EITHER = "".join(map(re.escape, sorted(ENDS | WIDE)))
_OUTSIDE_NUMBERS = re.compile(rf"(?<!\d)[{_EITHER}]|[{_EITHER}](?!\d)")
_BESIDE_WIDE = re.compile(rf" *([{''.join(map(re.escape, sorted(WIDE)))}]) *")
_BEFORE_ENDS = re.compile(rf" +([{''.join(sorted(ENDS))}])")


def set_apart(text: str) -> str:
    """Put blanks around the marks, except between two digits, so that each is a word of its own.

    >>> set_apart("كيف حالك؟ ３．１４！").split()
    ['كيف', 'حالك', '؟', '３．１４', '！']
    """
    return _OUTSIDE_NUMBERS.sub(r" \g<0> ", text)


def put_back(text: str) -> str:
    """Take the blanks away that no reader would write beside the marks.

    >>> put_back("कैसे हो । 今日 は 。 明日")
    'कैसे हो। 今日 は。明日'
    """
    return _BEFORE_ENDS.sub(r"\1", _BESIDE_WIDE.sub(r"\1", text))
