"""How a command ends: an exit code and one line on standard error, never a traceback."""

import ast
import errno
import inspect
import io
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from s2s_lesson import __main__ as command_line
from s2s_lesson.commands import models, streams

ROOT = Path(__file__).parents[3]
PYTHON = [sys.executable, "-m", "s2s_lesson"]


class Failing(io.StringIO):
    """A standard output that fails when it is written to."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        raise self.error


def ends(monkeypatch, capsys, run):
    """What a command says on standard error, and its exit code, where it does something."""
    monkeypatch.setattr(models, "run", run)
    code = command_line.main(["models"])
    return code, capsys.readouterr().err


def raising(error):
    def run(options):
        raise error

    return run


def test_a_pipe_that_nobody_reads_ends_a_command_silently(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", Failing(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    assert command_line.main(["models"]) == 141
    assert capsys.readouterr().err == ""


def test_an_output_that_cannot_be_written_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", Failing(OSError(errno.ENOSPC, "No space left on device")))
    assert command_line.main(["models"]) == 1
    assert capsys.readouterr().err == "OSError: [Errno 28] No space left on device\n"


def test_a_closed_standard_output_is_an_error(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", None)
    assert command_line.main(["models"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("OSError: Expected an open standard output; received a closed one.")


def test_nothing_that_takes_time_is_imported_before_ctrl_c_is_heard():
    tree = ast.parse(inspect.getsource(command_line))
    modules = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert modules == ["import sys", "from collections.abc import Sequence", "from typing import NoReturn"]


def test_ctrl_c_while_commands_are_imported_says_that_it_stopped(monkeypatch, capsys):
    class Interrupting:
        def find_spec(self, name, path=None, target=None):
            if name == "s2s_lesson.commands.running":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "s2s_lesson.commands.running", raising=False)
    monkeypatch.setattr("sys.meta_path", [Interrupting(), *sys.meta_path])
    assert command_line.main(["models"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_ctrl_c_that_comes_out_of_an_import_as_an_error_is_ctrl_c(monkeypatch, capsys):
    def run(options):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stopped:
            raise ImportError("initialization failed") from stopped

    assert ends(monkeypatch, capsys, run) == (130, "Stopped.\n")


def test_an_error_that_nobody_foresaw_is_one_line_that_says_where(monkeypatch, capsys):
    def run(options):
        {}["such a key"]

    code, said = ends(monkeypatch, capsys, run)
    assert code == 1 and said.count("\n") == 1
    assert said.startswith("KeyError: 'such a key' (from s2s_lesson/commands/running.py, line ")
    assert "please report it, with what S2S_LESSON_TRACEBACK=1 shows" in said
    monkeypatch.setenv("S2S_LESSON_TRACEBACK", "1")
    with pytest.raises(KeyError):
        command_line.main(["models"])


def test_a_letter_that_the_terminal_does_not_have_is_one_line(monkeypatch, capsys):
    def run(options):
        "日".encode("latin-1")

    code, said = ends(monkeypatch, capsys, run)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith("ValueError: Expected an output that can hold '日'; received one in latin-1.")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("Expected a row;\n  received none.\n"), "ValueError: Expected a row; received none.\n"),
        (MemoryError(), "MemoryError\n"),
    ],
)
def test_an_error_is_one_line(monkeypatch, capsys, error, line):
    assert ends(monkeypatch, capsys, raising(error)) == (1, line)


def test_a_warning_to_users_is_one_line_and_others_are_as_python_shows_them(monkeypatch):
    shown = io.StringIO()

    def run(options):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            for warning in (UserWarning("two\nlines"), DeprecationWarning("old")):
                line = warnings.formatwarning(warning, type(warning), "file.py", 7)
                shown.write(line)

    monkeypatch.setattr(models, "run", run)
    assert command_line.main(["models"]) == 0
    assert shown.getvalue() == "warning: two lines\nfile.py:7: DeprecationWarning: old\n"


def closed_pipe():
    """The end of a pipe to write to, of which the other is closed."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def process(arguments, cwd=ROOT, **streams):
    """Run a command in a process of its own, whose standard output is buffered as it is for users."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([*PYTHON, *arguments], text=True, cwd=cwd, env=environment, **streams)


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"], ["models"]], ids=str)
def test_a_process_with_a_closed_pipe_ends_silently(arguments):
    ended = process(arguments, stdout=closed_pipe())
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.slow(
    guard="tests/package/commands/test_endings.py::test_a_process_with_a_closed_pipe_ends_silently"
)
@pytest.mark.parametrize("command", ["inspect", "init", "predict", "chat", "plot", "evaluate", "train"])
def test_each_command_with_a_closed_pipe_ends_silently(command, tmp_path):
    rows = "".join(f"{month} May\t05-{month:02}\n" for month in range(1, 31))
    (tmp_path / "pairs.tsv").write_text(rows, encoding="utf-8")
    arguments = {
        "inspect": ["pairs.tsv"],
        "init": [],
        "predict": ["dates", "3 May 2016"],
        "chat": ["small-talk"],
        "plot": ["dates", "3 May 2016", "--output", "map.png"],
        "evaluate": ["dates", "--data", "pairs.tsv"],
        "train": ["--data", "pairs.tsv", "--output", "run", "--epochs", "1"],
    }[command]
    ended = process([command, *arguments], tmp_path, stdout=closed_pipe(), stdin=subprocess.DEVNULL)
    assert ended.returncode == 141
    assert not re.search("Error|Traceback|Exception ignored", ended.stderr)


@pytest.mark.parametrize(
    ("redirected", "code", "said"),
    [
        (">&-", 1, "OSError: Expected an open standard output; received a closed one."),
        ("2>&-", 0, ""),
        ("<&- 2>&-", 0, ""),
        ("> /dev/full", 1, "OSError: [Errno 28] No space left on device"),
    ],
)
def test_a_process_without_a_standard_stream_ends_clearly(redirected, code, said):
    command = ["sh", "-c", f'exec "$0" "$@" {redirected}', *PYTHON, "models"]
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert ended.returncode == code
    assert ended.stderr.startswith(said) and ended.stderr.count("\n") == bool(said)


def test_closed_streams_are_filled_so_that_no_file_takes_their_place(tmp_path):
    code = (
        "import os; from s2s_lesson.commands.streams import own_process\n"
        "with own_process(): file = open(os.devnull); assert file.fileno() > 2"
    )
    command = ["sh", "-c", 'exec "$0" -c "$1" <&- >&- 2>&-', sys.executable, code]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins without one
module = sys.argv.pop(1)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from s2s_lesson.__main__ import console
console()
"""


def interrupted_at(module):
    command = [sys.executable, "-c", INTERRUPTED, module, "predict", "dates", "3 May 2016"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("module", ["s2s_lesson.commands.streams", "argparse", "numpy", "keras"])
def test_a_process_that_is_stopped_during_imports_says_so_in_one_line(module):
    assert interrupted_at(module) == (130, "", "Stopped.\n")


@pytest.mark.slow(
    guard="tests/package/commands/test_endings.py::test_a_process_that_is_stopped_during_imports_says_so_in_one_line"
)
@pytest.mark.parametrize("module", ["h5py", "keras.src.layers", "s2s_lesson.pipeline.text_to_text"])
def test_a_process_that_is_stopped_while_an_engine_loads_says_so_in_one_line(module):
    assert interrupted_at(module) == (130, "", "Stopped.\n")


def test_the_installed_command_is_a_process_of_its_own(monkeypatch):
    """``console`` is what ``pyproject.toml`` names; it hands on the exit code."""
    assert 's2s-lesson = "s2s_lesson.__main__:console"' in (ROOT / "pyproject.toml").read_text()
    held = []
    monkeypatch.setattr(streams, "own_process", lambda: io.StringIO("held"))
    monkeypatch.setattr(command_line, "main", lambda: held.append("ran") or 7)
    with pytest.raises(SystemExit) as ended:
        command_line.console()
    assert (ended.value.code, held) == (7, ["ran"])
