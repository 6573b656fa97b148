"""Dates as people write them in many languages -> ISO 8601: "30 sept. 2016" -> "2016-09-30".

Generated with Babel from a seed: nothing is downloaded. The same seed and the same version of Babel give the
same pairs on every machine.
"""

import datetime
import random
import re
import unicodedata
from typing import Annotated, TypeAlias

from babel import Locale
from babel.dates import format_date

from s2s_lesson.corpora._corpus import Corpus, Pair, expect_room
from s2s_lesson.data.expected import NonNegativeInt, Range, Seed, checked, expect

TRAINING_LOCALES = (
    *(
        "en",
        "en_GB",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "sv",
        "da",
        "nb",
        "fi",
        "pl",
        "cs",
        "hu",
        "ro",
        "tr",
    ),
    *("id", "vi", "ca", "lt", "lv", "sl", "ru", "uk", "bg", "el", "he", "ar", "zh", "zh_Hant", "ja", "ko"),
)
UNSEEN_LOCALES = ("af", "gl", "is", "mk", "sk", "et")
Year: TypeAlias = Annotated[int, Range(1000, 9999)]

_SKELETONS = ("yMMMd", "yMMMEd")  # short dates in each locale's own order
_EXTRA_PATTERNS = ("d MMM y", "d MMMM y")  # `y`: in Babel's patterns `YYYY` is the ISO-week year
_EAST_ASIAN = ("zh", "ja", "ko")


def patterns(locale: str) -> list[str]:
    """List the ways of writing a date that leave no doubt about which day is meant.

    These are the locale's own medium, long, full and short-month formats, and two plain ones. Left out
    are formats with a two-digit year, with an era, and with the month as a number unless year, month and day
    stand in this order: nobody can tell the day from the text 01/02/2016 alone.

    Args:
        locale: a locale that Babel knows, such as "fr" or "zh_Hant".

    Returns:
        Distinct patterns in Unicode's date format syntax.
    """
    known = Locale.parse(locale)
    ways = [known.date_formats[style].pattern for style in ("medium", "long", "full")]
    skeletons = known.datetime_skeletons
    ways += [skeletons[name].pattern for name in _SKELETONS if name in skeletons]
    if known.language not in _EAST_ASIAN:
        ways += _EXTRA_PATTERNS
    return [pattern for pattern in dict.fromkeys(ways) if _is_clear(pattern)]


def _is_clear(pattern):
    fields = re.findall(r"([A-Za-z])\1*", bare := re.sub(r"'[^']*'", "", pattern))
    order = [field for field in fields if field in "yMd"]
    return "yy" not in bare and "G" not in fields and ("MMM" in bare or order == ["y", "M", "d"])


def write_date(day: datetime.date, locale: str, pattern: str) -> str:
    """Write a day in a locale's words, without invisible characters.

    Directional marks are removed, and every kind of space becomes a plain one: some locales use U+202F.
    """
    text = unicodedata.normalize("NFC", format_date(day, pattern, locale=locale))
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return " ".join(visible.split())


@checked
def load(
    *,
    seed: Seed = 0,
    train_size: NonNegativeInt = 15_000,
    dev_size: NonNegativeInt = 1_000,
    test_size: NonNegativeInt = 2_000,
    first_year: Year = 1950,
    last_year: Year = 2049,
    locales: tuple[str, ...] = TRAINING_LOCALES,
    unseen_locales: tuple[str, ...] = UNSEEN_LOCALES,
) -> Corpus:
    """Generate pairs of a written date and the same date in ISO 8601.

    Every calendar day of the years belongs to one split, so no day of dev or test occurs in training in any
    locale: 80 % of the days are for training, 10 % for dev, 10 % for test. The days of the split
    "test_unseen_locales" are those of test, written in locales that training never shows.

    Args:
        seed: chooses days, locales and patterns.
        train_size, dev_size, test_size: pairs in each split; "test_unseen_locales" has ``test_size`` too.
        first_year, last_year: the range of years, both included, from 1000 to 9999.
        locales: locales of train, dev and test, such as "fr".
        unseen_locales: locales of "test_unseen_locales".

    Returns:
        A corpus with the splits train, dev, test and test_unseen_locales; in each, all sources differ.

    Raises:
        ValueError: the years or locales are no sensible range, or cannot give so many different pairs.
    """
    expect("last_year", last_year, last_year >= first_year, f"of at least first_year={first_year}")
    if both := sorted(set(locales) & set(unseen_locales)):
        raise ValueError(
            f"Expected unseen locales that training does not show; received {both} in both."
            " Take them out of one of the two."
        )
    expect_room(train_size=train_size, dev_size=dev_size, test_size=test_size)
    random_state = random.Random(seed)
    first = datetime.date(first_year, 1, 1).toordinal()
    days = list(range(first, datetime.date(last_year, 12, 31).toordinal() + 1))
    random_state.shuffle(days)
    tenth = len(days) // 10
    dev_days, test_days, train_days = days[:tenth], days[tenth : 2 * tenth], days[2 * tenth :]
    splits = {
        "train": _generate(random_state, train_days, locales, train_size),
        "dev": _generate(random_state, dev_days, locales, dev_size),
        "test": _generate(random_state, test_days, locales, test_size),
        "test_unseen_locales": _generate(random_state, test_days, unseen_locales, test_size),
    }
    notes = {"locales": len(locales), "unseen_locales": len(unseen_locales)}
    return Corpus("dates", splits, "characters", "characters", notes)


def _generate(random_state, days, locales, size):
    ways = {locale: patterns(locale) for locale in locales}
    pairs: dict[str, str] = {}
    for _ in range(20 * size if locales else 0):
        if len(pairs) == size:
            break
        day = datetime.date.fromordinal(random_state.choice(days))
        locale = random_state.choice(locales)
        pairs[write_date(day, locale, random_state.choice(ways[locale]))] = day.isoformat()
    if len(pairs) < size:
        raise ValueError(
            f"Expected {size} different pairs in a split; received only {len(pairs)} from {len(days)} days "
            f"and {len(locales)} locales. Ask for fewer pairs, or widen the years or the locales."
        )
    return [Pair(source, target) for source, target in pairs.items()]
