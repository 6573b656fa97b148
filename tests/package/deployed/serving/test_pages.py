"""The page that shows outputs, and the one that lists the interface. No engine is needed.

``tests/book/pages/test_served_page.py`` opens them in a browser.
"""

import re

import pytest
from served_models import SmallModel
from serving import served

from s2s_lesson.deployed.serving import pages
from s2s_lesson.deployed.serving.answers import Health
from s2s_lesson.deployed.serving.application import Application
from s2s_lesson.deployed.serving.limits import Limits
from s2s_lesson.teaching import COLORS

SERVED = {"ready": True, "max_source_length": 23, "max_output_length": 13}
LIMITS = Limits(text_length=37, beam_size=3)
OUTSIDE = re.compile(r"(?:https?:)?//[\w.]|@import|url\(")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folders of the pages, with no bundle."""
    (tmp_path / "page").mkdir()
    for file in (pages.HOME / "page").iterdir():
        (tmp_path / "page" / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(pages, "HOME", tmp_path)
    return tmp_path


def test_without_the_script_of_the_map_the_page_says_what_to_run(home):
    page = pages.front_page(Health(name="a <b>", licence="CC0", **SERVED), LIMITS)
    assert "Run <code>make dist</code>" in page and "map.js" not in page
    assert "<h1>a &lt;b&gt;</h1>" in page and "CC0" in page and "<b>" not in page
    assert 'maxlength="37"' in page and 'max="3" value="3"' in page and "up to 23 tokens" in page
    (home / "bundle").mkdir()
    (home / "bundle" / "served.js").write_text("")
    page = pages.front_page(Health(**SERVED), LIMITS)
    assert "make dist" not in page and 'src="map.js"' in page and "<h1>A model</h1>" in page


def test_nothing_comes_from_elsewhere(home):
    texts = {file.name: file.read_text(encoding="utf-8") for file in (home / "page").iterdir()}
    assert set(texts) == {"page.html", "page.css", "page.js", "docs.html"}
    assert {name: OUTSIDE.findall(re.sub(r"^//.*|\s//.*", "", text)) for name, text in texts.items()} == {
        name: [] for name in texts
    }
    assert OUTSIDE.search('src="https://example.org/a.js"') and OUTSIDE.search("url(a.png)")


def test_files_are_served_as_what_they_are(home):
    with served(SmallModel()) as client:
        for path, kind in (("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/", "text/html")):
            response = client.get(path)
            assert response.status_code == 200 and response.headers["content-type"].startswith(kind)
        assert client.get("/page.js").text == (home / "page" / "page.js").read_text(encoding="utf-8")
        assert client.get("/map.js").status_code == 404
        assert "<h1>The interface of" in client.get("/docs").text


def test_every_field_has_a_label(home):
    page = pages.front_page(Health(**SERVED), LIMITS)
    fields = set(re.findall(r'<(?:input|textarea) id="(\w+)"', page))
    assert fields == set(re.findall(r'<label for="(\w+)">', page)) == {"text", "beam", "outputs", "penalty"}


def test_the_map_has_the_colours_of_the_book(home):
    styles = (home / "page" / "page.css").read_text(encoding="utf-8")
    assert {name: color.lower() for name, color in COLORS.items()} == {
        name: re.search(rf"--{name}: (#\w+);", styles)[1] for name in COLORS
    }


def test_the_listing_holds_all_of_the_interface():
    application = Application(SmallModel(), LIMITS)
    description = application.asgi.application.openapi()
    page = pages.listing(description, LIMITS)
    assert list(description["paths"]) == ["/predict", "/sample", "/health", "/metrics"]
    for path, methods in description["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in page
    for name, schema in description["components"]["schemas"].items():
        if not name.startswith(("HTTPValidationError", "ValidationError")):
            assert f'<h3 id="{name}">' in page
            assert all(f"<td><code>{field}</code></td>" in page for field in schema["properties"]), name
    assert "beams of 3" in page and "integer from 0 to 4294967295" in page
    assert "number or null above 0 to 1" in page and "small &lt;model&gt;" in page
