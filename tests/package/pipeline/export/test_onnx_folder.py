"""Export: a pipeline as a folder that answers as the pipeline does."""

import json

import keras
import numpy as np
import onnx
import pytest
from uncompiled import uncompiled

from s2s_lesson import deployed
from s2s_lesson.data import Vocabulary
from s2s_lesson.deployed.manifest import MANIFEST
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline import SequenceToText, TextToText
from s2s_lesson.pipeline.export.agreement import with_stored_weights
from s2s_lesson.search import Constraints

TEXTS = ["abc", "", "cab d", "bbbbb", "zab"]
FORMS = ("float32", "float16", "int8")


def pipeline_of(**options):
    vocab = Vocabulary("abcd ")
    sizes = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
    keras.utils.set_random_seed(3)
    model = Seq2Seq(Seq2SeqConfig(len(vocab), len(vocab), **sizes, **options))
    model.set_weights([3 * weight for weight in model.get_weights()])  # the trained ones are greater
    tokens = {"source_tokens": "characters", "target_tokens": "characters", "normalisation": True}
    return TextToText(model, vocab, vocab, **tokens, max_source_length=7, max_output_length=5)


@pytest.fixture(scope="module")
def pipeline():
    return pipeline_of()


@pytest.fixture(scope="module")
def folders(pipeline, tmp_path_factory):
    """An export in each form of storage, on texts."""
    folders = {form: tmp_path_factory.mktemp(form) for form in FORMS}
    for form, folder in folders.items():
        pipeline.export(folder, weights=form, sources=TEXTS, name="letters", licence="MIT")
    return folders


def assert_alike(predictions, expected, tolerance=1e-5):
    for mine, other in zip(predictions, expected, strict=True):
        assert (mine.text, mine.tokens, mine.source_tokens, mine.unknown) == (
            *(other.text, other.tokens, other.source_tokens, other.unknown),
        )
        assert mine.log_probability == pytest.approx(other.log_probability, abs=tolerance)
        assert mine.score == pytest.approx(other.score, abs=tolerance)
        np.testing.assert_allclose(mine.attention_weights, other.attention_weights, atol=tolerance)
        assert_alike(mine.alternatives, other.alternatives, tolerance)


@pytest.mark.parametrize("form", FORMS)
def test_predictions_are_those_of_the_model(pipeline, folders, form):
    model = with_stored_weights(pipeline.model, form)
    rounded = TextToText(model, *pipeline.description()[:2], **pipeline.description()[2])
    options = {"beam_size": 3, "n_best": 2, "length_penalty": 0.6}
    with uncompiled():
        expected = rounded.predict(TEXTS, **options)
    assert_alike(deployed.load(folders[form]).predict(TEXTS, **options), expected)


def test_a_table_for_both_sides_and_the_output_is_stored_once(tmp_path):
    """Also as whole numbers, with one scale a row: where it is turned round, that is one a column."""
    pipeline = pipeline_of(shared_embedding=True, tied_output=True)
    manifest = pipeline.export(tmp_path, weights="int8", sources=TEXTS)
    assert manifest.config["tied_output"] and manifest.agreement["largest_difference"] < 1e-5
    name = pipeline.model.decoder.embedding.embeddings.path
    for file in ("encoder.onnx", "step.onnx"):
        stored = [constant.name for constant in onnx.load(tmp_path / file).graph.initializer]
        assert [one for one in stored if one.startswith(name)] == [name, f"{name}.scale"]


def test_samples_and_constraints_are_those_of_the_model(pipeline, folders):
    exported = deployed.load(folders["float32"])
    options = {"n_samples": 2, "seed": 7, "temperature": 1.3, "top_k": 4}
    assert_alike(exported.sample(TEXTS, **options), pipeline.sample(TEXTS, **options))
    constraints = Constraints(prefix="b", forbidden=["a"], min_output_length=3)
    predictions = exported.predict(TEXTS, constraints=constraints)
    assert_alike(predictions, pipeline.predict(TEXTS, constraints=constraints))
    assert predictions[0].text.startswith("b") and "a" not in predictions[0].text


def test_the_manifest_says_what_it_was_made_of(pipeline, folders):
    manifest = deployed.load(folders["float32"]).manifest
    assert manifest.weights == "float32" and (manifest.name, manifest.licence) == ("letters", "MIT")
    assert manifest.config["encoder_units"] == 7 and manifest.attribution is None
    assert set(manifest.made_with) == {"s2s_lesson", "keras", "engine", "onnx"}
    assert manifest.agreement["sources"] == len(TEXTS) and manifest.agreement["drawn"] is False
    assert manifest.agreement["largest_difference"] < 1e-5 > manifest.agreement["largest_log_difference"]
    assert manifest.agreement["same_outputs"] == 1
    names = {path.name for path in folders["float32"].iterdir()}
    assert names == {*manifest.files, MANIFEST}


def test_a_model_that_copies_writes_words_that_only_the_source_knows(tmp_path):
    vocab = Vocabulary(["ada", "saw"])
    keras.utils.set_random_seed(0)
    sizes = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
    model = Seq2Seq(Seq2SeqConfig(len(vocab), len(vocab), **sizes, copy=True))
    model.decoder.generate_layer.bias.assign([-5.0])  # copy rather than write
    tokens = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    pipeline = TextToText(model, vocab, vocab, **tokens, max_output_length=3)
    pipeline.export(tmp_path, sources=["ada saw kim"])
    texts, constraints = ["kim bob", "eve"], Constraints(min_output_length=3)
    predictions = deployed.load(tmp_path).predict(texts, constraints=constraints)
    assert_alike(predictions, pipeline.predict(texts, constraints=constraints))
    assert [set(one.tokens[:2]) <= set(one.source_tokens) for one in predictions] == [True, True]


def test_drawn_sources_where_none_are_given_and_an_export_is_replaced(pipeline, tmp_path):
    assert pipeline.export(tmp_path).agreement["drawn"] is True
    again = pipeline.export(tmp_path, sources=TEXTS, weights="int8")
    assert deployed.load(tmp_path).manifest == again


def test_vectors_are_exported(tmp_path):
    pairs = [(np.full((length, 2), length, "float32"), "ab"[: length % 3]) for length in (2, 4, 5, 7)]
    sizes = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11}
    pipeline = SequenceToText.from_pairs(pairs, target_tokens="characters", max_output_length=5, **sizes)
    sources = [source for source, _ in pairs]
    pipeline.export(tmp_path, sources=sources)
    exported = deployed.load(tmp_path)
    assert isinstance(exported, deployed.ExportedSequenceToText)
    for mine, other in zip(exported.predict(sources), pipeline.predict(sources), strict=True):
        assert mine.tokens == other.tokens
        assert mine.log_probability == pytest.approx(other.log_probability, abs=1e-5)


def test_a_folder_of_other_things_is_left_alone(pipeline, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"Expected an empty folder.* holds notes.txt"):
        pipeline.export(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_export_stays_until_another_one_agrees(pipeline, tmp_path):
    """Nor does it go together with what somebody put beside it."""
    folder = tmp_path / "export"
    first = pipeline.export(folder, sources=TEXTS)
    with pytest.raises(ValueError, match="to compare on; received none"):
        pipeline.export(folder, sources=[""], weights="int8")
    assert deployed.load(folder).manifest == first and list(tmp_path.iterdir()) == [folder]
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"holds notes\.txt"):
        pipeline.export(folder, sources=TEXTS)
    assert (folder / "notes.txt").read_text() == "mine"


def test_nothing_is_left_of_an_export_that_does_not_agree(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr("s2s_lesson.pipeline.export.onnx_folder.TOLERANCE", 0.0)
    with pytest.raises(RuntimeError, match=r"Expected probabilities within .* of the model's"):
        pipeline.export(tmp_path / "export", sources=TEXTS)
    assert list(tmp_path.iterdir()) == []


def test_sources_to_compare_on_must_be_readable(pipeline, tmp_path):
    with pytest.raises(ValueError, match="Expected sources of 1 to 7 tokens, to compare on; received none"):
        pipeline.export(tmp_path / "export", sources=["", "abcdabcdabcd"])


def test_options_are_looked_at(pipeline, tmp_path):
    with pytest.raises(ValueError, match="Expected weights one of float32, float16, int8; received 'int4'"):
        pipeline.export(tmp_path / "export", weights="int4")


def test_an_export_differs_from_its_model_where_weights_do(pipeline, folders, tmp_path):
    """The check can fail: the agreement of another model is none."""
    from s2s_lesson.pipeline.export.agreement import agreement

    other = pipeline_of()
    other.model.decoder.output_layer.bias.assign_add(np.linspace(0, 1, 9))
    measured = agreement(other, other.model, deployed.load(folders["float32"]), TEXTS)
    assert measured["largest_difference"] > 1e-3
    assert json.loads((folders["float32"] / MANIFEST).read_text())["agreement"]["largest_difference"] < 1e-5
