"""The page of promises: every conformance test is claimed by one promise, and the table holds each of them.

No engine is needed.
"""

import ast
import re
from pathlib import Path

import promises
import pytest
from promises import PROMISES, holds, outcomes, table

ROOT = Path(__file__).parents[2]
CONFORMANCE = sorted((ROOT / "tests" / "conformance").glob("test_*.py"))
REPORT = """<testsuites><testsuite>
<testcase classname="tests.conformance.test_searches" name="test_finished_hypotheses_stay_frozen"/>
<testcase classname="tests.conformance.test_step_by_step" name="test_three[lstm]"/>
<testcase classname="tests.conformance.test_step_by_step" name="test_three[gru]">
<failure message="no"/></testcase>
<testcase classname="tests.conformance.test_compiled" name="test_one"><skipped message="no"/></testcase>
<testcase classname="tests.test_text" name="test_two"/>
</testsuite></testsuites>"""


def conformance_tests():
    """Every conformance test, such as "searches::test_ties"."""
    for path in CONFORMANCE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.stem.removeprefix('test_')}::{node.name}"


def test_every_conformance_test_is_claimed_by_one_promise():
    tests = list(conformance_tests())
    assert len(tests) >= 40
    claims = [claim for claims in PROMISES.values() for claim in claims]
    assert {
        test: [claim for claim in claims if holds(claim, test)]
        for test in tests
        if sum(holds(claim, test) for claim in claims) != 1
    } == {}
    assert [claim for claim in claims if not any(holds(claim, test) for test in tests)] == []


def test_the_page_has_every_promise_and_no_failure():
    page = (ROOT / "book" / "appendix-promises.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\|.*\|$", page, re.MULTILINE)
    ]
    assert rows[0] == list(promises.COLUMNS), "Run: make promises"
    assert [row[0] for row in rows[2:]] == list(PROMISES), "Run: make promises"
    for promise, count, passed, *others in rows[2:]:
        other_engine = PROMISES[promise] in (("torch_modules",), ("distribution",))
        assert (passed == "not run") == other_engine, promise
        assert other_engine or (int(count) == int(passed) > 0 and others == ["0", "0"]), promise


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text(REPORT, encoding="utf-8")
    return path


def test_a_report_is_counted_promise_by_promise(report):
    rows = dict(row.strip("| \n").split(" | ", 1) for row in table(outcomes(report)).splitlines())
    numbers = {promise: rows[promise].split(" | ") for promise in PROMISES}
    of = {claims: numbers[promise] for promise, claims in PROMISES.items()}
    assert of[("step_by_step",)] == ["2", "1", "0", "1"]
    assert of[("compiled",)] == ["1", "0", "1", "0"]
    assert of[("dropout",)][1].strip() == "not run"
    assert sum(row[0] == "1" for row in numbers.values()) == 2


def test_the_table_is_written_into_the_page(report, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"# One\n\n{promises.BEGIN}\nold\n\n{promises.END}\nMore.\n", encoding="utf-8")
    promises.write(report, page)
    text = page.read_text(encoding="utf-8")
    assert "\nold\n" not in text and text.endswith("More.\n")
    assert table(outcomes(report)) in text and "2 of 4 tests passed, with Python 3." in text


def test_a_report_of_other_tests_is_refused(tmp_path):
    path = tmp_path / "report.xml"
    path.write_text('<testsuite><testcase classname="tests.test_text" name="test_two"/></testsuite>')
    with pytest.raises(ValueError, match="Expected a report of tests/conformance"):
        outcomes(path)
