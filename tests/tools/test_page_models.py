"""The engine of the page computes what the Python model with the same rounded weights does."""

import json

import keras
import numpy as np
import pytest
from in_node import run_in_node
from page_data import FORMS, ROOT, model_of_page
from page_models import PLAIN, model_for_page, pipeline_for_page
from page_twins import twin
from small_models import VARIANTS, small_batch, small_model

from benchmarks.shared.rows import ROWS
from s2s_lesson.corpora import group_references, load
from s2s_lesson.pipeline import TextToText
from s2s_lesson.pipeline.cards import cards
from s2s_lesson.pipeline.export.agreement import with_stored_weights

ON_PAGE = {
    name: options
    for name, options in VARIANTS.items()
    if all(options.get(option, value) == value for option, value in PLAIN.items())
}
UNLIKE = ("pronunciations", "spanish", "dates-one-way", "rows-without-attention")
SENTENCES = ("small-talk", "spanish")
IN_BYTES = ("gru-general-2_layers", "gru-general-tied-projected")  # the others are stored in 16 bits
FAST = (  # each part of a model is in one of these
    "lstm-general-both_ways",
    "gru-general-2_layers",
    "lstm-concat-both_ways-2_layers",
    "lstm-bahdanau-into_rnn-2_layers-residual",
    "gru-general-input_feeding-temperature",
    "gru-general-tied-projected",
)
SLOW = pytest.mark.slow(
    guard="tests/tools/test_page_models.py::test_logits_and_attention_are_those_of_the_model"
)


def real(ids):
    """The ids of a row without its padding."""
    return [int(token) for token in ids if token != 0]


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name in FAST else SLOW) for name in ON_PAGE])
def test_logits_and_attention_are_those_of_the_model(name, tmp_path):
    batch, form = small_batch(variant=name), "int8" if name in IN_BYTES else "float16"
    targets = batch["decoder_inputs"].tolist()
    rows = [
        {"source": real(source), "target": target}
        for source, target in zip(batch["source_ids"], targets, strict=True)
    ]
    cases = {name: {"stored": model_for_page(small_model(name), form), "batches": rows}}
    computed = run_in_node("run_models.mjs", cases, tmp_path)[name]
    model = with_stored_weights(small_model(name), form)
    logits, weights = (
        keras.ops.convert_to_numpy(one)
        for one in model.decode(batch["decoder_inputs"], model.encode(batch["source_ids"]))
    )
    for place, (row, steps) in enumerate(zip(rows, computed, strict=True)):
        np.testing.assert_allclose([step["logits"] for step in steps], logits[place], atol=1e-4)
        of_page = np.array([step["attention_weights"] for step in steps])
        np.testing.assert_allclose(of_page, weights[place, :, : len(row["source"])], atol=1e-4)


def test_a_model_that_the_page_cannot_run_is_refused():
    with pytest.raises(ValueError, match=r"received \{'coverage': True\}"):
        model_for_page(small_model("gru-bahdanau-coverage"), "int8")


def sources_for(name):
    """Test sources for a model of the page."""
    if name.startswith("rows"):
        return [pair.source for pair in load("copy", **ROWS, train_size=1, dev_size=1, test_size=1000).test]
    if name in SENTENCES:  # those of the scoreboard, since not every machine has the corpora
        return [drawn["source"] for drawn in shown_on_scoreboard(name)]
    shipped = "dates" if name.startswith("dates") else name
    return group_references(load(cards()[shipped].corpus).test)[0]


def shown_on_scoreboard(name):
    """The sources that were drawn for a model that ships, with what it writes: list of dicts."""
    results = json.loads((ROOT / "book" / "results" / "pretrained.json").read_text(encoding="utf-8"))
    return next(run["drawn"] for run in results["runs"] if run["name"] == name)


def same_outputs(name, count, folder):
    """What a model writes for test sources, in the page and in Python with the same weights."""
    pipeline, form = model_of_page(name), FORMS[name]
    texts = sources_for(name)[:count]
    shown = run_in_node(
        "run_pipelines.mjs", {name: {"stored": pipeline_for_page(pipeline, form), "texts": texts}}, folder
    )[name]
    return shown, twin(name).predict(texts, batch_size=256)


@pytest.mark.parametrize("name", UNLIKE)
def test_a_model_of_the_page_writes_and_attends_as_in_python(name, tmp_path, uncompiled):
    expect_same_run(name, tmp_path)


@pytest.mark.slow(
    guard="tests/tools/test_page_models.py::test_a_model_of_the_page_writes_and_attends_as_in_python"
)
@pytest.mark.parametrize("name", sorted(set(FORMS) - set(UNLIKE)))
def test_so_does_each_other_model(name, tmp_path):
    expect_same_run(name, tmp_path)


def expect_same_run(name, folder):
    """Three sources give the same text, attention, unknown tokens and as many states."""
    shown, predictions = same_outputs(name, 3, folder)
    for run, prediction in zip(shown["runs"], predictions, strict=True):
        assert run["output_text"] == prediction.text and len(run["source"]) == len(prediction.source_tokens)
        np.testing.assert_allclose(run["weights"], prediction.attention_weights, atol=1e-4)
        assert run["unknown"] == list(prediction.unknown)
        assert np.shape(run["states"][-1]["vectors"])[0] == len(run["source"])


def test_a_seed_draws_the_same_sample_again_and_other_seeds_draw_others(tmp_path):
    how = [{"search": "sample", "seed": seed} for seed in (0, 1, 2, 3, 0)]
    pipeline, texts = model_of_page("pronunciations"), ["xylographica"] * len(how)
    task = {"stored": pipeline_for_page(pipeline, "int8"), "texts": texts, "how": how}
    *drawn, again = run_in_node("run_pipelines.mjs", {"samples": task}, tmp_path)["samples"]["runs"]
    assert drawn[0] == again and len({run["output_text"] for run in drawn}) > 1
    for run in drawn:
        assert set(run["output_text"].split()) <= set(pipeline.target_vocab.tokens[4:])
        assert np.shape(run["weights"]) == (len(run["output"]), len(run["source"]))


def test_a_view_never_writes_the_unknown_token(tmp_path):
    """Its logit is by far the highest here."""
    pairs = [("hello there", "hi"), ("how are you", "fine thanks"), ("bye", "see you")]
    sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}
    words = dict.fromkeys(("source_tokens", "target_tokens"), "whitespace")
    pipeline = TextToText.from_pairs(pairs, max_output_length=7, **words, **sizes)
    bias = pipeline.model.decoder.output_layer.bias
    bias.assign(bias + 30.0 * (np.arange(bias.shape[0]) == pipeline.target_vocab.unk_id))
    how = [{"search": "beam"}, *({"search": "sample", "seed": seed} for seed in range(5))]
    task = {"stored": pipeline_for_page(pipeline, "float16"), "texts": ["hello you"] * len(how), "how": how}
    written = run_in_node("run_pipelines.mjs", {"unknown": task}, tmp_path)["unknown"]["runs"]
    assert all(run["output"] and "<unk>" not in run["output"] for run in written)


@pytest.mark.slow(
    guard="tests/tools/test_page_models.py::test_a_model_of_the_page_writes_and_attends_as_in_python"
)
@pytest.mark.parametrize("name", ["dates", "pronunciations"])
def test_a_thousand_sources_are_written_as_in_python(name, tmp_path):
    shown, predictions = same_outputs(name, 1000, tmp_path)
    assert [run["output_text"] for run in shown["runs"]] == [prediction.text for prediction in predictions]
