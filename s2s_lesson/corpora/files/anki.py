"""What Anki writes above its exported notes: lines such as ``#separator:tab`` and ``#html:true``."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import NamedTuple

_HEADER = re.compile(r"#(separator|html|columns|notetype|deck|tags|if matches|\w+ column):(.*)", re.I)
_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|", "colon": ":"}
_LINE_TAGS = {"br", "div", "p", "li", "tr"}
_UNSEEN_TAGS = {"style", "script"}


class AnkiHeader(NamedTuple):
    """The lines above the notes.

    Attributes:
        lines: how many there are; 0 of a file that is none of Anki's.
        delimiter: between cells; None if no line says it.
        html: whether cells are HTML.
        names: of the columns, if a line says them.
        unused: places from 0 of columns that hold no text of a note: its id, deck, tags.

    >>> AnkiHeader().lines
    0
    """

    lines: int = 0
    delimiter: str | None = None
    html: bool = False
    names: tuple[str, ...] = ()
    unused: frozenset[int] = frozenset()


def anki_header(head: Sequence[str]) -> AnkiHeader:
    """Read the lines that Anki writes above its notes.

    Args:
        head: the first lines of a file.

    Returns:
        What they say.

    >>> anki_header(["#separator:tab", "#html:true", "#tags column:3", "der Hund", "the dog", ""]).unused
    frozenset({2})
    """
    options: dict[str, str] = {}
    count = 0
    for line in head:
        if not (match := _HEADER.fullmatch(line)):
            break
        options[match[1].casefold()] = match[2]
        count += 1
    if not options.keys() & {"separator", "html"}:
        return AnkiHeader()
    separator = options.get("separator", "").strip(" ") or None
    delimiter = _SEPARATORS.get((separator or "").casefold(), separator)
    names = tuple(options["columns"].split(delimiter or "\t")) if "columns" in options else ()
    numbers = (value for name, value in options.items() if name.endswith(" column"))
    unused = frozenset(int(number) - 1 for number in numbers if number.strip().isdecimal())
    return AnkiHeader(count, delimiter, options.get("html", "").strip().casefold() == "true", names, unused)


def text_of_html(html: str) -> str:
    """The text that a browser shows for a piece of HTML, with a line end for each tag that begins a line.

    >>> text_of_html("<b>R&amp;D</b> &lt;3<br>x<style>b {}</style>")
    'R&D <3\\nx'
    """
    if "<" not in html and "&" not in html:
        return html
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts).strip("\n")


class _Text(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.unseen = [], 0

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in _UNSEEN_TAGS
        if tag in _LINE_TAGS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        self.unseen -= tag in _UNSEEN_TAGS

    def handle_data(self, data):
        if not self.unseen:
            self.parts.append(data)
