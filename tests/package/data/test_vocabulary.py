import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_lesson.data import SPECIAL_TOKENS, Vocabulary


def test_special_tokens_have_fixed_ids():
    vocab = Vocabulary(["b", "a"])
    assert vocab.tokens == ("<pad>", "<unk>", "<s>", "</s>", "b", "a")
    assert (vocab.pad_id, vocab.unk_id, vocab.bos_id, vocab.eos_id) == (0, 1, 2, 3)
    assert len(vocab) == 6 and "a" in vocab and "c" not in vocab


def test_the_commonest_token_comes_first_and_equals_by_their_text():
    tokens = list("cccbbbaaddde")
    for seed in range(3):
        random.Random(seed).shuffle(tokens)
        assert Vocabulary.from_tokens([tokens[:5], tokens[5:]]).tokens[4:] == ("b", "c", "d", "a", "e")


def test_rare_tokens_are_left_out():
    assert Vocabulary.from_tokens([list("cccbba")], min_count=2).tokens[4:] == ("c", "b")


def test_max_size_counts_the_special_tokens():
    vocab = Vocabulary.from_tokens([list("cccbba")], max_size=6)
    assert len(vocab) == 6 and vocab.tokens[4:] == ("c", "b")
    assert len(Vocabulary.from_tokens([list("cccbba")], max_size=97)) == 7


def test_special_tokens_in_the_text_are_not_collected():
    assert Vocabulary.from_tokens([["<s>", "a", "<pad>"]]).tokens == (*SPECIAL_TOKENS, "a")


@pytest.mark.parametrize(
    ("token_lists", "options", "message"),
    [
        ([["a"]], {"max_size": 4}, "Expected max_size above 4.*received 4"),
        ([[], []], {}, "Expected at least one token; received none"),
        ([["<unk>"]], {}, "Expected at least one token; received none"),
    ],
)
def test_a_vocabulary_of_nothing_is_an_error(token_lists, options, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary.from_tokens(token_lists, **options)


@pytest.mark.parametrize("tokens", [["a", "b", "a"], ["a", "<s>"]])
def test_tokens_that_stand_twice_are_an_error(tokens):
    with pytest.raises(ValueError, match=r"Expected distinct tokens.*; received \['(a|<s>)'\] twice"):
        Vocabulary(tokens)


def test_encode_adds_what_it_is_asked_to():
    vocab = Vocabulary(["a", "b"])
    assert vocab.encode(["b", "a"]) == [5, 4, 3]
    assert vocab.encode(["b", "a"], add_bos=True, add_eos=False) == [2, 5, 4]
    assert vocab.encode([]) == [3]


def test_unseen_and_special_tokens_in_the_text_become_unknown():
    assert Vocabulary(["a"]).encode(["z", "a", *SPECIAL_TOKENS], add_eos=False) == [1, 4, 1, 1, 1, 1]


def test_a_text_that_is_not_tokenised_is_an_error():
    with pytest.raises(TypeError, match="Expected a list of tokens; received the text 'ab'"):
        Vocabulary(["a", "b"]).encode("ab")


def test_decode_stops_at_the_end_token_and_leaves_out_padding():
    assert Vocabulary(["a", "b"]).decode([2, 0, 5, 1, 4, 3, 5, 0]) == ["b", "<unk>", "a"]


@pytest.mark.parametrize("index", [-1, 6])
def test_ids_outside_the_vocabulary_are_an_error(index):
    with pytest.raises(ValueError, match=f"Expected ids from 0 to 5; received {index}"):
        Vocabulary(["a", "b"]).decode([4, index])


ORDINARY_TOKENS = st.lists(st.text().filter(lambda token: token not in SPECIAL_TOKENS), min_size=1)


@settings(max_examples=30)
@given(ORDINARY_TOKENS, st.booleans())
def test_tokens_come_back_from_their_ids(tokens, add_bos):
    vocab = Vocabulary.from_tokens([tokens])
    assert vocab.decode(vocab.encode(tokens, add_bos=add_bos)) == tokens


def test_a_saved_vocabulary_comes_back(tmp_path):
    vocab = Vocabulary(["\n", "\r", "\u2028", '"', "\\", "é", "e\u0301", "日", "🙂", "", " "])
    vocab.save(tmp_path / "vocab.json")
    loaded = Vocabulary.load(tmp_path / "vocab.json")
    assert loaded == vocab and loaded.tokens == vocab.tokens
    assert loaded != Vocabulary(["\n"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"tokens": ["a", "b"',
        b'["a", "b"]',
        b'{"words": ["a", "b"]}',
        b'{"tokens": 5}',
        b'{"tokens": null}',
        b'{"tokens": "ab"}',
        b'{"tokens": [7, 11]}',
        b'{"tokens": {"a": 5}}',
        b'{"tokens": [["a"]]}',
        b'{"tokens": ["\xff"]}',
    ],
)
def test_a_file_that_is_no_vocabulary_is_an_error(tmp_path, content):
    path = tmp_path / "vocab.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Expected a vocabulary.*vocab\.json; received a damaged file"):
        Vocabulary.load(path)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"vocab\.json"):
        Vocabulary.load(tmp_path / "vocab.json")


def test_a_vocabulary_grows_by_what_it_lacks_and_keeps_its_ids():
    vocab = Vocabulary(["x", "b"])
    larger = vocab.grown({"c": 1, "b": 9, "a": 2, "d": 2, "</s>": 7})
    assert larger.tokens[4:] == ("x", "b", "a", "d", "c") and vocab.tokens[4:] == ("x", "b")
    assert vocab.grown({"c": 1, "a": 2, "d": 2}, min_count=2, max_size=7).tokens[6:] == ("a",)
    assert vocab.grown({"c": 1}, max_size=5) == vocab == vocab.grown({})
