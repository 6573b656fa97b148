"""TokenCache: what was split once is not split again, and a file on the disk is used only if it is whole."""

import os

import numpy as np
import pytest

from s2s_lesson.data.preparation import Preparation
from s2s_lesson.data.subwords import Subwords
from s2s_lesson.data.token_lists import TokenLists
from s2s_lesson.pipeline import token_cache
from s2s_lesson.pipeline.token_cache import TokenCache

TEXTS = ["one two", "zwei\n", "", "drei … 3"]
SPLIT = Preparation("characters")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A cache on the disk, for short texts too."""
    monkeypatch.setenv("S2S_LESSON_CACHE", str(tmp_path))
    monkeypatch.setattr(token_cache, "LONG", 3)
    return tmp_path / "tokens"


@pytest.fixture
def splits(monkeypatch):
    """How often texts were split."""
    made, of = [], TokenLists.of
    monkeypatch.setattr(TokenLists, "of", lambda *arguments: made.append(arguments) or of(*arguments))
    return made


def rows(lists):
    return [lists.row(row) for row in range(len(lists))]


def test_what_was_seen_is_not_split_again(splits, monkeypatch, tmp_path):
    monkeypatch.setenv("S2S_LESSON_CACHE", str(tmp_path))
    cache = TokenCache()
    first = cache.tokens(TEXTS, SPLIT)
    assert cache.tokens(list(TEXTS), SPLIT) is first and len(splits) == 1
    assert list(tmp_path.iterdir()) == []  # short ones do not lie on the disk


@pytest.mark.parametrize(
    ("texts", "split"),
    [
        (["one", "two"], SPLIT),
        (["one t", "wo"], SPLIT),
        (["one ", "two"], Preparation("characters", strip=True)),
        (["one ", "two"], Preparation("characters", True)),
        (["one ", "two"], Preparation("characters", cleaning={})),
        (["one ", "two"], Preparation("words")),
        (["one ", "two"], Preparation(Subwords.train(["one two"], 11))),
    ],
    ids=str,
)
def test_whatever_decides_the_tokens_is_asked_for(splits, texts, split):
    cache = TokenCache()
    cache.tokens(["one ", "two"], SPLIT)
    lists = cache.tokens(texts, split)
    assert len(splits) == 2 and rows(lists) == list(map(split, texts))


def test_texts_without_outer_blanks_are_the_same_stripped(splits):
    cache = TokenCache()
    for strip in (False, True):
        cache.tokens(["one", "two"], Preparation("characters", strip=strip))
    assert len(splits) == 1
    hidden = ["\ufeff one"]  # by a byte order mark
    for strip in (False, True):
        split = Preparation("characters", normalisation=True, strip=strip)
        assert rows(cache.tokens(hidden, split)) == list(map(split, hidden))


def test_only_the_last_ones_are_remembered(splits):
    cache = TokenCache()
    for number in range(token_cache.REMEMBERED + 1):
        cache.tokens([str(number)], SPLIT)
    cache.tokens(["1"], SPLIT)
    assert len(splits) == token_cache.REMEMBERED + 1
    cache.tokens(["0"], SPLIT)
    assert len(splits) == token_cache.REMEMBERED + 2


def test_another_process_reads_long_ones_from_the_disk(folder, splits):
    first = TokenCache().tokens(TEXTS, SPLIT)
    again = TokenCache().tokens(TEXTS, SPLIT)
    assert len(splits) == 1 and [file.suffix for file in folder.iterdir()] == [".npz"]
    assert rows(again) == rows(first) == list(map(list, TEXTS))
    assert again.lists.ids.dtype == first.lists.ids.dtype == np.int32


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "empty": lambda path: path.write_bytes(b""),
    "altered": lambda path: path.write_bytes(path.read_bytes().replace(b"one two"[:3], b"eno")),
    "others": lambda path: np.savez(path, ids=[1]),
    "pickled": lambda path: np.savez(path, ids=np.array([{}]), lengths=[1], sizes=[1], tokens=[1]),
    "beyond": lambda path: save(path, ids=[5], lengths=[1, 0, 0, 0], sizes=[1], tokens=[97]),
    "negative": lambda path: save(path, ids=[-1], lengths=[1, 0, 0, 0], sizes=[1], tokens=[97]),
    "other texts": lambda path: save(path, ids=[0], lengths=[1], sizes=[1], tokens=[97]),
    "no text": lambda path: save(path, ids=[0], lengths=[1, 0, 0, 0], sizes=[1], tokens=[0xFF]),
    "too many lengths": lambda path: save(path, ids=[0], lengths=[2, 0, 0, 0], sizes=[1], tokens=[97]),
}


def save(path, tokens, **numbers):
    np.savez(path, tokens=np.array(tokens, "uint8"), **{k: np.array(v, "int32") for k, v in numbers.items()})


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_written_anew(folder, splits, damage):
    TokenCache().tokens(TEXTS, Preparation("whitespace"))
    [path] = folder.iterdir()
    DAMAGES[damage](path)
    again = TokenCache().tokens(TEXTS, Preparation("whitespace"))
    assert len(splits) == 2 and rows(again) == [text.split() for text in TEXTS]
    TokenCache().tokens(TEXTS, Preparation("whitespace"))
    assert len(splits) == 2


def test_what_was_not_used_for_longest_goes_first(folder, monkeypatch):
    names = []
    for number in range(3):
        TokenCache().tokens([f"text {number}"], SPLIT)
        names.append(next(file.name for file in folder.iterdir() if file.name not in names))
        os.utime(folder / names[-1], (number, number))
    TokenCache().tokens(["text 0"], SPLIT)  # used again
    sizes = [file.stat().st_size for file in folder.iterdir()]
    monkeypatch.setattr(token_cache, "MOST_BYTES", 3 * max(sizes))
    TokenCache().tokens(["text 3"], SPLIT)
    kept = {file.name for file in folder.iterdir()}
    assert len(kept) == 3 and names[0] in kept and names[1] not in kept


def test_where_nothing_can_be_written_all_goes_on(folder):
    folder.parent.joinpath("tokens").write_text("a file in the place of the folder")
    assert rows(TokenCache().tokens(TEXTS, SPLIT)) == list(map(list, TEXTS))
