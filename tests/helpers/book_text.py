"""What stands in the pages of the book: their prose, and the items of their lists."""

import json
import re
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)


def prose(path):
    """The Markdown of a page or a notebook, without fenced code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return FENCED.sub("", text)


def entries(page):
    """The list items of a page, each as one line."""
    items = re.findall(r"^- (.+(?:\n  .+)*)", prose(BOOK / page), re.MULTILINE)
    return [re.sub(r"\s*\n\s*", " ", item) for item in items]
