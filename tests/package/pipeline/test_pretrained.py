"""The models that come with the package: small, whole, and as good as the book says."""

import json
from pathlib import Path

import pytest

import s2s_lesson
from s2s_lesson import corpora
from s2s_lesson.pipeline import evaluate

ROOT = Path(__file__).parents[3]
LARGEST = 2 * 2**20  # bytes


def test_a_pretrained_model_pronounces_words():
    pipeline = s2s_lesson.pretrained("pronunciations")
    texts = [prediction.text for prediction in pipeline.predict(["telephone", "seven"])]
    assert texts == ["T EH L AH F OW N", "S EH V AH N"]


@pytest.mark.slow(guard="tests/package/pipeline/test_pretrained.py::test_a_pretrained_model_pronounces_words")
def test_its_error_is_the_one_that_was_measured():
    """On the first 200 words of the dev split; their standard error is about 3.5 in 100 words."""
    pipeline = s2s_lesson.pretrained("pronunciations")
    results = json.loads((ROOT / "book" / "results" / "pretrained.json").read_text(encoding="utf-8"))
    [measured] = results["runs"]
    pairs = corpora.load("pronunciations").dev[:200]
    scores = evaluate(pipeline, pairs)
    assert scores["exact_match"] == pytest.approx(measured["scores"]["dev"]["exact_match"], abs=0.12)


def test_weights_are_small():
    for folder in (ROOT / "s2s_lesson" / "weights").iterdir():
        size = sum(file.stat().st_size for file in folder.iterdir())
        assert size < LARGEST, f"{folder.name} has {size:,} bytes"


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="Expected a model among pronunciations; received 'french'"):
        s2s_lesson.pretrained("french")
