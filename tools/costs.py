"""What a target of make costs, step by step, beside what tests/budgets.toml allows."""

import ctypes
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean

ROOT = Path(__file__).parents[1]
COSTS = ROOT / "_build" / "costs.json"
PR_SET_CHILD_SUBREAPER = 36  # of Linux's prctl
TOLERANCE = 1.3  # above so many times the limit it is a fault in CI, and elsewhere a warning
# What tells how fast a machine is just now: imports, and arithmetic, which a busy machine slows more.
PEER = """
import asyncio, email, unittest, numpy
state, weights = numpy.ones((64, 256), "float32"), numpy.full((256, 256), 0.01, "float32")
for _ in range(2_500):
    state = numpy.tanh(state @ weights)
"""
QUIET_PEER = 0.29  # processor seconds that it takes on the quiet machine whose seconds the budgets count


@dataclass
class Spent:
    """Seconds of all processes that were waited for, and seconds of the clock."""

    processor: float = 0.0
    clock: float = 0.0


def adopt_orphans() -> None:
    """On Linux let processes whose parent ended become ours, so that they count. Chromium leaves such."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_ended() -> None:
    """Wait for the processes that have ended, ours by birth or adopted."""
    with suppress(ChildProcessError, AttributeError):  # there are none; or this is Windows
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def processor_seconds() -> float:
    """What this process and those that it waited for have used; on Windows only the former is known."""
    wait_for_ended()
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextmanager
def seconds() -> Iterator[Spent]:
    """Measure what is done inside."""
    spent, processor, clock = Spent(), processor_seconds(), time.monotonic()
    try:
        yield spent
    finally:
        spent.processor = processor_seconds() - processor
        spent.clock = time.monotonic() - clock


def slowness() -> float:
    """How many times as many processor seconds as the quiet machine this one takes just now; at least 1.

    The same work takes three to fourteen times as many where other machines share the processor.
    """
    with seconds() as spent:
        subprocess.run([sys.executable, "-c", PEER], check=True)
    return max(1.0, spent.processor / QUIET_PEER)


def over(spent: float, limit: float, slow: float) -> bool:
    """Whether processor seconds are above a limit by a third, on a machine that is so many times slower."""
    return spent > TOLERANCE * limit * slow


@dataclass
class Costs:
    """The steps of a target, in their order."""

    target: str
    steps: dict[str, Spent] = field(default_factory=dict)
    chapters: dict[str, float] = field(default_factory=dict)
    """Processor seconds of the notebooks."""
    slow: list[float] = field(default_factory=list)
    """``slowness`` after each step."""

    @property
    def total(self) -> Spent:
        parts = self.steps.values()
        return Spent(sum(part.processor for part in parts), sum(part.clock for part in parts))

    @property
    def slowness(self) -> float:
        """That of the steps on average."""
        return fmean(self.slow) if self.slow else 1.0

    def table(self) -> str:
        """The steps as lines of text, with their sum."""
        rows = {**self.steps, f"make {self.target}": self.total}
        width = max(map(len, rows))
        lines = [f"{'':{width}}  processor    clock"]
        lines += [f"{name:{width}}  {one.processor:7.0f} s {one.clock:6.0f} s" for name, one in rows.items()]
        lines.append(f"The machine was {self.slowness:.1f} times slower than the quiet one of the budgets.")
        return "\n".join(lines)

    def write(self, file: Path = COSTS) -> None:
        """Put the target's figures into the file; those of other targets stay."""
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        steps = {name: _rounded(spent) for name, spent in self.steps.items()}
        known[f"make {self.target}"] = {**_rounded(self.total), "steps": steps, "chapters": self.chapters}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")

    def over(self, budgets: dict) -> list[str]:
        """What costs more than TOLERANCE times what it may, each in a sentence."""
        spent = {f"make {self.target}": self.total.processor}
        may = dict(budgets["processor_seconds"])
        if self.chapters:
            spent |= {"all chapters": sum(self.chapters.values()), **self.chapters}
            may |= budgets["chapters"]["processor_seconds"]
        return [
            f"Expected {name} to take at most {limit} processor seconds; "
            f"it took {spent[name]:.0f}, which is more than {TOLERANCE} times as many, and this machine is "
            f"{self.slowness:.1f} times slower than the quiet one of the budgets."
            for name, limit in may.items()
            if over(spent.get(name, 0.0), limit, self.slowness)
        ]


def _rounded(spent: Spent) -> dict[str, float]:
    return {f"{name}_seconds": round(value, 1) for name, value in asdict(spent).items()}


def budgets(root: Path = ROOT) -> dict:
    """The file of budgets."""
    return tomllib.loads((root / "tests" / "budgets.toml").read_text(encoding="utf-8"))
