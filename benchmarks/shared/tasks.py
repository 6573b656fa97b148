"""Tasks beyond the book's own, generated with what packages know: each a list of (source, target) texts."""

import random

TASKS = ("numbers", "sums", "names", "plurals")
LANGUAGES = ("de", "en", "es", "fr", "it")  # of numbers
SCRIPTS = ("el", "hy", "ka", "ru", "uk")  # Greek, Armenian, Georgian and two Cyrillic ones, of names


def pairs_of(task, count):
    """Generate the pairs of a task, the same ones every time.

    Args:
        task: one of ``TASKS``.
        count: int, pairs at most; no source occurs twice.

    Returns:
        list of (source, target).
    """
    pairs = sorted(set({"numbers": numbers, "sums": sums, "names": names, "plurals": plurals}[task]()))
    random.Random(0).shuffle(pairs)
    return pairs[:count]


def numbers():
    """Numbers below a million in the words of five languages: ("de 31742", "einunddreißigtausend…")."""
    drawn = random.Random(1)
    spell = {language: speller(language) for language in LANGUAGES}
    for _ in range(40_000):
        language, number = drawn.choice(LANGUAGES), int(10 ** drawn.uniform(0, 6))
        yield f"{language} {number}", spell[language](number)


def sums():
    """Arithmetic in English words: ("seven times eighty-one", "five hundred sixty-seven")."""
    spell = speller("en")
    words = [spell(number) for number in range(20_000)]
    for left in range(100):
        for right in range(100):
            yield f"{words[left]} plus {words[right]}", words[left + right]
            if left >= right:
                yield f"{words[left]} minus {words[right]}", words[left - right]
            yield f"{words[left]} times {words[right]}", words[left * right]


def names():
    """Names of countries, languages and cities, from Latin letters back to their own."""
    from anyascii import anyascii
    from babel import Locale

    for language in SCRIPTS:
        locale = Locale(language)
        cities = (zone["city"] for zone in locale.time_zones.values() if "city" in zone)
        for name in {*locale.territories.values(), *locale.languages.values(), *cities}:
            yield f"{language} {anyascii(name).lower()}", name.lower()


def plurals():
    """English words and their plurals, those that spelling rules and lists of exceptions give."""
    import inflect

    from s2s_lesson.corpora import load

    plural = inflect.engine().plural_noun
    dictionary = load("pronunciations")
    for word in {source for pairs in dictionary.splits.values() for source, _ in pairs}:
        if word.isalpha() and 3 <= len(word) <= 12 and not word.endswith(("s", "ed", "ing")):
            yield word, plural(word)


def speller(language):
    """A function of an int: its words, by Unicode's rules for the language."""
    from icu4py.messageformat import MessageFormat

    form = MessageFormat("{number, spellout}", language)
    return lambda number: form.format({"number": number}).replace("\u00ad", "")  # soft hyphens
