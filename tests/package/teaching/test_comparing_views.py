"""Views that compare: figures from the files of results, and two pasts as the package computes them."""

import json
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from s2s_lesson.data import shift_right
from s2s_lesson.pipeline import TextToText
from s2s_lesson.teaching import copying_view, removed_view, two_pasts_view
from s2s_lesson.teaching.past_views import two_pasts

RESULTS = Path(__file__).parents[3] / "book" / "results"
SWITCHES, SHIPPED = (
    json.loads((RESULTS / f"{name}.json").read_text()) for name in ("switches", "pretrained")
)
[WHOLE] = [run for run in SHIPPED["runs"] if run["name"] == "dates"]
RUNS = {run["name"]: run for run in SWITCHES["runs"]}
SPLITS = ("test", "test_unseen_locales")


def test_shares_beside_a_removed_part_are_those_of_the_results():
    view = removed_view(["attention", "masks", "both_ways"], SWITCHES, SHIPPED)
    whole, switches = view.data["whole"], view.data["switches"]
    assert view.kind == "removed" and (view.data["text"], whole["output"]) == ("30 sept. 2016", "2016-09-30")
    assert whole["right"] == [WHOLE["scores"][split]["exact_match"] for split in SPLITS]
    assert [switch["name"] for switch in switches] == ["no attention", "no mask", "one-way reader"]
    for switch in switches:
        model = switch["models"][-1]
        run = RUNS[model["model"]]
        assert model["right"] == [run["scores"][split]["padded"] for split in SPLITS]
        assert model["parameters"] == run["parameters"]


def test_padding_plays_a_part_where_masks_are_removed_alone():
    attention, masks = removed_view(["attention", "masks"], SWITCHES, SHIPPED).data["switches"]
    assert attention["paddings"] is None and masks["paddings"] == {"most": 20, "now": 10}
    ignored, without = masks["models"]
    assert (
        ignored["model"] == "dates" and ignored["right"] is None and ignored["padded"] and without["padded"]
    )
    assert ignored["output"] != "2016-09-30" == without["output"]


def scored(shares):
    """The results as they would be if dates came out right so often without attention."""
    scores = {split: {"padded": share} for split, share in zip(SPLITS, shares, strict=True)}
    runs = [
        {**run, "scores": scores} if run["name"] == "dates-without-attention" else run
        for run in RUNS.values()
    ]
    return {**SWITCHES, "runs": runs}


def test_what_is_lost_is_said_from_the_figures():
    def verdict(shares):
        [switch] = removed_view(["attention"], scored(shares), SHIPPED).data["switches"]
        return switch["verdict"]

    assert WHOLE["scores"]["test"]["exact_match"] == 1.0
    unseen = WHOLE["scores"]["test_unseen_locales"]["exact_match"]
    assert verdict([0.9875, unseen]) == "Dates hardly change: at most 1.25 of 100 are lost."
    assert verdict([1.0, 1.0]) == "Dates hardly change: at most 0 of 100 are lost."
    lost = "What is lost: hardly any of unseen days and 3.5 of 100 unseen locales."
    assert verdict([1.0, unseen - 0.035]) == lost


def test_unknown_parts_are_refused():
    with pytest.raises(ValueError, match=r"one of attention, masks, both_ways; received .'decoder'."):
        removed_view(["decoder"], SWITCHES, SHIPPED)


def test_copies_are_those_of_the_results():
    view = copying_view(SWITCHES)
    assert view.kind == "copying" and view.data["lengths"] == list(range(4, 25))
    for model in view.data["models"]:
        scores = RUNS[model["model"]]["scores"]
        assert model["right"] == [score["exact_match"] for score in scores]
    with_attention, without = view.data["models"]
    assert with_attention["output"] == view.data["text"] != without["output"]
    assert with_attention["name"] == "with attention" and without["output"] in view.alt


@pytest.fixture
def pipeline():
    tokens = {"source_tokens": "characters", "target_tokens": "whitespace"}
    sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}
    return TextToText.from_pairs([("abc", "x y"), ("cab", "y x z")], **tokens, **sizes)


def with_output_bias(pipeline, **raised):
    """The pipeline, with these tokens likelier than the others whatever was read."""
    bias = pipeline.model.decoder.output_layer.bias
    values = np.zeros(bias.shape, "float32")
    for token, value in raised.items():
        values[pipeline.target_vocab.tokens.index({"end": "</s>"}.get(token, token))] = value
    bias.assign(values)
    return pipeline


def test_probabilities_given_the_true_past_are_those_of_the_log_probability(pipeline, uncompiled):
    run = two_pasts(pipeline, "cab", "y x z")
    [log_probability] = pipeline.log_probabilities([("cab", "y x z")])
    np.testing.assert_allclose(np.log(run["forced"]).sum(), log_probability, atol=2e-3)
    assert run["truth"] == ["y", "x", "z", "</s>"] and run["unknown"] == []


def test_probabilities_given_the_own_past_are_those_of_what_greedy_search_writes(pipeline, uncompiled):
    with_output_bias(pipeline, x=2.0)
    run = two_pasts(pipeline, "cab", "y x z")
    vocab, ids = pipeline.target_vocab, pipeline.target_vocab.encode(["y", "x", "z"])
    assert run["written"] == ["x"] * 4 and run["own"] != run["forced"]
    past = shift_right(np.array([vocab.encode(["x"] * 3)]))
    inputs = pipeline.source_inputs([list("cab")])
    logits, _ = pipeline.model.decode(past, pipeline.model.encode_inputs(inputs))
    expected = ops.convert_to_numpy(ops.softmax(logits))[0, np.arange(4), ids]
    np.testing.assert_allclose(run["own"], expected, atol=1e-4)


def test_after_the_end_of_its_own_output_nothing_follows(pipeline, uncompiled):
    run = two_pasts(with_output_bias(pipeline, end=9.0), "cab", "y x z")
    assert run["written"] == ["</s>"] and len(run["own"]) == 1 and len(run["forced"]) == 4
    assert run["own"][0] == run["forced"][0]


def test_a_view_holds_the_pairs_and_the_first_ones_probabilities(pipeline, uncompiled):
    pairs = [("cab", "y x"), ("ab", "z")]
    view = two_pasts_view(pipeline, pairs, "small", label="Letters", target_label="their marks")
    assert view.kind == "pasts" and view.data["model"] == "small"
    assert view.data["labels"] == ["Letters", "their marks"] and view.data["pairs"] == [
        ["cab", "y x"],
        ["ab", "z"],
    ]
    assert view.data["run"] == two_pasts(pipeline, *pairs[0])
    assert view.alt.startswith("Bar chart: how likely the model finds each true token of cab")


def test_what_the_model_does_not_know_is_told_or_refused(pipeline, uncompiled):
    assert two_pasts(pipeline, "c§b", "y")["unknown"] == ["§"]
    for pair in (("cab", "y q"), ("", "y"), ("cab", "")):
        with pytest.raises(ValueError, match="Expected a source and a target of the model's tokens"):
            two_pasts(pipeline, *pair)
    with pytest.raises(ValueError, match="Expected one pair or more; received none"):
        two_pasts_view(pipeline, [], "small")
