"""Preparation: what is done to a text before it is split."""

import pytest

from s2s_lesson.data import clean, normalise, tokenize
from s2s_lesson.data.preparation import Preparation


def test_a_text_is_normalised_then_cleaned_then_stripped():
    text = "\ufeff IT’s  A\r\n"
    keep = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}
    assert Preparation("characters")(text) == list(text)
    assert Preparation("characters", True).text(text) == normalise(text) == " IT's  A\n"
    assert Preparation("words", True, keep)(text) == tokenize(clean(normalise(text), **keep), "words")
    assert Preparation("characters", strip=True).text(" a ") == "a"


def test_options_of_the_cleaning_are_looked_at():
    with pytest.raises(ValueError, match="Expected lower as True or False; received 1"):
        Preparation("words", cleaning={"lower": 1})
