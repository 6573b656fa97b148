"""The API reference: its pages hold every public function and class; docstrings are read as they are meant.

No engine is needed.
"""

import functools
import runpy
from pathlib import Path

import docstrings
import yaml

ROOT = Path(__file__).parents[2]

api = runpy.run_path(str(ROOT / "tools" / "api.py"))
pages_of_the_api = functools.cache(api["pages"])


def test_the_pages_are_those_that_the_script_writes():
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "book" / "api").glob("*.md")}
    assert written == pages_of_the_api(), "Run: python tools/api.py"


def test_every_public_name_is_on_the_page_of_its_folder():
    contents = {name: api["contents"](name) for name in api["folders"]() if name}
    assert contents["layers"]["layers"]["LuongAttention"] == "class"
    assert contents["pipeline"]["pipeline"]["pretrained"] == "function"
    assert {"Corpus", "Pair", "load"} <= set(contents["corpora"]["corpora"])
    assert "search.beam" not in contents["search"] and "rank" in contents["search"]["search.ranking"]
    assert "engine.jax" not in contents["engine"]  # it does what the folder's own functions say
    names = [name for modules in contents.values() for names in modules.values() for name in names]
    assert not any(name.startswith("_") for name in names)
    assert len(names) > 150
    page = pages_of_the_api()["search.md"]
    assert "## beam_search\n" in page and ".. autofunction:: s2s_lesson.search.beam_search\n" in page
    assert ".. autoclass:: s2s_lesson.search.BeamTree\n   :members:\n" in page
    assert (
        "- [`beam_search`](search.md#beam_search), from `s2s_lesson.search`\n"
        in pages_of_the_api()["s2s_lesson.md"]
    )


def test_the_overview_and_the_table_of_contents_name_every_page():
    pages = {name.removesuffix(".md") for name in pages_of_the_api()} - {"index"}
    overview = pages_of_the_api()["index.md"]
    assert [page for page in pages if f"({page}.md" not in overview] == []
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    (reference,) = (part["chapters"][0] for part in parts if part["caption"] == "Reference")
    assert {Path(entry["file"]).name for entry in reference["sections"]} == pages


def test_several_results_become_a_list():
    lines = ["Returns:", "    keys: float (batch,", "        length).", "    values: float.", "", "More."]
    assert docstrings.rewrite(lines) == [
        ":returns: * **keys** -- float (batch, length).",
        "    * **values** -- float.",
        "",
        "More.",
        "",
    ]


def test_one_result_stays_text():
    lines = ["One.", "", "Returns:", "    The state before: a dict", "    of arrays."]
    assert docstrings.rewrite(lines) == [
        "One.",
        "",
        ":returns: The state before: a dict",
        "    of arrays.",
        "",
    ]


def test_papers_become_links():
    lines = ["Source: A 2015, arXiv:1409.0473, and", "B 1997, doi:10.1162/neco.1997.9.8.1735."]
    assert docstrings.rewrite(lines) == [
        ":source: A 2015, `arXiv:1409.0473 <https://arxiv.org/abs/1409.0473>`__, and B 1997, "
        "`doi:10.1162/neco.1997.9.8.1735 <https://doi.org/10.1162/neco.1997.9.8.1735>`__.",
        "",
    ]


def test_formulas_keep_their_lines():
    lines = [
        "weights = softmax(s[b] / t)",
        "dot:   s[t] = sum_s weights[s]",
        "  + 1",
        "",
        "Then x = 1 holds.",
    ]
    code = [f"    {line}" for line in lines[:3]]
    assert docstrings.rewrite(lines)[:5] == [".. code-block:: text", "", *code]
    assert docstrings.rewrite(lines)[-2:] == ["Then x = 1 holds.", ""]


def test_a_layer_shows_what_it_needs():
    class Layer:
        def __init__(self, units: int, coverage: bool = False):
            """Make it."""

    read = docstrings.read_signature
    signature = read(None, "class", "Layer", Layer, {}, "(*args, **kwargs)", None)
    assert signature == ("(units, coverage=False)", None)
    assert read(None, "class", "Layer", Layer, {}, "(units)", None) is None
