"""The built book in Chromium, page by page, opened from the disk: `make pages`."""

import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest
from lxml import html
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[3] / "_build" / "html"
# How many screens of 1280 x 900 a page is long, and how many are above its first picture.
SCREENS = """() => {
    const article = document.querySelector("article");
    const picture = article.querySelector("img, figure");
    const from = (part) => part.getBoundingClientRect().top - article.getBoundingClientRect().top;
    return [article.scrollHeight / 900, picture ? from(picture) / 900 : null];
}"""
WITHIN = ("file:", "data:", "blob:")  # what a page may ask for


def page_names():
    """The pages, of the API reference only the largest: a script makes these, all alike."""
    reference = sorted(SITE.glob("book/api/*.html"), key=lambda file: file.stat().st_size)
    files = [*sorted(SITE.glob("book/*.html")), *reference[-1:]]
    return [file.relative_to(SITE / "book").with_suffix("").as_posix() for file in files]


def together(name):
    """A parameter whose tests run in one process, where they share a page."""
    return pytest.param(name, marks=pytest.mark.xdist_group(name), id=name)


def pytest_generate_tests(metafunc):
    """Tests that take `page_name`, or `page`, run for each of the pages; likewise `chapter`."""
    if "page_name" in metafunc.fixturenames:
        names = page_names()
        if not names:
            raise pytest.UsageError(f"Expected the built book in {SITE}; received no page. Run: make book")
        metafunc.parametrize("page_name", [together(name) for name in names], scope="module")
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", [together(name) for name in "123456"], scope="module")


@pytest.fixture(scope="session")
def site():
    """The folder of the built book."""
    return SITE


@pytest.fixture(scope="session")
def browser():
    """The Chromium of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def watched(browser, url, *, width=1280, height=900, dark=False, touch=False, within=WITHIN, **settings):
    """A page with its formulas set; at its end it must have logged no error and asked for nothing outside.

    `page.requested` lists what it asked for, which begins with one of `within`; `page.faults` lists errors,
    of which a test may take out those that it expects. That Chromium itself reads a page's file once more, to
    tell a test its fonts, is none: some versions log it. `settings` are for Playwright's `new_context`.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        has_touch=touch,
        is_mobile=touch,
        **settings,
    )
    context.set_default_timeout(120_000)  # milliseconds; a busy machine is no fault of the page
    page = context.new_page()
    page.requested, page.faults = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda line: page.faults.append(line.text) if line.type == "error" else None)
    page.goto(url)
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => null)")
    yield page
    context.close()
    reads_itself = f"Unsafe attempt to load URL {url} from frame with URL {url}."
    assert [fault for fault in page.faults if not fault.startswith(reads_itself)] == []
    assert [url for url in page.requested if not url.startswith(within)] == []


@pytest.fixture(scope="session")
def visit(browser, site):
    """A page of the book by its name, `with visit("intro") as page`; see `watched`."""

    def visit(name, **options):
        return watched(browser, (site / "book" / f"{name}.html").as_uri(), **options)

    return visit


@pytest.fixture
def open_url(browser):
    """Open a page of a server, which may ask that server and nobody else, until the end of the test."""
    with ExitStack() as opened:
        yield lambda url, **options: opened.enter_context(
            watched(browser, url, within=(urljoin(url, "/"), "data:"), **options)
        )


@pytest.fixture
def open_page(visit):
    """Open a page of the book by its name, until the end of the test."""
    with ExitStack() as opened:
        yield lambda name, **options: opened.enter_context(visit(name, **options))


@pytest.fixture(scope="session")
def visit_html(browser, site, tmp_path_factory):
    """A page that holds nothing but HTML that is given, with the scripts of the views."""
    scripts = (site / "_static" / "s2s-views").as_uri()
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    styles = f'<link rel="stylesheet" href="{scripts}/views.css">'
    script = f'<script src="{scripts}/views.js"></script>'

    def visit_html(body, **options):
        file = tmp_path_factory.mktemp("html") / "page.html"
        file.write_text(f"<!DOCTYPE html>{head}{styles}{body}{script}", encoding="utf-8")
        return watched(browser, file.as_uri(), **options)

    return visit_html


@pytest.fixture(scope="session")
def parts_of(site):
    """The HTML of the elements of a class in a page of the book: of these alone a page is soon made."""

    def parts_of(name, class_name):
        page = html.parse(site / "book" / f"{name}.html", html.HTMLParser(encoding="utf-8"))
        parts = page.xpath(f"//*[@class='{class_name}']")
        return "".join(html.tostring(part, encoding="unicode", with_tail=False) for part in parts)

    return parts_of


@pytest.fixture
def open_view(visit_html):
    """Open a page that holds nothing but a view, until the end of the test."""
    with ExitStack() as opened:
        yield lambda view, **options: opened.enter_context(visit_html(view._repr_html_(), **options))


@pytest.fixture
def open_views(visit_html, parts_of):
    """Open the views of a page of the book by its name, without the rest of it, until the end of the test."""
    with ExitStack() as opened:
        yield lambda name, **options: opened.enter_context(visit_html(parts_of(name, "s2s-view"), **options))


def answer_quizzes(page):
    """Answer each question, right or wrong, so that its feedback can be seen."""
    for form in page.locator(".s2s-quiz form").all():
        field = form.locator("input").first
        if field.get_attribute("type") == "text":
            field.fill("7")
        else:
            field.check()
        form.get_by_role("button").click()


@pytest.fixture(scope="module")
def page(visit, page_name):
    """Each page of the book in turn, opened once for all tests, with all there is to see.

    Once `page.screens` is measured, what is folded is open, quizzes are answered, and views have taken the
    place of their pictures.
    """
    with visit(page_name) as page:
        page.screens = page.evaluate(SCREENS)
        page.emulate_media(reduced_motion="reduce")
        page.evaluate("document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
        answer_quizzes(page)
        for view in page.locator("figure[data-view]").all():
            view.scroll_into_view_if_needed()
            view.locator("img").wait_for(state="hidden")
        yield page
