"""Assignments: the exercises of a notebook without their solutions, behind the code of the page."""

import re
from pathlib import Path

import nbformat
import pytest
from assignments import Exercise, assignment, cells_of, exercises_of, main
from lessons import published, sections, with_addresses
from nbclient import NotebookClient
from nbformat import v4

from s2s_lesson.teaching import exercises

BOOK = Path(__file__).parents[2] / "book"
WITH_EXERCISES = [path for path in sorted(BOOK.glob("*.ipynb")) if exercises_of(nbformat.read(path, 4))]
FIRST = "# @title Set-up\nimport sys\n\nif 'google.colab' in sys.modules:\n    %pip install it\n\nimport math"
TWO_EXERCISES = """\
## Exercises

Try them.

### Exercise 7.1 (easy)

Double `number`, as [before](#a-part), and see [chapter 1](01-concepts.ipynb#search). Pass it:
`exercises.check("7.1",
twice)`."""


def source_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def small_notebook():
    """An exercise that uses a number, and its solution a function; and one without a check."""
    cells = [
        v4.new_markdown_cell("# Sevens\n\n## A part"),
        code(FIRST),
        code("number = 3"),
        code("number = 7\nunused = 11"),
        code("# @title Draw it\nprint(math.pi)"),
        code("def half(x):\n    return x / math.factorial(2)"),
        v4.new_markdown_cell(TWO_EXERCISES),
        code("# @title Solution 7.1\ntwice = 4 * half(number)\nanswer = 17"),
        v4.new_markdown_cell(
            "A remark on the solution.\n\n### Exercise 7.2 (hard)\n\nWhy?\n\n## Further reading"
        ),
        code("too_late = 19"),
    ]
    return v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "P"}})


def test_an_assignment_has_texts_empty_cells_checks_and_no_solution():
    made = assignment(small_notebook(), "sevens")
    nbformat.validate(made)
    assert [cell.source.partition("\n")[0] for cell in made.cells] == [
        "# Sevens: exercises",
        "# @title Set-up",
        "# @title Checks",
        "# @title From the page",
        "# @title From the page",
        "# @title Draw it",
        "# @title From the page",
        "## Exercise 7.1 (easy, 1 point)",
        "# Your answer",
        'CHECKED["7.1"] = exercises.check("7.1", twice)',
        "# @title Points",
    ]
    everything = source_of(made)
    assert "**Name:**" in everything and "**Date:**" in everything
    for hidden in ("Exercise 7.2", "4 * half", "answer = 17", "A remark", "Further reading", "too_late"):
        assert hidden not in everything
    assert made.metadata.kernelspec.name == "python3"


def test_code_of_the_page_is_as_there_and_folded():
    made = assignment(small_notebook(), "sevens")
    assert made.cells[1].source == FIRST and made.cells[3].source == "# @title From the page\nnumber = 3"
    code = [cell for cell in made.cells[1:7] if cell.cell_type == "code"]
    assert {cell.metadata.cellView for cell in code} == {"form"}


def test_its_links_lead_to_the_published_book():
    text = assignment(small_notebook(), "sevens").cells[7].source
    assert f"[before]({published()}sevens.html#a-part)" in text
    assert f"[chapter 1]({published()}01-concepts.html#search)" in text
    assert with_addresses("[it](https://e.org) [here](a.md)", "b") == (
        f"[it](https://e.org) [here]({published()}a.html)"
    )


def test_a_check_with_dots_says_that_they_are_to_be_filled_in():
    text = 'Pass it: `exercises.check("7.3", {"a": ...})`.'
    *_, check = cells_of(Exercise("7.3", "medium", text, ""), "sevens")
    comment, call, last = check.source.splitlines()
    assert comment == "# Write what you found in place of the dots."
    assert call == 'CHECKED["7.3"] = exercises.check("7.3", {"a": ...})' and last == 'CHECKED["7.3"]'


def test_a_notebook_without_exercises_has_no_assignment(tmp_path, capsys):
    (tmp_path / "book").mkdir()
    nbformat.write(small_notebook(), tmp_path / "book" / "sevens.ipynb")
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# One")]), tmp_path / "book" / "one.ipynb")
    main(tmp_path / "book", tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["sevens.ipynb"]
    assert capsys.readouterr().out.count("\n") == 1


def test_comments_in_code_are_no_headings():
    text = "# One\n\n```python\n# no heading\n```\n\n## Two\n\nText."
    notebook = v4.new_notebook(cells=[code("1"), v4.new_markdown_cell(text), code("2")])
    first, second = sections(notebook)
    assert (first.title, second.title, second.parts[0]) == ("One", "Two", "Text.")
    assert second.parts[1].source == "2" and len(first.parts) == 1


@pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)
def test_each_page_has_an_assignment_with_a_check_for_each_exercise(path):
    notebook = nbformat.read(path, as_version=4)
    made = assignment(notebook, path.stem)
    nbformat.validate(made)
    asked = re.findall(r'^CHECKED\["(\S+)"\] = exercises\.check\("(\S+)",', source_of(made), re.MULTILINE)
    assert asked == [(one.number, one.number) for one in exercises_of(notebook)]
    assert "# @title Solution" not in source_of(made)


def test_all_exercises_with_a_check_are_in_an_assignment():
    pages = [nbformat.read(path, as_version=4) for path in WITH_EXERCISES]
    checked = [one.number for page in pages for one in exercises_of(page)]
    assert sorted(checked) == sorted(exercises.EXERCISES)


@pytest.mark.slow(
    guard="tests/tools/test_assignments.py::test_each_page_has_an_assignment_with_a_check_for_each_exercise"
)
def test_an_assignment_runs_and_gives_all_points_to_the_solutions():
    """That of a page whose cells read a file of the book, in its folder."""
    notebook = nbformat.read(BOOK / "02-encoder.ipynb", as_version=4)
    solutions, made = [one.solution for one in exercises_of(notebook)], assignment(notebook, "02-encoder")
    for cell in made.cells:
        if cell.source.startswith("# Your answer"):
            cell.source = solutions.pop(0)
    NotebookClient(made, kernel_name="python3", resources={"metadata": {"path": str(BOOK)}}).execute()
    assert made.cells[-1].outputs[0].text == "6 of 6 points\n"
