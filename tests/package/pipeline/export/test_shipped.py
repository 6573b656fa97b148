"""The model that comes with the package, exported: on all test words it writes what the model writes."""

import pytest

from s2s_lesson import deployed
from s2s_lesson.corpora import group_references, load
from s2s_lesson.pipeline import TextToText, pretrained
from s2s_lesson.pipeline.export.agreement import with_stored_weights

SAME = {"float32": 1.0, "float16": 0.995, "int8": 0.99}  # at least this share of words


def texts(pipeline, words):
    return [prediction.text for prediction in pipeline.predict(words, batch_size=256)]


@pytest.fixture(scope="module")
def shipped():
    """The pipeline, the test words, and what it writes for them."""
    pipeline = pretrained("pronunciations")
    words, _ = group_references(load("pronunciations").test)
    return pipeline, words, texts(pipeline, words)


@pytest.mark.slow(
    guard="tests/package/pipeline/export/test_onnx_folder.py::test_predictions_are_those_of_the_model"
)
@pytest.mark.parametrize("form", SAME)
def test_an_export_writes_what_the_model_writes(shipped, tmp_path, form):
    pipeline, words, expected = shipped
    pipeline.export(tmp_path, weights=form, sources=words[:31])
    written = texts(deployed.load(tmp_path), words)
    *vocabularies, options = pipeline.description()
    rounded = TextToText(with_stored_weights(pipeline.model, form), *vocabularies, **options)
    assert len(words) > 2000 and written == (texts(rounded, words) if form != "float32" else expected)
    same = sum(mine == other for mine, other in zip(written, expected, strict=True)) / len(words)
    assert same >= SAME[form], same
