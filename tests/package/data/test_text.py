import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.data import TOKENIZERS, clean, detokenize, normalise, stop_words, text, tokenize

SENTENCES = (
    "I'm sure it's \"fine\", isn't it?",
    "Well... don't go -- please!",
    "He said: 'no way' (twice).",
    "She was goin' to tell 'em, for $5.50.",
)


def test_characters_keep_everything():
    assert tokenize("2016年9月 30", "characters") == ["2", "0", "1", "6", "年", "9", "月", " ", "3", "0"]
    assert detokenize(tokenize("  a\tb ", "characters"), "characters") == "  a\tb "


def test_whitespace():
    assert tokenize(" S IY\tSH ", "whitespace") == ["S", "IY", "SH"]
    assert detokenize(["S", "IY", "SH"], "whitespace") == "S IY SH"


def test_words_split_contractions():
    assert tokenize("I don't know.", "words") == ["I", "do", "n't", "know", "."]
    assert detokenize(["I", "do", "n't", "know", "."], "words") == "I don't know."


def test_casual_keeps_contractions_and_splits_punctuation():
    assert tokenize("I don't know, Mr O'Brien...", "casual") == [
        "I",
        "don't",
        "know",
        ",",
        "Mr",
        "O'Brien",
        "...",
    ]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_casual_text_comes_back(sentence):
    assert detokenize(tokenize(sentence, "casual"), "casual") == sentence


def test_casual_reads_typographic_quotes_as_plain():
    assert tokenize("“I’m here”", "casual") == ['"', "I'm", "here", '"']


def test_casual_tokens_hold_no_blanks():
    tokens = tokenize("So . . . call 555 123 4567\u00a0now", "casual")
    assert tokens and not any(character.isspace() for token in tokens for character in token)


def test_casual_joins_split_contractions():
    assert detokenize(["i", "'m", "sure", "i", "do", "n't"], "casual") == "i'm sure i don't"


@pytest.mark.parametrize("how", TOKENIZERS)
def test_no_text_has_no_tokens(how):
    assert tokenize("", how) == []
    assert detokenize([], how) == ""


@pytest.mark.parametrize("how", ["whitespace", "words", "casual"])
def test_blank_text_has_no_tokens(how):
    assert tokenize(" \n\t ", how) == []


def test_unknown_tokenizer_is_named():
    with pytest.raises(ValueError, match=r"Expected .*casual, icu, or a Tokenizer; received 'bpe'"):
        tokenize("a", "bpe")
    with pytest.raises(ValueError, match="received 'bpe'"):
        detokenize(["a"], "bpe")


def test_only_strings_are_tokenized():
    with pytest.raises(TypeError, match="received bytes"):
        tokenize(b"a", "casual")


@pytest.fixture
def few_stop_words(monkeypatch):
    monkeypatch.setattr(text, "stop_words", lambda: frozenset({"the", "is", "don't"}))


def test_clean_takes_the_steps_in_order(few_stop_words):
    # "don't" is a stop word, but loses its apostrophe before stop words are looked for
    assert clean("The cat DON'T purr, is 9 lives-long!") == "cat dont purr liveslong"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("lower", "Cat purrs"),
        ("strip_punctuation", "cat purrs"),
        ("remove_stop_words", "the cat is purrs"),
        ("keep_alphabetic", "cat purrs 9"),
    ],
)
def test_each_step_can_be_switched_off(few_stop_words, step, expected):
    assert clean("The Cat is: purrs, 9!", **{step: False}) == expected


def test_without_steps_the_text_stays():
    steps = ("lower", "strip_punctuation", "remove_stop_words", "keep_alphabetic")
    assert clean(' The "Cat",  9! ', **dict.fromkeys(steps, False)) == 'The "Cat", 9!'


def test_clean_may_leave_nothing():
    assert clean("") == clean("... 9 !") == ""


def test_stop_words_need_no_download():
    assert {"the", "is", "i", "don't"} <= stop_words()
    assert "seashell" not in stop_words()


def test_stop_words_fall_back_to_the_list_of_this_package(monkeypatch):
    import nltk.corpus

    class Missing:
        def words(self, language):
            raise LookupError(language)

    monkeypatch.setattr(nltk.corpus, "stopwords", Missing())
    assert stop_words.__wrapped__() == frozenset(text.STOP_WORDS.read_text(encoding="utf-8").splitlines())


def test_the_list_is_that_of_the_package_stop_words():
    """As its version 2018.7.23 has it, byte for byte, with the licence that it asks for."""
    content = text.STOP_WORDS.read_bytes()
    words = content.decode().splitlines()
    assert (len(words), len(set(words)), words[0], words[-1]) == (174, 174, "a", "yourselves")
    digest = "d887ee2f4614b4882fdcaee84e74a5b43255d3e4641bd22279d2894d9705d33f"
    assert hashlib.sha256(content).hexdigest() == digest
    licence = (text.STOP_WORDS.parent / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("Copyright (c) 2014, Alireza Savand, Contributors\n")


def test_the_package_takes_every_file_that_is_not_code_along():
    """With what `pyproject.toml` says of data files, as setuptools reads it."""
    root = Path(__file__).parents[3]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    package = root / "s2s_lesson"
    patterns = project["tool"]["setuptools"]["package-data"]["s2s_lesson"]
    taken = {path for pattern in patterns for path in package.glob(pattern)}
    there = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert {text.STOP_WORDS, text.STOP_WORDS.parent / "LICENSE"} <= there == taken
    assert "s2s_lesson/data/stop_words/LICENSE" in project["project"]["license-files"]


def test_nothing_is_downloaded_even_where_nltk_has_no_data(tmp_path):
    """Every way to the network is blocked, and NLTK finds none of its data (punkt_tab, stopwords)."""
    program = (
        "import socket, sys\n"
        "def blocked(*arguments, **options):\n"
        "    raise AssertionError('asked for the network')\n"
        "socket.socket.connect = socket.socket.connect_ex = blocked\n"
        "socket.getaddrinfo = socket.create_connection = blocked\n"
        "sys.modules['scipy'] = None  # NLTK imports it where it can, which takes long\n"
        "import nltk\n"
        "nltk.download = nltk.downloader.Downloader.download = blocked\n"
        "nltk.data.path[:] = []\n"
        "from s2s_lesson.data import text\n"
        "import s2s_lesson.corpora\n"
        'sentences = "I don\'t. Do you?"\n'
        "for how in text.TOKENIZERS:\n"
        "    assert text.detokenize(text.tokenize(sentences, how), how) == sentences, how\n"
        "assert 'the' in text.stop_words()\n"
        "print(text.clean('The cats sat, 9 of them.'))"
    )
    environment = {**os.environ, "NLTK_DATA": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["cats", "sat"] and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


EMOJI = ["❤️", "☺︎", "ℹ️", "👩‍💻", "🤷‍♂️", "👍🏽", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧‍👦", "❤️‍🔥", "👩🏽‍🚀", "🙂"]


@pytest.mark.parametrize("emoji", EMOJI)
def test_casual_keeps_an_emoji_of_several_characters_whole(emoji):
    assert tokenize(f"So {emoji}!", "casual") == ["So", emoji, "!"]
    assert tokenize(f"so{emoji}{emoji}", "casual") == ["so", emoji, emoji]
    assert detokenize(tokenize(f"So {emoji} {emoji}!", "casual"), "casual") == f"So {emoji} {emoji}!"


OTHER_SCRIPTS = {
    "Arabic": ("كيف حالك؟ نعم، شكرا", ["كيف", "حالك", "؟", "نعم", "،", "شكرا"]),
    "Hindi": ("कैसे हो? ठीक हूँ।", ["कैसे", "हो", "?", "ठीक", "हूँ", "।"]),
    "Urdu": ("ٹھیک ہے۔ شکریہ۔", ["ٹھیک", "ہے", "۔", "شکریہ", "۔"]),
    "Armenian": ("Բարեւ։ Այո։", ["Բարեւ", "։", "Այո", "։"]),
    "Amharic": ("ሰላም ነው። አዎ።", ["ሰላም", "ነው", "።", "አዎ", "።"]),
    "Japanese": ("はい、「今日」です。", ["はい", "、", "「", "今日", "」", "です", "。"]),
    "Chinese": ("好，对！是（真）？", ["好", "，", "对", "！", "是", "（", "真", "）", "？"]),
}


@pytest.mark.parametrize("how", ["words", "casual"])
@pytest.mark.parametrize("script", OTHER_SCRIPTS)
def test_punctuation_of_other_scripts_is_split_off_and_put_back(script, how):
    sentence, tokens = OTHER_SCRIPTS[script]
    assert tokenize(sentence, how) == tokens
    assert detokenize(tokens, how) == sentence


def test_marks_within_numbers_stay():
    assert tokenize("３．１４ と 12：30。", "words") == ["３．１４", "と", "12：30", "。"]


def test_spanish_marks_that_open_have_no_blank_behind_them():
    assert detokenize(tokenize("¿Qué tal? ¡Bien!", "casual"), "casual") == "¿Qué tal? ¡Bien!"


@pytest.mark.parametrize(
    ("sentence", "tokens"),
    [
        ("私は学生です。", ["私", "は", "学生", "です", "。"]),
        ("我昨天去了北京。", ["我", "昨天", "去了", "北京", "。"]),
        ("ฉันรักภาษาไทย", ["ฉัน", "รัก", "ภาษา", "ไทย"]),
        ("Don't go, OK?", ["Don't", " ", "go", ",", " ", "OK", "?"]),
    ],
)
def test_icu_finds_words_without_blanks(sentence, tokens):
    assert tokenize(sentence, "icu") == tokens


@settings(max_examples=50)
@given(st.text())
def test_icu_loses_nothing(sentence):
    assert detokenize(tokenize(sentence, "icu"), "icu") == sentence


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("\ufeffone", "one"),
        ("\ufeff\ufeffone", "one"),
        ("one\ufefftwo", "one\ufefftwo"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("don’t ‘no’ ‛cause", "don't 'no' 'cause"),
        ("10\u00a0h\u202f!", "10 h !"),
        ("“so” «so» – — ｏｎｅ ❤️ 👩‍💻 пʼять", "“so” «so» – — ｏｎｅ ❤️ 👩‍💻 пʼять"),
    ],
)
def test_what_looks_alike_is_written_alike(written, plain):
    assert normalise(written) == plain


@settings(max_examples=200)
@given(
    st.text(st.sampled_from("e\u0301\u0327'’ \u00a0\ufeff\r\nÅ\u212b\u037e") | st.characters(codec="utf-8"))
)
def test_to_normalise_twice_is_to_normalise_once(written):
    assert normalise(normalise(written)) == normalise(written)


def test_only_strings_are_normalised_and_cleaned():
    with pytest.raises(TypeError, match="Expected a string to normalise; received float"):
        normalise(float("nan"))
    with pytest.raises(TypeError, match="Expected a string to clean; received NoneType"):
        clean(None)
