"""The tags by which others show a page of the book; those of built pages have tests in pages/test_heads.py.

No engine is needed.
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import social  # noqa: E402

from s2s_lesson.teaching import COLORS  # noqa: E402


@dataclass
class Node:
    """As much of a document as docutils reads it as is needed here."""

    tagname: str
    text: str = ""
    children: list = field(default_factory=list)
    parent: object = None

    def findall(self):
        yield self
        for child in self.children:
            child.parent = self
            yield from child.findall()

    def astext(self):
        return self.text


def page(*children):
    return Node("document", children=[Node("section", children=list(children))])


def test_the_first_paragraph_that_says_something_is_the_description():
    quoted = Node(
        "block_quote", children=[Node("paragraph", "A quotation, long enough but not what the page says.")]
    )
    said = "A decoder writes one token\nafter the other, and looks where it wants."
    text = social.description(
        page(Node("title", "Attention"), Node("paragraph", "Short."), quoted, Node("paragraph", said))
    )
    assert text == said.replace("\n", " ")


def test_a_long_description_ends_at_a_word():
    text = social.description(page(Node("paragraph", "letters " * 97)))
    assert text.endswith("letters …") and social.LONGEST - 9 < len(text) <= social.LONGEST
    assert social.description(page(Node("paragraph", "Short."))) == ""


def test_tags_cannot_be_left_by_what_they_hold():
    written = social.tags("Book", 'A "b" <c>', "", "https://x.example/a.html", "https://x.example/")
    assert 'content="A &quot;b&quot; &lt;c&gt;"' in written
    assert '<meta property="og:description" content="Book">' in written
    assert '<meta property="og:image" content="https://x.example/attention.png">' in written
    assert re.fullmatch(r'(\n<meta (?:property|name)="[a-z:_]+" content="[^"<>]*">)+', written)


def test_the_icon_is_small_and_in_the_colours_of_the_book():
    text = (ROOT / "_static" / "favicon.svg").read_text(encoding="utf-8")
    assert len(text) < 2_000
    root = ElementTree.fromstring(text)
    colours = {part.get(kind) for part in root.iter() for kind in ("fill", "stroke")} - {None}
    assert colours == {COLORS["encoder"], COLORS["decoder"], COLORS["attention"], "#FFFFFF"}
