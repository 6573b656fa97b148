"""Models of the book that lie in files of weights."""

from pathlib import Path

import pytest

from s2s_lesson import corpora
from s2s_lesson.teaching import read_weights

WEIGHTS = Path(__file__).parents[3] / "book" / "weights"


@pytest.mark.parametrize(
    ("name", "task", "right"), [("sort", "sort", "b d f"), ("reverse", "reverse", "b f d")]
)
def test_a_model_of_the_book_writes(name, task, right):
    pipeline = read_weights(WEIGHTS / f"{name}.npz", corpora.load(task))
    assert pipeline.predict(["d f b"], beam_size=1)[0].text == right
