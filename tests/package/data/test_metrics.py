"""Texts scored by the names of metrics: the figures of the functions, and of right outputs."""

import pytest
from sacrebleu.metrics import BLEU, CHRF

from s2s_lesson.data import bleu, score_texts

OUTPUTS = ["he left early today", "there is a dog in the garden"]
REFERENCES = [["he left early", "he left very early today"], ["there is one dog in a garden"]]
CHINESE = ["他今天走得很早。", "花园里有一只狗。"]


@pytest.mark.parametrize("tokenize", [None, "zh", "char"])
def test_bleu_of_a_right_chinese_output_is_100(tokenize):
    score, signature = bleu(CHINESE[:1], [CHINESE[:1]], tokenize=tokenize)
    assert score == pytest.approx(100)
    assert f"tok:{tokenize or 'zh'}" in signature
    figures = score_texts(CHINESE, [[text] for text in CHINESE], ["bleu"], tokenize)
    assert figures == {"bleu": pytest.approx(100), "bleu_signature": figures["bleu_signature"]}


def test_bleu_of_chinese_by_blanks_is_0():
    assert bleu(CHINESE[:1], [CHINESE[:1]], tokenize="13a")[0] == 0


def test_european_languages_keep_sacrebleus_default():
    streams = [["he left early", "there is one dog in a garden"], ["he left very early today", None]]
    expected = BLEU().corpus_score(OUTPUTS, streams).score
    score, signature = bleu(OUTPUTS, REFERENCES)
    assert 0 < score == expected < 100
    assert "tok:13a" in signature


def test_each_name_gives_its_score_in_the_order_of_the_names():
    names = ["exact_match", "chrf++", "word_error_rate", "character_error_rate", "bleu", "chrf"]
    figures = score_texts([*OUTPUTS, "no"], [*REFERENCES, ["no"]], names)
    keys = ["chrf++", "chrf++_signature", "word_error_rate", "character_error_rate"]
    assert list(figures) == ["exact_match", *keys, "bleu", "bleu_signature", "chrf", "chrf_signature"]
    assert figures["exact_match"] == 1 / 3
    assert figures["word_error_rate"] == pytest.approx((1 + 2 + 0) / (5 + 7 + 1))
    assert figures["character_error_rate"] == pytest.approx((5 + 3 + 3) / (24 + 28 + 2))
    streams = [
        [*REFERENCES[0][:1], *REFERENCES[1], "no"],
        [REFERENCES[0][1], None, None],
    ]
    for name, word_order in (("chrf", 0), ("chrf++", 2)):
        expected = CHRF(word_order=word_order).corpus_score([*OUTPUTS, "no"], streams).score
        assert figures[name] == pytest.approx(expected)
    assert "nw:2" in figures["chrf++_signature"] and "nw:0" in figures["chrf_signature"]


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ValueError, match=r"Expected metrics with each one of bleu, chrf, .*; received"):
        score_texts(OUTPUTS, REFERENCES, ["blue"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": []}, "Expected metrics with at least one name"),
        (
            {"metrics": ["chrf"], "bleu_tokenizer": "zh"},
            'Expected bleu_tokenizer None, or metrics with "bleu"',
        ),
        ({"bleu_tokenizer": "jieba"}, "Expected bleu_tokenizer one of 13a, intl, zh, char"),
    ],
)
def test_what_would_be_of_no_use_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        score_texts(OUTPUTS, REFERENCES, **options)
