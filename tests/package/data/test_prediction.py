"""Predictions: what was read and written, with words that look like special tokens, and how one is shown."""

from types import SimpleNamespace

import numpy as np
import pytest

from s2s_lesson.data import SPECIAL_TOKENS, ExtendedVocabulary, Prediction, Vocabulary
from s2s_lesson.data.prediction import read_predictions, without_end

VOCAB = Vocabulary(["one", "two"])


def read(source, target_ids):
    """The prediction of one source for which a search found these ids."""
    tokens = source.split()
    result = SimpleNamespace(
        sequences=np.array([[target_ids]]),
        lengths=np.array([[len(target_ids)]]),
        scores=np.array([[-1.5]]),
        log_probabilities=np.array([[-2.25]]),
        token_log_probabilities=np.full((1, 1, len(target_ids)), -2.25 / len(target_ids)),
        tree=None,
        attention_weights=np.full((1, 1, len(target_ids), len(tokens) + 1), 1 / (len(tokens) + 1)),
    )
    words = [ExtendedVocabulary(VOCAB, tokens)]
    return read_predictions(result, [source], words, VOCAB, "whitespace")[0]


@pytest.mark.parametrize("typed", SPECIAL_TOKENS)
def test_the_text_of_a_special_token_is_an_unknown_word(typed):
    assert read(f"one {typed} two", [4, 3]).unknown == (typed,)
    words = ExtendedVocabulary(VOCAB, ["one", typed])
    assert words.encode(["one", typed]) == words.copy_ids() == [4, 7, 3] and words.token(7) == typed
    assert VOCAB.encode([typed]) == [1, 3]
    assert typed not in VOCAB and "one" in VOCAB


@pytest.mark.parametrize("typed", SPECIAL_TOKENS)
def test_a_copied_word_stays_in_the_text_whatever_it_is(typed):
    prediction = read(f"one {typed} two", [4, 7, 5, 3])
    assert prediction.text == f"one {typed} two"
    assert prediction.tokens == ("one", typed, "two", "</s>")
    assert without_end(prediction.tokens) == ["one", typed, "two"]
    assert read(f"one {typed}", [4, 7]).text == f"one {typed}"  # cut, before it ended
    assert read(f"one {typed}", [4, 7, 3]).text == f"one {typed}"


def test_the_end_token_alone_is_left_out():
    assert read("one", [4, 5, 3]).text == read("one", [4, 5]).text == "one two"
    assert read("one", [3]).text == ""
    assert without_end(()) == without_end(("</s>",)) == []


def test_a_prediction_is_shown_with_what_was_not_known():
    assert (
        repr(read("ONE two", [5, 3]))
        == "Prediction('ONE two' -> 'two', log_probability=-2.250, unknown=('ONE',))"
    )
    plain = read("two", [5, 3])
    assert repr(plain) == "Prediction('two' -> 'two', log_probability=-2.250)"
    fields = {name: getattr(plain, name) for name in plain.__dataclass_fields__ if name != "alternatives"}
    assert repr(Prediction(**fields, alternatives=(plain,) * 2)).endswith(", 2 alternatives)")
