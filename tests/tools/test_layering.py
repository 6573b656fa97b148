"""The folders are the layers: import-linter checks who imports whom, and finds what must not be.

No engine is needed.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "s2s_lesson"


def broken(folder):
    """The contracts of the project that the package in a folder breaks, by their names."""
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-P", "-c", linter, str(ROOT / "pyproject.toml"), "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "Analyzed" in run.stdout, run.stdout + run.stderr
    names = re.findall(r"^(.*) BROKEN\b", run.stdout, re.MULTILINE)
    assert bool(names) == bool(run.returncode)
    return names


def test_the_package_keeps_all_contracts():
    assert broken(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("data/padding.py", "from s2s_lesson.layers import masks", "Each folder imports from those below"),
        ("layers/masks.py", "def f():\n    from s2s_lesson.models import Seq2Seq", "Each folder imports"),
        ("layers/config.py", "from s2s_lesson.layers import decoder", "Inside a folder, no modules import"),
        ("search/beam.py", "import keras", "Data and searches need NumPy alone"),
        ("deployed/writing.py", "def f():\n    import keras", "Data and searches need NumPy alone"),
        ("deployed/writing.py", "from s2s_lesson.training import run_folder", "What is deployed stands on"),
        ("training/loop.py", "def f():\n    import torch.nn", "Engines are imported in their folder alone"),
        ("new/__init__.py", '"""A folder that no contract names."""', "Each folder imports"),
    ],
)
def test_a_planted_fault_is_found(tmp_path, file, line, contract):
    shutil.copytree(PACKAGE, tmp_path / "s2s_lesson", ignore=shutil.ignore_patterns("weights", "__pycache__"))
    path = tmp_path / "s2s_lesson" / file
    path.parent.mkdir(exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{text}\n\n{line}\n", encoding="utf-8")
    names = broken(tmp_path)
    assert any(name.startswith(contract) for name in names), names
