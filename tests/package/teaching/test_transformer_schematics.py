"""The pictures of the Transformer hold what they are to show, and their texts stay where they belong."""

import matplotlib
import numpy as np
import pytest
from figures import boxes_inside_figure, texts
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from s2s_lesson.teaching import COLORS, plot_self_attention, plot_transformer, plot_transformer_block

WEIGHTS = np.array([[0.7, 0.3, 0.0], [0.1, 0.2, 0.7], [1.0, 0.0, 0.0]])
DRAWINGS = {
    "self-attention": lambda ax=None: plot_self_attention(["30", " ", "</s>"], WEIGHTS, 1, ax),
    "encoder block": plot_transformer_block,
    "decoder block": lambda ax=None: plot_transformer_block(ax, part="decoder"),
    "whole": plot_transformer,
}


def boxes_of(ax, part):
    boxes = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyBboxPatch)]
    return [box for box in boxes if box.get_facecolor() == (*to_rgb(COLORS[part]), 1)]


def lines_of(ax):
    return [patch for patch in ax.patches if type(patch) is matplotlib.patches.PathPatch]


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_texts_lie_in_the_figure_and_the_axes_are_those_given(draw):
    ax = draw()
    assert all(boxes_inside_figure(ax, ax.texts))
    _, (left, right) = plt.subplots(1, 2)
    assert draw(right) is right and right.texts and not left.texts
    assert max(text.get_fontsize() for text in right.texts) < max(text.get_fontsize() for text in ax.texts)


@pytest.mark.parametrize(("part", "position"), [("encoder", 1), ("decoder", 0)])
def test_self_attention_draws_the_weights_of_the_position_that_asks(part, position):
    ax = plot_self_attention(["30", " ", "</s>"], WEIGHTS, position, part=part)
    lines = lines_of(ax)
    assert [line.get_alpha() for line in lines] == pytest.approx([w for w in WEIGHTS[position] if w])
    assert len({line.get_path().vertices[-1][0] for line in lines}) == 1
    assert len(boxes_of(ax, part)) == 4, "a vector a position, and what comes out for the one that asks"
    assert len(boxes_of(ax, "attention")) == 1
    [bold] = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["30", "␣"][position]


def test_self_attention_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"Expected attention weights of shape \(2, 2\)"):
        plot_self_attention("ab", WEIGHTS, 0)
    with pytest.raises(ValueError, match="Expected a position from 0 to 2; received 3"):
        plot_self_attention("abc", WEIGHTS, 3)


@pytest.mark.parametrize(("part", "attentions"), [("encoder", 1), ("decoder", 2)])
def test_a_block_normalises_before_each_part_and_adds_after_it(part, attentions):
    ax = plot_transformer_block(part=part)
    written = texts(ax.texts)
    assert written.count("norm") == written.count("+") == attentions + 1
    assert len(boxes_of(ax, "attention")) == attentions
    assert len(boxes_of(ax, part)) == 1
    assert ("encoder outputs" in written) == (part == "decoder")


def test_the_whole_has_the_shapes_of_its_arguments():
    ax = plot_transformer(
        source_length=7, target_length=5, units=12, num_heads=3, num_layers=11, target_vocab_size=29
    )
    written = texts(ax.texts)
    for shape in ("weights 3, 7, 7", "weights 3, 5, 5", "weights 3, 5, 7", "5, 29 logits", "7 ids", "5 ids"):
        assert written.count(shape) == 1, shape
    assert [written.count(shape) for shape in ("7, 12", "5, 12", "× 11")] == [2, 2, 2]
    assert len(boxes_of(ax, "attention")) == 3
