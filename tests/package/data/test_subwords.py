"""Subwords: texts come back, the same pieces every time, and clear errors."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.data import Subwords, detokenize, tokenize
from s2s_lesson.data.subwords import KINDS

TEXTS = ["the lowest of the low", "the newest and the widest", "lower, newer and wider!", "low  new wide"] * 3


@pytest.fixture(scope="module", params=KINDS)
def subwords(request):
    return Subwords.train(TEXTS, 31, request.param)


def test_common_words_are_one_piece_and_new_words_are_made_of_known_pieces():
    subwords = Subwords.train(TEXTS, 41, "bpe")
    assert subwords.tokenize("the  low") == ["▁the", "▁low"]
    pieces = subwords.tokenize("widely owned")
    assert len(pieces) > 2 and "".join(pieces) == "▁widely▁owned"
    assert {"▁the", "▁low"} <= set(subwords.pieces) and set("thelowsfnwd,r!a▁") <= set(subwords.pieces)


def test_texts_come_back(subwords):
    for text in TEXTS:
        assert subwords.detokenize(subwords.tokenize(text)) == " ".join(text.split())


@given(st.text() | st.text("lownetsid ▁<>\t\n\u3000é漢"))
def test_any_text_comes_back_but_for_blanks(subwords, text):
    pieces = tokenize(text, subwords)
    assert detokenize(pieces, subwords) == " ".join(text.replace("▁", " ").split())
    assert not any(character.isspace() for piece in pieces for character in piece)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(st.text(max_size=13), min_size=1, max_size=7))
def test_any_texts_can_be_learned_from(kind, texts):
    if not any(text.replace("▁", " ").strip() for text in texts):
        with pytest.raises(ValueError, match="not blank"):
            Subwords.train(texts, 97, kind)
        return
    subwords = Subwords.train(texts, 97, kind)
    for text in texts:
        assert subwords.detokenize(subwords.tokenize(text)) == " ".join(text.replace("▁", " ").split())


def test_characters_never_seen_stay_as_they_are(subwords):
    assert subwords.tokenize("low 漢字") == [*subwords.tokenize("low"), "▁", "漢字"]
    assert subwords.tokenize("a\ud800") == subwords.tokenize("a?")


def test_the_same_texts_give_the_same_pieces(subwords):
    again = Subwords.train(iter(TEXTS), 31, subwords.kind)
    assert again == subwords and again.pieces == subwords.pieces
    assert again != Subwords.train(TEXTS, 19, subwords.kind)
    assert subwords.kind in repr(subwords) and str(len(subwords.pieces)) in repr(subwords)


def test_there_are_as_many_pieces_as_asked_for_or_fewer():
    assert len(Subwords.train(TEXTS, 31, "bpe").pieces) == 31
    for kind in KINDS:
        assert len(Subwords.train(TEXTS, 9973, kind).pieces) < 101


def test_what_was_saved_is_the_same(subwords, tmp_path):
    subwords.save(tmp_path / "subwords.model")
    assert Subwords.load(tmp_path / "subwords.model", subwords.kind) == subwords


@pytest.mark.parametrize(
    ("texts", "size", "kind", "message"),
    [
        (TEXTS, 31, "words", "bpe, unigram; received 'words'"),
        ([], 31, "bpe", "not blank"),
        ([" ", ""], 31, "unigram", "not blank"),
        (TEXTS, 13, "bpe", r"at least 16, the different characters .* received 13"),
        (TEXTS, 13, "unigram", r"at least 16"),
    ],
)
def test_mistakes_in_training(texts, size, kind, message):
    with pytest.raises(ValueError, match=message):
        Subwords.train(texts, size, kind)


@pytest.mark.parametrize("model", [b"", b"not a model", b"\x00" * 7])
def test_bytes_that_are_no_model(model):
    with pytest.raises(ValueError, match="Expected a model of sentencepiece"):
        Subwords(model, "bpe")


def test_training_is_quiet_and_the_library_is_imported_only_then():
    code = (
        "import sys\n"
        "import s2s_lesson.data.text, s2s_lesson.data.subwords as subwords\n"
        "assert 'sentencepiece' not in sys.modules\n"
        "for kind in subwords.KINDS:\n"
        "    subwords.Subwords.train(['one two three'] * 3, 31, kind)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""
