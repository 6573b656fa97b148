"""What the targets of make do: environments, costs beside their budgets, faults that say where they are."""

import json
import subprocess
import sys
from importlib.metadata import distributions

import costs
import environments
import output
import pytest
import steps
from costs import Costs, Spent

SCRIPTS = steps.ROOT / "tools"
BUDGETS = {
    "processor_seconds": {"make book": 100, "all chapters": 50},
    "chapters": {"processor_seconds": {"01-concepts": 20, "02-encoder": 30}},
}


# Costs.


def test_seconds_are_those_of_processes_that_were_waited_for_and_of_the_clock():
    with costs.seconds() as spent:
        subprocess.run([sys.executable, "-c", "sum(range(10_000_000))"], check=True)
    assert 0.02 < spent.processor < 30
    assert spent.clock > 0.02


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hand orphans over")
def test_processes_whose_parent_ended_count_as_well():
    """In a process of its own, which adopts what its child leaves behind."""
    busy = "import time; ended = time.process_time() + 0.5\nwhile time.process_time() < ended: pass"
    leaves = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {busy!r}])"
    code = f"""
import os, subprocess, sys, costs
costs.adopt_orphans()
with costs.seconds() as spent:
    subprocess.run([sys.executable, "-c", {leaves!r}], check=True)
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # until it has ended, without taking note of it
print(spent.processor)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert 0.5 < float(ran.stdout) < 5


def test_the_table_has_each_step_and_the_sum():
    made = Costs("book", {"Installing": Spent(7, 3), "Building": Spent(31, 17)}, slow=[1.0, 2.0])
    *lines, slow = made.table().splitlines()
    assert slow.startswith("The machine was 1.5 times slower")
    assert [line.split() for line in lines] == [
        ["processor", "clock"],
        ["Installing", "7", "s", "3", "s"],
        ["Building", "31", "s", "17", "s"],
        ["make", "book", "38", "s", "20", "s"],
    ]


def test_the_file_keeps_what_other_targets_cost(tmp_path):
    file = tmp_path / "_build" / "costs.json"
    Costs("test", {"Testing": Spent(5, 11)}).write(file)
    Costs("book", {"Building": Spent(1, 2)}).write(file)
    Costs("book", {"Building": Spent(3, 7)}, {"01-concepts": 2.0}).write(file)
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["make test"]["processor_seconds"] == 5
    assert written["make book"] == {
        "processor_seconds": 3,
        "clock_seconds": 7,
        "steps": {"Building": {"processor_seconds": 3, "clock_seconds": 7}},
        "chapters": {"01-concepts": 2.0},
    }


@pytest.mark.parametrize(
    ("spent", "chapters", "over"),
    [
        (130, {"01-concepts": 26, "02-encoder": 39}, []),
        (131, {}, ["make book"]),
        (100, {"01-concepts": 27, "02-encoder": 5}, ["01-concepts"]),
        (100, {"01-concepts": 26, "02-encoder": 39.1}, ["all chapters", "02-encoder"]),
    ],
)
def test_what_costs_more_than_it_may_by_a_third_is_named(spent, chapters, over):
    lines = Costs("book", {"all": Spent(spent, 1)}, chapters).over(BUDGETS)
    assert [line.split(" to take")[0].removeprefix("Expected ") for line in lines] == over


def test_a_slow_machine_may_spend_as_many_times_more():
    made = Costs("book", {"all": Spent(259, 1)}, slow=[1.0, 3.0])
    assert made.over(BUDGETS) == []
    made.steps["all"].processor = 261
    [line] = made.over(BUDGETS)
    assert "this machine is 2.0 times slower" in line


def test_how_slow_a_machine_is_is_seen_from_the_same_work(monkeypatch):
    busy = "import time\nwhile time.process_time() < 0.4: pass"
    monkeypatch.setattr(costs, "PEER", busy)
    assert costs.slowness() > 0.35 / costs.QUIET_PEER
    monkeypatch.setattr(costs, "QUIET_PEER", 100.0)
    assert costs.slowness() == 1.0


def test_a_target_without_a_budget_may_cost_anything():
    assert Costs("test-slow", {"all": Spent(1e6, 1)}).over(BUDGETS) == []


# Steps.


@pytest.fixture
def target(monkeypatch, tmp_path):
    """Run a target that has one step, which costs so many processor seconds: what main returns."""
    monkeypatch.setattr(costs, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "settings", lambda: None)
    monkeypatch.setattr(Costs.write, "__defaults__", (tmp_path / "costs.json",))
    monkeypatch.setattr(steps, "budgets", lambda: BUDGETS)
    monkeypatch.setattr(steps, "slowness", lambda: 1.0)

    def run(what, spent=0.0):
        def book(self):
            with self.step("Doing it", "do it again"):
                what()
            self.costs.steps["Doing it"].processor = spent

        monkeypatch.setitem(steps.TARGETS, "book", book)
        return steps.main("book")

    return run


def test_a_target_that_passes_says_what_it_cost(target, tmp_path, capsys):
    assert target(lambda: None, 17) is None
    printed = capsys.readouterr().out
    assert printed.startswith("== Doing it\n") and printed.endswith("== make book passed\n")
    assert "make book       17 s" in printed
    assert json.loads((tmp_path / "costs.json").read_text())["make book"]["processor_seconds"] == 17


@pytest.mark.parametrize(
    "fault",
    [
        lambda: subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=True),
        lambda: output.run("no-such-program"),
    ],
)
def test_a_step_that_fails_is_named_with_what_to_do(target, fault):
    assert target(fault) == "make book failed: Doing it; do it again"


@pytest.mark.parametrize("in_ci", [True, False])
def test_too_high_a_cost_fails_in_ci_and_warns_elsewhere(target, monkeypatch, capsys, in_ci):
    monkeypatch.setattr(steps, "IN_CI", in_ci)
    assert (target(lambda: None, 131) is not None) == in_ci
    assert "Expected make book to take at most 100 processor seconds; it took 131" in capsys.readouterr().out


def test_make_says_no_to_a_python_that_does_not_fit():
    made = subprocess.run(
        ["make", "venv", "PYTHON=no-python"], capture_output=True, text=True, cwd=steps.ROOT
    )
    assert made.returncode != 0
    assert "Expected Python 3.11, 3.12 or 3.13 with its venv module" in made.stderr


# What is printed.


def test_start_up_notes_and_colours_are_left_out(capsys):
    output.write_plainly(
        [
            "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
            "I0000 00:00:1795880629.297528   11789 port.cc:153] oneDNN custom operations are on.\n",
            "[IPKernelApp] WARNING | Kernel is running over TCP without encryption.\n",
            "myst v4.0.1: MdParserConfig(commonmark_only=False)\n",
            "\x1b[31mWARNING: a real one\x1b[39m\n",
            "E assert 1 == 2\n",
        ]
    )
    assert capsys.readouterr().out == "WARNING: a real one\nE assert 1 == 2\n"


def test_a_command_that_fails_fails_with_its_output_printed(capsys):
    code = "print('I0000 00:00 a note'); print('a fault'); raise SystemExit(3)"
    with pytest.raises(subprocess.CalledProcessError):
        output.run(sys.executable, "-c", code, plainly=True)
    assert capsys.readouterr().out == "a fault\n"


# Environments.


@pytest.fixture
def uv_calls(monkeypatch, tmp_path):
    """What uv is asked to do, in an empty project."""
    calls = []
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "install_uv", lambda: None)
    monkeypatch.setattr(environments, "uv", lambda *arguments, **_: calls.append(arguments))
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return calls


def make(folder, version):
    python = environments.ROOT / folder / environments.BIN / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (environments.ROOT / folder / "pyvenv.cfg").write_text(f"version_info = {version}\n", encoding="utf-8")


HERE = ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize(("version", "made"), [(None, True), ("3.10.2", True), (HERE, False)])
def test_an_environment_is_made_where_there_is_none_of_this_python(uv_calls, version, made):
    (environments.ROOT / "pins.txt").write_text("numpy==2.0.0\n", encoding="utf-8")
    if version:
        make(".venv", version)
    environments.sync(".venv", "pins.txt")
    assert [call[0] for call in uv_calls] == ["venv"] * made + ["pip"]
    assert "pins.txt" in uv_calls[-1] and "--torch-backend" not in uv_calls[-1]


@pytest.mark.parametrize("variable", ["PIP_FIND_LINKS", "UV_FIND_LINKS", None])
def test_pytorch_comes_for_the_cpu_from_a_folder_or_from_its_own_index(
    uv_calls, monkeypatch, variable, tmp_path
):
    (environments.ROOT / "pins.txt").write_text("torch==2.13.0\n", encoding="utf-8")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl").touch()
    if variable:
        monkeypatch.setenv(variable, str(wheels))
    make(".venv-engines", HERE)
    environments.sync(".venv-engines", "pins.txt")
    assert ("--torch-backend" in uv_calls[-1]) == (variable is None)


def test_this_environment_has_no_cuda():
    names = {package.name.lower() for package in distributions()}
    assert "keras" in names
    assert [name for name in names if name.startswith(("nvidia", "cuda", "triton"))] == []
