"""Run the notebooks that changed, as many at a time as there are cores, and keep them as they ran.

    python tools/notebooks.py

nbval runs each one in a process of its own, the dearest first. `_build/executed` keeps it as it ran, with a
fingerprint: a hash of all that its outputs hang on. While that is the same, it is not run again. Sphinx finds
the same notebooks in `_build/.jupyter_cache`.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from costs import budgets
from output import write_plainly

ROOT = Path(__file__).parents[1]
SETTINGS = ("KERAS_BACKEND", "S2S_LESSON_DATA")  # environment variables
# Its kernels take a tenth longer at a chapter's sizes, and TensorFlow says on every page that they are there.
WITHOUT_ONEDNN = {"TF_ENABLE_ONEDNN_OPTS": "0"}
NOT_SOURCES = {"__pycache__", ".ipynb_checkpoints", "bundle"}


@dataclass
class Notebook:
    """A notebook of the book, and where it is kept as it ran."""

    path: Path
    root: Path = ROOT

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def executed(self) -> Path:
        return self.root / "_build" / "executed" / self.path.relative_to(self.root)

    @property
    def record(self) -> Path:
        """The fingerprint with which it ran, and what that cost."""
        return self.executed.with_suffix(".json")

    def fingerprint(self) -> str:
        """A hash of all that its outputs hang on, but for the text between its cells."""
        notebook = nbformat.read(self.path, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        settings = {name: os.environ.get(name) for name in SETTINGS}
        parts = [json.dumps([cells, settings, platform.python_version()], sort_keys=True)]
        parts += [f"{name} {hash_of(path)}" for name, path in inputs(self.root)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def is_fresh(self) -> bool:
        """Whether it ran as it is now."""
        if not (self.executed.exists() and self.record.exists()):
            return False
        return json.loads(self.record.read_text(encoding="utf-8"))["fingerprint"] == self.fingerprint()


def inputs(root: Path) -> Iterator[tuple[str, Path]]:
    """What a notebook may read: the package, results, weights, pins and the corpora of S2S_LESSON_DATA."""
    folders = [root / "s2s_lesson", root / "book" / "results", root / "book" / "weights"]
    files = [root / "requirements.txt", root / "conftest.py"]
    for folder in folders:
        files += sorted(path for path in folder.rglob("*") if not NOT_SOURCES & set(path.parts))
    for path in files:
        if path.is_file():
            yield path.relative_to(root).as_posix(), path
    if corpora := os.environ.get("S2S_LESSON_DATA"):
        for path in sorted(Path(corpora).rglob("*")):
            if path.is_file():
                yield path.relative_to(corpora).as_posix(), path


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def all_notebooks(root: Path = ROOT) -> list[Notebook]:
    """The notebooks of the book, those first that may cost most."""
    paths = [path for path in (root / "book").rglob("*.ipynb") if not NOT_SOURCES & set(path.parts)]
    may_cost = budgets(root)["chapters"]["processor_seconds"]
    return sorted(
        (Notebook(path, root) for path in sorted(paths)), key=lambda one: -may_cost.get(one.name, 0)
    )


def run(notebook: Notebook) -> tuple[bool, str]:
    """Run a notebook and keep it where no cell failed: whether it did well, and what it said."""
    fingerprint = notebook.fingerprint()
    notebook.record.unlink(missing_ok=True)
    notebook.executed.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=900"]
    command += ["--save-notebooks=_build/executed", str(notebook.path.relative_to(notebook.root))]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {**os.environ, **WITHOUT_ONEDNN}
    with subprocess.Popen(command, cwd=notebook.root, env=environment, **pipes) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not notebook.executed.exists():
        return False, said
    record = {"fingerprint": fingerprint, "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1)}
    notebook.record.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return True, said


def fill_cache(notebooks: list[Notebook], root: Path = ROOT) -> None:
    """Let Sphinx find the notebooks as they ran."""
    from jupyter_cache import get_cache

    folder = root / "_build" / ".jupyter_cache"
    shutil.rmtree(folder, ignore_errors=True)
    cache = get_cache(folder)
    for notebook in notebooks:
        cache.cache_notebook_file(str(notebook.executed), overwrite=True)


def main(root: Path = ROOT) -> str | None:
    """Run what changed; what failed, in a line, or None."""
    notebooks = all_notebooks(root)
    stale = [notebook for notebook in notebooks if not notebook.is_fresh()]
    print(f"{len(notebooks) - len(stale)} of {len(notebooks)} notebooks ran already as they are.", flush=True)
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for notebook, (well, said) in zip(stale, pool.map(run, stale), strict=True):
            write_plainly(said.splitlines())
            if not well:
                failed.append(notebook.name)
    if failed:
        return f"Expected every cell of every chapter to run; cells failed in {', '.join(failed)}."
    fill_cache(notebooks, root)
    return None


if __name__ == "__main__":
    sys.exit(main())
