"""Labels for tokens of any script: fonts that cover the characters, and stand-ins where none does.

Matplotlib looks a character up in each family of a list in turn. The first family here is always DejaVu Sans:
it comes with Matplotlib and covers Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters. The
packages in FONT_PACKAGES add Noto Sans for other scripts. After them come the fonts of the operating system.
"""

import functools
import unicodedata
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import matplotlib
from matplotlib import font_manager

DEFAULT_FAMILY = "DejaVu Sans"

FONT_PACKAGES = (
    "noto-cjk-sans-otc",  # Chinese, Japanese, Korean
    "justmytype-intl-sea",  # Thai, Lao, Khmer, Burmese
    "justmytype-intl-south-asia",  # Devanagari, Bengali, Tamil, Telugu
    "justmytype-intl-africa",  # Ethiopic
    "justmytype-intl-rtl",  # Arabic letters of Urdu, Pashto and others that DejaVu Sans lacks
)
"""Packages that hold nothing but font files. A package that is not installed is left out."""

LONGEST = 20  # characters of a label, as in the interactive views
_DOTTED_CIRCLE = "\u25cc"
_OPEN_BOX = "\u2423"


def visible(token: str) -> str:
    """Write a token so that each of its characters can be seen.

    Args:
        token: Any text, often one character.

    Returns:
        The token with an open box (␣) for each space, a dotted circle (◌) before a leading accent or vowel
        sign, and a stand-in such as "U+0E01" for a character that has no shape or that no font covers.
    """
    shown = "".join(_visible_character(character, alone=len(token) == 1) for character in token)
    return _DOTTED_CIRCLE + shown if unicodedata.category(shown[:1] or " ").startswith("M") else shown


def label(token: str) -> str:
    """Write a token as ``visible`` does, and of a long one as much as a drawing has room for.

    Args:
        token: Any text.

    Returns:
        At most 20 characters; where there are more, the last one is an ellipsis.
    """
    shown = visible(token)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def families(texts: Iterable[str]) -> list[str]:
    """Choose the font families that together cover some texts.

    Args:
        texts: What is to be drawn with these fonts.

    Returns:
        A value for ``fontfamily=``: family names in the order in which Matplotlib should look a character up,
        beginning with DejaVu Sans. Characters that no family covers are left out of account.
    """
    missing = {ord(character) for text in texts for character in text}
    chosen: list[str] = []
    for family in _known_families():
        covered = missing & _coverage(family)
        if covered or not chosen:
            chosen.append(family)
            missing -= covered
        if not missing:
            break
    return chosen


def _visible_character(character: str, alone: bool) -> str:
    category = unicodedata.category(character)
    if category == "Zs":  # the plain space, and the no-break spaces that dates are full of
        return _OPEN_BOX
    shapeless = category in ("Cc", "Cn", "Co", "Cs", "Zl", "Zp") or (category == "Cf" and alone)
    if shapeless or not _is_covered(ord(character)):
        return f"U+{ord(character):04X}"
    return character


@functools.cache
def _is_covered(code_point: int) -> bool:
    return any(code_point in _coverage(family) for family in _known_families())


def _known_families() -> Iterator[str]:
    """Family names, best first; the system's fonts are opened only for a character that the others lack."""
    yield DEFAULT_FAMILY
    yield from _packaged_families()
    yield from _system_families()


@functools.cache
def _packaged_families() -> tuple[str, ...]:
    """Make the fonts of FONT_PACKAGES known to Matplotlib, in this process alone, and name their families."""
    names = []
    for package in FONT_PACKAGES:
        try:
            files = metadata.files(package) or ()
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.suffix in (".ttf", ".otf", ".ttc"):
                path = str(file.locate())
                font_manager.fontManager.addfont(path)
                names.append(font_manager.get_font(path).family_name)
    return tuple(names)


@functools.cache
def _system_families() -> tuple[str, ...]:
    # Matplotlib's own other fonts are for formulas or, like "Last Resort", draw boxes instead of characters.
    own = Path(matplotlib.get_data_path())
    entries = [entry for entry in font_manager.fontManager.ttflist if own not in Path(entry.fname).parents]
    names = {entry.name for entry in entries if entry.style == "normal" and entry.weight in (400, "normal")}
    return tuple(sorted(name for name in names if not name.replace(" ", "").lower().startswith("lastresort")))


@functools.cache
def _coverage(family: str) -> frozenset[int]:
    """The code points that Matplotlib can draw with a family; empty for a font that it cannot open."""
    try:
        path = font_manager.findfont(font_manager.FontProperties(family=family), fallback_to_default=False)
        return frozenset(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):
        return frozenset()
