"""Constraints as texts: what they are in ids, and which texts are refused."""

import pytest

from s2s_lesson.data import ExtendedVocabulary, Vocabulary
from s2s_lesson.data.constrained import constraints_in_ids
from s2s_lesson.search import Constraints

VOCAB = Vocabulary(["ada", "met", "bob"])  # 4, 5, 6
SOURCES = [["zoe", "saw", "bob"], [], ["ada", "saw", "zoe"]]
WORDS = [ExtendedVocabulary(VOCAB, tokens) for tokens in SOURCES]


def in_ids(copies=True, **options):
    return constraints_in_ids(Constraints(**options), str.split, WORDS, copies)


def test_nothing_is_asked_for_each():
    assert in_ids() == ([[]] * 3, [[]] * 3, [[]] * 3)
    blank = in_ids(prefix="", required=" ", forbidden=["", " "])
    assert blank == in_ids() == in_ids(prefix=None, required=None, forbidden=None)


def test_a_phrase_or_a_list_of_them_is_for_all_and_a_list_of_lists_for_each():
    for name in ("required", "forbidden"):
        for copies in (True, False):
            assert getattr(in_ids(copies, **{name: "ada met"}), name) == [[[4, 5]]] * 3
            assert getattr(in_ids(copies, **{name: ["ada met", "bob"]}), name) == [[[4, 5], [6]]] * 3
            each = in_ids(copies, **{name: [["bob"], [], ["ada", "met"]]})
            assert getattr(each, name) == [[[6]], [], [[4], [5]]]
    assert in_ids(prefix="ada met").prefix == [[4, 5]] * 3
    assert in_ids(prefix=["ada", "", "bob"]).prefix == [[4], [], [6]]


def test_copied_words_have_the_ids_of_their_source():
    assert in_ids(prefix=["zoe", "", "saw zoe"]).prefix == [[7], [], [8, 9]]
    assert in_ids(required=[["met zoe"], [], ["zoe"]]).required == [[[5, 7]], [], [[9]]]
    assert in_ids(forbidden=["zoe", "saw"]).forbidden == [[[7], [8]], [], [[9], [8]]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"required": "met kim"}, "required of .* vocabulary or the source holds; .* 'kim' in 'met kim'"),
        ({"prefix": ["", "", "kim"]}, "prefix of .* received the unknown token 'kim' in 'kim'"),
        ({"forbidden": [[], ["kim"], ["kim"]]}, "forbidden of .* received the unknown token 'kim'"),
        ({"forbidden": "<unk>"}, "forbidden of .* received the unknown token '<unk>'"),
        (
            {"required": "zoe", "copies": False},
            "required of tokens that the target vocabulary holds; ",
        ),
        ({"forbidden": "zoe", "copies": False}, "forbidden of tokens that the target vocabulary holds; "),
        ({"required": [["ada"], ["bob"]]}, "one list of phrases for each of 3; received 2 lists"),
        ({"prefix": ["ada"]}, "Expected prefix as one text, or one for each of 3; received 1"),
    ],
)
def test_what_no_output_could_hold_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        in_ids(**options)


@pytest.mark.parametrize("option", [{"required": [4]}, {"forbidden": [["ada"], "met", []]}, {"prefix": [4]}])
def test_what_is_no_text_is_an_error(option):
    (name,) = option
    with pytest.raises(TypeError, match=f"Expected {name} as a "):
        in_ids(**option)
