"""An exported model behind HTTP, as a client sees it: a server in a thread, and httpx.

No engine is needed.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from served_models import SmallModel
from serving import drawn_requests, served

from s2s_lesson.data import Prediction
from s2s_lesson.deployed.serving.answers import answer
from s2s_lesson.deployed.serving.jobs import decode
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.requests import PredictRequest, SampleRequest


@pytest.fixture(scope="module")
def client():
    with served(SmallModel()) as client:
        yield client


def alone(model, path, body):
    """The answer to a request, by the model itself."""
    asked = {"/predict": PredictRequest, "/sample": SampleRequest}[path](**body)
    (predictions,) = decode(model, [asked.job(Limits())], 64)
    return answer(predictions, asked.attention).model_dump(exclude_none=True)


def assert_same(one, other, tolerance=1e-5):
    """Both hold the same, numbers to a tolerance."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name], tolerance)
    elif isinstance(one, list):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            assert_same(*pair, tolerance)
    elif isinstance(one, float):
        assert abs(one - other) <= tolerance
    else:
        assert one == other


def ask_all_at_once(client, requests):
    """The responses to requests that are sent by many threads."""
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(lambda request: client.post(request[0], json=request[1]), requests))


def check_many(client, count, seed):
    """Answers to many requests at once are those of the model alone, and some were decoded together."""
    model, before = client.application.model, len(client.application.model.calls)
    requests = drawn_requests(count, seed)
    responses = ask_all_at_once(client, requests)
    assert len(model.calls) - before < count
    assert max(model.calls[before:]) > 3  # more texts than any request has
    for (path, body), response in zip(requests, responses, strict=True):
        assert response.status_code == 200
        assert_same(response.json(), alone(model, path, body))


def test_many_requests_at_once_are_answered_as_one_by_one(client):
    check_many(client, 31, seed=1)


@pytest.mark.slow(
    guard="tests/package/deployed/serving/test_application.py::test_many_requests_at_once_are_answered_as_one_by_one"
)
@pytest.mark.parametrize("seed", [2, 3])
def test_200_requests_at_once_are_answered_as_one_by_one(client, seed):
    check_many(client, 200, seed)


def test_the_comparison_notices_a_difference():
    one = {"a": [0.5, "b"]}
    assert_same(one, {"a": [0.500001, "b"]})
    for other in ({"a": [0.5001, "b"]}, {"a": [0.5, "c"]}, {"a": [0.5]}, {"b": [0.5, "b"]}):
        with pytest.raises(AssertionError):
            assert_same(one, other)


def test_an_answer_holds_outputs_tokens_and_attention(client):
    asked = {"texts": ["ab z", ""], "beam_size": 3, "n_best": 2, "attention": True}
    first, blank = client.post("/predict", json=asked).json()["predictions"]
    assert first["source_tokens"] == ["a", "b", " ", "z", "</s>"] and first["unknown"] == ["z"]
    assert len(first["outputs"]) == 2
    for output in first["outputs"]:
        assert output["text"] == "".join(token for token in output["tokens"] if token != "</s>")
        weights = np.array(output["attention"])
        assert weights.shape == (len(output["tokens"]), 5)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    likelier, other = (output["log_probability"] for output in first["outputs"])
    assert other < likelier < 0
    assert blank == {
        "source_tokens": [],
        "unknown": [],
        "outputs": [{"text": "", "tokens": [], "log_probability": 0.0, "score": 0.0, "attention": []}],
    }
    without = client.post("/predict", json={"texts": ["ab"]}).json()
    assert "attention" not in without["predictions"][0]["outputs"][0]


def test_constraints_shape_outputs(client):
    constraints = {"prefix": "ca", "required": ["gd"], "forbidden": ["f"], "min_output_length": 7}
    asked = {"texts": ["abc"], "constraints": constraints}
    for path in ("/predict", "/sample"):
        (told,) = client.post(path, json=asked).json()["predictions"]
        text = told["outputs"][0]["text"]
        assert text.startswith("ca") and "gd" in text and "f" not in text and len(text) >= 6


def test_outputs_that_constraints_leave_none_of_are_left_out():
    weights = np.zeros((0, 2), "float32")
    none = Prediction("a", ("a", "</s>"), "", (), -math.inf, -math.inf, weights)
    (told,) = answer([none], attention=True).predictions
    assert (told.outputs, told.source_tokens) == ([], ["a", "</s>"])


def test_samples_depend_on_their_seed_alone(client):
    asked = {"texts": ["abc", "abc"], "n_samples": 3, "temperature": 1.5, "seed": 7}
    first = client.post("/sample", json=asked).json()
    assert client.post("/sample", json=asked).json() == first
    assert client.post("/sample", json={**asked, "seed": 8}).json() != first
    one, other = ([output["text"] for output in told["outputs"]] for told in first["predictions"])
    assert len(one) == 3 and one != other


def test_health_tells_what_is_served(client):
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "name": "small <model>",
        "licence": "CC0-1.0",
        "attribution": "Nobody",
        "max_source_length": 23,
        "max_output_length": 13,
    }


def test_metrics_count_what_was_asked(client):
    def counted():
        lines = client.get("/metrics").text.splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))

    names = [f's2s_lesson_requests_total{{path="/predict",status="{status}"}}' for status in (200, 422)]
    names += ["s2s_lesson_batch_texts_sum", "s2s_lesson_waiting_texts"]
    before = counted()
    client.post("/predict", json={"texts": ["a", "b", "c"]})
    client.post("/predict", json={"texts": []})
    client.get("/a-text-in-a-path")
    after = counted()
    assert [float(after[name]) - float(before.get(name, 0)) for name in names] == [1, 1, 3, 0]
    assert "a-text" not in str(after) and 's2s_lesson_requests_total{path="other",status="404"}' in after
    assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")


def until(holds):
    """Wait until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_overload_is_refused_and_passes():
    limits, body = Limits(texts=2, queue=4, wait=0), {"texts": ["abc", "d"], "beam_size": 1}
    with served(model := SmallModel(), limits) as client, ThreadPoolExecutor(3) as pool:
        model.go_on.clear()
        asked = [pool.submit(client.post, "/predict", json=body)]
        until(lambda: model.calls)
        asked += [pool.submit(client.post, "/predict", json=body) for _ in range(2)]
        until(lambda: client.application.batcher.texts_waiting == 4)
        refused = client.post("/predict", json=body)
        assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
        assert "at most 4 texts that wait" in refused.json()["detail"]
        assert client.get("/health").status_code == 200
        model.go_on.set()
        assert [response.result().status_code for response in asked] == [200, 200, 200]
        assert client.post("/predict", json=body).status_code == 200


def test_who_goes_away_is_not_waited_for():
    with served(model := SmallModel(), Limits(wait=0)) as client:
        batcher = client.application.batcher
        model.go_on.clear()
        for place in range(2):
            with ThreadPoolExecutor(1) as pool:
                impatient = pool.submit(client.post, "/predict", json={"texts": ["abc"]}, timeout=0.1)
                assert "timed out" in str(impatient.exception())
            until(lambda: batcher.texts_waiting == 0)
            assert len(model.calls) == 1, place
        model.go_on.set()
        assert client.post("/predict", json={"texts": ["a"]}).status_code == 200
        assert model.calls == [1, 1]
        assert 'path="/predict",status="499"} 2' in client.get("/metrics").text
