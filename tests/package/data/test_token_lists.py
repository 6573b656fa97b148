"""TokenLists: the same tokens, vocabularies and ids as text by text, whoever makes them."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_lesson.data import token_lists
from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.data.vocabulary import Vocabulary

WORDS = st.sampled_from(["a", "b", "Don't", "e.", "<s>", "<unk>", "é", "它", "  ", "\n"])
TEXTS = st.lists(st.lists(WORDS, max_size=7).map(" ".join), max_size=13)
SUBWORDS = Subwords.train(["low lower lowest a b Don't"] * 3, 29)


@pytest.mark.parametrize("how", ["whitespace", "words", "casual", "characters", SUBWORDS], ids=str)
@given(texts=TEXTS)
def test_they_are_what_the_texts_give_one_by_one(how, texts):
    prepare = Preparation(how, normalisation=True)
    slow = list(map(prepare, texts))
    fast = TokenLists.of(texts, prepare)
    assert [fast.row(row) for row in range(len(fast))] == slow
    assert fast.lengths.tolist() == list(map(len, slow))
    assert fast.counts() == Counter(token for tokens in slow for token in tokens)


@given(TEXTS, st.integers(1, 3), st.none() | st.integers(5, 7))
def test_vocabularies_and_ids_are_those_of_the_slow_way(texts, min_count, max_size):
    slow = [text.split() for text in texts]
    fast = TokenLists.of(texts, Preparation("whitespace"))
    try:
        vocab = Vocabulary.from_tokens(slow, min_count, max_size)
    except ValueError as error:
        with pytest.raises(ValueError) as same:
            Vocabulary.from_counts(fast.counts(), min_count, max_size)
        assert str(same.value) == str(error)
        return
    assert Vocabulary.from_counts(fast.counts(), min_count, max_size) == vocab
    assert [ids.tolist() for ids in fast.encoded(vocab)] == list(map(vocab.encode, slow))


def test_pieces_do_not_show(monkeypatch):
    texts = [f"{row} {row % 7} it" for row in range(53)]
    whole = TokenLists.of(texts, Preparation("words"))
    monkeypatch.setattr(token_lists, "AT_ONCE", 11)
    pieces = TokenLists.of(texts, Preparation("words"))
    assert pieces.tokens == whole.tokens
    assert pieces.lists.ids.tolist() == whole.lists.ids.tolist()
    assert pieces.lengths.tolist() == whole.lengths.tolist()


IN_PROCESSES = """
import sys
from s2s_lesson.data import token_lists
from s2s_lesson.data.preparation import Preparation
texts = [f"{row} {row % 7} it" for row in range(53)]
alone = token_lists.TokenLists.of(texts, Preparation("whitespace"))
token_lists.AT_ONCE, token_lists.WORTH_PROCESSES = 11, -1.0
several = token_lists.TokenLists.of(texts, Preparation("whitespace"))
assert several.tokens == alone.tokens and (several.lists.ids == alone.lists.ids).all()
from joblib import Parallel, delayed
def loaded(): return set(sys.modules)
[modules] = Parallel(n_jobs=2)([delayed(loaded)()])
print({"keras", "tensorflow", "jax", "torch"} & modules, "joblib" in modules)
"""


@pytest.mark.slow(
    guard="tests/package/data/test_token_lists.py::test_work_is_given_to_processes_where_much_is_left"
)
def test_other_processes_give_the_same_and_load_no_engine():
    """From a script that does not ask whether it is the main program."""
    run = subprocess.run([sys.executable, "-"], input=IN_PROCESSES, capture_output=True, text=True)
    assert run.stdout == "set() True\n", run.stderr


@pytest.mark.parametrize("left", [0.0, 1e9])
def test_work_is_given_to_processes_where_much_is_left(monkeypatch, left):
    given_away = []

    def by_processes(pieces, preparation):
        given_away.extend(pieces)
        return [token_lists._split(piece, preparation) for piece in pieces]

    monkeypatch.setattr(token_lists, "_by_processes", by_processes)
    monkeypatch.setattr(token_lists, "AT_ONCE", 5)
    monkeypatch.setattr(token_lists, "WORTH_PROCESSES", left)
    texts = [str(row) for row in range(23)]
    lists = TokenLists.of(texts, Preparation("whitespace"))
    assert lists.tokens == texts
    assert sum(map(len, given_away)) == (13 if left == 0 else 0)


def test_without_joblib_all_is_done_here(monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    monkeypatch.setattr(token_lists, "AT_ONCE", 5)
    monkeypatch.setattr(token_lists, "WORTH_PROCESSES", 0.0)
    texts = [str(row) for row in range(23)]
    assert TokenLists.of(texts, Preparation("whitespace")).tokens == texts


def test_a_bar_is_shown_only_in_a_terminal(capsys):
    TokenLists.of(["a b"] * 7, Preparation("whitespace"), progress=True)
    assert capsys.readouterr().err == ""
