"""The distributions of the project, built from the files that git knows."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = [sys.executable, "-m", "uv"]
# What a source distribution holds beside the package, but for what setuptools writes.
BESIDE = {"CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml"}


def tracked():
    """The project's files, as git knows them; where it is no checkout, those of the package and beside it."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        package = [path for path in (ROOT / "s2s_lesson").rglob("*") if "__pycache__" not in path.parts]
        names = [path.relative_to(ROOT).as_posix() for path in package] + sorted(BESIDE)
    return {name for name in names if name and (ROOT / name).is_file()}


def run(command, **options):
    """Run a command; what it printed if it failed."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder):
    """Build both in a folder, offline, from a copy of the tracked files: the folder that holds them."""
    for name in tracked():
        target = folder / "project" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    python = ["--python", sys.executable, "--no-build-isolation", "--offline", "--no-cache"]
    run([*UV, "build", *python, "--out-dir", folder / "dist", folder / "project"])
    return folder / "dist"
