"""Chromium, with a page to measure."""

import shutil
from contextlib import contextmanager

from benchmarks.shared.results import Missing


@contextmanager
def fresh_page():
    """An empty page of a new Chromium, which is closed at the end."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise Missing("Expected Playwright, and it is not installed: make venv.") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()
