"""How soon the front page of the built book can be read: the browser's first contentful paint.

    python benchmarks/first_paint.py [--runs 9]

Each run is a fresh Chromium that opens the page from the disk. Prints the median, the least and the greatest
of the times since the page was asked for, in milliseconds.
"""

import argparse
import os
import platform
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = Path(__file__).parents[1] / "_build" / "html" / "book" / "intro.html"
FIRST_PAINT = """() => new Promise((resolve) => new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
}).observe({type: "paint", buffered: true}))"""


def first_paint(playwright):
    """The first contentful paint in a new browser, in milliseconds, and the version of the browser."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(PAGE.as_uri(), timeout=120_000)
    milliseconds, version = page.evaluate(FIRST_PAINT), browser.version
    browser.close()
    return milliseconds, version


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with sync_playwright() as playwright:
        times, versions = zip(*(first_paint(playwright) for _ in range(runs)), strict=True)
    print(f"Chromium {versions[0]}, {platform.machine()}, {os.cpu_count()} logical cores, {runs} runs")
    print(f"first contentful paint: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
