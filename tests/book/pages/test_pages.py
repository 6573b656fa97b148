"""Every page of the built book, in a browser: whole, light in weight, readable by all, on every width."""

import functools
import http.server
import re
import threading
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from axe_faults import serious
from compact_figures import PLAIN
from costs import budgets
from lxml import html

ROOT = Path(__file__).parents[3]
BUDGETS = budgets()
CONTRAST = "color-contrast"
WIDTHS = (390, 820, 1280)  # phone, tablet, desktop
MARKUP_OF_FORMULAS = re.compile(r"\\\(|\\\[|\$\$|\$[^$\s][^$\n]*\$")

# A figure of a notebook that says nothing else is described by the name of its file.
BROKEN_IMAGES = """() => [...document.images]
    .filter((image) => !image.complete || image.naturalWidth === 0 || !/ /.test(image.alt.trim()))
    .map((image) => image.outerHTML)"""
TEXT = """() => {
    const article = document.querySelector("article").cloneNode(true);
    article.querySelectorAll("pre, code, script, mjx-container").forEach((part) => part.remove());
    return article.textContent;
}"""
# Of texts that look alike, on the same ground, one is left: a thousand take a browser seconds.
ONE_OF_EACH_LOOK = """() => {
    (window.emptied ?? []).forEach(([text, words]) => (text.data = words));
    window.emptied = [];
    const grounds = new Map([[null, ""]]);
    const ground = (part) => {
        if (!grounds.has(part)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(part);
            const own = [backgroundColor, backgroundImage, opacity].join(" ");
            grounds.set(part, ground(part.parentElement) + (own === "rgba(0, 0, 0, 0) none 1" ? "" : own));
        }
        return grounds.get(part);
    };
    const seen = new Set();
    for (const part of document.querySelectorAll("body *")) {
        const own = [...part.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
        if (!own.length) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(part);
        const look = [part.tagName, part.className, color, fontSize, fontWeight, ground(part)].join(" ");
        if (seen.has(look)) own.forEach((text) => { emptied.push([text, text.data]); text.data = ""; });
        seen.add(look);
    }
}"""
CHINESE = """() => {
    for (const element of document.querySelectorAll("article *")) {
        const own = [...element.childNodes].filter((node) => node.nodeType === 3);
        const text = own.map((node) => node.data).join("");
        const count = [...text].filter((character) => /\\p{Script=Han}/u.test(character)).length;
        if (count) element.setAttribute("data-chinese", count);
    }
}"""
SCROLLING_CODE_HAS_FOCUS = """() => [...document.querySelectorAll("pre")]
    .every((code) => code.tabIndex === 0 || code.scrollWidth <= code.clientWidth)"""
WIDE_QUIZZES = """() => [...document.querySelectorAll(".s2s-quiz")]
    .filter((quiz) => quiz.scrollWidth > quiz.clientWidth).map((quiz) => quiz.outerHTML.slice(0, 200))"""
CUT_WITHOUT_A_SIGN = """() => [...document.querySelectorAll(".cell_output:has(> img:only-child)")]
    .filter((output) => output.scrollWidth > output.clientWidth)
    .filter((output) => getComputedStyle(output).maskImage === "none")
    .map((output) => output.innerHTML.slice(0, 200))"""
PAPER = 703  # pixels: A4 without the margins of tools/pdf.py
CUT_ON_PAPER = """() => {
    const edge = document.querySelector("article").getBoundingClientRect().right + 1;
    const cut = (part) =>
        part.getBoundingClientRect().right > edge || part.scrollWidth > part.clientWidth + 1;
    const parts = document.querySelectorAll("article :is(pre, table, img, div.math, .s2s-attention button)");
    const moving = document.querySelectorAll("article details[open] > summary ~ *");
    return [...parts].filter((part) => part.checkVisibility() && cut(part))
        .concat([...moving].filter((part) => getComputedStyle(part).animationName !== "none"))
        .map((part) => part.outerHTML.slice(0, 200));
}"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def local_file(url):
    return Path(unquote(urlsplit(url).path))


@functools.cache
def parsed(file):
    """The anchors of a page, and where its links lead."""
    page = html.parse(file).getroot()
    return set(page.xpath("//@id")), {urljoin(file.as_uri(), link) for link in page.xpath("//a/@href")}


def broken_links(file):
    """The links of a page that stay in the book and lead nowhere."""
    broken = []
    for url in (url for url in parsed(file)[1] if url.startswith("file:")):
        target, anchor = local_file(url), unquote(urlsplit(url).fragment)
        if not target.is_file() or (anchor and anchor not in parsed(target)[0]):
            broken.append(url)
    return broken


def own_files(page, site):
    """The page and what it asked for, but for the index of the whole book, the theme and MathJax."""
    files = {local_file(url) for url in page.requested if url.startswith("file:")}
    static, sources = site / "_static", (ROOT / "_static", ROOT / "_build" / "static")
    ours = {static / file.relative_to(source) for source in sources for file in source.rglob("*")}
    return {file for file in files if static not in file.parents or file in ours} - {site / "searchindex.js"}


def test_images_are_whole_and_described(page):
    assert page.evaluate(BROKEN_IMAGES) == []


def test_formulas_are_typeset(page, page_name):
    counts = page.evaluate(
        "['.math', '.math mjx-container', 'mjx-merror'].map((part) => document.querySelectorAll(part).length)"
    )
    assert counts == [counts[0], counts[0], 0]
    assert page_name != "appendix-notation" or counts[0] > 20
    assert MARKUP_OF_FORMULAS.findall(page.evaluate(TEXT)) == []


def test_the_page_is_light(page, site):
    files = own_files(page, site)
    assert len(files) >= 1
    assert sum(file.stat().st_size for file in files) <= BUDGETS["bytes"]["a page"]


def test_the_chapter_keeps_to_its_screens(page, page_name):
    """Of other pages it is enough that they have a length."""
    limits = BUDGETS["chapters"]
    long, above_the_first_picture = page.screens
    assert 0 < long <= limits["screens"].get(page_name, long)
    if page_name in limits["screens"]:
        assert 0 <= above_the_first_picture <= limits["screens_above_the_first_picture"][page_name]


def test_nothing_scrolls_sideways(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDE_QUIZZES) == []
        assert page.evaluate(CUT_WITHOUT_A_SIGN) == []


def test_nothing_is_cut_on_paper(page):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 900})
    assert page.evaluate(CUT_ON_PAPER) == []
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})


def characters_without_font(page):
    """The elements whose Chinese is not drawn with the font that the book brings along."""
    page.evaluate(CHINESE)
    page.evaluate("document.fonts.ready.then(() => null)")
    browser = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        browser.send(f"{domain}.enable")
    root = browser.send("DOM.getDocument")["root"]["nodeId"]
    asked = {"nodeId": root, "selector": "[data-chinese]"}
    without = []
    for node in browser.send("DOM.querySelectorAll", asked)["nodeIds"]:
        attributes = browser.send("DOM.getAttributes", {"nodeId": node})["attributes"]
        count = int(attributes[attributes.index("data-chinese") + 1])
        fonts = browser.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        if sum(font["glyphCount"] for font in fonts if font["isCustomFont"]) < count:
            without.append(browser.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"])
    return without


def test_chinese_is_drawn_with_the_font_of_the_book(page, page_name):
    assert characters_without_font(page) == []
    if page_name in ("appendix-notation", "appendix-glossary", "appendix-article-map"):
        assert page.locator("[data-chinese]").count() > 10


def test_axe_finds_no_serious_fault(page):
    """With the views as they respond, and the quizzes with their feedback."""
    page.wait_for_function(SCROLLING_CODE_HAS_FOCUS)  # some time after the width of the window has changed
    page.wait_for_function("document.getAnimations().length === 0")  # what was unfolded no longer fades in
    assert serious(page, but=[CONTRAST]) == []


def test_contrast_holds_in_light_and_dark(page):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_function("document.getAnimations().length === 0")  # colours no longer fade
        page.evaluate(ONE_OF_EACH_LOOK)
        assert serious(page, [CONTRAST]) == []


def test_links_lead_somewhere(site):
    pages = list(site.glob("book/**/*.html"))
    assert len(pages) >= 14
    assert [link for page in pages for link in broken_links(page)] == []


def test_the_button_changes_the_theme(open_page):
    page = open_page("intro")
    seen = set()
    for _ in range(3):  # light, dark, and as the system is
        seen.add((page.evaluate("document.documentElement.dataset.mode"), page.evaluate(BACKGROUND)))
        page.locator(".theme-switch-button:visible").click()
    assert len({mode for mode, _ in seen}) == 3
    assert len({background for _, background in seen}) == 2


def titles_of_results(page):
    page.locator("#search-results li").first.wait_for()
    return page.locator("#search-results li a").all_inner_texts()


def test_what_has_no_tag_in_code_would_have_no_colour_of_its_own(site):
    styles = (site / "_static" / "pygments.css").read_text(encoding="utf-8")
    rules = re.findall(r'data-theme="(\w+)"\] \.highlight(?: \.(\w+))? \{.*?color: (#\w+) \}', styles)
    colours = {(theme, name): colour for theme, name, colour in rules}
    for theme in ("light", "dark"):
        assert {colours.get((theme, name)) for name in PLAIN} == {colours[theme, ""]}


def test_search_finds_bahdanau_in_files(browser, site):
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=Bahdanau")
    assert any("Attention" in title for title in titles_of_results(page))
    page.close()


@pytest.fixture
def served(site):
    """The address of the book on a web server of this machine."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_search_finds_bahdanau_on_the_web(browser, served):
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{served}/search.html?q=Bahdanau")
    assert any("Attention" in title for title in titles_of_results(page))
    page.locator("#search-results li .context").first.wait_for()  # some words of the page
    page.close()
    assert faults == []


@pytest.mark.xdist_group("one")
def test_tests_of_a_group_share_a_process(request):
    """What pytest-xdist tells its scheduler by the names of tests."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@one") == grouped


def test_the_checks_find_what_is_wrong(browser, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(
        "<html lang=en><title>t</title><article>"
        "<a href='no.html'>a</a> <a href='#no'>b</a> <a href='#here'>c</a>"
        "<p>A word.</p><p>Another.</p><p id='here' style='color: #ccc'>Faint, and $a + b$</p>"
        "<img src='no.png' alt='Not there'>"
        """<img src='data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"/>' alt='figure.svg'>"""
        "<table><tr><td style='min-width: 3000px'>Wide</table>"
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    page.evaluate(ONE_OF_EACH_LOOK)
    assert [fault[0] for fault in serious(page, [CONTRAST])] == [CONTRAST]
    assert CONTRAST not in [fault[0] for fault in serious(page, but=[CONTRAST])]
    assert len(page.evaluate(BROKEN_IMAGES)) == 2
    assert MARKUP_OF_FORMULAS.findall(page.evaluate(TEXT)) == ["$a + b$"]
    assert [part[:6] for part in page.evaluate(CUT_ON_PAPER)] == ["<table"]
    page.close()
    assert sorted(broken_links(file)) == sorted([file.as_uri() + "#no", (tmp_path / "no.html").as_uri()])
