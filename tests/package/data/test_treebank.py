"""Chunks between blanks are split once and remembered: the tokens are those of NLTK for the whole text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.tokenize import TweetTokenizer, word_tokenize

from s2s_lesson.data import casual, marks, treebank

CHUNKS = (
    *(
        "a",
        "Don't",
        "cannot",
        "gonna",
        "Wanna",
        "gımme",
        "gonnaa",
        "cannot.",
        "it!",
        "ça",
        "'tis",
        "x's",
        "dogs'",
        "5",
        "3.5",
        "1,000",
        "e.g.",
        "…",
    ),
    *("http://a.b/c", ".", "..", "...", ".)", '."', ":", ",", ",,", "a:", ":)", ":-", "'", "''", '"', '"a'),
    *('a"', "`", "``", "(", ")", "--", "»", "«b", "”", "“", "‘c", "’", "d’e", "?", "!'", "*", "&", "&amp;"),
    *("&#46;", ";", "@a", "#b_c", "<b>", "<3", "¿", "é", "؟", "。", "a。b", "３．１４", "\n", "\t", "\u00a0"),
    *("\x1c", "x\ny", ".\t", "❤️", "👩‍💻", "w" * 41, "x" * 40 + "'s"),
)
TEXTS = st.lists(st.sampled_from(CHUNKS) | st.text(".,:;'\"`()<>&ab1 \n", max_size=5)).map(" ".join)
TWEETS = TweetTokenizer(match_phone_numbers=False)


def whole_tweet(text):
    """The tokens of a dialogue, by one call of NLTK's for all between two emoji."""
    tokens = []
    for place, part in enumerate(casual._EMOJI.split(text.translate(casual._PLAIN_QUOTES))):
        tokens += [part] if place % 2 else TWEETS.tokenize(part)
    return [joined for token in tokens if (joined := "".join(token.split()))]


@settings(max_examples=500)
@given(TEXTS)
@example("a . )")
@example('" a "')
@example("'' ''a ''")
def test_words_are_those_of_the_whole_text(text):
    assert treebank.tokenize_words(text) == word_tokenize(marks.set_apart(text), preserve_line=True)


@settings(max_examples=500)
@given(TEXTS)
@example("a. . &#46; .b")
@example("a. &#46;")
def test_the_tokens_of_a_dialogue_are_those_of_the_whole_text(text):
    assert casual.tokenize_casual(text) == whole_tweet(text)


@pytest.mark.parametrize("tokenize", [treebank.tokenize_words, casual.tokenize_casual])
def test_what_is_remembered_cannot_be_changed(tokenize):
    first = tokenize("it is it")
    first[0] = "that"
    assert tokenize("it is it") == ["it", "is", "it"]


def test_long_chunks_are_not_remembered():
    before = treebank._middle.cache_info().currsize
    tokens = treebank.tokenize_words(f"one {'long' * 11} three")
    assert tokens[1] == "long" * 11 and treebank._middle.cache_info().currsize == before
