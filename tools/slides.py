"""Make slides of the notebooks as they ran: headings, their questions, key sentences, figures and tables.

    python tools/slides.py [NAME ...]

What a slide is: each heading, with the first question below it and the first figure or table; each further
figure or table; the sentences that a paragraph begins with in bold print, such as a common mistake; the
summary. Code and exercises are left out. A speaker's note has what is to be seen, and where the book says it.
nbconvert writes the decks to `_build/slides`, each in one file that needs no network.
"""

import base64
import html
import itertools
import math
import re
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path

import nbformat
from lessons import LINK, address, sections
from nbformat import v4

ROOT = Path(__file__).parents[1]
EXECUTED, SLIDES = ROOT / "_build" / "executed" / "book", ROOT / "_build" / "slides"
REVEAL = ROOT / "views" / "node_modules" / "reveal.js" / "dist"
DECK = Path(__file__).parent / "deck"
LEFT_OUT = re.compile(r"Quiz|Exercises?\b.*|Project|Further reading|Solution.*")
WHOLE = {"Summary"}  # sections whose text is a slide
ITEMS = 6  # of a list on one slide
LIST = "**You will learn**"
KEY = re.compile(r"\*\*(A common mistake|In the article)\*\*")  # how a paragraph with a key sentence begins
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"*(])")
ASIDE = re.compile(r"\s*\(\[[^\]]*\]\([^)]*\)\)")  # a link in brackets: to the errata, to a deeper page
LEADING = 2  # so many sentences stand before a question, or in place of one
DRAW = re.compile(r"^(Draw|Print) (?=\w)")
OPTIONS = """Reveal.initialize({
    plugins: [RevealNotes], hash: true, slideNumber: "c/t", controls: false, navigationMode: "linear",
    transition: "none", center: false, width: 1060, height: 700
});"""
MATHJAX = 'window.MathJax = {tex: {inlineMath: [["$", "$"]]}, options: {enableMenu: false}};'


@dataclass
class Shown:
    """A figure or a table: its HTML, its title and what is to be seen."""

    html: str
    title: str = ""
    seen: str = ""


class Pictures(HTMLParser):
    """The pictures of some HTML, each with its alternative text."""

    def __init__(self, text: str):
        super().__init__()
        self.pictures: list[Shown] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "img" and "src" in named:
            self.pictures.append(picture(named["src"], named.get("alt") or ""))


def picture(source: str, seen: str) -> Shown:
    return Shown(f'<div class="shown"><img src="{source}" alt="{html.escape(seen)}"></div>', seen=seen)


def shown_by(cell) -> list[Shown]:
    """The tables of a text, or the figures and tables among the outputs of a code cell."""
    if isinstance(cell, str):
        return [Shown(LINK.sub(r"\1", rows)) for rows in re.split(r"\n\s*\n", cell) if rows.startswith("| ")]
    settings = cell.metadata.get("mystnb", {})
    seen = settings.get("image", {}).get("alt", "")
    title = DRAW.sub("", settings.get("code_prompt_show", ""))
    out = []
    for data in (output.get("data", {}) for output in cell.outputs):
        if "image/svg+xml" in data:
            encoded = base64.b64encode(data["image/svg+xml"].encode()).decode()
            out.append(picture(f"data:image/svg+xml;base64,{encoded}", seen))
        elif "image/png" in data:
            out.append(picture(f"data:image/png;base64,{data['image/png'].strip()}", seen))
        elif "<table" in data.get("text/html", ""):
            out.append(Shown(f'<div class="shown"><div class="table">{table(data["text/html"])}</div></div>'))
        elif "text/html" in data:
            out += Pictures(data["text/html"]).pictures
    for one in out:
        one.title = title[:1].upper() + title[1:]
    return out


def table(text: str) -> str:
    """The tables of some HTML, without styles, and without empty lines, which would end it in Markdown."""
    text = "".join(re.findall(r"<table.*?</table>", text, re.DOTALL))
    return re.sub(r"\n\s*\n", "\n", text)


def spoken(text: str) -> str:
    """A text without its links."""
    return LINK.sub(r"\1", ASIDE.sub("", " ".join(text.split())))


def paragraphs(section) -> list[str]:
    texts = [part for part in section.parts if isinstance(part, str)]
    return [
        paragraph.strip() for text in texts for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()
    ]


def opening(section) -> str:
    """The first question of a section with the sentences that lead to it, or else its first sentences.

    Of a page it is the question in bold print at its top.
    """
    texts = paragraphs(section)
    if section.level == 1:
        for bold in (re.match(r"\*\*(.+?[?])\*\*", text, re.DOTALL) for text in texts):
            if bold:
                return spoken(bold[1])
    plain = [spoken(text) for text in texts if not re.match(r"[-|$>`*]|\d\.", text)]
    for sentences in map(SENTENCE.split, plain):
        asked = [place for place, sentence in enumerate(sentences) if sentence.endswith("?")]
        if asked:
            return " ".join(sentences[max(0, asked[0] - LEADING) : asked[0] + 1])
    return " ".join(SENTENCE.split(plain[0])[:LEADING]) if plain else ""


def key_sentences(section) -> list[str]:
    """The first two sentences of each paragraph that is marked."""
    marked = [spoken(paragraph) for paragraph in paragraphs(section) if KEY.match(paragraph)]
    return [" ".join(SENTENCE.split(text)[:2]) for text in marked]


def lists(section) -> list[str]:
    """What a summary says, and what a page is to teach; a long list on several slides."""
    texts = [LINK.sub(r"\1", ASIDE.sub("", text)) for text in paragraphs(section)]
    if section.title not in WHOLE:
        return [f"{text}\n\n{after}" for text, after in itertools.pairwise(texts) if text == LIST]
    items = re.split(r"\n(?=- )", "\n".join(texts))
    size = math.ceil(len(items) / math.ceil(len(items) / ITEMS))
    return ["\n".join(items[start : start + size]) for start in range(0, len(items), size)]


def slides_of(section) -> list[tuple[str, str]]:
    """The slides of a section, the text of each in Markdown, and what is to be seen there."""
    heading = f"{'#' * min(section.level, 3)} {section.title}"
    if section.title in WHOLE:
        return [(f"{heading}\n\n{text}", "") for text in lists(section)]
    figures = [one for part in section.parts for one in shown_by(part)]
    texts = [(heading, "")] if section.level == 1 or not figures else []
    again = heading if section.level > 1 else f"## {section.title}"
    for one in figures:
        caption = f'<p class="caption">{html.escape(one.title)}</p>' if one.title else ""
        texts.append((f"{again}\n\n{one.html}\n\n{caption}", one.seen))
    if asked := opening(section):
        text, seen = texts[0]
        first, _, rest = text.partition("\n\n")
        texts[0] = "\n\n".join(filter(None, [first, asked, rest])), seen
    texts += [(text, "") for text in lists(section)]
    if marked := key_sentences(section):
        texts.append(("\n\n".join([heading, *marked]), ""))
    return texts


def deck(notebook, page: str):
    """A notebook of slides, with a speaker's note after each."""
    cells, left_out_below = [], 9
    for section in sections(notebook):
        if section.level <= left_out_below:
            left_out_below = section.level if LEFT_OUT.fullmatch(section.title) else 9
        if left_out_below < 9:
            continue
        where = f"In the book: <{address(page, section.title if section.level > 1 else '')}>"
        kind = "slide" if section.level <= 2 else "subslide"
        for text, seen in slides_of(section):
            note = f"{html.escape(seen, quote=False)}\n\n{where}".strip()
            for source, slide in ((text, kind), (note, "notes")):
                cells.append(v4.new_markdown_cell(source, metadata={"slideshow": {"slide_type": slide}}))
            kind = "subslide"
    return v4.new_notebook(cells=cells, metadata={"title": f"{sections(notebook)[0].title}: slides"})


def inline(script: str) -> str:
    """A script that can stand in a page."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def exported(slides, reveal: Path = REVEAL) -> str:
    """The page of a notebook of slides, with all that it needs.

    Raises:
        FileNotFoundError: reveal.js is not there.
    """
    from nbconvert import SlidesExporter

    if not (reveal / "reveal.js").exists():
        raise FileNotFoundError(f"Expected reveal.js in {reveal}; received nothing. Run: make book")
    styles = [file.read_text(encoding="utf-8") for file in (reveal / "reveal.css", DECK / "deck.css")]
    scripts = [(reveal / name).read_text(encoding="utf-8") for name in ("reveal.js", "plugin/notes.js")]
    if any(re.search(r"\$[^$]+\$", cell.source) for cell in slides.cells):
        mathjax = distribution("sphinx-mathjax-offline").locate_file(
            "sphinx-mathjax-offline/static/mathjax/tex-svg.js"
        )
        scripts += [MATHJAX, Path(mathjax).read_text(encoding="utf-8")]
    resources = {"deck": {"styles": styles, "scripts": [*map(inline, scripts), OPTIONS]}}
    exporter = SlidesExporter(
        template_name=DECK.name, extra_template_basedirs=[str(DECK.parent)], exclude_anchor_links=True
    )
    return exporter.from_notebook_node(slides, resources)[0]


def main(*names: str, executed: Path = EXECUTED, folder: Path = SLIDES) -> str | None:
    """Write the slides of the named notebooks, or of all; what is missing, in a line, or None."""
    paths = [path for path in sorted(executed.glob("*.ipynb")) if not names or path.stem in names]
    if not paths:
        return f"Expected notebooks as they ran in {executed}; received none. Run: make book"
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        slides = deck(nbformat.read(path, as_version=4), path.stem)
        file = folder / f"{path.stem}.slides.html"
        file.write_text(exported(slides), encoding="utf-8")
        print(file)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
