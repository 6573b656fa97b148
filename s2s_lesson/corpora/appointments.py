"""Appointments as people write them -> year, month, day and place.

"vendredi 30 septembre 2016, Addis-Abeba" -> "2016 09 30 Addis-Abeba". Generated with Babel from a seed:
nothing is downloaded. The date has to be translated and the place to be copied, and the places of dev and
test never occur in training: a model that can only choose from its vocabulary cannot write them.
"""

import datetime
import random

from babel import Locale

from s2s_lesson.corpora._corpus import Corpus, Pair, expect_room
from s2s_lesson.corpora.dates import patterns, write_date
from s2s_lesson.data.expected import NonNegativeInt, Seed, checked

LOCALES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "pl")  # all of them put spaces between words


def places(locale: str) -> list[str]:
    """List the cities that a locale has its own spelling for, in the Unicode CLDR.

    Args:
        locale: a locale that Babel knows, such as "fr".

    Returns:
        Sorted names of letters, hyphens and single spaces.
    """
    names = {zone["city"] for zone in Locale.parse(locale).time_zones.values() if "city" in zone}
    return sorted(name for name in names if name.replace(" ", "").replace("-", "").isalpha())


@checked
def load(
    *,
    seed: Seed = 0,
    train_size: NonNegativeInt = 8_000,
    dev_size: NonNegativeInt = 500,
    test_size: NonNegativeInt = 1_000,
    locales: tuple[str, ...] = LOCALES,
) -> Corpus:
    """Generate pairs of an appointment and its parts in a fixed order.

    The names of places are shared out word by word: 70 % of the words are for training, 10 % for dev and 20 %
    for test, and a name is left out when its words are of different shares. The days, of 1950 to 2049, are
    drawn anew for each split.

    Args:
        seed: chooses days, places, locales and patterns.
        train_size, dev_size, test_size: pairs in each split; "test_known_places" has ``test_size`` too.
        locales: locales to write in, such as "fr".

    Returns:
        A corpus with the splits train, dev, test and test_known_places. The last one has the places of
        training.

    Raises:
        ValueError: the locales cannot give so many different pairs.
    """
    expect_room(train_size=train_size, dev_size=dev_size, test_size=test_size)
    random_state = random.Random(seed)
    named = {locale: places(locale) for locale in locales}
    words = sorted({word for names in named.values() for name in names for word in name.split()})
    random_state.shuffle(words)
    share = {word: 10 * number // len(words) for number, word in enumerate(words)}
    shares = {"train": range(7), "dev": range(7, 8), "test": range(8, 10), "test_known_places": range(7)}
    sizes = {"train": train_size, "dev": dev_size, "test": test_size, "test_known_places": test_size}
    splits: dict[str, list[Pair]] = {}
    for split, own in shares.items():
        choices = {
            locale: [name for name in names if all(share[word] in own for word in name.split())]
            for locale, names in named.items()
        }
        taken = {pair.source for pair in splits.get("train", [])}
        splits[split] = _generate(random_state, choices, sizes[split], taken)
    return Corpus("appointments", splits, "words", "whitespace", {"places": len(words)})


def _generate(random_state, choices, size, taken):
    ways = {locale: patterns(locale) for locale, names in choices.items() if names}
    first, last = datetime.date(1950, 1, 1).toordinal(), datetime.date(2049, 12, 31).toordinal()
    pairs: dict[str, str] = {}
    for _ in range(20 * size if ways else 0):
        if len(pairs) == size:
            break
        locale = random_state.choice(list(ways))
        day = datetime.date.fromordinal(random_state.randint(first, last))
        place = random_state.choice(choices[locale])
        source = f"{write_date(day, locale, random_state.choice(ways[locale]))}, {place}"
        if source not in taken:
            pairs[source] = f"{day:%Y %m %d} {place}"
    if len(pairs) < size:
        raise ValueError(
            f"Expected {size} different pairs in a split; received only {len(pairs)} from {len(ways)} "
            "locales with places of that split. Ask for fewer pairs, or name more locales."
        )
    return [Pair(source, target) for source, target in pairs.items()]
