"""A picture to step through: one frame at a time, and no script."""

import re

import pytest
from matplotlib import pyplot as plt

from s2s_lesson.teaching import stepped_view


def frames(count):
    return [plt.subplots()[1] for _ in range(count)]


def test_the_last_frame_is_chosen_at_first_and_each_button_has_a_label_and_a_frame():
    page = stepped_view(frames(3), ["one", "two <b>", "three"], ["A.", 'B "b".', "C."], "Steps")._repr_html_()
    names = re.findall(r'<input type="radio" name="([^"]+)" id="([^"]+)"( checked)?>', page)
    assert len({name for name, _, _ in names}) == 1 and [bool(chosen) for *_, chosen in names] == [
        False,
        False,
        True,
    ]
    assert re.findall(r'<label for="([^"]+)">', page) == [identifier for _, identifier, _ in names]
    assert "two &lt;b&gt;" in page and 'alt="B &quot;b&quot;."' in page and "<legend>Steps</legend>" in page
    assert page.count("<img ") == 3 and "<script" not in page
    for place in (1, 2, 3):
        assert f"input:nth-of-type({place}):checked~img:nth-of-type({place})" in page


def test_figures_are_closed_and_text_tells_what_there_is():
    view = stepped_view(frames(2), ["one", "two"], ["A.", "B."], "Steps")
    assert plt.get_fignums() == []
    assert repr(view) == "Steps: one, two"


@pytest.mark.parametrize(
    ("count", "labels", "alts"), [(0, [], []), (2, ["one"], ["A.", "B."]), (1, ["one"], [])]
)
def test_each_frame_needs_a_label_and_a_text(count, labels, alts):
    with pytest.raises(
        ValueError, match=f"received {count} frames, {len(labels)} labels and {len(alts)} texts"
    ):
        stepped_view(frames(count), labels, alts, "Steps")
    plt.close("all")
