"""An export behind HTTP answers as it does when it is called."""

import pytest
from serving import served

from s2s_lesson import deployed


def test_an_export_is_served(export):
    model, texts = deployed.load(export), ["abc", "cab"]
    with served(model) as client:
        asked = {"texts": texts, "beam_size": 2, "n_best": 2}
        told = client.post("/predict", json=asked).json()["predictions"]
        drawn = client.post("/sample", json={"texts": texts, "seed": 3}).json()["predictions"]
    for one, prediction in zip(told, model.predict(texts, 2, 2), strict=True):
        outputs = [(output["text"], output["log_probability"]) for output in one["outputs"]]
        ranked = (prediction, *prediction.alternatives)
        assert outputs == [(each.text, pytest.approx(each.log_probability, abs=1e-5)) for each in ranked]
    written = [one["outputs"][0]["text"] for one in drawn]
    assert written == [prediction.text for prediction in model.sample(texts, seed=3)]
