"""Notebooks that the root conftest.py saves as nbval ran them."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

CONFTEST = Path(__file__).parents[2] / "conftest.py"
OPTIONS = ["-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", "--save-notebooks=executed"]


@pytest.fixture
def project(pytester):
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\n")
    pytester.mkdir("book")
    return pytester


def write(project, name, *sources):
    cells = [v4.new_markdown_cell("# Title"), *map(v4.new_code_cell, sources)]
    (project.path / "book" / name).write_text(v4.writes(v4.new_notebook(cells=cells)), encoding="utf-8")


def test_a_notebook_is_saved_with_the_outputs_of_all_its_cells(project):
    write(project, "one.ipynb", "print(2 + 5)", "11", "")
    result = project.runpytest_inprocess(*OPTIONS, "book")
    result.assert_outcomes(passed=3)
    saved = nbformat.read(project.path / "executed" / "book" / "one.ipynb", as_version=4)
    nbformat.validate(saved)
    _, printed, shown, empty = saved.cells
    assert [cell.execution_count for cell in (printed, shown, empty)] == [1, 2, 3]
    assert printed.outputs[0].text == "7\n" and shown.outputs[0].data["text/plain"] == "11"
    assert empty.outputs == []


def test_a_notebook_with_a_cell_that_was_not_run_is_not_saved(project):
    write(project, "one.ipynb", "1", "2")
    result = project.runpytest_inprocess(*OPTIONS, "book/one.ipynb::Cell 0")
    result.assert_outcomes(passed=1)
    assert not (project.path / "executed").exists()
