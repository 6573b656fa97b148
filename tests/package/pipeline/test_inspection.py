"""What is seen of pairs before training."""

import pytest

from s2s_lesson.corpora import Corpus
from s2s_lesson.pipeline import inspect_corpus
from s2s_lesson.pipeline.inspection import inspect_side, scripts, token_figures


def corpus(train, dev=(), notes=None):
    splits = {"train": train, "dev": list(dev), "test": []}
    return Corpus("own", splits, source_tokens="words", target_tokens="words", notes=notes or {})


def test_figures_of_a_tokenizer_are_counted_by_hand():
    figures = token_figures(["a b", "a", "b c d"], ["a x", "d"], "words")
    assert (figures.different, figures.mean, figures.longest) == (4, 2.0, 3)
    assert figures.unknown == pytest.approx(1 / 3)


def test_without_development_texts_nothing_is_unknown():
    assert token_figures(["a"], [], "words").unknown == 0


def test_texts_are_normalised_as_they_will_be():
    side = inspect_side(["cafe\u0301", "café", " "], ["caf\u00e9"])
    assert (side.different, side.blank) == (2, 1)
    assert side.tokens["characters"].longest == 4
    assert side.tokens["words"].unknown == 0


def test_scripts_are_shares_of_letters():
    assert scripts(["ab 1!", "щ"]) == pytest.approx({"LATIN": 2 / 3, "CYRILLIC": 1 / 3})
    assert scripts(["123"]) == {}
    assert len(scripts(["aщβאअ"])) == 3


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("我是学生", True),
        ("ฉันรักภาษาไทย", True),
        ("ひらがなカタカナ漢字", True),
        ("한국어는", False),
        ("Ωmega", False),
    ],
)
def test_scripts_without_blanks_are_known(text, without):
    assert inspect_side([text], []).without_blanks is without


def test_of_many_pairs_some_are_looked_at_evenly_spread():
    pairs = [(f"a{number}", "b") for number in range(101)]
    looked = inspect_corpus(corpus(pairs), most=10)
    assert looked.looked_at == 10
    assert looked.source.examples[0] == "a0" and looked.source.examples[-1] != "a5"
    assert "figures of 10 training pairs" in looked.report()


def test_the_report_names_counts_notes_and_examples():
    looked = inspect_corpus(
        corpus([("one two", "1 2")] * 3, [("one", "3")], notes={"duplicates": 2, "odd": 0})
    )
    lines = looked.report().splitlines()
    assert lines[0] == "pairs      3 train, 1 dev, 0 test"
    assert "note       duplicates: 2" in lines and not any("odd" in line for line in lines)
    assert any("100.0%" in line and "words" in line for line in lines)
    assert lines[-1] == "           one two  ->  1 2"


def test_no_training_pair_is_an_error():
    with pytest.raises(ValueError, match="Expected training pairs"):
        inspect_corpus(corpus([], [("a", "b")]))
