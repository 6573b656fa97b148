"""Start-up lines of TensorFlow stay hidden, and nothing else does, not even last words."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from s2s_lesson.commands.start_up_lines import is_start_up

ROOT = Path(__file__).parents[3]
STAMP = "0000 00:00:1790000000.123456    4711"
NOTE = f"I{STAMP} port.cc:153] oneDNN custom operations are on. You may see slightly different results."
ERROR = f"E{STAMP} bfc_allocator.cc:396] Allocator (GPU_0_bfc) ran out of memory"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("WARNING: All log messages before absl::InitializeLog() is called are written to STDERR", 1),
        (NOTE, 1),
        (f"I{STAMP} cudart_stub.cc:31] Could not find cuda drivers on your machine", 1),
        ("2026-01-02 03:04:05.678901: I tensorflow/core/platform/cpu_feature_guard.cc:210] optimized", 1),
        ("To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with", 1),
        (f"E{STAMP} cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to register", 1),
        (
            "2026-01-02 03:04:05.678901: E external/local_xla/xla/stream_executor/cuda/cuda_fft.cc:477] "
            "Unable to register cuFFT factory: Attempting to register",
            1,
        ),
        (
            f"E{STAMP} cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to "
            "cuInit: UNKNOWN ERROR (303)",
            1,
        ),
        (f"E{STAMP} util.cc:131] oneDNN supports DT_BOOL only on platforms with AVX-512. Falling back", 1),
        (f"W{STAMP} cpu_allocator_impl.cc:84] Allocation of 800000000 exceeds 10% of free memory", 2),
        ("W0102 03:04:05.678901 4711 gpu_device.cc:2341] Cannot dlopen some GPU libraries.", 2),
        (ERROR, 3),
    ],
)
def test_a_line_is_hidden_from_its_level_on(line, level):
    assert [is_start_up(line.encode(), asked) for asked in range(4)] == [asked >= level for asked in range(4)]


@pytest.mark.parametrize(
    "line",
    [
        f"F{STAMP} tensor.cc:12] Check failed: dtype() == expected",
        f"E{STAMP} cuda_platform.cc:52] failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
        "warning: 3 of 7 pairs were left out",
        "ValueError: Expected a text; received none.",
        "Fatal Python error: Segmentation fault",
        "Information about I0000",
        "",
    ],
)
def test_errors_and_what_python_says_is_never_hidden(line):
    assert not is_start_up(line.encode(), 2)


WRITING = """
import os, sys
from s2s_lesson.commands.start_up_lines import hide_start_up_lines
hide_start_up_lines()
for line in sys.argv[1:]:
    os.write(2, line.encode() + b"\\n")
print("said by Python", file=sys.stderr)
os.write(2, b"last words")
os.abort()
"""


def written(level, *lines):
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    environment |= {} if level is None else {"TF_CPP_MIN_LOG_LEVEL": level}
    command = [sys.executable, "-c", WRITING, *lines]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert ended.returncode < 0
    return sorted(ended.stderr.split("\n"))


@pytest.mark.parametrize(
    ("level", "shown"), [(None, [ERROR]), ("0", [ERROR, NOTE]), ("3", []), ("no level", [ERROR])]
)
def test_a_process_shows_all_but_start_up_lines_even_if_it_breaks_down(level, shown):
    assert written(level, NOTE, ERROR) == sorted([*shown, "last words", "said by Python"])


@pytest.mark.slow(
    guard="tests/package/commands/test_start_up_lines.py::"
    "test_a_process_shows_all_but_start_up_lines_even_if_it_breaks_down"
)
def test_a_command_with_an_engine_says_nothing_on_standard_error():
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-m", "s2s_lesson", "predict", "dates", "30 sept. 2016"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "2016-09-30\n", "")
