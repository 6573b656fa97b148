"""Limits of bodies, headers, and a log without texts. No engine is needed."""

import asyncio
import json
import logging
import socket

import pytest
from served_models import SmallModel
from serving import served

from s2s_lesson.deployed.serving.guard import FAILED, Guard
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.deployed.serving.metrics import Metrics

SECRET = "abc gfd"


class FailingModel(SmallModel):
    """A model with a fault, whose error holds the text."""

    def step(self, token_ids, state):
        raise RuntimeError(f"no memory for {SECRET}")


@pytest.fixture(scope="module")
def client():
    with served(SmallModel(), Limits(body_bytes=2000, body_seconds=0.2)) as client:
        yield client


def test_a_body_that_is_too_large_is_refused(client):
    def parts():
        yield b"x" * 1500
        yield b"x" * 1500

    for content in (b"x" * 2001, parts(), b"x" * 40_000):
        response = client.post("/predict", content=content)
        assert response.status_code == 413
        assert response.json()["detail"].startswith("Expected a body of at most 2000 bytes; received more.")
    just = b'{"texts": ["a"]}'.ljust(2000)
    sent = client.post("/predict", content=just, headers={"content-type": "application/json"})
    assert sent.status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(client):
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        answered = connection.recv(1000)
    assert answered.startswith(b"HTTP/1.1 408 ") and client.get("/health").status_code == 200


def test_no_other_site_may_read_answers(client):
    asked = {"origin": "https://example.org", "access-control-request-method": "POST"}
    before = client.options("/predict", headers=asked)
    after = client.post("/predict", json={"texts": ["a"]}, headers=asked)
    assert (before.status_code, after.status_code) == (405, 200)
    for response in (before, after):
        assert [name for name in response.headers if name.startswith("access-control")] == []


def test_pages_may_load_nothing_from_elsewhere(client):
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_a_fault_before_the_application_is_answered_too(caplog):
    async def failing(scope, receive, send):
        raise RuntimeError(SECRET)

    told = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        told.append(message)

    guard = Guard(failing, ["/predict"], Limits(), metrics := Metrics())
    asyncio.run(guard({"type": "http", "method": "POST", "path": "/predict", "headers": []}, receive, send))
    assert [message.get("status") for message in told] == [500, None]
    assert json.loads(told[1]["body"]) == {"detail": FAILED}
    assert 'path="/predict",status="500"} 1' in metrics.text() and SECRET not in caplog.text


def test_the_log_holds_no_texts(caplog):
    caplog.set_level(logging.DEBUG)
    with served(SmallModel()) as client:
        client.post("/predict", json={"texts": [SECRET]})
        client.post("/predict", json={"texts": [SECRET], "constraints": {"required": [f"{SECRET}z"]}})
        client.get(f"/{SECRET}?text={SECRET}")
    with served(FailingModel()) as client:
        failed = client.post("/sample", json={"texts": [SECRET]})
        assert failed.status_code == 500
        assert failed.json() == {"detail": FAILED}
        assert client.get("/health").status_code == 200
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    told = "\n".join(f"{record.getMessage()} {record.exc_info} {record.exc_text}" for record in ours)
    assert "POST /predict 200" in told and "POST /predict 422" in told and "GET other 404" in told
    assert "RuntimeError in /sample" in told and "served_models.py" in told
    assert not any(part in told for part in (SECRET, "abc%20gfd", "gfd"))
