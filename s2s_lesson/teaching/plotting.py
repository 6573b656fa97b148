"""Plots of attention and of training: Axes in, Axes out. Schematics are in a module of their own.

Blue is the encoder, orange the decoder, green attention, in every figure. What is none of these takes a
colour of SERIES. Nothing here touches ``matplotlib.rcParams``. Without ``ax``, each function makes a figure
that fits its contents.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.ticker import MaxNLocator

from s2s_lesson.teaching import fonts

if TYPE_CHECKING:
    from s2s_lesson.training.learning_rate_finder import RangeTest

COLORS = {
    "encoder": "#005A9E",  # blue
    "state": "#424242",  # grey
    "decoder": "#B34700",  # burnt orange
    "attention": "#007F5C",  # green
}
"""The parts of a model. The hues of Okabe and Ito, dark enough to be read as text on white.

Colour-blind readers can tell them apart, and those of SERIES as well.

Source: Okabe and Ito 2008, Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

SERIES = ("#8A3FA8", "#A08000", "#33205C", "#D2679E", "#707070")  # purple, ochre, ink, rose, grey
"""Colours for lines and bars that stand for no part of a model: runs, corpora, settings."""


def colormap(color: str) -> Colormap:
    """A colour map from white over a colour to its dark shade, with even steps of lightness.

    Args:
        color: A part of COLORS, such as "attention", or any colour that Matplotlib knows.

    Returns:
        A map for values from "none" to "much".
    """
    middle = to_rgb(COLORS.get(color, color))
    dark = tuple(0.5 * channel for channel in middle)
    return LinearSegmentedColormap.from_list(color, [(0, "white"), (0.7, middle), (1, dark)])


ATTENTION_COLORMAP = colormap("attention")


def show_as_svg() -> None:
    """Have the notebook show its figures as SVG: sharp at any size, with letters that need no font.

    Where a figure holds a layer that is drawn as pixels (``rasterized=True``), it has 200 of them per inch.
    """
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", dpi=200, metadata={"Date": None})


def plot_attention(prediction: Any, ax: Axes | None = None) -> Axes:
    """Draw attention weights as a heat map, one row for each output token.

    Spaces are shown as "␣", characters that no font covers as their code points, for example "U+0E01", and of
    a long token no more than 20 characters.

    Args:
        prediction: Anything with ``source_tokens``, ``tokens`` (sequences of str) and ``attention_weights``,
            float (len(tokens), len(source_tokens)) from 0 to 1.
        ax: Where to draw; None makes a new figure.

    Returns:
        The Axes. Source tokens run along the top, output tokens down the left side; colours span 0 to 1.

    Raises:
        ValueError: there are no tokens, or the shape of the weights does not match the tokens.
    """
    source_tokens, tokens = tuple(prediction.source_tokens), tuple(prediction.tokens)
    weights = checked_weights(prediction.attention_weights, tokens, source_tokens)

    columns = [fonts.label(token) for token in source_tokens]
    rows = [fonts.label(token) for token in tokens]
    # The last column is most often "</s>", which has room to its right.
    upright = all(len(token) <= 2 for token in columns[:-1])
    cell = min(0.3, 16 / max(len(rows), len(columns)))  # inches
    font_size = min(10.0, 0.5 * 72 * cell)  # points
    if ax is None:
        letter = 0.62 * font_size / 72  # inches
        left = letter * max(map(len, rows))
        top = 0.3 if upright else 0.75 * letter * max(map(len, columns))
        width = max(4.0, cell * len(columns) + left + 1.9)
        height = max(2.8, cell * len(rows) + top + 0.8)
        _, ax = plt.subplots(figsize=(width, height), layout="constrained")

    image = ax.imshow(weights, ATTENTION_COLORMAP, vmin=0, vmax=1, aspect="auto", interpolation="none")
    style = {"fontfamily": fonts.families(rows + columns), "fontsize": font_size, "parse_math": False}
    turned = {} if upright else {"rotation": 45, "ha": "left", "va": "baseline", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(columns)), columns, **style, **turned)
    ax.set_yticks(range(len(rows)), rows, **style)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel("source")
    ax.set_ylabel("output")

    # Thin lines around the cells, in place of a frame and tick marks.
    ax.set_xticks(np.arange(-0.5, len(columns)), minor=True)
    ax.set_yticks(np.arange(-0.5, len(rows)), minor=True)
    ax.grid(which="minor", color="0.85", linewidth=0.6, clip_on=False)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)

    bar = ax.figure.colorbar(image, ax=ax, label="attention weight", fraction=0.05, pad=0.03)
    bar.outline.set_visible(False)
    return ax


def plot_history(history: Mapping[str, Sequence[float]], ax: Axes | None = None) -> Axes:
    """Draw training and validation loss for each epoch, and mark the lowest validation loss.

    Args:
        history: Lists of one number for each epoch: "loss" and, where there was validation data, "val_loss",
            both in nats per token. Other entries are not drawn.
        ax: Where to draw; None makes a new figure.

    Returns:
        The Axes. Epochs are counted from 1.

    Raises:
        ValueError: there is no epoch to draw, or the two lists differ in length.
    """
    training, validation = history.get("loss", ()), history.get("val_loss", ())
    if not len(training):
        received = "an empty list" if "loss" in history else f"a history with the keys {sorted(history)}"
        raise ValueError(
            f"Expected history['loss'] with one number for each epoch; received {received}. "
            "Pass the history of a training run of at least one epoch."
        )
    if len(validation) not in (0, len(training)):
        raise ValueError(
            f"Expected as many values of 'val_loss' as of 'loss', which are {len(training)}; "
            f"received {len(validation)}. Evaluate after every epoch, or leave 'val_loss' out."
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(6.0, 3.6), layout="constrained")

    epochs = np.arange(1, len(training) + 1)
    style = {"marker": "o", "markersize": 4, "linewidth": 1.8}
    ax.plot(epochs, training, color=SERIES[0], label="training", **style)
    if len(validation):
        ax.plot(epochs, validation, color=SERIES[1], linestyle="--", label="validation", **style)
        if np.isfinite(validation).any():
            best = int(np.nanargmin(validation))
            label = f"lowest validation loss (epoch {best + 1})"
            ring = {"marker": "o", "markersize": 10, "linestyle": "none", "markerfacecolor": "none"}
            ax.plot(epochs[best], validation[best], color=SERIES[1], label=label, **ring)

    margin = max(0.5, 0.02 * len(epochs))
    ax.set_xlim(1 - margin, len(epochs) + margin)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    return _axes_of_loss(ax, "epoch")


def plot_range_test(test: "RangeTest", ax: Axes | None = None) -> Axes:
    """Draw the loss against the learning rate, and mark the lowest smoothed loss and the suggestion.

    Args:
        test: ``training.RangeTest``.
        ax: Where to draw; None makes a new figure.

    Returns:
        The Axes. The learning rate runs along the bottom, on a logarithmic scale.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.0, 3.6), layout="constrained")
    ax.plot(test.rates, test.losses, color=SERIES[4], linewidth=0.9, label="loss of a batch")
    ax.plot(test.rates, test.smoothed, color=SERIES[0], linewidth=1.8, label="smoothed")
    rate, loss = test.rates[test.lowest], test.smoothed[test.lowest]
    ring = {"marker": "o", "markersize": 10, "linestyle": "none", "markerfacecolor": "none"}
    ax.plot(rate, loss, color=SERIES[0], label=f"lowest ({rate:.2g})", **ring)
    if test.suggestion is not None:
        label = f"suggestion ({test.suggestion:.2g})"
        ax.axvline(test.suggestion, color=SERIES[1], linestyle="--", label=label)
    # A loss that diverges would flatten all that comes before.
    highest = max(test.smoothed[: test.lowest + 1])
    ax.set_ylim(min(test.losses) - 0.1 * highest, 1.3 * highest)
    ax.set_xscale("log")
    return _axes_of_loss(ax, "learning rate")


def _axes_of_loss(ax: Axes, xlabel: str) -> Axes:
    """Name the axes of a plot of losses, and let its curves stand out."""
    ax.set_xlabel(xlabel)
    ax.set_ylabel("loss (nats per token)")
    ax.grid(axis="y", color="0.9")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def checked_weights(weights: Any, tokens: tuple, source_tokens: tuple) -> np.ndarray:
    """Attention weights as an array, once their shape is known to be (len(tokens), len(source_tokens))."""
    weights = np.asarray(weights)
    if not tokens or not source_tokens:
        raise ValueError(no_tokens(tokens, source_tokens))
    expected = (len(tokens), len(source_tokens))
    if weights.shape != expected:
        raise ValueError(
            f"Expected attention weights of shape {expected}, a row for each output token and a column for "
            f"each source token; received {weights.shape}. Leave padding out, and count the end tokens."
        )
    return weights


def no_tokens(tokens: tuple, source_tokens: tuple) -> str:
    """What an error says where there is nothing to draw."""
    return (
        "Expected at least one source token and one output token; "
        f"received {len(source_tokens)} and {len(tokens)}. "
        "Pass the tokens that the model read and wrote, with their end tokens."
    )
