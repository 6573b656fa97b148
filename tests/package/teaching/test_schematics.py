"""Schematics hold what they were given to draw, and their texts stay where they belong."""

import itertools
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from figures import boxes_inside_figure, texts
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from s2s_lesson.data import Prediction
from s2s_lesson.teaching import (
    COLORS,
    plot_attention_orders,
    plot_attention_step,
    plot_beam_tree,
    plot_bridge,
    plot_carried_state,
    plot_copy_mixture,
    plot_decoder_step,
    plot_encoder_decoder,
    plot_gru_cell,
    plot_input_feeding,
    plot_kinds_of_problems,
    plot_lstm_cell,
    plot_mixed_past,
    plot_model_step,
    plot_pointing,
    plot_teacher_forcing,
    plot_two_readers,
    plot_unrolled_rnn,
)

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


# A model at work


def at_work(source="abcde", output="xyz"):
    weights = np.full((len(output), len(source)), 0.0)
    weights[:, :2] = 0.75, 0.25
    return Prediction("".join(source), tuple(source), "".join(output), tuple(output), -1.0, -1.0, weights)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_step_has_a_box_for_each_token_read_and_each_token_written(bidirectional):
    ax = plot_model_step(at_work(), 1, bidirectional=bidirectional)
    directions = 2 if bidirectional else 1
    filled = [patch.get_facecolor()[:3] for patch in boxes(ax)]
    counts = [filled.count(to_rgb(COLORS[part])) for part in ("encoder", "attention", "decoder")]
    assert counts == [5 * directions, 1, 2]
    assert filled.count((1.0, 1.0, 1.0)) == 1, "what is still to be written"
    assert any("backwards" in text for text in texts(ax.texts)) == bidirectional


def test_a_step_shows_what_is_read_what_is_written_and_where_it_looks():
    ax = plot_model_step(at_work(), 1)
    shown = texts(ax.texts)
    assert [shown.count(token) for token in "abcdexyz"] == [1] * 7 + [0]
    assert {"state", "attention: where it looks"} < set(shown)
    assert [line.get_alpha() for line in attention_lines(ax)] == [0.75, 0.25]
    assert len({line.get_path().vertices[-1][0] for line in attention_lines(ax)}) == 1
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["y"]


def test_what_was_written_goes_back_in_from_the_second_step_on():
    dashed = [
        sum(patch.get_linestyle() == "--" for patch in plot_model_step(at_work(), step).patches)
        for step in (0, 1, 2)
    ]
    assert dashed == [0, 1, 1]


def test_the_state_leads_from_both_ends_of_the_encoder_to_the_decoder():
    def lines(ax):
        return [line for line in ax.lines if line.get_color() == COLORS["state"]]

    assert len(lines(plot_model_step(at_work(), 0))) == 2
    assert len(lines(plot_model_step(at_work(), 0, bidirectional=False))) == 1


def test_a_step_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="Expected a step from 0 to 2, one for each token; received 3"):
        plot_model_step(at_work(), 3)


def decoder_step(ax=None, source="abcdefg"):
    weights = np.full(len(source), 1 / max(len(source), 1))
    return plot_decoder_step(
        "was", ["a", "an", "one", "no"], [0.47, 0.45, 0.02, 0.0], list(source), weights, ax
    )


def test_a_step_of_the_decoder_has_its_layers_what_was_read_and_a_bar_for_each_token():
    ax = decoder_step()
    shown = texts(ax.texts)
    assert {"was", "embedding", "RNN", "output layer", "context", "search", *"abcdefg"} <= set(shown)
    boxes = {patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyBboxPatch)}
    count = {
        part: len(boxes & set(patches_of(ax, COLORS[part]))) for part in ("encoder", "decoder", "attention")
    }
    assert count == {"encoder": 7, "decoder": 3 + 4, "attention": 1}
    bars = [patch for patch in ax.patches if patch in boxes & set(patches_of(ax, COLORS["decoder"]))][3:]
    widths = [bar.get_width() for bar in bars]
    assert widths == sorted(widths, reverse=True) and widths[0] / widths[1] == pytest.approx(0.47 / 0.45)
    assert [text for text in shown if text.startswith("0.")] == ["0.47", "0.45", "0.02", "0.00"]
    [back] = [line for line in ax.lines if line.get_linestyle() == "--"]
    [token], [search] = ([text for text in ax.texts if text.get_text() == name] for name in ("was", "search"))
    assert back.get_ydata()[0] == search.get_position()[1]  # from the search around to what is read next
    assert back.get_xdata()[-1] == token.get_position()[0] and back.get_ydata()[-1] < token.get_position()[1]


def test_a_step_of_the_decoder_wants_a_number_for_each_token():
    for tokens, numbers, read in ((["a"], [0.5, 0.5], "ab"), ([], [], "ab"), (["a"], [0.5], "")):
        with pytest.raises(ValueError, match="Expected at least one token, and"):
            plot_decoder_step("was", tokens, numbers, list(read), np.zeros(len(read)))


def test_teacher_forcing_reads_one_token_behind():
    ax = plot_teacher_forcing(["a", "b", "</s>"])
    rows = {}
    for text in sorted(ax.texts, key=lambda text: text.get_position()[0]):
        rows.setdefault(text.get_position()[1], []).append(text.get_text())
    assert rows[0] == ["<s>", "a", "b"] and rows[3.2] == ["a", "b", "</s>"]
    assert len(patches_of(ax, COLORS["decoder"])) >= 3 and "state" in texts(ax.texts)


def test_a_mixed_past_takes_each_token_from_where_the_coin_says():
    ax = plot_mixed_past(["<s>", "b", "c", "d"], ["<s>", "x", "c", "y"], [True, False, True, True])
    rows = {}
    for text in sorted(ax.texts, key=lambda text: text.get_position()[0]):
        rows.setdefault(text.get_position()[1], []).append((text.get_text(), text.get_fontweight()))
    shown = {y: [token for token, _ in row] for y, row in rows.items()}
    assert shown[3.4][1:] == ["<s>", "b", "c", "d"] and shown[0.0][1:] == ["<s>", "x", "c", "y"]
    assert shown[1.7] == ["it reads", "<s>", "x", "c", "d"]
    assert [weight for _, weight in rows[1.7][1:]] == ["normal", "bold", "normal", "normal"]
    filled = [patch.get_facecolor()[:3] for patch in boxes(ax)]
    assert [filled.count(to_rgb(COLORS[part])) for part in ("state", "decoder")] == [3 + 3, 1 + 1]
    assert [patch.get_facecolor()[:3] for patch in boxes(ax)].count(to_rgb("0.9")) == 4


def test_a_mixed_past_wants_a_coin_for_each_token():
    for given in (([], [], []), (["a"], ["a", "b"], [True]), (["a"], ["b"], [])):
        with pytest.raises(ValueError, match="as many of each"):
            plot_mixed_past(*given)


def test_an_unrolled_network_is_one_cell_and_then_a_cell_for_each_token():
    ax = plot_unrolled_rnn(["a", " ", "c"], part="decoder")
    shown = texts(ax.texts)
    assert shown.count("cell") == 4 and shown.count("state") == 3 and "=" in shown
    assert [shown.count(token) for token in ("a", "␣", "c", "output 3", "output 4")] == [1, 1, 1, 1, 0]
    colors = [patch.get_facecolor()[:3] for patch in boxes(ax)]
    assert colors == [to_rgb(COLORS["decoder"])] * 4


def test_kinds_of_problems_are_told_by_what_is_read_and_what_is_written():
    ax = plot_kinds_of_problems()
    names = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert names == [
        "one to one",
        "one to many",
        "many to one",
        "many to many, unaligned",
        "many to many, aligned",
    ]
    middles = [text.get_position()[0] for text in ax.texts]

    def by_kind(color):
        xs = [patch.get_x() for patch in boxes(ax) if patch.get_facecolor()[:3] == to_rgb(COLORS[color])]
        return np.bincount([np.abs(np.array(middles) - x).argmin() for x in xs], minlength=5).tolist()

    assert by_kind("encoder") == [1, 1, 3, 3, 3]
    assert by_kind("decoder") == [1, 3, 1, 2, 3]
    assert by_kind("state") == [1, 3, 3, 5, 3]


def test_the_cells_have_their_gates_and_what_is_multiplied_and_added():
    for draw, gates, signs in (
        (plot_lstm_cell, {"forget", "input", "new", "output"}, "×××+"),
        (plot_gru_cell, {"reset", "new", "keep"}, "×××+"),
    ):
        ax = draw()
        shown = texts(ax.texts)
        assert gates == {text.get_text() for text in ax.texts if text.get_color() == "white"}
        assert sorted(text for text in shown if text in "×+") == sorted(signs)
        assert len(patches_of(ax, COLORS["encoder"])) >= len(gates)


def test_new_content_of_a_gru_reads_the_hidden_state_through_the_reset_gate_alone():
    def junctions(ax):
        return [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]

    assert [junctions(plot_lstm_cell()).count(height) for height in (-0.75, 0)] == [4, 4]
    assert [junctions(plot_gru_cell()).count(height) for height in (-0.75, 0)] == [3, 2]


# Attention


def test_a_step_of_attention_has_a_key_a_score_and_a_weight_for_each_token():
    ax = plot_attention_step("abc", [0.25, 0.75, 0.0], query_dim=5, value_dim=7)
    shown = texts(ax.texts)
    assert [shown.count(text) for text in ("a", "b", "c", "(3,)", "(3, 7)", "(5,)", "(7,)")] == [1] * 3 + [
        2,
        1,
        1,
        1,
    ]
    assert len(patches_of(ax, COLORS["encoder"])) >= 3
    assert [line.get_alpha() for line in attention_lines(ax)] == [0.25, 0.75]
    shades = [patch.get_facecolor()[3] for patch in boxes(ax) if patch.get_facecolor()[3] < 1]
    assert shades == pytest.approx([0.25, 0.75, 0.0], abs=0.01)


def test_a_step_of_attention_may_show_the_beginning_of_a_longer_source():
    shown = texts(plot_attention_step("ab", [0.5, 0.5], source_length=14).texts)
    assert "(14, 192)" in shown and shown.count("(14,)") == 2


def test_a_step_of_attention_wants_a_weight_for_each_token():
    with pytest.raises(ValueError, match=r"Expected attention weights of shape \(1, 2\).*received \(1, 3\)"):
        plot_attention_step("ab", [0.5, 0.5, 0.0])


def filled(ax):
    """What is done: the names in white."""
    return sorted(
        text.get_text() for text in ax.texts if text.get_color() == "white" and text.get_text() != "source"
    )


def test_the_orders_differ_in_what_works_first():
    assert filled(plot_attention_orders(steps=1)) == ["RNN", "RNN", "attention"]
    assert filled(plot_attention_orders(steps=2)) == ["RNN"] * 3 + ["attention"] * 3
    assert filled(plot_attention_orders()) == ["RNN"] * 3 + ["attention"] * 3 + ["output"] * 3
    ax = plot_attention_orders()
    numbers = [(text.get_position()[0], text.get_text()) for text in ax.texts if text.get_text() in "123"]
    assert "".join(number for _, number in sorted(numbers)) == "312" + "312" + "321"  # output, RNN, attention
    assert sum(patch.get_linestyle() == "--" for patch in ax.patches) == 1, "input feeding"


def test_the_orders_have_three_steps():
    with pytest.raises(ValueError, match="Expected 1 to 3 steps; received 4"):
        plot_attention_orders(steps=4)


def test_input_feeding_leads_from_each_step_to_the_next():
    ax = plot_input_feeding("abc")
    assert sum(line.get_linestyle() == "--" for line in ax.lines) == 2
    assert [texts(ax.texts).count(name) for name in ("RNN", "attention", "attended", "a")] == [3, 3, 3, 1]
    with pytest.raises(ValueError, match="Expected at least two tokens for the decoder to read; received 1"):
        plot_input_feeding("a")


def test_a_pointer_writes_the_position_with_the_greatest_weight():
    ax = plot_pointing(["0.6", "0.1", "0.9"], [[0.2, 0.8, 0], [1, 0, 0]])
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["1", "0"]
    assert [line.get_alpha() for line in attention_lines(ax)] == [0.2, 0.8, 1.0]
    with pytest.raises(ValueError, match="Expected at least one source token"):
        plot_pointing(["0.6"], np.zeros((0, 1)))


def test_the_bars_of_a_mixture_are_shares_of_the_whole():
    ax = plot_copy_mixture(["x", "y"], [0.75, 0.25], ["a", "x", "b"], [0.5, 0.5, 0], 0.4)
    shown = texts(ax.texts)
    assert shown[0] == "generate: 0.40 of all" and "copy: 0.60 of all" in shown
    assert [text for text in shown if text.startswith("0.")] == ["0.30", "0.10", "0.30", "0.30", "0.00"]
    lengths = [patch.get_width() for patch in boxes(ax)]
    assert np.allclose(np.array(lengths) / sum(lengths), [0.3, 0.1, 0.3, 0.3])
    with pytest.raises(ValueError, match=r"Expected attention weights of shape \(1, 1\)"):
        plot_copy_mixture(["x"], [0.5, 0.5], ["a"], [1.0], 0.4)


# An encoder in both directions, its bridge, and padding


def test_an_output_of_two_readers_depends_on_what_each_has_read():
    ax = plot_two_readers(["a", " ", "c", "d", "e"], 1)
    drawn = boxes(ax)
    by_height = {}
    for patch in drawn:
        by_height.setdefault(round(patch.get_y(), 2), []).append(patch)
    forwards, backwards, output = (by_height[y] for y in sorted(by_height))
    strong = to_rgb(COLORS["encoder"])
    assert [patch.get_edgecolor()[:3] == strong for patch in forwards] == [True, True, False, False, False]
    assert [patch.get_edgecolor()[:3] == strong for patch in backwards] == [False, True, True, True, True]
    filled = [[patch.get_facecolor()[:3] != (1, 1, 1) for patch in row] for row in (forwards, backwards)]
    assert filled == [[True] * 5, [False] * 5]
    assert [patch.get_facecolor()[:3] for patch in output] == [strong, (1, 1, 1)], "two halves"
    shown = texts(ax.texts)
    assert shown.count("state") == 2 and "output at “␣”" in shown


def test_what_one_reader_passes_on_counts_up_to_the_position():
    def strong_arrows(position):
        ax = plot_two_readers([*"abcde"], position)
        color = to_rgb(COLORS["encoder"])
        arrows = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyArrowPatch)]
        return sum(patch.get_edgecolor()[:3] == color for patch in arrows)

    # Of the inputs 5 + 1, of the steps between positions 4, and into the output 2: wherever one looks.
    assert [strong_arrows(position) for position in range(5)] == [12] * 5


def test_a_position_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="Expected a position from 0 to 2, one for each token; received 3"):
        plot_two_readers([*"abc"], 3)


def test_the_bridge_leads_from_both_halves_of_each_state_to_the_decoder():
    ax = plot_bridge(48, 96)
    shown = texts(ax.texts)
    assert [shown.count(text) for text in ("48", "96", "dense, tanh", "hidden", "cell")] == [4, 2, 2, 1, 1]
    counts = [len(patches_of(ax, COLORS[part])) for part in ("encoder", "decoder")]
    assert counts == [2, 2]


def test_a_state_is_carried_over_padding_and_no_box_makes_a_new_one():
    ax = plot_carried_state([["a", "b"], [*"cdef", "</s>"]])
    shown = texts(ax.texts)
    filled = [patch.get_facecolor()[:3] for patch in boxes(ax)]
    assert [filled.count(to_rgb(COLORS[part])) for part in ("encoder", "state")] == [2 + 5, 2]
    assert [shown.count(text) for text in ("1", "0", "pad", "carried over", "state")] == [7, 3, 3, 1, 2]


@pytest.mark.parametrize("rows", [[], [["a"], []]])
def test_a_batch_without_a_token_is_refused(rows):
    with pytest.raises(ValueError, match="Expected rows with a token or more"):
        plot_carried_state(rows)


SCHEMATICS = {
    "attention step": lambda ax=None: plot_attention_step([*"30 sep"], [0, 0, 0.1, 0.5, 0.3, 0.1], ax),
    "orders": lambda ax=None: plot_attention_orders(ax),
    "input feeding": lambda ax=None: plot_input_feeding([*"201"], ax),
    "decoder step": decoder_step,
    "pointing": lambda ax=None: plot_pointing(["0.62", "0.17", "0.95", "0.31", "0.48"], np.eye(5), ax),
    "mixture": lambda ax=None: plot_copy_mixture(
        ["03", "12"], [0.5, 0.5], ["17", "Wagadugu"], [0.1, 0.9], 0.4, ax
    ),
    "step": lambda ax=None: plot_model_step(at_work("30 sept. 2016", "2016-09-30"), 6, ax),
    "teacher forcing": lambda ax=None: plot_teacher_forcing([*"2016-09-30", "</s>"], ax),
    "mixed past": lambda ax=None: plot_mixed_past(
        ["<s>", *"ABCDEFG"], ["<s>", *"AXCDEYG"], [True, True, False, True] * 2, ax
    ),
    "unrolled": lambda ax=None: plot_unrolled_rnn([*"30 "], ax),
    "kinds": lambda ax=None: plot_kinds_of_problems(ax),
    "LSTM": lambda ax=None: plot_lstm_cell(ax),
    "GRU": lambda ax=None: plot_gru_cell(ax),
    "two readers": lambda ax=None: plot_two_readers([*"sept."], 2, ax),
    "bridge": lambda ax=None: plot_bridge(64, 128, ax),
    "carried state": lambda ax=None: plot_carried_state([[*"3 mai", "</s>"], [*"30 sept.", "</s>"]], ax),
}
PHONE, SMALLEST = 350, 9.5  # pixels: the width of a page on a phone, and letters that can be read


@pytest.mark.parametrize("draw", SCHEMATICS.values(), ids=SCHEMATICS)
def test_schematics_can_be_read_on_a_phone_and_lose_nothing_at_the_edge(draw):
    ax = draw()
    assert all(boxes_inside_figure(ax, ax.texts))
    width = ax.figure.get_size_inches()[0] * 96
    letters = min(text.get_fontsize() for text in ax.texts) * 96 / 72
    assert letters * min(1, PHONE / width) >= SMALLEST
    left, right = plt.subplots(1, 2)[1]
    assert draw(right) is right and right.patches and not left.patches


@pytest.mark.parametrize("draw", [plot_teacher_forcing, plot_unrolled_rnn])
def test_schematics_of_no_token_are_refused(draw):
    with pytest.raises(ValueError, match="Expected at least one token"):
        draw([])


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


SLOW = pytest.mark.slow(
    guard="tests/package/teaching/test_schematics.py::test_beam_tree_text_stays_in_its_box_and_in_the_figure"
)


@pytest.mark.parametrize("steps", [1, 7, pytest.param(31, marks=SLOW)])
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
