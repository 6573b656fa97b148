"""Usual names of columns, by which a header is known, and which of two is the source."""

import re
from collections.abc import Sequence

_ROLES = """
source target|src tgt|src trg|input output|question answer|prompt completion|prompt response|query response
query answer|instruction output|instruction response|text summary|document summary|article highlights
article summary|front back|term definition|word pronunciation|word definition|original translation
sentence1 sentence2|sentence translation|complex simple|incorrect correct|noisy clean|informal formal
context response|message reply|key value|text label|reference hypothesis|graphemes phonemes
"""
_LANGUAGES = """
af afr afrikaans|ar ara arabic|bg bul bulgarian|bn ben bengali|ca cat catalan|cs ces cze czech|cy cym welsh
da dan danish|de deu ger german deutsch|el ell gre greek|en eng english|eo epo esperanto
es spa spanish español|et est estonian|eu eus basque|fa fas persian|fi fin finnish|fr fra fre french français
ga gle irish|gl glg galician|gu guj gujarati|he heb hebrew|hi hin hindi
hr hrv croatian|hu hun hungarian|hy hye armenian
id ind indonesian|is isl icelandic|it ita italian italiano|ja jpn japanese|ka kat georgian|kk kaz kazakh
kn kan kannada|ko kor korean|la lat latin|lt lit lithuanian|lv lav latvian|mk mkd macedonian
ml mal malayalam|mr mar marathi|ms msa malay|mt mlt maltese|ne nep nepali|nl nld dut dutch|nb nob norwegian
no nor|nn nno|pa pan punjabi|pl pol polish|pt por portuguese português|ro ron rum romanian|ru rus russian
sk slk slovak|sl slv slovenian slovene|so som somali|sq sqi albanian|sr srp serbian|sv swe swedish
sw swa swahili|ta tam tamil|te tel telugu|th tha thai|tl tgl tagalog|tr tur turkish|uk ukr ukrainian
ur urd urdu|uz uzb uzbek|vi vie vietnamese|zh zho chi cmn chinese mandarin|yue cantonese
"""
_PAIRS = [tuple(pair.split()) for line in _ROLES.strip().splitlines() for pair in line.split("|")]
LANGUAGES = frozenset(_LANGUAGES.replace("|", " ").split())
USUAL = LANGUAGES | {name for pair in _PAIRS for name in pair}


def plain_name(name: str) -> str:
    """A name without what does not tell it apart: case, and words such as "text" beside others.

    >>> plain_name(" Source_Text "), plain_name("text"), plain_name("de-DE")
    ('source', 'text', 'de')
    """
    words = re.sub(r"[\W_]+", " ", name.casefold()).split()
    kept = [word for word in words if word not in ("text", "texts", "sentence", "sentences", "lang")] or words
    if len(kept) == 2 and kept[0] in LANGUAGES and len(kept[1]) == 2:
        return kept[0]  # with a country
    return "".join(kept)


def usual_pair(names: Sequence[str]) -> tuple[int, int] | None:
    """Find the source and the target among the names of columns.

    Args:
        names: as a header has them.

    Returns:
        Their places from 0; None if there are no two that are usual.

    >>> usual_pair(["id", "answer", "question"]), usual_pair(["en", "id", "fr", "score"])
    ((2, 1), (0, 2))
    """
    plain = [plain_name(name) for name in names]
    for source, target in _PAIRS:
        if plain.count(source) == plain.count(target) == 1:
            return plain.index(source), plain.index(target)
    languages = [place for place, name in enumerate(plain) if name in LANGUAGES - {"id"}]
    return (languages[0], languages[1]) if len(languages) == 2 else None


def is_usual(name: str) -> bool:
    """Whether a column is often called so.

    >>> is_usual("Source text"), is_usual("thank you")
    (True, False)
    """
    return plain_name(name) in USUAL
