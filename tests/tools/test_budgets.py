"""What tests/budgets.toml limits exactly, words and lines; and what imports may cost."""

import subprocess
import sys
import warnings
from pathlib import Path

import costs
import nbformat
import pytest
from costs import budgets, seconds, slowness
from steps import IN_CI

ROOT = Path(__file__).parents[2]
BUDGETS = budgets()
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
CHAPTERS = {path.stem: path for path in sorted((ROOT / "book").glob("*.ipynb"))}


def over(figures, limits):
    """The figures that are above their limit, or have none."""
    return {name: figure for name, figure in figures.items() if figure > limits.get(name, -1)}


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def words(path):
    """Words of the text of a chapter, exercises and reading list included."""
    return sum(len(cell.source.split()) for cell in cells(path, "markdown"))


def visible_lines(path):
    """Lines of code that are not folded."""
    shown = [cell for cell in cells(path, "code") if not FOLDED & set(cell.metadata.get("tags", []))]
    return sum(len(cell.source.splitlines()) for cell in shown)


@pytest.mark.parametrize("measure", [words, visible_lines])
def test_chapters_keep_to_their_budget(measure):
    figures = {name: measure(path) for name, path in CHAPTERS.items()}
    assert over(figures, BUDGETS["chapters"][measure.__name__]) == {}


def test_modules_keep_to_their_budget():
    modules = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "s2s_lesson").rglob("*.py")
    }
    lines = BUDGETS["lines"]
    assert over(modules, dict.fromkeys(modules, lines["a module"])) == {}


def test_chapters_have_a_budget_for_each_figure():
    for name, limits in BUDGETS["chapters"].items():
        assert limits.keys() == CHAPTERS.keys(), name


@pytest.mark.parametrize("what", BUDGETS["import_processor_seconds"])
def test_imports_keep_to_their_budget(what):
    """Processor seconds of a quiet machine: a third above is a fault in CI, and a warning elsewhere."""
    limit = BUDGETS["import_processor_seconds"][what]
    command = [sys.executable, *(what.split()[1:] if what.startswith("python ") else ["-c", what])]
    before = slowness()
    with seconds() as spent:
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    slow = max(before, slowness())
    if costs.over(spent.processor, limit, slow):
        text = (
            f"Expected `{what}` to take at most {limit} processor seconds of a quiet machine; it took "
            f"{spent.processor:.2f} of one that is {slow:.1f} times slower."
        )
        if IN_CI:
            pytest.fail(text)
        warnings.warn(text, stacklevel=1)


def test_a_figure_above_its_limit_or_without_one_is_found():
    assert over({"one": 3, "two": 4, "three": 0}, {"one": 3, "two": 3}) == {"two": 4, "three": 0}
    first, *_ = CHAPTERS.values()
    assert words(first) > 100 and 10 < visible_lines(first) < sum(
        len(cell.source.splitlines()) for cell in cells(first, "code")
    )
