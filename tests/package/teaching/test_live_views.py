"""The view of a model at work: a stored example, as the page itself would make it."""

import numpy as np
import pytest

import s2s_lesson
from s2s_lesson.pipeline import TextToText
from s2s_lesson.teaching import live_view
from s2s_lesson.teaching.live_views import states_by_direction

PAIRS = [("abc", "xy"), ("cab", "yx")]


def small(**options):
    tokens = dict.fromkeys(("source_tokens", "target_tokens"), "characters")
    return TextToText.from_pairs(
        PAIRS, **tokens, embedding_dim=3, encoder_units=5, decoder_units=7, **options
    )


def test_the_example_is_what_the_model_makes_of_the_text(uncompiled):
    pipeline = s2s_lesson.pretrained("dates")
    view = live_view(pipeline, "1 mai §", "dates", label="A date", plays=True)
    [prediction] = pipeline.predict(["1 mai §"])
    run = view.data["run"]
    assert view.kind == "live" and view.data["model"] == "dates" and view.data["plays"] is True
    assert run["text"] == "1 mai §" and run["output_text"] == prediction.text and run["unknown"] == ["§"]
    assert run["source"] == ["1", "␣", "m", "a", "i", "␣", "§", "</s>"]
    np.testing.assert_allclose(run["weights"], prediction.attention_weights, atol=5e-4)
    units = pipeline.model.config.encoder_units
    assert [np.shape(states["vectors"]) for states in run["states"]] == [(8, units)] * 2
    assert [states["backwards"] for states in run["states"]] == [False, True]
    values = np.array([states["vectors"] for states in run["states"]])
    assert all(len(str(abs(value))) <= 4 for value in values.ravel())  # two decimals take little room


def test_a_sample_is_drawn_as_the_pipeline_draws_it(uncompiled):
    pipeline = s2s_lesson.pretrained("pronunciations")
    view = live_view(pipeline, "xylographica", "pronunciations", search="sample")
    [drawn] = pipeline.sample(["xylographica"], top_p=0.9)
    assert view.data["search"] == "sample" and view.data["run"]["output_text"] == drawn.text
    with pytest.raises(ValueError, match="search"):
        live_view(pipeline, "a", "pronunciations", search="greedy")


def test_states_are_those_of_each_direction():
    outputs = np.arange(12.0).reshape(2, 6)
    forwards, backwards = states_by_direction(outputs, bidirectional=True)
    assert forwards["vectors"] == [[0, 1, 2], [6, 7, 8]] and backwards["vectors"] == [[3, 4, 5], [9, 10, 11]]
    [alone] = states_by_direction(outputs, bidirectional=False)
    assert alone["vectors"] == outputs.tolist() and not alone["backwards"]


def test_a_decoder_without_states_to_show_is_refused():
    sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 14, "num_heads": 7}
    pipeline = TextToText.from_pairs([("ab", "c")], **sizes, decoder="self_attention")
    with pytest.raises(ValueError, match="Expected a model with a recurrent decoder; received 'self_att"):
        live_view(pipeline, "ab", "none")
