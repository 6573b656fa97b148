"""The form of the notebooks: stripped, readable on Colab without Sphinx, short cells, folded solutions."""

import copy
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

BOOK = Path(__file__).parents[2] / "book"
NOTEBOOKS = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
MAX_LINES, MAX_LINES_OF_SET_UP = 15, 40
FOLDED = {"hide-cell", "hide-input"}  # a solution; what sets up, draws or formats
COLAB_CELL = """\
# On Colab this installs the package; elsewhere it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q "s2s-lesson[tensorflow,text,icu,corpora,plots] @ git+https://github.com/s2s-lesson/s2s-lesson"
"""
DRAWS = re.compile(r"\bplt\.show\(|\bplot_\w+\(")
TITLE = re.compile(r"# @title (.+)\n")
HEADING = re.compile(r"^#{1,6} +(.*)", re.MULTILINE)
FENCED = re.compile(r"^(`{3,}|~{3,})(?!\{).*?^\1", re.MULTILINE | re.DOTALL)
SPHINX = (
    re.compile(r"^\s*(?:`{3,}|:{3,}|~{3,})\{[\w:-]+\}", re.MULTILINE),  # a directive
    re.compile(r"(?<![\w\\}`])\{[a-zA-Z][\w:+-]*\}`[^`\n]+`"),  # a role
    re.compile(r"^\([\w:-]+\)=\s*$", re.MULTILINE),  # a target
)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs_not_kept(notebook):
    """Numbers of the code cells that hold an output without being tagged keep_output."""
    cells = enumerate(code_cells(notebook))
    return [number for number, cell in cells if cell.outputs and "keep_output" not in tags(cell)]


def outputs_not_there(notebook):
    """Numbers of the code cells whose output is to be compared, but which have none or were not run."""
    cells = enumerate(code_cells(notebook))
    compared = {"keep_output", "nbval-check-output"}
    kept = [(number, cell) for number, cell in cells if tags(cell) & compared]
    return [number for number, cell in kept if not cell.outputs or cell.execution_count is None]


def too_long(notebook):
    """Numbers of the code cells with more than MAX_LINES lines; a folded one that sets up may have more."""
    wrong = []
    for number, cell in enumerate(code_cells(notebook)):
        sets_up = "hide-input" in tags(cell) and cell.source.startswith("# @title Set-up\n")
        if len(cell.source.splitlines()) > (MAX_LINES_OF_SET_UP if sets_up else MAX_LINES):
            wrong.append(number)
    return wrong


def catch_all_names(notebook):
    """Numbers of the code cells with a variable `found`, a name that does not say what it holds."""
    cells = enumerate(code_cells(notebook))
    return [number for number, cell in cells if re.search(r"\bfound\b", cell.source)]


def sphinx_markup(notebook):
    """Directives, roles and targets in the text, which Colab would show as they are."""
    texts = [FENCED.sub("", cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]
    return [match.group() for text in texts for pattern in SPHINX for match in pattern.finditer(text)]


def badly_folded(notebook):
    """Numbers of the code cells folded for one of Sphinx and Colab only, and of solutions in the open."""
    wrong, number, heading = [], 0, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = (HEADING.findall(FENCED.sub("", cell.source)) or [heading])[-1]
        if cell.cell_type == "code":
            folded, on_colab = bool(FOLDED & tags(cell)), cell.metadata.get("cellView") == "form"
            whole = on_colab and (folded or "remove-input" in tags(cell))
            if not whole and (
                on_colab or "hide-cell" in tags(cell) or heading.lower().startswith("solution")
            ):
                wrong.append(number)
            number += 1
    return wrong


def badly_named(notebook):
    """Numbers of the folded code cells whose name in the book is not that on Colab, their `@title`."""
    wrong = []
    for number, cell in enumerate(code_cells(notebook)):
        if "hide-cell" in tags(cell) or cell.metadata.get("cellView") == "form":
            title = TITLE.match(cell.source)
            prompts = [
                cell.metadata.get("mystnb", {}).get(f"code_prompt_{when}") for when in ("show", "hide")
            ]
            if not title or prompts != [title[1]] * 2:
                wrong.append(number)
    return wrong


def drawings(notebook):
    """Number and cell of each code cell that draws."""
    cells = enumerate(code_cells(notebook))
    return [(number, cell) for number, cell in cells if DRAWS.search(cell.source)]


def drawings_without_alt_text(notebook):
    """Numbers of the code cells that draw and do not say, in a sentence of their own, what is to be seen."""
    seen, wrong = set(), []
    for number, cell in drawings(notebook):
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if len(alt.split()) < 8 or not alt.endswith(".") or alt in seen:
            wrong.append(number)
        seen.add(alt)
    return wrong


def drawings_as_pixels(notebook):
    """Numbers of the code cells that draw before figures are shown as SVG."""
    cells = enumerate(code_cells(notebook))
    setups = [number for number, cell in cells if "show_as_svg()" in cell.source]
    return [number for number, _ in drawings(notebook) if not setups or number < setups[0]]


CHECKS = (
    outputs_not_kept,
    outputs_not_there,
    too_long,
    catch_all_names,
    sphinx_markup,
    badly_folded,
    badly_named,
    drawings_without_alt_text,
    drawings_as_pixels,
)
# One test for all notebooks: a parametrised test would count as skipped while there are none.
PARSED = {path.relative_to(BOOK).as_posix(): nbformat.read(path, as_version=4) for path in NOTEBOOKS}


def test_notebooks_are_valid():
    for notebook in PARSED.values():
        nbformat.validate(notebook)
    versions = {name: (notebook.nbformat, notebook.nbformat_minor) for name, notebook in PARSED.items()}
    assert versions == dict.fromkeys(PARSED, (4, 5))
    ids = {name: [cell.id for cell in notebook.cells] for name, notebook in PARSED.items()}
    assert {name for name in PARSED if len(set(ids[name])) < len(ids[name])} == set()
    kernels = {name: notebook.metadata.get("kernelspec", {}).get("name") for name, notebook in PARSED.items()}
    assert kernels == dict.fromkeys(PARSED, "python3")
    languages = {name: notebook.metadata.language_info for name, notebook in PARSED.items()}
    lexers = {name: language.get("pygments_lexer") for name, language in languages.items()}
    assert lexers == dict.fromkeys(PARSED, "ipython3"), "The book reads cells with %pip by this name."


def test_notebooks_begin_with_the_colab_cell():
    first = {name: TITLE.sub("", code_cells(notebook)[0].source, 1) for name, notebook in PARSED.items()}
    assert [name for name, source in first.items() if not f"{source}\n".startswith(COLAB_CELL)] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_notebooks_pass(check):
    faults = {name: problems for name, notebook in PARSED.items() if (problems := check(notebook))}
    assert faults == {}, check.__doc__


def test_notebooks_are_stripped():
    strip = [sys.executable, "-m", "nbstripout", "--verify", "--keep-count", "--keep-id"]
    done = subprocess.run([*strip, *map(str, NOTEBOOKS)], capture_output=True, text=True)
    wrong = "Expected stripped notebooks; received outputs or metadata. Run: make strip"
    assert done.returncode == 0, f"{wrong}\n{done.stdout}{done.stderr}"


SOLUTION = {
    "tags": ["hide-cell"],
    "cellView": "form",
    "mystnb": {"code_prompt_show": "Solution", "code_prompt_hide": "Solution"},
}
ALT = "Line chart of a loss that falls from epoch to epoch."
GOOD = v4.new_notebook(
    cells=[
        v4.new_markdown_cell(
            "# Title\n\nMath $\\frac{a}{b}$, code `{name}` and `x`.\n\n```python\n# Solution\n```"
        ),
        v4.new_code_cell(COLAB_CELL),
        v4.new_code_cell("show_as_svg()\nprint(1)", metadata={"tags": ["keep_output"]}),
        v4.new_markdown_cell("### Solution"),
        v4.new_code_cell("# @title Solution\n2", metadata=SOLUTION),
        v4.new_markdown_cell("## Next"),
        v4.new_code_cell("\n".join("x = 1" for _ in range(MAX_LINES))),
        v4.new_code_cell("plt.show()", metadata={"mystnb": {"image": {"alt": ALT}}}),
        v4.new_code_cell("plot_attention(it)", metadata={"mystnb": {"image": {"alt": f"Again: {ALT}"}}}),
        v4.new_code_cell("# @title Solution\n2", metadata={**SOLUTION, "tags": ["remove-input"]}),
    ]
)
GOOD.cells[2].outputs = [v4.new_output("stream", text="1\n")]
GOOD.cells[2].execution_count = 1


def test_the_checks_accept_a_good_notebook():
    assert [check(GOOD) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize(
    ("check", "cell", "change"),
    [
        (outputs_not_kept, 2, {"metadata": {}}),
        (outputs_not_there, 2, {"outputs": []}),
        (outputs_not_there, 2, {"execution_count": None}),
        (too_long, 6, {"source": "\n".join("x = 1" for _ in range(MAX_LINES + 1))}),
        (catch_all_names, 6, {"source": "found = 1"}),
        (sphinx_markup, 0, {"source": "# Title\n\n```{note}\nHello\n```"}),
        (sphinx_markup, 0, {"source": "# Title\n\n:::{tip}\nHello\n:::"}),
        (sphinx_markup, 0, {"source": "# Title\n\nSee {ref}`here`."}),
        (sphinx_markup, 0, {"source": "(label)=\n# Title"}),
        (badly_folded, 4, {"metadata": {"tags": ["hide-cell"]}}),
        (badly_folded, 8, {"metadata": {"cellView": "form", "mystnb": {"image": {"alt": f"Again: {ALT}"}}}}),
        (too_long, 4, {"source": "# @title Solution" + MAX_LINES * "\n2"}),
        (badly_named, 4, {"source": "2"}),
        (badly_named, 4, {"source": "# @title Solution 2\n2"}),
        (badly_named, 4, {"metadata": {"tags": ["hide-cell"], "cellView": "form"}}),
        (badly_folded, 4, {"metadata": {"cellView": "form"}}),
        (badly_folded, 4, {"metadata": {}}),
        (drawings_without_alt_text, 7, {"metadata": {}}),
        (drawings_without_alt_text, 7, {"metadata": {"mystnb": {"image": {"alt": "Figure 1."}}}}),
        (drawings_without_alt_text, 8, {"metadata": {"mystnb": {"image": {"alt": ALT}}}}),
        (drawings_as_pixels, 1, {"source": "plt.show()", "metadata": {"mystnb": {"image": {"alt": ALT}}}}),
    ],
)
def test_the_checks_find(check, cell, change):
    bad = copy.deepcopy(GOOD)
    for key, value in change.items():
        bad.cells[cell][key] = nbformat.from_dict(value)
    assert len(check(bad)) == 1
