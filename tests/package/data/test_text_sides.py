"""Texts as a model reads and writes them, without a model."""

import pytest

from s2s_lesson.data import Subwords, TextSides, Vocabulary

VOCAB = Vocabulary(["ab", "cd", "don't"])
WORDS = {"source_tokens": "whitespace", "target_tokens": "whitespace"}


def test_sources_become_padded_ids_and_what_they_copy():
    texts = ["ab eve cd eve", "cd"]
    for copies in (False, True):
        sides = TextSides(VOCAB, VOCAB, copies=copies, **WORDS)
        inputs = sides.source_inputs([sides.source_side(text) for text in sides.plain_sources(iter(texts))])
        assert inputs["source_ids"].tolist() == [[4, 1, 5, 1, 3], [5, 3, 0, 0, 0]]
        assert ("copy_ids" in inputs) is copies
    assert inputs["copy_ids"].tolist() == [[4, 8, 5, 8, 3], [5, 3, 0, 0, 0]]


def test_both_sides_are_written_alike():
    sides = TextSides(VOCAB, VOCAB, normalisation=True, **WORDS)
    assert sides.source_side("\ufeffdon’t ab ") == sides.target_side("don’t ab") == ["don't", "ab"]
    assert sides.source_length("ab cd ") == 2 and sides.source_words(["ab"]) == ["ab"]


def test_a_description_makes_the_same_sides_again():
    subwords = Subwords.train(["abab abba", "baba"], 9)
    options = {"cleaning": {"lower": True}, "max_source_length": 7, "max_output_length": 11}
    sides = TextSides(VOCAB, VOCAB, source_tokens=subwords, target_tokens="characters", **options)
    source_vocab, target_vocab, described = sides.description()
    assert described == {
        "source_tokens": subwords,
        "target_tokens": "characters",
        "normalisation": False,
        **options,
    }
    assert TextSides(source_vocab, target_vocab, **described).description() == sides.description()


def test_an_unknown_tokenizer_is_an_error():
    with pytest.raises(ValueError, match="Expected source_tokens"):
        TextSides(VOCAB, VOCAB, source_tokens="word", target_tokens="words")
