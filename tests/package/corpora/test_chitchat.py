import itertools
import json
from types import SimpleNamespace

import pytest

from s2s_lesson.corpora import chitchat
from s2s_lesson.corpora._corpus import split_by_hash


def conversation(*messages):
    return {"messages": [[{"sender": sender, "text": text} for sender, text in messages]]}


def write(tmp_path, conversations):
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(conversations), encoding="utf-8")
    return path


def everything(corpus):
    return [pair for pairs in corpus.splits.values() for pair in pairs]


def test_messages_of_one_speaker_are_one_turn(tmp_path):
    talk = conversation(("a", "Ahoy!"), ("a", " Any\nwind? "), ("b", " "), ("b", "None."), ("a", "Pity."))
    corpus = chitchat.load(write(tmp_path, {"one": talk}))
    assert everything(corpus) == [("Ahoy! Any wind?", "None."), ("None.", "Pity.")]
    assert corpus.notes == {"conversations": 1, "messages": 5, "empty_messages": 1, "too_long": 0}


def test_a_turn_goes_on_over_groups_and_blank_messages(tmp_path):
    talk = conversation(("a", "Ahoy!"), ("b", ""), ("a", "Anyone?"), ("b", "Aye."))
    talk["messages"] += conversation(("b", "Here."))["messages"]
    assert everything(chitchat.load(write(tmp_path, {"one": talk}))) == [("Ahoy! Anyone?", "Aye. Here.")]


def test_long_pairs_can_be_dropped(tmp_path):
    talk = conversation(("a", "one two"), ("b", "one"), ("a", "one two three"))
    corpus = chitchat.load(write(tmp_path, {"one": talk}), max_words=2)
    assert everything(corpus) == [("one two", "one")]
    assert corpus.notes["too_long"] == 1


def test_a_conversation_is_in_one_split_by_the_documented_rule(tmp_path):
    names = [f"conversation {number}" for number in range(97)]
    talks = {name: conversation(("a", name), ("b", name), ("a", name)) for name in names}
    corpus = chitchat.load(write(tmp_path, talks))
    assert len(everything(corpus)) == 2 * 97
    for split, pairs in corpus.splits.items():
        assert pairs and all(split_by_hash(pair.source, 0.1, 0.1) == split for pair in pairs)


@pytest.mark.parametrize("content", ["<html>", "[]", '{"one": {}}', '{"one": {"messages": [[{"text": 3}]]}}'])
def test_another_format_is_an_error(tmp_path, content):
    path = tmp_path / "dataset.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"dataset\.json; received something else"):
        chitchat.load(path)


def test_no_pair_is_an_error(tmp_path):
    path = write(tmp_path, {"one": conversation(("a", "Ahoy!"))})
    with pytest.raises(ValueError, match=r"dataset\.json; received none from 1 conversations"):
        chitchat.load(path)


def test_the_first_packaged_conversations(monkeypatch):
    def first(text):
        return dict(itertools.islice(json.loads(text).items(), 300))

    monkeypatch.setattr(chitchat, "json", SimpleNamespace(loads=first))
    corpus = chitchat.load()
    assert corpus.notes["conversations"] == 300
    assert len(corpus.train) > 5 * len(corpus.test) > 0 < len(corpus.dev)
    assert all(pair.source.strip() and pair.target.strip() for pair in everything(corpus))


@pytest.mark.slow(guard="tests/package/corpora/test_chitchat.py::test_the_first_packaged_conversations")
def test_the_packaged_conversations():
    corpus = chitchat.load()
    assert corpus.notes["conversations"] == 7168
    assert len(corpus.train) > 5 * len(corpus.test) > 0 < len(corpus.dev)
    assert all(pair.source.strip() and pair.target.strip() for pair in everything(corpus))
