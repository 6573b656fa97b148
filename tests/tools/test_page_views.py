"""What the page's models answer to views that compare, as Python does with the same rounded weights."""

import json

import numpy as np
import pytest
from in_node import run_in_node
from page_data import FORMS, ROOT, model_of_page
from page_models import pipeline_for_page
from page_twins import twin

from benchmarks.shared.masks import written_behind_padding
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.past_views import two_pasts

DATES = ["30 sept. 2016", "Friday, September 30, 2016", "5.1.84"]
EXAMPLES = json.loads((ROOT / "book" / "results" / "switches.json").read_text())["examples"]
SENTENCES = ("small-talk", "spanish")
ROW = "v t k g n k u h m p x n h t q g"


def answers(name, asked, folder):
    """What a model of the page answers to each question, a list of a function's name and what it is given."""
    stored = pipeline_for_page(model_of_page(name), FORMS[name])
    [answered] = run_in_node("ask_pipelines.mjs", [{"stored": stored, "asked": asked}], folder)
    return answered


@pytest.mark.parametrize("name", ["dates", "dates-without-masks"])
def test_padding_is_read_as_if_it_were_tokens(name, tmp_path, uncompiled):
    asked = [(text, paddings) for text, paddings in zip(DATES, (0, 3, 11), strict=True)]
    shown = answers(name, [["write", text, {"paddings": paddings}] for text, paddings in asked], tmp_path)
    model = twin(name)
    written = [written_behind_padding(model, text, paddings) for text, paddings in asked]
    assert [answer["output_text"] for answer in shown] == written
    assert [answer["text"] for answer in shown] == DATES


@pytest.mark.parametrize("name", sorted({example["name"] for example in EXAMPLES}))
def test_the_examples_of_the_views_are_what_the_page_writes(name, tmp_path):
    examples = [example for example in EXAMPLES if example["name"] == name]
    beam_size = 1 if name.startswith("rows") else 5
    asked = [
        ["write", example["source"], {"beamSize": beam_size, "paddings": example["paddings"]}]
        for example in examples
    ]
    shown = answers(name, asked, tmp_path)
    assert [answer["output_text"] for answer in shown] == [example["output"] for example in examples]


def test_padding_spoils_what_a_model_with_masks_writes(tmp_path):
    questions = [["write", DATES[1], {"paddings": paddings}] for paddings in (0, 20)]
    alone, padded = (answer["output_text"] for answer in answers("dates", questions, tmp_path))
    assert alone == "2016-09-30" != padded


@pytest.mark.parametrize("name", ["rows", "rows-without-attention"])
def test_rows_are_copied_by_greedy_search(name, tmp_path, uncompiled):
    [answer] = answers(name, [["write", ROW, {"beamSize": 1}]], tmp_path)
    [prediction] = twin(name).predict([ROW], beam_size=1)
    assert answer == {"text": ROW, "output_text": prediction.text, "unknown": []}
    assert (prediction.text == ROW) == (name == "rows")


def test_both_pasts_are_those_of_python(tmp_path, uncompiled):
    """The own output is the truth, differs and comes back, ends before the truth, and goes on after it."""
    pairs = [
        ("abide", "AH B AY D"),
        ("redoubt", "R IY D AW T"),
        ("savary", "S AE V EH R IY"),
        ("abide", "AH B"),
        ("çat", "K AE T"),
    ]
    shown = answers("pronunciations", [["pasts", *pair] for pair in pairs], tmp_path)
    model = twin("pronunciations")
    for pair, answer in zip(pairs, shown, strict=True):
        expected = two_pasts(model, *pair)
        for past in ("forced", "own"):
            np.testing.assert_allclose(answer.pop(past), expected.pop(past), atol=2e-4)
        assert answer == expected
    assert [len(answer["written"]) < len(answer["truth"]) for answer in shown] == [0, 0, 1, 0, 0]
    assert [answer["written"][-1] == "</s>" for answer in shown] == [1, 1, 1, 0, 1]


def test_what_has_no_shape_is_written_as_python_writes_it(tmp_path):
    text = "1\t\u0301\u3000\u00a0\u200b\u200d\u202e\ue000é"
    [shown] = answers("dates", [["run", text]], tmp_path)
    assert shown["source"][:-1] == [*map(fonts.visible, twin("dates").source_side(text))]
    assert shown["source"][1:3] == ["U+0009", "◌\u0301"] and "U+200D" in shown["source"]


def test_what_a_model_cannot_score_is_said(tmp_path):
    asked = [
        ["pasts", "abide", "AH b XX"],
        ["pasts", "abide", " "],
        ["pasts", "", "AH"],
        ["pasts", "a", 150 * "AH "],
        ["pasts", "abide", " ".join("abcdefgh")],
    ]
    strange, nothing, no_word, long, much = (
        answer["error"] for answer in answers("pronunciations", asked, tmp_path)
    )
    assert strange.startswith("Expected only ") and strange.endswith("; received b XX.")
    assert nothing == "Type what would be right." and no_word == "Type something that the model can read."
    assert long == "This is too long: the model writes 99 tokens at most; these are 150."
    assert much.endswith("; received a b c d e and 3 more.")


def test_the_scripts_of_models_are_small():
    """A page's own limit, of all its models together, is tested on the page."""
    sizes = {
        name: len(json.dumps(pipeline_for_page(model_of_page(name), form))) for name, form in FORMS.items()
    }
    largest = {name: 3_000_000 if name in SENTENCES else 1_000_000 for name in FORMS}
    assert {name: size for name, size in sizes.items() if size > largest[name]} == {}
