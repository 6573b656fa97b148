"""Preparation: what is done to a text before it is split, and how it is split."""

import inspect
from dataclasses import dataclass

from s2s_lesson.data.expected import check, expect, options_of
from s2s_lesson.data.text import Tokenizer, TokenizerName, clean, normalise, tokenizer

_clean = inspect.unwrap(clean)  # looks at no option: here they are looked at once, and not for every text


@dataclass(frozen=True)
class Preparation:
    """Turns texts into tokens.

    Attributes:
        tokens: as ``how`` of ``data.tokenize``.
        normalisation: bool. Whether ``data.normalise`` comes first.
        cleaning: options of ``data.clean``, which comes next; None cleans nothing.
        strip: bool. Whether blanks around the text go at last.

    Raises:
        ValueError: an option of the cleaning is not what it may be.

    >>> Preparation("characters", strip=True)(" ab ")
    ['a', 'b']
    """

    tokens: TokenizerName | Tokenizer
    normalisation: bool = False
    cleaning: dict[str, bool] | None = None
    strip: bool = False

    def __post_init__(self):
        known = options_of(clean)
        expect("cleaning", self.cleaning, not set(self.cleaning or {}) - set(known), f"of {', '.join(known)}")
        check(clean, **(self.cleaning or {}))

    def __call__(self, text: str) -> list[str]:
        return tokenizer(self.tokens)(self.text(text))

    def text(self, text: str) -> str:
        """The text that is split: str."""
        text = normalise(text) if self.normalisation else text
        text = text if self.cleaning is None else _clean(text, **self.cleaning)
        return text.strip() if self.strip else text
