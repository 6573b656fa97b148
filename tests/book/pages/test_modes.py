"""Every view and quiz by keyboard, in forced colours, and on paper without backgrounds: nothing is lost."""

import re
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scripted
from scripted import IDS

from s2s_lesson.search import beam_trees
from s2s_lesson.teaching import COLORS, attention_view, beam_view

pytestmark = pytest.mark.xdist_group("views")
ROOT = Path(__file__).parents[3]
KINDS = ROOT / "views" / "src" / "views.js"
WEIGHTS = np.array([[0.05, 0.15, 0.8], [0.3, 0.3, 0.4], [0.0, 0.0, 1.0]])
THEME = ("theme", "pydata-sphinx-theme", "sphinx-book-theme")

# What the tests ask of colours, in the page: how far two are apart, and which one is behind an element.
COLOURS = """() => {
    const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    window.rgba = (colour) => {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        return [...pixel.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour) => rgba(colour).slice(0, 3)
        .map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
    window.contrast = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    window.ground = (part) => {
        for (let at = part; at; at = at.parentElement) {
            const { backgroundColor } = getComputedStyle(at);
            if (rgba(backgroundColor)[3] === 255) return backgroundColor;
        }
        return "white";
    };
}"""
# Whenever something takes the focus, it is written down with the width of its ring and the contrast of that.
NOTE_RINGS = """() => {
    window.rings = [];
    document.addEventListener("focusin", ({ target }) => {
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(target);
        const width = outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
        const ratio = contrast(outlineColor, ground(target.parentElement));
        rings.push([target.outerHTML.slice(0, 120), width, ratio]);
    });
}"""
CONTROLS = "a[href], button, input, select, summary, [tabindex]"
FOCUS_ALL = f"""() => {{
    rings = [];
    const seen = (control) => control.checkVisibility({{ visibilityProperty: true }});
    const controls = [...document.querySelectorAll("{CONTROLS}")].filter(seen);
    controls.forEach((control) => control.focus({{ focusVisible: true }}));
    return controls.length;
}}"""
# Of each cell of attention maps: its weight, the number that is seen, and how it stands out from the ground.
CELLS = """() => [...document.querySelectorAll(".s2s-attention tbody td")].map((cell) => {
    const number = cell.querySelector("span");
    const { clipPath, fontSize } = getComputedStyle(number);
    const seen = clipPath === "none" && number.getBoundingClientRect().width > 0 && parseFloat(fontSize) > 0;
    const shade = contrast(getComputedStyle(cell).backgroundColor, ground(cell.closest("table")));
    return [Number(cell.style.getPropertyValue("--weight")), seen ? number.textContent : "", shade];
})"""
# Of each candidate of a tree: what it is, how its box looks, and how its token stands out from the box.
NODES = """() => [...document.querySelectorAll("[role=treeitem]")].map((node) => {
    const { fill, strokeDasharray, rx } = getComputedStyle(node.querySelector("rect"));
    const kind = ["pruned", "ended", "kept"].find((name) => node.classList.contains(`s2s-${name}`));
    const token = getComputedStyle(node.querySelector(".s2s-token")).fill;
    return [kind, [fill, strokeDasharray, rx].join(" "), contrast(token, fill)];
})"""


@pytest.fixture(scope="module")
def every_view(site, parts_of):
    """HTML with a view of each kind, a picture to step through and a quiz, in the styles of the book."""
    prediction = {"source_tokens": "abc", "tokens": "xyz", "attention_weights": WEIGHTS}
    tables = scripted.random_tables(5, 1, 5, scripted.tree_nodes(5, 4))
    state = scripted.initial_state(tables)
    [tree] = beam_trees(scripted.step, state, beam_sizes=(1, 3), max_output_length=4, **IDS)
    made = attention_view(SimpleNamespace(**prediction)), beam_view("a", tree, ["<s>", "</s>", "a", "b", "c"])
    names = ("05-training-strategies", "04d-sampling-and-scores", "04-decoder", "03-attention")
    figures = [view._repr_html_() for view in made]
    figures += re.findall("<figure.*?</figure>", "".join(parts_of(name, "s2s-view") for name in names), re.S)
    by_kind = {re.search(r'data-view="([^"]+)"', figure)[1]: figure for figure in reversed(figures)}
    kinds = KINDS.read_text(encoding="utf-8").partition("const makers = {")[2].partition("}")[0]
    assert set(by_kind) == set(re.findall(r'^  "?([\w-]+)"?:', kinds, re.M))
    others = [parts_of("03-attention", part) for part in ("s2s-stepped", "s2s-quiz")]
    styles = [
        *(site / "_static" / "styles" / f"{name}.css" for name in THEME),
        ROOT / "_static" / "figures.css",
    ]
    links = "".join(f'<link rel="stylesheet" href="{style.as_uri()}">' for style in styles)
    views = "".join([*by_kind.values(), *others])
    return f'{links}<div class="bd-content"><article class="bd-article">{views}</article></div>'


@pytest.fixture
def all_views(visit_html, every_view):
    """A page with every view, as on a phone."""
    with visit_html(every_view, width=390, reduced_motion="reduce") as page:
        page.evaluate(COLOURS)
        yield page


def short(weight):
    """A weight as the view writes it: .93, 1."""
    return f"{weight:.2f}".replace("0.", ".").replace("1.00", "1")


def test_the_focus_is_seen_on_every_control(all_views):
    """With the Tab key in the light theme; in the dark one and in forced colours as if with keys."""
    page = all_views
    page.evaluate(NOTE_RINGS)
    stops, rings = 0, []
    while len(rings := page.evaluate("rings")) == stops:
        stops += 20
        for _ in range(20):
            page.keyboard.press("Tab")
    assert len(rings) > 70
    for theme, forced in (("light", "none"), ("dark", "none"), ("dark", "active")):
        page.emulate_media(color_scheme=theme, forced_colors=forced)
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        count = page.evaluate(FOCUS_ALL)
        assert count > 150 and len(rings := rings + page.evaluate("rings")) >= count
        assert [ring for ring in rings if ring[1] < 2 or ring[2] < 3] == [], (theme, forced)
        rings = []


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"media": "print"}], ids=str)
def test_weights_are_told_by_numbers_and_by_shades(all_views, media):
    all_views.emulate_media(**media)
    cells = sorted(all_views.evaluate(CELLS))
    assert len(cells) > 70
    assert [cell for cell in cells if cell[0] > 0.006 and cell[1] != short(cell[0])] == []
    shades = np.array([shade for *_, shade in cells])
    assert np.diff(shades).min() > -0.1 and shades[-1] > 2.5 * shades[0]  # colours are rounded


def test_trees_and_bars_are_read_in_forced_colours(all_views):
    all_views.emulate_media(forced_colors="active")
    nodes = all_views.evaluate(NODES)
    assert [node for node in nodes if node[2] < 4.5] == []
    looks = {
        kind: {look for other, look, _ in nodes if other == kind} for kind in ("kept", "ended", "pruned")
    }
    assert all(looks.values()) and len(set.union(*looks.values())) == sum(map(len, looks.values()))
    bar = "getComputedStyle(document.querySelector('.s2s-bars .s2s-{}'), '::before').backgroundImage"
    own, forced = (all_views.evaluate(bar.format(past)) for past in ("own", "forced"))
    assert own.startswith("repeating-linear-gradient") and forced == "none"


def test_pictures_are_turned_dark_on_the_screen_alone(all_views):
    all_views.evaluate("document.documentElement.dataset.theme = 'dark'")
    look = "getComputedStyle(document.querySelector('.s2s-stepped :checked ~ img')).filter"
    assert all_views.evaluate(look).startswith("invert")
    all_views.emulate_media(media="print")
    assert all_views.evaluate(look) == "none"


def fills_of(pdf):
    """The colours with which a PDF of Chromium fills shapes, each from 0 to 1, as often as it does."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    unpacked = b"\n".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    colours = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg\b", unpacked)
    return np.array([[float(part) for part in colour] for colour in colours])


def test_weights_and_trees_are_on_paper_without_backgrounds(visit_html, every_view):
    """While what appears little by little has just begun to: that takes 100 seconds here."""
    slowly = "<style>[role=treeitem] { animation-duration: 100s !important }</style>"
    with visit_html(every_view + slowly) as page:
        fills = fills_of(page.pdf(print_background=False, format="A4"))
        page.emulate_media(media="print")
        assert page.evaluate("document.getAnimations().length") == 0
        cells = page.locator(".s2s-attention").first.locator("tbody td")
        colours = cells.evaluate_all("all => all.map((cell) => getComputedStyle(cell).backgroundColor)")
        kept = page.locator("[role=treeitem].s2s-kept:not(.s2s-ended)").count()

    def times(colour):
        return int((np.abs(fills - np.array(colour)) < 0.01).all(axis=1).sum())

    for colour in colours:
        assert times([float(part) for part in re.findall(r"[\d.]+", colour)[-3:]]) > 0, colour
    decoder = [int(COLORS["decoder"][place : place + 2], 16) / 255 for place in (1, 3, 5)]
    assert times(decoder) >= kept > 5
