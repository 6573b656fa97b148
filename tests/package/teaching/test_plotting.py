"""Plots hold what they were given to draw, and leave Matplotlib's settings alone."""

import itertools
import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from figures import boxes_inside_figure, prediction, save_strictly, texts
from matplotlib.colors import to_rgb

from s2s_lesson.teaching import (
    ATTENTION_COLORMAP,
    COLORS,
    SERIES,
    colormap,
    plot_attention,
    plot_history,
    plot_range_test,
)
from s2s_lesson.training import RangeTest

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


# Range test


def test_a_range_test_shows_losses_the_lowest_and_the_suggestion():
    test = RangeTest((1e-3, 1e-2, 1e-1, 1.0), (5.0, 3.0, 2.0, 90.0), (5.0, 4.0, 3.0, 40.0), True)
    _, (left, right) = plt.subplots(1, 2)
    assert plot_range_test(test, right) is right and not left.lines
    losses, smoothed, lowest, suggestion = right.lines
    for line, expected in ((losses, test.losses), (smoothed, test.smoothed)):
        assert tuple(line.get_xdata()) == test.rates and tuple(line.get_ydata()) == expected
    assert (lowest.get_xdata()[0], lowest.get_ydata()[0]) == (0.1, 3.0)
    assert suggestion.get_xdata()[0] == pytest.approx(0.01)
    assert right.get_xscale() == "log" and right.get_ylim()[1] < 40
    named = ["loss of a batch", "smoothed", "lowest (0.1)", "suggestion (0.01)"]
    assert texts(right.get_legend().get_texts()) == named
    rising = RangeTest((1e-3, 1e-2), (5.0, 6.0), (5.0, 5.5), False)
    assert len(plot_range_test(rising).lines) == 3


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
from s2s_lesson.teaching import plotting, schematics
assert dict(matplotlib.rcParams) == before
assert len(font_manager.fontManager.ttflist) == fonts_before, "no font is registered at import"
assert not matplotlib.pyplot.get_fignums()
shown = SimpleNamespace(source_tokens="화a", tokens="b", attention_weights=[[0.5, 0.5]])
plotting.plot_attention(shown).figure.canvas.draw()
plotting.plot_history({"loss": [1.0], "val_loss": [1.0]}).figure.canvas.draw()
schematics.plot_encoder_decoder("ab", "cd").figure.canvas.draw()
node = SimpleNamespace(time=0, parent=None, token=0, score=-1.0, kept=True, ended=True)
schematics.plot_beam_tree([node], ["a"]).figure.canvas.draw()
assert dict(matplotlib.rcParams) == before
import sys
assert not {"tensorflow", "jax", "torch", "keras"} & set(sys.modules)
print("import and use")
"""
SHOW_AS_SVG = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
plotting.show_as_svg()
figure = schematics.plot_encoder_decoder("화b", "cd").figure
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
