"""A picture that the reader steps through: one frame at a time, without a script."""

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from s2s_lesson.teaching.views import svg

STYLE = """\
.s2s-stepped fieldset{border:0;margin:0;padding:0}
.s2s-stepped legend{float:left;font-size:inherit;margin:0 1em 0 0;padding:.3em 0;width:auto}
@media (max-width:30rem){.s2s-stepped legend{float:none}}
.s2s-stepped label{display:inline-block;margin:0 1em 0 .3em;padding:.3em 0;cursor:pointer}
.s2s-stepped input:focus-visible{outline:3px solid currentcolor;outline-offset:2px}
.s2s-stepped img{display:none;height:auto;max-width:100%}
"""


@dataclass(frozen=True, repr=False)
class Stepped:
    """Frames of which one is shown: that of the button that is chosen, at first the last one.

    The buttons are radio buttons, so the arrow keys step as well, and styles alone show the frame: it works
    on Colab, from a file, and where no script runs.

    Attributes:
        frames: tuple of str, images in SVG.
        labels: tuple of str, what each step does, in a few words.
        alts: tuple of str, what each frame shows, in words.
        legend: str, what is stepped through.

    >>> steps = Stepped(("<svg/>", "<svg/>"), ("one", "two"), ("A circle.", "Two circles."), "Circles")
    >>> steps._repr_html_().count("<img")
    2
    """

    frames: tuple[str, ...]
    labels: tuple[str, ...]
    alts: tuple[str, ...]
    legend: str

    def __repr__(self):
        return f"{self.legend}: {', '.join(self.labels)}"

    def _repr_html_(self):
        name = "s2s-" + hashlib.sha256("".join(self.frames).encode()).hexdigest()[:8]
        places = range(1, len(self.frames) + 1)
        shown = ",".join(
            f".s2s-stepped input:nth-of-type({place}):checked~img:nth-of-type({place})" for place in places
        )
        buttons = "".join(
            f'<input type="radio" name="{name}" id="{name}-{place}"'
            f"{' checked' if place == len(self.frames) else ''}>"
            f'<label for="{name}-{place}">{html.escape(label)}</label>'
            for place, label in zip(places, self.labels, strict=True)
        )
        images = "".join(
            f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,'
            f'{base64.b64encode(frame.encode()).decode()}">'
            for frame, alt in zip(self.frames, self.alts, strict=True)
        )
        style = f"<style>{STYLE}{shown}{{display:block}}</style>"
        legend = f"<legend>{html.escape(self.legend)}</legend>"
        return f'<div class="s2s-stepped">{style}<fieldset>{legend}{buttons}{images}</fieldset></div>'


def stepped_view(frames: Sequence[Axes], labels: Sequence[str], alts: Sequence[str], legend: str) -> Stepped:
    """Make a picture that the reader steps through.

    Args:
        frames: Axes, each in a figure of its own, which is closed. They are best of one size.
        labels: what each step does, in a few words.
        alts: what each frame shows, in words.
        legend: str, what is stepped through.

    Returns:
        ``Stepped``.

    Raises:
        ValueError: there is no frame, or not one label and one text for each.
    """
    if not len(frames) or not len(frames) == len(labels) == len(alts):
        raise ValueError(
            "Expected at least one frame, and a label and a text for each; received "
            f"{len(frames)} frames, {len(labels)} labels and {len(alts)} texts."
            " Give as many labels and texts as frames."
        )
    return Stepped(tuple(map(svg, frames)), tuple(labels), tuple(alts), legend)
