"""The page of a served model in Chromium: worked by keys, on a phone and in the dark, and without its map."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from served_models import SmallModel
from serving import served

from s2s_lesson.deployed.serving import pages

WORST = ("serious", "critical")
TOO_LONG = {"texts": ["a" * 24]}


@pytest.fixture(scope="module")
def client():
    with served(SmallModel()) as client:
        yield client


def serious(page):
    """The serious and critical faults that axe-core finds, too little contrast among them."""
    faults = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in faults if fault["impact"] in WORST]


def fits(page):
    """Whether the page is no wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_is_worked_by_keys(client, open_url):
    page = open_url(str(client.base_url))
    page.keyboard.press("Tab")
    page.keyboard.type("abc z")
    for key in ("Tab", "Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("radio").nth(2).wait_for()
    told = client.post("/predict", json={"texts": ["abc z"], "n_best": 3}).json()["predictions"][0]["outputs"]
    assert page.locator("#choices .output").all_inner_texts() == [output["text"] for output in told]
    assert page.get_by_role("status").inner_text() == "Outputs: 3. The model does not know: z."
    assert page.locator("#map thead button").all_inner_texts() == ["a", "b", "c", "␣", "z", "</s>"]
    rows = page.locator("#map tbody th button")
    assert [text.replace("␣", " ") for text in rows.all_inner_texts()] == told[0]["tokens"]

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio").nth(1).is_checked()
    assert [text.replace("␣", " ") for text in rows.all_inner_texts()] == told[1]["tokens"]


def test_what_is_refused_is_told(client, open_url):
    page = open_url(str(client.base_url))
    # Chromium logs an answer of 422 as an error, which no page here may log.
    page.route("**/predict", lambda route: route.fulfill(json=client.post("/predict", json=TOO_LONG).json()))
    page.evaluate("""() => {
        const before = fetch;
        window.fetch = async (...all) => ({ ok: false, json: async () => (await before(...all)).json() });
    }""")
    page.get_by_label("Text").fill(TOO_LONG["texts"][0])
    page.get_by_label("Text").press("Control+Enter")
    page.locator("#status.wrong").wait_for()
    assert (
        page.get_by_role("status")
        .inner_text()
        .startswith("Expected texts of at most 23 tokens; text 0 has 24")
    )
    assert page.locator("#answers").is_hidden() and page.locator("#looked-at").is_hidden()


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_suits_a_phone_light_and_dark(client, open_url, dark):
    page = open_url(str(client.base_url), width=390, height=844, dark=dark)
    page.get_by_label("Text").fill("abcdefgh abcdefgh")
    page.get_by_role("button", name="Predict").click()
    page.locator("#map table").wait_for()
    assert fits(page) and serious(page) == []
    red, *_ = map(int, page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"))
    assert (red < 60) is dark


@pytest.mark.parametrize("dark", [False, True])
def test_the_interface_is_listed(client, open_url, dark):
    page = open_url(f"{client.base_url}/docs", width=390, height=844, dark=dark)
    assert fits(page) and serious(page) == []
    page.get_by_role("link", name="PredictRequest").first.click()
    assert page.url.endswith("#PredictRequest")


def test_without_the_script_of_the_map_all_else_works(client, open_url, tmp_path, monkeypatch):
    (tmp_path / "page").symlink_to(pages.HOME / "page")
    monkeypatch.setattr(pages, "HOME", tmp_path)
    page = open_url(str(client.base_url))
    page.get_by_label("Text").fill("abc")
    page.get_by_role("button", name="Predict").click()
    page.get_by_text("Run make dist").wait_for()
    assert page.get_by_role("radio").count() == 3 and page.locator("#map table").count() == 0
