"""A Sphinx extension: the book brings the Chinese characters that its pages show, and no others.

Many machines have no font for them. The whole of Noto Sans CJK weighs 19 MB, what is taken from it here 0.1.
`_static/book.css` names the file.
"""

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

from s2s_lesson.corpora import _fetch

CHINESE = re.compile(r"[\u2e80-\u303f\u3400-\u9fff\uff00-\uffef]")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True}


def write_font(app, exception):
    """Write _static/chinese.woff of what the pages hold, once they are written."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    characters = {
        character
        for page in site.rglob("*.html")
        for character in CHINESE.findall(page.read_text(encoding="utf-8"))
    }
    collection = TTCollection(
        _fetch.packaged("noto-cjk-sans-otc", "noto_cjk_sans_otc/NotoSansCJK-Regular.ttc")
    )
    font = next(font for font in collection if font["name"].getDebugName(4) == "Noto Sans CJK SC")
    options = subset.Options(flavor="woff")
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(characters))
    subsetter.subset(font)
    subset.save_font(font, site / "_static" / "chinese.woff", options)
