"""Print the book on a single page, _build/singlehtml, as _build/s2s-lesson.pdf, with Chromium.

python tools/pdf.py
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BUILD = Path(__file__).parents[1] / "_build"
PAGE, PDF = BUILD / "singlehtml" / "index.html", BUILD / "s2s-lesson.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Folded cells are opened, formulas are typeset and fonts are there.
PREPARE = """async () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
    await MathJax.startup.promise;
    await document.fonts.ready;
}"""
FOOTER = '<div style="font-size:8px;width:100%;text-align:center"><span class="pageNumber"></span></div>'


def browser():
    """The path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_book():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(0)
        page.goto(PAGE.as_uri())
        page.evaluate(PREPARE)
        page.pdf(
            path=PDF,
            format="A4",
            print_background=True,
            outline=True,
            tagged=True,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            margin={"top": "15mm", "bottom": "15mm", "left": "12mm", "right": "12mm"},
        )
        chromium.close()


if __name__ == "__main__":
    if browser() is None:
        sys.exit(
            "Expected chromium on the PATH; received none. On Debian or Ubuntu: apt-get install chromium"
        )
    print_book()
