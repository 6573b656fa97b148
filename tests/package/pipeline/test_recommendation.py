"""What is recommended for pairs, and why."""

import random

import pytest

from s2s_lesson.corpora import Corpus
from s2s_lesson.pipeline import inspect_corpus
from s2s_lesson.pipeline.recommendation import LONGEST, recommended, sizes_for, training_for

WORDS = [a + b + c for a in "bdfgk" for b in "aeiou" for c in "lmnrs"]


def recommendation(sources, targets):
    pairs = list(zip(sources, targets, strict=True))
    splits = {"train": pairs[: -len(pairs) // 5], "dev": pairs[-len(pairs) // 5 :], "test": []}
    corpus = Corpus("own", splits, source_tokens="words", target_tokens="words")
    return recommended(inspect_corpus(corpus))


def sentences(words, length, count, between=" "):
    drawn = random.Random(0)
    return [between.join(drawn.choice(words) for _ in range(length)) for _ in range(count)]


def test_a_closed_set_of_words_makes_words_the_tokens():
    chosen = recommendation(sentences(WORDS[:20], 5, 300), sentences(WORDS[:10], 3, 300))
    assert (chosen.pipeline["source_tokens"], chosen.pipeline["target_tokens"]) == ("words", "words")
    assert (chosen.pipeline["max_source_length"], chosen.pipeline["max_output_length"]) == (10, 6)


def test_short_texts_of_open_words_are_read_by_characters():
    names = [f"{first}{second}" for first in WORDS for second in WORDS[:3]]
    chosen = recommendation(names, [name[::-1] for name in names])
    assert (chosen.pipeline["source_tokens"], chosen.pipeline["target_tokens"]) == ("characters",) * 2
    assert "max_vocab_size" not in chosen.pipeline


def test_long_texts_of_open_words_are_read_by_pieces():
    open_words = [first + second for first in WORDS for second in WORDS]
    chosen = recommendation(sentences(open_words, 15, 400), sentences(WORDS[:5], 3, 400))
    assert (chosen.pipeline["source_tokens"], chosen.pipeline["target_tokens"]) == ("bpe", "words")
    assert 300 <= chosen.pipeline["max_vocab_size"] <= 8000
    assert any("held-out words are unknown" in reason for reason in chosen.reasons)


def test_long_texts_without_blanks_are_read_by_pieces():
    letters = [chr(0x0E01 + number) for number in range(40)]
    chosen = recommendation(sentences(letters, 90, 200, ""), sentences(WORDS[:5], 3, 200))
    assert chosen.pipeline["source_tokens"] == "bpe"
    assert any("no blanks part the words" in reason for reason in chosen.reasons)


def test_very_long_texts_are_cut_off_by_a_limit_that_is_said():
    sources = [*sentences(WORDS[:5], 3, 300), " ".join(WORDS[:5] * 200)]
    chosen = recommendation(sources[::-1], sentences(WORDS[:3], 2, 301))
    assert chosen.pipeline["max_source_length"] < 2 * LONGEST
    assert any("the longest has 1000 tokens" in reason for reason in chosen.reasons)


def test_more_pairs_get_larger_models_and_fewer_passes():
    counts = (100, 2_000, 20_000, 200_000, 2_000_000)
    sizes = [sizes_for(count)["decoder_units"] for count in counts]
    epochs = [training_for(count)["epochs"] for count in counts]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    assert epochs == sorted(epochs, reverse=True) and epochs[0] == 60 and epochs[-1] == 2


@pytest.mark.parametrize("count", [1, 17, 2_999, 3_000, 99_999, 100_000, 1_000_000])
def test_a_training_has_its_updates_and_its_patience(count):
    training = training_for(count)
    assert training["patience"] >= 1 and 2 <= training["epochs"] <= 60
    assert training["epochs"] * count / training["batch_size"] <= 16_000


def test_the_report_gives_a_reason_for_each_choice():
    chosen = recommendation(sentences(WORDS[:20], 5, 300), sentences(WORDS[:10], 3, 300))
    lines = chosen.report().splitlines()
    assert lines[0] == "recommended" and len(lines) == 1 + len(chosen.reasons)
    assert all(any(name in line for line in lines) for name in (*chosen.pipeline, *chosen.training))
