"""Pictures of every page of the built book but the API reference, to be looked at: `make screenshots`.

    python tools/screenshots.py [PAGE...]

They lie in _build/screenshots/, in parts that follow each other: 390 pixels wide as on a phone, 1280 as
on a desktop; the front page in the dark, too.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
SITE, PICTURES = ROOT / "_build" / "html", ROOT / "_build" / "screenshots"
HEIGHTS = {390: 1700, 1280: 1800}  # of a part, in pixels, by the width of the page
FRONT_PAGE = "intro"


def take(browser, name, width, scheme):
    """Save the parts of a page as NAME-WIDTH-SCHEME-PART.png, and return how many there are."""
    step = HEIGHTS[width]
    page = browser.new_page(viewport={"width": width, "height": step}, color_scheme=scheme)
    page.set_default_timeout(120_000)  # milliseconds
    page.goto((SITE / "book" / f"{name}.html").as_uri())
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => null)")
    height = page.evaluate("document.documentElement.scrollHeight")
    parts = range(0, height, step)
    for part, top in enumerate(parts):
        page.evaluate(f"window.scrollTo(0, {top})")
        file = PICTURES / f"{name.replace('/', '-')}-{width}-{scheme}-{part:02}.png"
        page.screenshot(path=file)
    page.close()
    return len(parts)


def main(*names):
    """Take the pictures of the pages that are named, or of all."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    names = names or sorted(path.stem for path in SITE.glob("book/*.html"))
    if not names:
        sys.exit(f"Expected the built book in {SITE}; received no page. Run: make book")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in names:
            schemes = ("light", "dark") if name == FRONT_PAGE else ("light",)
            count = sum(take(browser, name, width, scheme) for width in HEIGHTS for scheme in schemes)
            print(f"{name}: {count} pictures", flush=True)
    print(f"== The pictures are ready: {PICTURES}")


if __name__ == "__main__":
    main(*sys.argv[1:])
