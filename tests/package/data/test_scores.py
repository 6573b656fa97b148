"""Scores of texts: hand-made rows, a recurrence, and sacreBLEU's own figures."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from s2s_lesson.data import (
    bleu,
    chrf,
    commonest_share,
    distinct_n,
    edit_distance_rate,
    exact_match,
    mean_length,
    perplexity,
    perplexity_per_character,
    unique_share,
)


def test_perplexity_counts_equally_likely_tokens():
    assert perplexity(math.log(7)) == pytest.approx(7)
    assert perplexity(0) == 1
    assert perplexity(1e4) == math.inf


def test_exact_match_takes_any_of_the_references():
    outputs = [["a", "b"], ["a"], [], ["c"]]
    references = [[["x"], ["a", "b"]], [["a", "b"]], [[]], [["c"], ["d"]]]
    assert exact_match(outputs, references) == 0.75


@pytest.mark.parametrize(
    ("outputs", "references", "expected"),
    [
        ([list("kitten")], [[list("sitting")]], 3 / 7),
        (["kitten"], [["sitting"]], 3 / 7),
        ([["a", "b"], ["c"]], [[["a", "b"]], [["c", "d", "e"]]], 2 / 5),
        ([["a", "b", "c", "d"]], [[["x"]]], 4),
        ([[]], [[["a", "b", "c"]]], 1),
        ([["a"]], [[[]]], 1),
        ([[]], [[[]]], 0),
        # One edit of two tokens against two edits of five: the second is less per token.
        ([["a", "b", "c"]], [[["a", "b"], ["a", "b", "c", "d", "e"]]], 2 / 5),
        ([["a", "b"]], [[["b", "a"], ["a", "b"]]], 0),
    ],
)
def test_edit_distance_rate_of_hand_made_rows(outputs, references, expected):
    assert edit_distance_rate(outputs, references) == pytest.approx(expected)


@settings(max_examples=30)
@given(st.lists(st.sampled_from("abc"), max_size=7), st.lists(st.sampled_from("abc"), max_size=5))
def test_edit_distance_equals_the_recurrence(output, reference):
    table = {(i, 0): i for i in range(len(output) + 1)} | {(0, j): j for j in range(len(reference) + 1)}
    for i, ours in enumerate(output, start=1):
        for j, right_token in enumerate(reference, start=1):
            substitute = table[i - 1, j - 1] + (ours != right_token)
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, substitute)
    expected = table[len(output), len(reference)] / max(len(reference), 1)
    assert edit_distance_rate([output], [[reference]]) == pytest.approx(expected)


OUTPUTS = ["the cat sat on the mat today", "there is a dog in the garden", "hello there my friend"]


REFERENCES = [
    ["the cat sat on a mat today", "a cat was sitting on the mat today", "the cat sat there"],
    ["there is one dog in the garden"],
    ["hello my old friend", "hello there my old friend"],
]


@pytest.mark.parametrize(("score", "metric"), [(bleu, BLEU), (chrf, CHRF)])
def test_references_may_differ_in_number(score, metric):
    # A reference given twice changes neither score: so filled up, all have three.
    streams = [[row[min(i, len(row) - 1)] for row in REFERENCES] for i in range(3)]
    expected = metric().corpus_score(OUTPUTS, streams).score
    value, signature = score(OUTPUTS, REFERENCES)
    assert 0 < value < 100
    assert value == pytest.approx(expected, rel=1e-9)
    assert "version:" in signature


@pytest.mark.parametrize("score", [bleu, chrf])
def test_a_copy_of_a_reference_scores_100(score):
    assert score(["the cat sat on the mat"], [["no", "the cat sat on the mat"]])[0] == pytest.approx(100)


@pytest.mark.parametrize(
    ("outputs", "n", "expected"),
    [
        ([["a", "b", "a"], ["b"]], 1, 2 / 4),
        ([["a", "b", "a"], ["a", "b"]], 2, 2 / 3),
        ([["a", "b"], ["c"]], 2, 1),  # no n-gram spans two outputs
        ([["a"], []], 2, 0),
    ],
)
def test_distinct_n_of_hand_made_rows(outputs, n, expected):
    assert distinct_n(outputs, n) == pytest.approx(expected)


def test_distinct_of_no_tokens_at_a_time_is_an_error():
    with pytest.raises(ValueError, match="Expected n of at least 1; received 0"):
        distinct_n([["a"]], 0)


@pytest.mark.parametrize("as_tokens", [False, True])
def test_diversity_of_hand_made_replies(as_tokens):
    outputs = ["no", "yes", "no", "why not", "yes", "no", ""]
    outputs = [output.split() for output in outputs] if as_tokens else outputs
    assert commonest_share(outputs, 1) == pytest.approx(3 / 7)
    assert commonest_share(outputs, 2) == pytest.approx(5 / 7)
    assert commonest_share(outputs) == 1
    assert unique_share(outputs) == pytest.approx(4 / 7)
    assert mean_length(outputs) == pytest.approx((7 if as_tokens else 2 * 3 + 3 * 2 + 7) / 7)
    assert commonest_share([f"reply {place}" for place in range(20)]) == 0.5


@pytest.mark.parametrize("score", [commonest_share, unique_share, mean_length])
def test_diversity_of_no_list_is_an_error(score):
    with pytest.raises(ValueError, match="Expected at least one output; received none"):
        score([])
    with pytest.raises(TypeError, match="Expected a list of outputs; received one string"):
        score("no")
    with pytest.raises(ValueError, match="Expected n of at least 1; received 0"):
        commonest_share(["no"], 0)


def test_perplexity_per_character_by_hand():
    halvings = math.log(2) * 8 / 5  # a token: 8 in all of 5 tokens
    assert perplexity_per_character(halvings, 5, ["abc", "é"]) == pytest.approx(2 ** (8 / 6))
    assert perplexity_per_character(0.0, 1, [""]) == 1
    with pytest.raises(ValueError, match="Expected at least one text; received none"):
        perplexity_per_character(0.0, 0, [])


@pytest.mark.parametrize("score", [exact_match, edit_distance_rate, bleu, chrf])
@pytest.mark.parametrize(
    ("outputs", "references", "counts"),
    [([], [], (0, 0)), (["a"], [["a"], ["b"]], (1, 2)), (["a", "b"], [["a"], []], (2, 2))],
)
def test_outputs_without_references_are_an_error(score, outputs, references, counts):
    message = "Expected at least one output.*; received {} outputs and {} lists of references"
    with pytest.raises(ValueError, match=message.format(*counts)):
        score(outputs, references)


SETS = [["the cat sat on a mat", "he left early today"], ["a cat sat on the mat", "he went away today"]]
TWO = ["the cat sat on the mat", "he left early today"]


@pytest.mark.parametrize(("score", "metric"), [(bleu, BLEU), (chrf, CHRF)])
def test_references_as_sacrebleu_takes_them_are_told_apart(score, metric):
    """Two outputs with two references each are a square, which could be read either way."""
    for references in (SETS, [list(right) for right in zip(*SETS, strict=True)]):
        with pytest.raises(ValueError, match="Expected an order with 2 lists of 2 references"):
            score(TWO, references)
    expected = metric().corpus_score(TWO, SETS).score
    assert score(TWO, SETS, order="sets")[0] == pytest.approx(expected)
    turned = list(zip(*SETS, strict=True))
    assert score(TWO, turned, order="outputs")[0] == pytest.approx(expected)
    assert score(TWO, SETS, order="outputs")[0] != pytest.approx(expected)


@pytest.mark.parametrize("score", [exact_match, edit_distance_rate])
def test_every_score_with_references_asks_for_their_order(score):
    outputs, sets = [["a"], ["b"]], [[["a"], ["c"]], [["d"], ["b"]]]
    with pytest.raises(ValueError, match="Expected an order with 2 lists of 2 references"):
        score(outputs, sets)
    assert score(outputs, sets, order="sets") == (score is exact_match)
    assert score(outputs, [[["a"]], [["b"]]]) == (score is exact_match)
    with pytest.raises(ValueError, match="Expected order one of outputs, sets, or None; received 'rows'"):
        score(outputs, sets, order="rows")
    with pytest.raises(ValueError, match=r"each of 2 outputs in every list.*; received 1, 1 in"):
        score(outputs, [[["a"]], [["b"]]], order="sets")


@pytest.mark.parametrize("score", [bleu, chrf])
def test_scores_of_texts_name_the_row_that_is_none(score):
    with pytest.raises(TypeError, match=r"row 1 of outputs .*nan, a missing value"):
        score(["a", float("nan")], [["a"], ["b"]])
    with pytest.raises(TypeError, match=r"row 0 of references\[1\] .*None, a missing value"):
        score(["a", "b"], [["a"], [None]])
    with pytest.raises(TypeError, match=r"row 1 of outputs .*list \['b'\]"):
        score(["a", ["b"]], [["a"], ["b"]])


def test_scores_take_columns_and_generators():
    outputs = pd.Series(OUTPUTS, index=[7, 2, 5])
    assert bleu(outputs, REFERENCES) == bleu(OUTPUTS, REFERENCES)
    assert bleu(OUTPUTS, pd.Series(REFERENCES, index=[7, 2, 5])) == bleu(OUTPUTS, REFERENCES)
    assert exact_match(outputs, REFERENCES) == exact_match(OUTPUTS, REFERENCES)
    assert unique_share(iter(OUTPUTS)) == commonest_share(outputs) == 1
    assert mean_length(text for text in OUTPUTS) == mean_length(outputs) == mean_length(OUTPUTS)
    assert perplexity_per_character(0.5, 7, outputs) == perplexity_per_character(0.5, 7, OUTPUTS)


def test_ngrams_of_texts_that_are_not_tokenised_are_an_error():
    with pytest.raises(TypeError, match="Expected lists of tokens; received a text"):
        distinct_n(["the cat"], 1)
