"""What slides and assignments take from notebooks of the book: sections, and links that lead to the book."""

import re
from dataclasses import dataclass, field

from repository import current, pages_of

FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,4}) +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")


@dataclass
class Section:
    """A heading of a notebook and what follows it, up to the next heading.

    Args:
        level: int, 1 for the title of the page.
        title: str, in Markdown.
        parts: list, each a text (str, Markdown) or a code cell.
    """

    level: int
    title: str
    parts: list = field(default_factory=list)


def sections(notebook) -> list[Section]:
    """The sections of a notebook, in order; what comes before the first heading is left out."""
    out = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if out:
                out[-1].parts.append(cell)
            continue
        blank = FENCED.sub(lambda code: "." * len(code[0]), cell.source)  # a comment in code is no heading
        headings = list(HEADING.finditer(blank))
        starts = [heading.start() for heading in headings]
        if out:
            out[-1].parts.append(cell.source[: starts[0] if starts else None].strip())
        for heading, end in zip(headings, [*starts, len(blank)][1:], strict=True):
            body = cell.source[heading.end() : end].strip()
            out.append(Section(len(heading[1]), heading[2], [body] if body else []))
    return out


def published() -> str:
    """The address of the published pages, with a slash at its end."""
    return f"{pages_of(current())}book/"


def address(page: str, title: str = "") -> str:
    """The address of a page, by its name, or of the section with a title."""
    anchor = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return f"{published()}{page}.html" + (f"#{anchor}" if anchor else "")


def with_addresses(text: str, page: str) -> str:
    """A text of a page whose links lead to the published book."""

    def link(match):
        target, _, anchor = match[2].partition("#")
        if "//" in target:
            return match[0]
        target = re.sub(r"\.(ipynb|md)$", ".html", target) or f"{page}.html"
        return f"[{match[1]}]({published()}{target}{'#' + anchor if anchor else ''})"

    return LINK.sub(link, text)
