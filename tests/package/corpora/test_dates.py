import datetime
import random
import unicodedata

import pytest

from s2s_lesson.corpora import dates

SIZES = {"train_size": 701, "dev_size": 101, "test_size": 103}
DAY = datetime.date(2016, 9, 30)


@pytest.fixture(scope="module")
def corpus():
    return dates.load(**SIZES)


def test_sizes_and_tokens(corpus):
    sizes = {name: len(pairs) for name, pairs in corpus.splits.items()}
    assert sizes == {"train": 701, "dev": 101, "test": 103, "test_unseen_locales": 103}
    assert corpus.source_tokens == corpus.target_tokens == "characters"


def test_no_calendar_day_is_in_two_splits(corpus):
    days = {name: {pair.target for pair in pairs} for name, pairs in corpus.splits.items()}
    assert not days["train"] & (days["dev"] | days["test"] | days["test_unseen_locales"])
    assert not days["dev"] & (days["test"] | days["test_unseen_locales"])


def test_targets_are_iso_dates_of_the_years_asked_for():
    pairs = dates.load(**SIZES, first_year=2015, last_year=2017).train
    years = {datetime.date.fromisoformat(pair.target).year for pair in pairs}
    assert years == {2015, 2016, 2017}


def test_the_year_of_the_text_is_the_year_of_the_target(corpus):
    for pairs in corpus.splits.values():
        assert all(pair.target[:4] in pair.source for pair in pairs)


def test_no_invisible_characters_and_only_plain_spaces(corpus):
    for pairs in corpus.splits.values():
        for character in {character for pair in pairs for character in pair.source}:
            assert unicodedata.category(character) not in {"Cf", "Cc"}
            assert not character.isspace() or character == " "


def test_the_seed_decides_and_the_global_state_stays(corpus):
    state = random.getstate()
    assert dates.load(**SIZES) == corpus
    assert dates.load(**SIZES, seed=1).train != corpus.train
    assert random.getstate() == state


def test_sources_differ_within_a_split(corpus):
    for pairs in corpus.splits.values():
        assert len({pair.source for pair in pairs}) == len(pairs)


def test_at_least_thirty_locales_and_several_unseen_ones():
    assert len(set(dates.TRAINING_LOCALES)) >= 30
    assert len(set(dates.UNSEEN_LOCALES)) >= 6
    assert not set(dates.TRAINING_LOCALES) & set(dates.UNSEEN_LOCALES)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("fr", "30 sept. 2016"), ("zh", "2016年9月30日"), ("en", "Friday, September 30, 2016")],
)
def test_known_forms(locale, expected):
    assert expected in {dates.write_date(DAY, locale, pattern) for pattern in dates.patterns(locale)}


def test_every_locale_has_several_styles():
    assert all(len(dates.patterns(locale)) >= 3 for locale in dates.TRAINING_LOCALES + dates.UNSEEN_LOCALES)


def test_no_pattern_uses_the_iso_week_year():
    # 2016-01-01 belongs to the last ISO week of 2015
    new_year = datetime.date(2016, 1, 1)
    for locale in dates.TRAINING_LOCALES + dates.UNSEEN_LOCALES:
        for pattern in dates.patterns(locale):
            assert "2016" in dates.write_date(new_year, locale, pattern)


def test_one_text_never_means_two_days():
    meaning = {}
    for locale in dates.TRAINING_LOCALES + dates.UNSEEN_LOCALES:
        for pattern in dates.patterns(locale):
            for day in (datetime.date(2016, month, day) for month in range(1, 13) for day in (2, 11)):
                text = dates.write_date(day, locale, pattern)
                assert meaning.setdefault(text, day) == day, (text, locale, pattern)


def test_directional_marks_and_narrow_spaces_are_normalised():
    assert dates.write_date(DAY, "en", "d\u202fMMM\u00a0\u200fy\u200e") == "30 Sep 2016"


@pytest.mark.parametrize("pattern", ["dd/MM/y", "d MMM yy", "d MMMM y G", "y/dd/MM"])
def test_doubtful_patterns_are_left_out(pattern):
    assert not dates._is_clear(pattern)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"first_year": 2020, "last_year": 2019},
            "last_year of at least first_year=2020; received 2019",
        ),
        ({"locales": ("en", "fr"), "unseen_locales": ("fr",)}, r"received \['fr'\] in both"),
        (
            {"train_size": 997, "locales": ("zh",), "first_year": 2000, "last_year": 2000},
            "Ask for fewer pairs",
        ),
        ({"locales": ()}, "0 locales"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(ValueError, match=message):
        dates.load(**options)
