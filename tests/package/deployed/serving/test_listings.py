"""What the README and the book's pages show of serving works as it stands there. No engine is needed."""

import json
import re
from pathlib import Path

import httpx
import pytest
from served_models import SmallModel
from serving import served

from s2s_lesson.commands.command_line import command_line

ROOT = Path(__file__).parents[4]
PAGES = [ROOT / "README.md", *sorted((ROOT / "book").glob("*.md"))]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
CURL = re.compile(r"curl http://127\.0\.0\.1:8000(/\w*)(?: --json '([^']*)')?")
SERVE = re.compile(r"^s2s-lesson (serve [^#\n]*)", re.MULTILINE)


def listings(pages=PAGES):
    """The requests by curl, the clients in Python, and the commands that pages show."""
    blocks = [block for page in pages for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    requests = [request for _, text in blocks for request in CURL.findall(text)]
    clients = [text for kind, text in blocks if kind == "python" and "import httpx" in text]
    return requests, clients, [command for _, text in blocks for command in SERVE.findall(text)]


@pytest.fixture(scope="module")
def client():
    with served(SmallModel()) as client:
        yield client


def answered(client, path, body):
    """What the server says to a request as curl makes it."""
    response = client.post(path, json=json.loads(body)) if body else client.get(path)
    assert response.status_code == 200, response.text
    return response


def test_requests_by_curl_are_answered(client):
    requests, _, _ = listings()
    assert requests
    for path, body in requests:
        answered(client, path, body)


def test_clients_in_python_do_what_they_say(client, monkeypatch, capsys):
    """Each prints something, when the address of the pages is that of the server here."""
    _, clients, _ = listings()
    made = httpx.Client
    monkeypatch.setattr(
        httpx, "Client", lambda base_url, **options: made(base_url=client.base_url, **options)
    )
    for text in clients:
        exec(text, {})
        assert capsys.readouterr().out


def test_commands_are_those_of_the_command_line():
    _, _, commands = listings()
    assert commands
    for command in commands:
        assert command_line().parse_args(command.split()).command == "serve"


def test_a_listing_that_does_not_work_is_noticed(client, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```\ns2s-lesson serve x --prot 1\ncurl http://127.0.0.1:8000/predict --json '{\"text\": []}'\n```\n"
        "```python\nimport httpx\nraise KeyError\n```\n",
        encoding="utf-8",
    )
    ((path, body),), (text,), (command,) = listings([page])
    with pytest.raises(AssertionError, match="Expected texts; received none"):
        answered(client, path, body)
    with pytest.raises(KeyError):
        exec(text, {})
    with pytest.raises(SystemExit):
        command_line().parse_args(command.split())
