"""How soon the front page of the built book can be read: the browser's first contentful paint.

    python -m benchmarks first_paint --runs 9

Each run is a fresh Chromium that opens the page from the disk. It writes no file, and prints the median, the
least and the greatest of the times since the page was asked for, in milliseconds.
"""

import os
import platform

from benchmarks.shared import quick
from benchmarks.shared.browser import fresh_page
from benchmarks.shared.results import ROOT, Missing
from benchmarks.shared.summaries import median

RESULTS = ()
PAGE = ROOT / "_build" / "html" / "book" / "intro.html"
FIRST_PAINT = """() => new Promise((resolve) => new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName("first-contentful-paint")) resolve(entry.startTime);
}).observe({type: "paint", buffered: true}))"""


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--runs", type=int, default=9)


def run(options):
    """Measure and print."""
    if not PAGE.exists():
        raise Missing(f"Expected the built book, with {PAGE}; there is none: make book.")
    runs = quick.size(options.runs, 1)
    times, versions = zip(*(first_paint() for _ in range(runs)), strict=True)
    print(f"Chromium {versions[0]}, {platform.machine()}, {os.cpu_count()} logical cores, {runs} runs")
    print(f"first contentful paint: {median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})")


def first_paint():
    """The first contentful paint in a new browser, in milliseconds, and the version of the browser."""
    with fresh_page() as page:
        page.goto(PAGE.as_uri(), timeout=120_000)
        return page.evaluate(FIRST_PAINT), page.context.browser.version
