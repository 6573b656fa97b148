"""Plots hold what they were given to draw, in any script, and leave Matplotlib's settings alone."""

import itertools
import subprocess
import sys
import warnings
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from s2s_lesson import fonts
from s2s_lesson.plotting import (
    ATTENTION_COLORMAP,
    COLORS,
    SERIES,
    colormap,
    plot_attention,
    plot_beam_tree,
    plot_encoder_decoder,
    plot_history,
)

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


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def prediction(source_tokens, tokens, seed=0):
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(source_tokens)), size=len(tokens))
    return SimpleNamespace(
        source_tokens=tuple(source_tokens), tokens=tuple(tokens), attention_weights=weights.astype("float32")
    )


def texts(labels):
    return [label.get_text() for label in labels]


def save_strictly(ax, path, **options):
    """Save a figure with warnings, such as the one on missing glyphs, turned into errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ax.figure.savefig(path, **options)


def boxes_inside_figure(ax, labels):
    """Whether each label is, in a figure that is drawn with warnings turned into errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        ax.figure.canvas.draw()
    whole = ax.figure.bbox
    inside = [label.get_window_extent() for label in labels if label.get_text()]
    return [
        box.x0 >= -1 and box.y0 >= -1 and box.x1 <= whole.x1 + 1 and box.y1 <= whole.y1 + 1 for box in inside
    ]


# Attention


def test_attention_holds_the_weights_and_the_tokens():
    shown = prediction([*"3 May", "</s>"], ["0", "5", "</s>"])
    ax = plot_attention(shown)
    (image,) = ax.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), shown.attention_weights)
    assert texts(ax.get_xticklabels()) == ["3", "␣", "M", "a", "y", "</s>"]
    assert texts(ax.get_yticklabels()) == ["0", "5", "</s>"]
    assert image.get_clim() == (0, 1)
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first output token belongs at the top"


def test_attention_is_labelled():
    ax = plot_attention(prediction("abc", "de"))
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert (ax.get_xlabel(), ax.get_ylabel(), bar.get_ylabel()) == ("source", "output", "attention weight")
    assert ax.xaxis.get_label_position() == "top"


def test_attention_accepts_weights_as_lists():
    ax = plot_attention(
        SimpleNamespace(source_tokens=["a", "b"], tokens=["c"], attention_weights=[[0.25, 0.75]])
    )
    np.testing.assert_array_equal(np.asarray(ax.images[0].get_array()), [[0.25, 0.75]])


def test_attention_draws_in_the_given_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_attention(prediction("abc", "de"), right) is right
    assert right.images and not left.images
    assert plt.get_fignums() == [figure.number], "no other figure may be opened"


def test_attention_figure_grows_with_the_tokens():
    small = plot_attention(prediction("a" * 11, "b" * 11)).figure.get_size_inches()
    large = plot_attention(prediction("a" * 29, "b" * 31)).figure.get_size_inches()
    assert (large > small).all()
    assert (plot_attention(prediction("a" * 101, "b" * 103)).figure.get_size_inches() < 20).all()


@pytest.mark.parametrize(
    "tokens",
    [
        ["a", "b"],
        [*"Tuesday, 3 March", "</s>"],
        ["unbelievably", "long-winded", "tokens", "everywhere", "internationalisation"],
    ],
)
def test_attention_text_is_not_clipped(tokens):
    ax = plot_attention(prediction(tokens, tokens))
    labels = [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label]
    assert all(boxes_inside_figure(ax, labels))


@pytest.mark.parametrize(
    "tokens",
    [[*"Tuesday", "</s>"], ["the", "cat", "</s>"], ["unbelievably", "long-winded", "internationalisation"]],
)
def test_attention_source_labels_do_not_overlap(tokens):
    ax = plot_attention(prediction(tokens, "abc"))
    ax.figure.canvas.draw()
    labels = ax.get_xticklabels()
    if labels[0].get_rotation() == 0:
        extents = [label.get_window_extent() for label in labels]
        assert all(left.x1 <= right.x0 for left, right in itertools.pairwise(extents))
    else:
        assert all(label.get_rotation() == 45 and label.get_ha() == "left" for label in labels)
        assert max(map(len, tokens)) > 2


def test_attention_does_not_read_tokens_as_formulas(tmp_path):
    ax = plot_attention(prediction(["$x$", "$", "_{", "\\frac"], ["$^$", "%"]))
    save_strictly(ax, tmp_path / "formula.png")
    assert texts(ax.get_xticklabels()) == ["$x$", "$", "_{", "\\frac"]


@pytest.mark.parametrize("shape", [(2, 5), (5, 3), (3,), (3, 5, 1)])
def test_attention_refuses_weights_of_another_shape(shape):
    wrong = SimpleNamespace(source_tokens="abcde", tokens="fgh", attention_weights=np.zeros(shape))
    with pytest.raises(ValueError, match=r"Expected attention weights of shape \(3, 5\).*received") as error:
        plot_attention(wrong)
    assert str(shape) in str(error.value)


@pytest.mark.parametrize(("source_tokens", "tokens"), [("", "ab"), ("ab", "")])
def test_attention_refuses_to_draw_nothing(source_tokens, tokens):
    weights = np.zeros((len(tokens), len(source_tokens)))
    nothing = SimpleNamespace(source_tokens=source_tokens, tokens=tokens, attention_weights=weights)
    with pytest.raises(ValueError, match=r"Expected at least one source token.*received"):
        plot_attention(nothing)


# Scripts


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


# History


def test_history_draws_both_losses():
    ax = plot_history({"loss": [3.0, 2.0, 1.5], "val_loss": [3.5, 2.25, 2.75], "seconds": [7, 7, 7]})
    lines = {line.get_label(): line for line in ax.lines}
    assert set(lines) == {"training", "validation", "lowest validation loss (epoch 2)"}
    np.testing.assert_array_equal(lines["training"].get_xydata(), [[1, 3.0], [2, 2.0], [3, 1.5]])
    np.testing.assert_array_equal(lines["validation"].get_xydata(), [[1, 3.5], [2, 2.25], [3, 2.75]])
    np.testing.assert_array_equal(lines["lowest validation loss (epoch 2)"].get_xydata(), [[2, 2.25]])
    assert texts(ax.get_legend().get_texts()) == list(lines)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats per token)")


def test_history_without_validation_data():
    ax = plot_history({"loss": [3.0, 2.0]})
    assert [line.get_label() for line in ax.lines] == ["training"]


def test_history_with_losses_that_are_not_numbers():
    ax = plot_history({"loss": [3.0, np.nan], "val_loss": [np.nan, np.nan]})
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]


@pytest.mark.parametrize("epochs", [1, 2, 3, 11, 97])
def test_history_ticks_are_whole_epochs(epochs):
    ax = plot_history({"loss": list(np.linspace(3, 1, epochs))})
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert ticks and all(tick == int(tick) for tick in ticks)
    assert len(ticks) <= 12


def test_history_draws_in_the_given_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_history({"loss": [1.0]}, right) is right
    assert right.lines and not left.lines
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [], "val_loss": []}, {"val_loss": [1.0]}])
def test_history_refuses_to_draw_nothing(history):
    with pytest.raises(ValueError, match=r"Expected history\['loss'\].*received"):
        plot_history(history)


def test_history_refuses_lists_of_different_lengths():
    with pytest.raises(ValueError, match=r"Expected as many .* 3; received 2"):
        plot_history({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.0]})


# Encoder and decoder


def test_encoder_decoder_shows_what_is_read_fed_and_put_out():
    ax = plot_encoder_decoder(["the", "cat", "</s>"], ["le", "chat", "noir", "</s>"])
    where = {}
    for text in ax.texts:
        where.setdefault(round(text.get_position()[1], 3), []).append(text.get_text())
    rows = [where[y] for y in sorted(where)]
    assert rows[0] == ["encoder", "decoder"]
    assert rows[1] == ["the", "cat", "</s>", "<s>", "le", "chat", "noir"]
    assert rows[2] == ["1", "2", "3", "1", "2", "3", "4", "encoder\nstate"]
    assert rows[3] == ["le", "chat", "noir", "</s>"]
    assert len(rows) == 4


def patches_of(ax, color):
    return [patch for patch in ax.patches if patch.get_facecolor()[:3] == to_rgb(color)]


def test_encoder_decoder_uses_one_colour_for_each_part():
    ax = plot_encoder_decoder("abc", "defgh")
    boxes = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyBboxPatch)]
    colors = [patch.get_facecolor()[:3] for patch in boxes]
    assert [colors.count(to_rgb(COLORS[part])) for part in ("encoder", "decoder", "state")] == [3, 5, 1]
    assert not patches_of(ax, COLORS["attention"])


def attention_lines(ax):
    return [patch for patch in ax.patches if type(patch) is matplotlib.patches.PathPatch]


def test_attention_lines_are_as_opaque_as_their_weights():
    weights = np.array([[0.7, 0.3, 0.0], [0.1, 0.2, 0.7]])
    ax = plot_encoder_decoder("abc", "de", attention_weights=weights)
    lines = attention_lines(ax)
    assert [line.get_alpha() for line in lines] == pytest.approx([0.7, 0.3, 0.1, 0.2, 0.7])
    starts = [line.get_path().vertices[0][0] for line in lines]
    ends = [line.get_path().vertices[-1][0] for line in lines]
    assert [len(set(starts)), len(set(ends))] == [3, 2]
    assert len(patches_of(ax, COLORS["attention"])) == 2, "one context for each output token"
    assert texts(ax.texts).count("context") == 1, "the row's name"


@pytest.mark.parametrize("with_attention", [False, True])
def test_encoder_decoder_boxes_lie_within_the_axes(with_attention):
    weights = np.full((2, 3), 1 / 3) if with_attention else None
    ax = plot_encoder_decoder("abc", "de", attention_weights=weights)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    boxes = [patch.get_path().get_extents(patch.get_patch_transform()) for patch in ax.patches]
    assert len(boxes) >= 6
    assert all(left < box.x0 and box.x1 < right and bottom < box.y0 and box.y1 < top for box in boxes)


def test_encoder_decoder_without_attention_has_no_context():
    ax = plot_encoder_decoder("abc", "de")
    assert not attention_lines(ax)
    assert "context" not in texts(ax.texts)


@pytest.mark.parametrize("with_attention", [False, True])
def test_encoder_decoder_text_is_not_clipped(with_attention):
    source, target = ["internationalisation", "</s>"], ["国际化", "화", "$x$", "</s>"]
    weights = np.full((4, 2), 0.5) if with_attention else None
    ax = plot_encoder_decoder(source, target, attention_weights=weights)
    assert all(boxes_inside_figure(ax, ax.texts))


def test_encoder_decoder_tokens_do_not_overlap():
    for count in (3, 29):
        ax = plot_encoder_decoder(["token"] * count, ["other"] * count)
        ax.figure.canvas.draw()
        read = [text.get_window_extent() for text in ax.texts if text.get_position()[1] == -1.45]
        read.sort(key=lambda box: box.x0)
        assert len(read) == 2 * count
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(read))


def test_encoder_decoder_draws_in_the_given_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_encoder_decoder("abc", "de", right) is right
    assert right.patches and not left.patches
    assert plt.get_fignums() == [figure.number]
    assert max(text.get_fontsize() for text in right.texts) < 12, "text shrinks with the room there is"


def test_encoder_decoder_names_its_first_token_as_told():
    assert "BEGIN" in texts(plot_encoder_decoder("a", "b", bos="BEGIN").texts)


def test_encoder_decoder_refuses_weights_of_another_shape():
    with pytest.raises(ValueError, match=r"Expected attention weights of shape \(2, 3\).*received \(3, 2\)"):
        plot_encoder_decoder("abc", "de", attention_weights=np.zeros((3, 2)))


@pytest.mark.parametrize(("source_tokens", "target_tokens"), [("", "ab"), ("ab", "")])
def test_encoder_decoder_refuses_to_draw_nothing(source_tokens, target_tokens):
    with pytest.raises(ValueError, match=r"Expected at least one source token.*received"):
        plot_encoder_decoder(source_tokens, target_tokens)


# Beam trees


TOKENS = ["<s>", "a", "b", "</s>"]


def beam_nodes():
    """Two steps of a beam of two: "b </s>" wins over "a b", and two candidates are pruned."""
    rows = [  # time, parent, token, score, kept
        (0, None, 1, -0.7, True),
        (0, None, 2, -0.9, True),
        (0, None, 3, -2.3, False),
        (1, 0, 2, -1.6, True),
        (1, 0, 1, -1.9, False),
        (1, 1, 3, -1.0, True),
    ]
    names = ("time", "parent", "token", "score", "kept")
    return [SimpleNamespace(**dict(zip(names, row, strict=True)), ended=row[2] == 3) for row in rows]


def boxes(ax):
    return [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyBboxPatch)]


def written(ax):
    """What stands where: text -> list of (x, y)."""
    where = {}
    for text in ax.texts:
        where.setdefault(text.get_text(), []).append(tuple(np.round(text.get_position(), 6)))
    return where


def test_beam_tree_holds_every_candidate_with_its_score():
    where = written(plot_beam_tree(beam_nodes(), TOKENS))
    assert {text: len(places) for text, places in where.items() if text in TOKENS} == {
        "<s>": 1,
        "a": 2,
        "b": 2,
        "</s>": 2,
    }
    scores = {text for text in where if text.startswith("\N{MINUS SIGN}")}
    assert scores == {f"\N{MINUS SIGN}{score}" for score in ("0.70", "0.90", "2.30", "1.60", "1.90", "1.00")}


def test_beam_tree_has_a_column_for_each_step_with_the_kept_ones_on_top():
    where = written(plot_beam_tree(beam_nodes(), TOKENS))
    ((root_x, _),) = where["<s>"]
    columns = {}
    for text, places in where.items():
        if text not in TOKENS:
            for x, y in places:
                columns.setdefault(x, []).append((-y, text.replace("\N{MINUS SIGN}", "-")))
    in_order = [[text for _, text in sorted(columns[x])] for x in sorted(columns)]
    assert in_order == [["-0.70", "-0.90", "-2.30"], ["-1.00", "-1.60", "-1.90"]]
    assert root_x < min(columns)


def test_beam_tree_tells_kept_ended_and_pruned_candidates_apart():
    drawn = boxes(plot_beam_tree(beam_nodes(), TOKENS))
    filled = [patch.get_facecolor()[:3] for patch in drawn if patch.get_facecolor()[3] > 0]
    counts = [filled.count(to_rgb(COLORS[part])) for part in ("state", "decoder")]
    assert counts == [2, 3], "the begin token and one that was kept and ended, those kept open"
    assert sum(patch.get_facecolor()[3] == 0 for patch in drawn) == 2, "pruned ones are outlines"
    square = [patch for patch in drawn if type(patch.get_boxstyle()).__name__ == "Square"]
    assert len(square) == 2, "ended ones, pruned or not, without colour as well"


def test_beam_tree_lines_lead_from_parents_to_children_and_one_path_is_thick():
    nodes = beam_nodes()
    ax = plot_beam_tree(nodes, TOKENS)
    assert len(ax.lines) == len(nodes)
    for line, node in zip(ax.lines, nodes, strict=True):
        assert line.get_xdata()[0] < line.get_xdata()[1]
        if node.parent is not None:
            assert line.get_ydata()[0] == ax.lines[node.parent].get_ydata()[1]
    thick = [index for index, line in enumerate(ax.lines) if line.get_linewidth() > 2]
    assert thick == [1, 5]
    pale = [index for index, line in enumerate(ax.lines) if line.get_color() == "0.85"]
    assert pale == [index for index, node in enumerate(nodes) if not node.kept]


def test_beam_tree_explains_itself():
    names = texts(plot_beam_tree(beam_nodes(), TOKENS).get_legend().get_texts())
    assert names == ["kept", "kept, ended", "pruned", "the best that ended"]
    open_ones = [node for node in beam_nodes() if not node.ended]
    assert texts(plot_beam_tree(open_ones[:2], TOKENS).get_legend().get_texts()) == ["kept", "pruned"]


def tree_of(steps, tokens, beam_size=3):
    """A tree in which each of ``beam_size`` hypotheses looks at as many tokens in each step."""
    nodes, parents = [], [None]
    for time in range(steps):
        kept = []
        for slot, parent in enumerate(parents):
            for rank in range(beam_size):
                if rank == 0 or (time == 0 and len(kept) < beam_size):
                    kept.append(len(nodes))
                token = (time + slot + rank) % len(tokens)
                score = -float(time + slot + 0.1 * rank)
                node = {"token": token, "score": score, "kept": len(nodes) in kept, "ended": False}
                nodes.append(SimpleNamespace(time=time, parent=parent, **node))
        parents = kept
    return nodes


@pytest.mark.parametrize("steps", [1, 7, 31])
def test_beam_tree_text_stays_in_its_box_and_in_the_figure(steps):
    tokens = ["AH", "化", "$x$", "internationally"]
    ax = plot_beam_tree(tree_of(steps, tokens), tokens)
    assert all(boxes_inside_figure(ax, [*ax.texts, *ax.get_legend().get_texts()]))
    extents = [box.get_window_extent() for box in boxes(ax)]
    for text in ax.texts:
        own = text.get_window_extent()
        assert any(
            box.x0 - 1 <= own.x0 and own.x1 <= box.x1 + 1 for box in extents if box.y0 < own.y0 < box.y1
        )


def test_beam_tree_figure_grows_with_the_steps_and_fits_a_page_while_it_can():
    widths = [plot_beam_tree(tree_of(s, TOKENS), TOKENS).figure.get_size_inches()[0] for s in (3, 11, 61)]
    assert widths == sorted(widths)
    assert widths[1] < 9.6 and widths[-1] < 20.1


def test_beam_tree_draws_in_the_given_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_beam_tree(beam_nodes(), TOKENS, right) is right
    assert right.patches and not left.patches
    assert plt.get_fignums() == [figure.number]


def test_beam_tree_refuses_nodes_without_tokens():
    with pytest.raises(ValueError, match=r"Expected at least one candidate.*received 0 candidates"):
        plot_beam_tree([], TOKENS)
    with pytest.raises(ValueError, match=r"each id up to 3; received 6 candidates and 3 tokens"):
        plot_beam_tree(beam_nodes(), TOKENS[:3])


# Colours


def linear(color):
    """Linear RGB of a colour, from 0 to 1."""
    channels = np.array(to_rgb(color))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast_with_white(color):
    return 1.05 / (np.dot([0.2126, 0.7152, 0.0722], linear(color)) + 0.05)


def lab(linear_rgb):
    """CIE L*a*b* under D65: equal distances look equally far apart."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(to_xyz @ np.clip(linear_rgb, 0.001, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


SIGHT = {  # Machado, Oliveira and Fernandes 2009, severity 1.0; on linear RGB
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [tuple(COLORS.values()), SERIES], ids=["parts", "series"])
def test_colors_can_be_told_apart(palette, sight):
    seen = [lab(SIGHT[sight] @ linear(color)) for color in palette]
    distances = [np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)]
    assert min(distances) > 12, "2 is just noticeable"


def test_colors_are_legible_on_white_and_under_white_text():
    assert {name: color for name, color in COLORS.items() if contrast_with_white(color) < 4.5} == {}
    assert [color for color in SERIES if contrast_with_white(color) < 3] == []  # WCAG 2.1, 1.4.3 and 1.4.11


def test_series_stand_for_no_part():
    assert not set(SERIES) & set(COLORS.values())


@pytest.mark.parametrize("name", [*COLORS, "purple"])
def test_colormaps_go_from_white_over_the_color_to_dark_in_even_steps(name):
    shades = colormap(name)(np.linspace(0, 1, 101))[:, :3]
    np.testing.assert_allclose(shades[0], 1)
    np.testing.assert_allclose(shades[70], to_rgb(COLORS.get(name, name)), atol=0.02)
    steps = -np.diff([lab(linear(shade))[0] for shade in shades])
    assert steps.min() > 0.1 and steps.max() < 3


def test_attention_is_green():
    (image,) = plot_attention(prediction("ab", "cd")).images
    assert image.get_cmap() == ATTENTION_COLORMAP == colormap("attention")


# Settings


IMPORT_AND_USE = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot
from matplotlib import font_manager
before, fonts_before = dict(matplotlib.rcParams), len(font_manager.fontManager.ttflist)
from types import SimpleNamespace
from s2s_lesson import plotting
assert dict(matplotlib.rcParams) == before
assert len(font_manager.fontManager.ttflist) == fonts_before, "no font is registered at import"
assert not matplotlib.pyplot.get_fignums()
shown = SimpleNamespace(source_tokens="화a", tokens="b", attention_weights=[[0.5, 0.5]])
plotting.plot_attention(shown).figure.canvas.draw()
plotting.plot_history({"loss": [1.0], "val_loss": [1.0]}).figure.canvas.draw()
plotting.plot_encoder_decoder("ab", "cd").figure.canvas.draw()
node = SimpleNamespace(time=0, parent=None, token=0, score=-1.0, kept=True, ended=True)
plotting.plot_beam_tree([node], ["a"]).figure.canvas.draw()
assert dict(matplotlib.rcParams) == before
import sys
assert not {"tensorflow", "jax", "torch", "keras"} & set(sys.modules)
print("import and use")
"""
SHOW_AS_SVG = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
plotting.show_as_svg()
figure = plotting.plot_encoder_decoder("화b", "cd").figure
shown, _ = shell.display_formatter.format(figure)
assert {name for name in shown if name.startswith("image/")} == {"image/svg+xml"}
assert "<text" not in shown["image/svg+xml"] and "<use" in shown["image/svg+xml"]
assert "dc:date" not in shown["image/svg+xml"]
print("show as svg")
"""


@pytest.fixture(scope="module")
def new_process():
    """What a process says that imports the plots, draws each, and then draws as a notebook does."""
    command = [sys.executable, "-c", IMPORT_AND_USE + SHOW_AS_SVG]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_import_and_use_leave_the_settings_alone(new_process):
    assert "import and use\n" in new_process.stdout, new_process.stderr
    assert "findfont" not in new_process.stderr and "missing from" not in new_process.stderr


def test_notebooks_show_svg_with_letters_as_outlines(new_process):
    assert new_process.returncode == 0, new_process.stderr
    assert new_process.stdout.endswith("show as svg\n")
