"""What requests may hold, and what is said of those that are refused. No engine is needed."""

import json
import math

import httpx
import pytest
from served_models import SmallModel
from serving import served

from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.requests import PredictRequest, SampleRequest
from s2s_lesson.search import Constraints, DiverseGroups, Scoring

LIMITS = Limits(texts=3, text_length=31, beam_size=7, samples=5, outputs=11, phrases=2)


@pytest.fixture(scope="module")
def client():
    with served(SmallModel(), LIMITS) as client:
        yield client


def refused(client, path, **body):
    """Why a request is refused."""
    content = json.dumps({"texts": ["ab"], **body}).encode()
    response = client.post(path, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422
    (why,) = response.json().values()
    return why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"texts": "ab"}, "Expected texts as a valid list; received 'ab'."),
        ({"texts": ["ab", 5]}, "Expected texts.1 as a valid string; received 5."),
        ({"texts": []}, "Expected the number of texts from 1 to 3; received 0."),
        ({"texts": ["a"] * 4}, "Expected the number of texts from 1 to 3; received 4."),
        (
            {"texts": ["a", "b"], "beam_size": 6, "n_best": 6},
            "Expected the number of outputs of at most 11; received",
        ),
        ({"texts": ["a", "b" * 32]}, "Expected the length of text 1 of at most 31 characters; received 32."),
        ({"texts": ["a" * 24]}, "Expected texts of at most 23 tokens; text 0 has 24. Shorten it, or"),
        ({"texts": ["a\ud800"]}, "Expected whole characters in row 0 of texts (rows count from 0);"),
        ({"beam_sise": 5}, "Expected no option beam_sise; received 5. See /docs for those there are."),
        ({"beam_size": "5"}, "Expected beam_size as a valid integer; received '5'."),
        ({"beam_size": 5.5}, "Expected beam_size as a valid integer; received 5.5."),
        ({"beam_size": True}, "Expected beam_size as a valid integer; received True."),
        ({"beam_size": 0}, "Expected beam_size of at least 1; received 0."),
        ({"beam_size": 8}, "Expected beam_size of at most 7; received 8."),
        (
            {"beam_size": 2, "n_best": 3},
            "Expected n_best of at most beam_size=2; received 3. Use a wider beam.",
        ),
        ({"length_penalty": -1}, "Expected length_penalty of at least 0; received -1.0."),
        ({"length_penalty": math.nan}, "Expected length_penalty of at least 0; received nan."),
        ({"coverage_penalty": math.inf}, "Expected coverage_penalty as a finite number; received inf."),
        ({"length_formula": "none"}, "Expected length_formula as 'gnmt' or 'average'; received 'none'."),
        (
            {"stopping": "now"},
            "Expected stopping as 'exact', 'top_ended', 'first_ended' or 'never'; received",
        ),
        ({"groups": {"count": 2}}, "Expected groups to divide beam_size=5; received 2."),
        ({"groups": {"diversity_penalty": 1}}, "Expected at least 2 groups for a diversity_penalty of 1.0;"),
        (
            {"constraints": {"prefix": ["a"]}},
            "Expected constraints.prefix as a valid string; received ['a'].",
        ),
        (
            {"constraints": {"required": ["az"]}},
            "Expected required of tokens that the target vocabulary holds;",
        ),
        ({"constraints": {"forbidden": ["a"] * 3}}, "Expected the number of forbidden phrases of at most 2;"),
        ({"constraints": {"min_output_length": 0}}, "Expected min_output_length of at least 1; received 0."),
        ({"constraints": {"no_repeat": 2}}, "Expected no option constraints.no_repeat; received 2."),
        ({"attention": 1}, "Expected attention as a valid boolean; received 1."),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(client, body, why):
    assert refused(client, "/predict", **body).startswith(why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"n_samples": 6}, "Expected n_samples of at most 5; received 6."),
        ({"texts": ["a"] * 3, "n_samples": 4}, "Expected the number of outputs of at most 11; received 12."),
        ({"n_samples": 0}, "Expected n_samples of at least 1; received 0."),
        ({"seed": -1}, "Expected seed from 0 to 4294967295; received -1."),
        ({"seed": 2**32}, "Expected seed from 0 to 4294967295; received 4294967296."),
        ({"temperature": -0.5}, "Expected temperature of at least 0; received -0.5."),
        ({"top_k": 0}, "Expected top_k of at least 1, or None; received 0."),
        ({"top_p": 0}, "Expected top_p above 0 and up to 1, or None; received 0.0."),
        ({"typical_p": 1.5}, "Expected typical_p above 0 and up to 1, or None; received 1.5."),
        ({"beam_size": 5}, "Expected no option beam_size; received 5."),
    ],
)
def test_samples_that_cannot_be_drawn_are_refused_in_words(client, body, why):
    assert refused(client, "/sample", **body).startswith(why)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"ab"', b"\xff\xfe"])
def test_what_is_no_json_object_is_refused(client, content):
    for kind in ("application/json", "text/plain"):
        response = client.post("/predict", content=content, headers={"content-type": kind})
        assert response.status_code in (400, 422) and "xpected" in response.json()["detail"]


def test_texts_of_a_form_are_no_json(client):
    """So that no page of another site can ask: a browser sends JSON there only with leave."""
    sent = {"content-type": "text/plain"}
    response = client.post("/predict", content=b'{"texts": ["a"]}', headers=sent)
    assert response.status_code == 422 and "content-type: application/json" in response.json()["detail"]


def test_missing_texts_and_unknown_paths(client):
    assert client.post("/predict", json={}).json() == {"detail": "Expected texts; received none. See /docs."}
    for response, status in ((client.get("/predict"), 405), (client.get("/texts"), 404)):
        assert response.status_code == status and response.json()["detail"].endswith("See /docs.")


def test_a_request_means_what_it_says():
    asked = PredictRequest(
        texts=["a", "b"],
        beam_size=6,
        n_best=2,
        length_penalty=0.5,
        length_formula="average",
        coverage_penalty=0.25,
        stopping="never",
        groups={"count": 3, "diversity_penalty": 0.75},
        constraints={"prefix": "a", "required": ["b"], "forbidden": ["c"], "min_output_length": 5},
        unknown=True,
        truncate=True,
    )
    job = asked.job(LIMITS)
    assert dict(job.options) == {
        "beam_size": 6,
        "n_best": 2,
        "scoring": Scoring(0.5, "average", 0.25),
        "stopping": "never",
        "groups": DiverseGroups(3, 0.75),
        "unknown": True,
        "truncate": True,
    }
    assert job.constraints == Constraints("a", 5, required=("b",), forbidden=("c",)) and job.texts == (
        "a",
        "b",
    )
    drawn = SampleRequest(
        texts=["a"], n_samples=3, seed=7, temperature=0.5, top_k=2, top_p=0.5, typical_p=0.25
    )
    options = {"n_samples": 3, "temperature": 0.5, "top_k": 2, "top_p": 0.5, "typical_p": 0.25}
    assert dict(drawn.job(LIMITS).options) == {**options, "unknown": False, "truncate": False}
    assert (drawn.job(LIMITS).seed, drawn.job(LIMITS).search) == (7, "sample")


def test_a_request_may_go_up_to_every_limit():
    phrases = {"required": ["a"] * 2, "forbidden": ["b"] * 2, "prefix": "c" * 31}
    asked = {"texts": ["a" * 31] * 2, "constraints": phrases}
    assert PredictRequest(**asked, beam_size=7, n_best=5).job(LIMITS).texts == ("a" * 31,) * 2
    assert SampleRequest(**asked, n_samples=5, seed=2**32 - 1).job(LIMITS).seed == 2**32 - 1
    assert len(PredictRequest(texts=["a"] * 3, n_best=3).job(LIMITS).texts) == 3
    usual = Limits()
    assert (usual.body_bytes, usual.texts, usual.beam_size, usual.samples) == (1_000_000, 64, 16, 16)


def test_every_field_of_a_request_is_described(client: httpx.Client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name in ("PredictRequest", "SampleRequest", "OutputConstraints", "Groups"):
        for field, told in schemas[name]["properties"].items():
            assert told.get("description") or "$ref" in str(told), (name, field)
    assert schemas["SampleRequest"]["properties"]["seed"]["maximum"] == 2**32 - 1
