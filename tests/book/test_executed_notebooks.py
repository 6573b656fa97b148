"""Notebooks run again when something that their outputs hang on has changed, and only then."""

import json
import shutil
from pathlib import Path

import nbformat
import notebooks
import pytest
from nbformat import v4

ROOT = Path(__file__).parents[2]
PACKAGE = "s2s_lesson/numbers.py"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a package, two notebooks and all else that a chapter reads."""
    files = {
        PACKAGE: "def answer():\n    return 41\n",
        "s2s_lesson/__init__.py": "",
        "s2s_lesson/weights/model.keras": "weights",
        "book/results/dates.json": "{}",
        "book/weights/joint.npz": "arrays",
        "requirements.txt": "numpy==2.0.0\n",
        "corpora/pairs.txt": "a\tb\n",
        "tests/budgets.toml": "[chapters.processor_seconds]\n'01-cheap' = 3\n'02-dear' = 7.5\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "conftest.py", tmp_path)
    write(tmp_path, "01-cheap", "1 + 1")
    write(tmp_path, "02-dear", "from s2s_lesson.numbers import answer", "answer()")
    monkeypatch.setenv("S2S_LESSON_DATA", str(tmp_path / "corpora"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def write(root, name, *sources, text="# Title"):
    cells = [v4.new_markdown_cell(text), *map(v4.new_code_cell, sources)]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    nbformat.write(v4.new_notebook(cells=cells), root / "book" / f"{name}.ipynb")


def fingerprint(root, name="02-dear"):
    return notebooks.Notebook(root / "book" / f"{name}.ipynb", root).fingerprint()


@pytest.mark.parametrize(
    "name",
    [
        PACKAGE,
        "s2s_lesson/weights/model.keras",
        "book/results/dates.json",
        "book/weights/joint.npz",
        "requirements.txt",
        "conftest.py",
        "corpora/pairs.txt",
    ],
)
def test_a_changed_line_of_any_input_changes_the_fingerprint(project, name):
    before = fingerprint(project)
    assert fingerprint(project) == before
    with (project / name).open("a", encoding="utf-8") as file:
        file.write("# another line\n")
    assert fingerprint(project) != before


def test_so_does_a_file_that_comes_goes_or_gets_another_name(project):
    seen = {fingerprint(project)}
    (project / "s2s_lesson" / "more.py").write_text("", encoding="utf-8")
    seen.add(fingerprint(project))
    (project / "s2s_lesson" / "more.py").rename(project / "s2s_lesson" / "other.py")
    seen.add(fingerprint(project))
    (project / "book" / "results" / "dates.json").unlink()
    seen.add(fingerprint(project))
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["KERAS_BACKEND", "S2S_LESSON_DATA"])
def test_so_does_a_setting(project, monkeypatch, name):
    monkeypatch.setenv(name, "one")
    before = fingerprint(project)
    monkeypatch.setenv(name, "other")
    assert fingerprint(project) != before
    monkeypatch.delenv(name)
    assert fingerprint(project) != before


def test_so_does_another_python(project, monkeypatch):
    before = fingerprint(project)
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert fingerprint(project) != before


def test_so_does_a_cell_but_not_the_text_between_the_cells(project):
    before = fingerprint(project)
    write(project, "02-dear", "from s2s_lesson.numbers import answer", "answer()", text="# Another title")
    assert fingerprint(project) == before
    write(project, "02-dear", "from s2s_lesson.numbers import answer", "answer() + 0")
    assert fingerprint(project) != before


def test_what_python_and_jupyter_leave_behind_changes_nothing(project):
    before = fingerprint(project)
    for name in ("s2s_lesson/__pycache__/numbers.pyc", "book/results/.ipynb_checkpoints/dates.json"):
        (project / name).parent.mkdir()
        (project / name).write_text("", encoding="utf-8")
    assert fingerprint(project) == before


def test_the_dearest_comes_first(project):
    assert [one.name for one in notebooks.all_notebooks(project)] == ["02-dear", "01-cheap"]


def test_a_notebook_is_fresh_while_its_fingerprint_is_the_same(project):
    one = notebooks.all_notebooks(project)[0]
    assert not one.is_fresh()
    one.executed.parent.mkdir(parents=True)
    shutil.copy(one.path, one.executed)
    assert not one.is_fresh()
    one.record.write_text(json.dumps({"fingerprint": one.fingerprint()}), encoding="utf-8")
    assert one.is_fresh()
    (project / PACKAGE).write_text("def answer():\n    return 43\n", encoding="utf-8")
    assert not one.is_fresh()


def shown(root):
    """What the last cell of the second notebook shows, as it ran and as Sphinx finds it."""
    from jupyter_cache import get_cache  # which Sphinx has, and comes with the book alone

    executed = nbformat.read(root / "_build" / "executed" / "book" / "02-dear.ipynb", as_version=4)
    cache = get_cache(root / "_build" / ".jupyter_cache")
    cached = cache.match_cache_notebook(nbformat.read(root / "book" / "02-dear.ipynb", as_version=4))
    of_sphinx = cache.get_cache_bundle(cached.pk).nb
    return [notebook.cells[-1].outputs[0].data["text/plain"] for notebook in (executed, of_sphinx)]


@pytest.mark.slow(
    guard="tests/book/test_executed_notebooks.py::test_a_changed_line_of_any_input_changes_the_fingerprint"
)
def test_a_changed_line_of_the_package_reaches_the_next_book(project, capsys):
    assert notebooks.main(project) is None
    assert "0 of 2 notebooks ran already" in capsys.readouterr().out
    assert shown(project) == ["41", "41"]
    cost = json.loads(notebooks.all_notebooks(project)[0].record.read_text())["processor_seconds"]
    assert 0.2 < cost < 60  # the kernel's are among them

    assert notebooks.main(project) is None
    assert "2 of 2 notebooks ran already" in capsys.readouterr().out

    (project / PACKAGE).write_text("def answer():\n    return 43\n", encoding="utf-8")
    assert notebooks.main(project) is None
    assert shown(project) == ["43", "43"]

    (project / PACKAGE).write_text("def answer():\n    return 1 / 0\n", encoding="utf-8")
    assert "02-dear" in notebooks.main(project)
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert [one.is_fresh() for one in notebooks.all_notebooks(project)] == [False, True]
