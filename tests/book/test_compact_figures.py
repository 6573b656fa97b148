"""Compact figures are smaller and hold the same shapes."""

import base64
import io
import re
import runpy
from pathlib import Path
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pytest

from s2s_lesson import teaching

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "compact_figures.py"))


@pytest.fixture(scope="module")
def svg():
    drawn = io.StringIO()
    weights = np.random.default_rng(0).dirichlet(np.ones(5), size=7)
    ax = teaching.plot_encoder_decoder("ab화de", "cdefghi", attention_weights=weights)
    teaching.plot_history({"loss": [3.0, 2.0]}, ax.figure.add_axes([0.1, 0.5, 0.2, 0.2]))
    ax.figure.savefig(drawn, format="svg")
    return drawn.getvalue()


def numbers(svg):
    shapes = [element.get("d") for element in ElementTree.fromstring(svg).iter() if element.get("d")]
    return [[float(number) for number in re.findall(r"-?\d+\.?\d*", shape)] for shape in shapes]


def test_compact_figures_have_the_same_elements_and_shapes(svg):
    short = SCRIPT["compact"](svg)
    assert len(short) < 0.85 * len(svg)
    assert "metadata" in svg and "metadata" not in short
    tags = [[element.tag for element in ElementTree.fromstring(text).iter()] for text in (svg, short)]
    metadata = ("metadata", "RDF", "Work", "type", "format", "creator", "Agent", "title", "date")
    drawn = [
        [tag for tag in all_of_one if tag.partition("}")[2] not in (*metadata, "g")] for all_of_one in tags
    ]
    assert drawn[0] == drawn[1] and not any(tag.partition("}")[2] in metadata for tag in tags[1])
    groups = [
        [set(one.keys()) - {"id"} for one in ElementTree.fromstring(text).iter() if one.tag.endswith("}g")]
        for text in (svg, short)
    ]
    assert [names for names in groups[0] if names] == groups[1] != []
    for shape, other in zip(numbers(svg), numbers(short), strict=True):
        np.testing.assert_allclose(shape, other, atol=1e-2)
    scales = [re.findall(r"scale\([^)]*\)", text) for text in (svg, short)]
    assert scales[0] == scales[1] != []


def test_a_folder_is_rewritten_and_other_files_stay(svg, tmp_path):
    (tmp_path / "a.svg").write_text(svg, encoding="utf-8")
    (tmp_path / "b.png").write_bytes(b"not an\n\nSVG")
    image = base64.b64encode(svg.encode()).decode()
    page = '<p>a\n\nb</p><img src="data:image/svg+xml;base64,{}"><pre>{} <span class="o">=</span></pre>'
    (tmp_path / "c.html").write_text(page.format(image, '<span class="n">x</span>'), encoding="utf-8")
    SCRIPT["main"](tmp_path)
    short = base64.b64encode(SCRIPT["compact"](svg).encode()).decode()
    assert (tmp_path / "c.html").read_text(encoding="utf-8") == page.format(short, "x")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == SCRIPT["compact"](svg)
    assert (tmp_path / "b.png").read_bytes() == b"not an\n\nSVG"
