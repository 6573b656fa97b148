"""The models that come with the package write on every engine, and exported, what the scoreboard shows."""

import json
from pathlib import Path

import pytest

from s2s_lesson import deployed, pretrained

RESULTS = Path(__file__).parents[3] / "book" / "results" / "pretrained.json"
SHOWN = {run["name"]: run for run in json.loads(RESULTS.read_text(encoding="utf-8"))["runs"]}
SEARCHES = {
    "beam of 5": lambda model, sources: model.predict(sources, truncate=True),
    "a sample, top-p 0.9": lambda model, sources: model.sample(sources, truncate=True, top_p=0.9, seed=0),
}


def written(model, shown):
    """What a model writes for the sources that were drawn for the scoreboard: list of str."""
    search, sources = SEARCHES[shown["search"]], [drawn["source"] for drawn in shown["drawn"]]
    return [prediction.text for prediction in search(model, sources)]


@pytest.fixture(scope="module", params=SHOWN)
def shipped(request):
    """A model, and what stands on the scoreboard of it."""
    return pretrained(request.param), SHOWN[request.param]


def test_a_model_writes_what_the_scoreboard_shows(shipped, uncompiled):
    model, shown = shipped
    assert written(model, shown) == [drawn["output"] for drawn in shown["drawn"]]


def test_its_export_writes_the_same(shipped, tmp_path, uncompiled):
    model, shown = shipped
    model.export(tmp_path)
    assert written(deployed.load(tmp_path), shown) == [drawn["output"] for drawn in shown["drawn"]]
