"""Files of the book: found in its folder, or downloaded."""

from pathlib import Path

import keras
import pytest

from s2s_lesson import corpora
from s2s_lesson.teaching import book_file, read_weights, results_of

BOOK = Path(__file__).parents[3] / "book"


@pytest.mark.parametrize(
    ("name", "task", "right"), [("sort", "sort", "b d f"), ("reverse", "reverse", "b f d")]
)
def test_a_model_of_the_book_writes(name, task, right):
    pipeline = read_weights(name, corpora.load(task), BOOK)
    assert pipeline.predict(["d f b"], beam_size=1)[0].text == right


def test_results_say_the_command_that_makes_them():
    assert results_of("dates", BOOK)["command"].startswith("python -m benchmarks ")


def test_what_the_folder_does_not_hold_is_downloaded(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(keras.utils, "get_file", lambda *given: asked.append(given) or tmp_path / "here")
    assert book_file("results/dates.json", tmp_path) == tmp_path / "here"
    [(name, address)] = asked
    assert name == "dates.json" and address.endswith("/main/book/results/dates.json")
