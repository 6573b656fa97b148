"""What others show of a page that they link to, and the icon of the book: in the head of every built page."""

from pathlib import Path
from urllib.parse import urljoin

import yaml
from lxml import html as parser

ROOT = Path(__file__).parents[3]
BOOK = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
ADDRESS = BOOK["html"]["baseurl"]


def heads(site):
    """The path of each page in the book, and what its head says: properties and links by their names."""
    for file in sorted(site.glob("book/**/*.html")):
        page = parser.parse(file).getroot().find("head")
        said = {tag.get("property") or tag.get("name"): tag.get("content") for tag in page.iter("meta")}
        links = {tag.get("rel"): tag.get("href") for tag in page.iter("link")}
        yield file.relative_to(site).as_posix(), page.findtext("title"), said, links


def test_every_page_says_what_it_is(site):
    tags = {path: said for path, _, said, _ in heads(site)}
    assert len(tags) >= 14
    for path, said in tags.items():
        assert said["og:url"] == ADDRESS + path
        assert said["og:site_name"] == BOOK["title"]
        assert said["description"] == said["og:description"] and 40 <= len(said["description"]) <= 200
    descriptions = [said["og:description"] for said in tags.values()]
    assert len(set(descriptions)) == len(descriptions)


def test_titles_are_those_of_the_pages(site):
    for _, title, said, links in heads(site):
        assert title.startswith(said["og:title"])
        assert links["canonical"] == said["og:url"]


def test_the_picture_and_the_icon_are_there(site):
    for path, _, said, links in heads(site):
        picture = site / said["og:image"].removeprefix(ADDRESS)
        assert picture.is_file() and picture.suffix == ".png" and " " in said["og:image:alt"]
        icon = site / urljoin(path, links["icon"])
        assert icon.read_text(encoding="utf-8").startswith("<svg")
