"""Run chapters as on Colab: `make test-colab`, or `make test-colab CHAPTERS=01-concepts`.

    python tools/colab/run.py ENVIRONMENT [CHAPTER...]

Each chapter begins in a copy of ENVIRONMENT, which holds what Colab has, and in an empty folder, with no book
beside it. Its cells run as they stand, from the first, which installs the package from its repository. Two
addresses lead to the working tree instead of GitHub: the repository, by git's own `url.….insteadOf`, and
the book's files, in the stand-in for `google.colab`. At the end, what ENVIRONMENT held must be unchanged.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "_build" / "colab"
REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
IMPORT_COLAB = "--IPKernelApp.exec_lines=import google.colab"  # as Colab does before the first cell
VERSIONS = """
import json
from importlib.metadata import distributions
print(json.dumps({package.name: package.version for package in distributions()}))
"""


def publish():
    """Make a git repository of the working tree, without what git ignores, and return its folder."""
    folder = BUILD / "repository"
    git = ["git", f"--git-dir={folder}", f"--work-tree={ROOT}"]
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, *author, "commit", "--quiet", "--message", "The working tree"], check=True)
    return folder


def colab_variables(repository, folder):
    """The environment variables of a chapter's kernel."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("S2S_LESSON")}
    return variables | {
        "FILES_ON_GITHUB": REPOSITORY.replace("//github.com/", "//raw.githubusercontent.com/") + "/main/",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": REPOSITORY,
        "IPYTHONDIR": str(folder / "ipython"),
        "KERAS_HOME": str(folder / "keras"),
        "PYTHONPATH": str(Path(__file__).parent),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # a warning less
        "S2S_LESSON_CACHE": str(folder / "corpora"),
        "WORKING_TREE": str(ROOT),
    }


def versions(python):
    """What an environment holds, by name."""
    return json.loads(
        subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout
    )


def run(chapter, environment, repository):
    """Run a chapter from its first cell to its last, and say how long it took.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
        SystemExit: the chapter changed a version that Colab has.
    """
    folder = BUILD / chapter
    (folder / "content").mkdir(parents=True)  # where the chapter runs
    copy = folder / "environment"
    shutil.copytree(
        environment, copy, symlinks=True, copy_function=os.link
    )  # pip replaces files, never writes into them
    python = str(copy / "bin" / "python")
    before = versions(python)

    kernel = {
        "display_name": "Colab",
        "language": "python",
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}", IMPORT_COLAB],
    }
    (folder / "kernels" / "colab").mkdir(parents=True)
    (folder / "kernels" / "colab" / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(folder)
    notebook = nbformat.read(ROOT / "book" / f"{chapter}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder / "content")}}
    client = NotebookClient(notebook, timeout=1800, kernel_name="colab", resources=resources)
    start = time.perf_counter()
    try:
        client.execute(env=colab_variables(repository, folder))
    finally:
        nbformat.write(notebook, folder / f"{chapter}.ipynb")
    seconds = time.perf_counter() - start

    after = versions(python)
    changed = {name: (old, after.get(name)) for name, old in before.items() if after.get(name) != old}
    if "s2s-lesson" not in after or changed:
        sys.exit(
            f"Expected {chapter} to add the package and change nothing that Colab has; received {changed}."
        )
    shutil.rmtree(copy)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    added = len(after) - len(before)
    print(f"{chapter}: {cells} cells in {seconds:.0f} s; {added} packages added, none changed", flush=True)


def main(environment, *chapters):
    """Run the chapters that are named, or all."""
    known = sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
    if unknown := sorted({*chapters} - {*known}):
        sys.exit(f"Expected chapters among {', '.join(known)}; received {', '.join(unknown)}.")
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    repository = publish()
    for chapter in chapters or known:
        run(chapter, Path(environment), repository)


if __name__ == "__main__":
    main(*sys.argv[1:])
