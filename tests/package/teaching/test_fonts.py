"""Fonts: every script is drawn, and what no font holds gets a stand-in."""

from types import SimpleNamespace

import matplotlib
import pytest
from figures import prediction, save_strictly, texts
from matplotlib import font_manager
from matplotlib import pyplot as plt

from s2s_lesson.teaching import fonts, plot_attention

SCRIPTS = {
    "Latin": "mardi 3 août",
    "Cyrillic": "вторник",
    "Greek": "Τρίτη",
    "Chinese": "星期二",
    "Japanese": "火曜日ひらカタ",
    "Korean": "화요일월년",
    "Arabic": "الثلاثاء٣",
    "Urdu": "ہفتہ",
    "Hebrew": "שלישי",
    "Thai": "วันอังคาร",
    "Devanagari": "मंगलवार",
    "Bengali": "মঙ্গলবার",
    "Tamil": "செவ்வாய்",
    "Telugu": "మంగళవారం",
    "Ethiopic": "ማክሰኞ",
    "Khmer": "អង្គារ",
    "Lao": "ວັນອັງຄານ",
    "Burmese": "အင်္ဂါ",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_drawn_without_missing_glyphs(script, tmp_path):
    ax = plot_attention(prediction([*SCRIPTS[script], "</s>"], "1-"))
    for format in ("png", "svg"):
        save_strictly(ax, tmp_path / f"{script}.{format}", format=format)
    shown = "".join(texts(ax.get_xticklabels())[:-1])
    assert shown.replace("◌", "").replace("␣", " ") == SCRIPTS[script], "drawn itself, not as a stand-in"


def test_missing_glyphs_are_noticed(tmp_path):
    _, ax = plt.subplots()
    ax.set_title("화", fontfamily=fonts.DEFAULT_FAMILY)
    with pytest.raises(UserWarning, match="missing from"):
        save_strictly(ax, tmp_path / "tofu.png")


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("", ""),
        ("a b", "a␣b"),
        ("\u00a0", "␣"),
        ("\u202f", "␣"),
        ("\n", "U+000A"),
        ("\u200f", "U+200F"),
        ("\ue123", "U+E123"),
        ("\U00050000", "U+50000"),
        ("\ud800", "U+D800"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("</s>", "</s>"),
    ],
)
def test_visible(token, shown):
    assert fonts.visible(token) == shown


def test_characters_without_a_font_get_a_stand_in(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "_known_families", lambda: iter([fonts.DEFAULT_FAMILY]))
    fonts._is_covered.cache_clear()
    try:
        ax = plot_attention(prediction(["화", "a"], ["b"]))
        save_strictly(ax, tmp_path / "stand-in.png")
        assert texts(ax.get_xticklabels()) == ["U+D654", "a"]
    finally:
        fonts._is_covered.cache_clear()


def test_fonts_work_without_the_font_packages(monkeypatch):
    monkeypatch.setattr(fonts, "FONT_PACKAGES", ("a-package-that-nobody-has",))
    assert fonts._packaged_families.__wrapped__() == ()


def test_plain_text_needs_one_family():
    assert fonts.families(["abc", "αβγ"]) == [fonts.DEFAULT_FAMILY]
    assert fonts.families([]) == [fonts.DEFAULT_FAMILY]


def test_families_are_known_to_matplotlib():
    chosen = fonts.families(SCRIPTS.values())
    assert chosen[0] == fonts.DEFAULT_FAMILY
    assert len(chosen) == len(set(chosen)) > 2
    known = {entry.name for entry in matplotlib.font_manager.fontManager.ttflist}
    assert set(chosen) <= known


def test_fonts_of_the_system_are_upright_and_not_matplotlibs_own(monkeypatch):
    def entry(name, folder="/fonts", style="normal", weight=400):
        return SimpleNamespace(name=name, fname=f"{folder}/{name}.ttf", style=style, weight=weight)

    entries = [
        entry("Zebra"),
        entry("Quagga", weight="normal"),
        entry("Slanted", style="italic"),
        entry("Heavy", weight=700),
        entry("Last Resort"),
        entry("Cmex", folder=f"{matplotlib.get_data_path()}/fonts/ttf"),
    ]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    fonts._system_families.cache_clear()
    try:
        assert fonts._system_families() == ("Quagga", "Zebra")
    finally:
        fonts._system_families.cache_clear()
