"""In CI (`CI=true`) a test may skip or fail on purpose only if tests/allowed_skips.txt lists it.

This holds for unit tests and for the notebook cells that nbval runs. With `--save-notebooks=FOLDER` notebooks
are saved as nbval ran them, so that a book can be built without running them once more.
"""

import fnmatch
import os
from itertools import groupby
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ALLOWED_SKIPS = Path("tests", "allowed_skips.txt")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _allowed(node_id: str, root: Path) -> bool:
    """Whether a line of the allow-list is this node id, or a pattern (fnmatch) that fits it."""
    file = root / ALLOWED_SKIPS
    if not file.exists():
        return False
    lines = (line.partition(" #")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    patterns = [line for line in lines if line and not line.startswith("#")]
    return any(node_id == pattern or fnmatch.fnmatchcase(node_id, pattern) for pattern in patterns)


def _reason(report) -> str:
    if hasattr(report, "wasxfail"):
        return f"expected failure: {report.wasxfail or 'no reason given'}"
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def _forbid_skip(report, root: Path) -> None:
    """Turn a skip that the allow-list does not know into a failure."""
    if not (_in_ci() and report.skipped) or _allowed(report.nodeid, root):
        return
    report.longrepr = (
        f"{report.nodeid} was not run ({_reason(report)}). "
        f"Expected no skips in CI but those in {ALLOWED_SKIPS}. Make it run, or list it there with a reason."
    )
    report.outcome = "failed"
    report.__dict__.pop("wasxfail", None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item):
    """Check tests, and notebook cells."""
    report = yield
    _forbid_skip(report, item.config.rootpath)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    """Check whole modules: `pytest.importorskip`, `pytest.skip(allow_module_level=True)`."""
    report = yield
    _forbid_skip(report, collector.config.rootpath)
    return report


def pytest_addoption(parser):
    parser.addoption(
        "--save-notebooks", metavar="FOLDER", type=Path, help="save what nbval ran, with outputs"
    )


def pytest_sessionfinish(session):
    """Save the notebooks of which every code cell ran, under their paths in the project."""
    folder = session.config.getoption("--save-notebooks")
    if folder is None:
        return
    import nbformat

    cells = (item for item in getattr(session, "items", []) if hasattr(item, "test_outputs"))
    for file, ran in groupby(cells, key=lambda cell: cell.parent):
        ran = [cell for cell in ran if cell.test_outputs is not None]
        if len(ran) < sum(cell.cell_type == "code" for cell in file.nb.cells):  # or another process ran it
            continue
        for count, cell in enumerate(ran, start=1):
            cell.cell.update(outputs=cell.test_outputs, execution_count=count)
            for output in cell.cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
        target = folder / file.path.relative_to(session.config.rootpath)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(file.nb, target)
