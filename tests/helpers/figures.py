"""What tests of figures draw, and what they ask of it."""

import warnings
from types import SimpleNamespace

import numpy as np


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
