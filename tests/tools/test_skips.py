"""The rule of the root conftest.py: in CI, no skip outside the allow-list."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
SKIPPING = """
    import pytest

    def test_skips():
        pytest.skip("no GPU here")

    @pytest.mark.skip(reason="not today")
    def test_marked(): ...

    @pytest.mark.xfail(reason="known bug")
    def test_fails():
        raise ValueError

    @pytest.mark.parametrize("size", [2, 3])
    def test_sizes(size):
        pytest.skip("too big")

    def test_passes(): ...
"""


@pytest.fixture
def project(pytester):
    """An empty project with the real conftest.py and no allow-list."""
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\n")
    pytester.mkdir("tests")
    return pytester


def _run(project, monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    return project.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:nbval")


def test_in_ci_skips_and_expected_failures_fail(project, monkeypatch):
    project.makepyfile(SKIPPING)
    result = _run(project, monkeypatch, ci="true")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    outcomes = result.parseoutcomes()
    assert outcomes.pop("passed") == 1
    assert sum(outcomes.values()) == 5 and outcomes.keys() <= {"failed", "errors"}
    result.stdout.fnmatch_lines(["*test_skips was not run*no GPU here*allowed_skips.txt*"])
    result.stdout.fnmatch_lines(["*test_fails was not run*known bug*"])


@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_elsewhere_skips_are_free(project, monkeypatch, ci):
    project.makepyfile(SKIPPING)
    result = _run(project, monkeypatch, ci=ci)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, skipped=4, xfailed=1)


def test_the_allow_list_takes_ids_patterns_and_comments(project, monkeypatch):
    project.makepyfile(SKIPPING)
    lines = ["# a comment", "", "*::test_skips # no GPU in CI", "*::test_[mf]*"]
    lines += ["test_the_allow_list_takes_ids_patterns_and_comments.py::test_sizes[[]?]"]
    (project.path / "tests" / "allowed_skips.txt").write_text("\n".join(lines), encoding="utf-8")
    result = _run(project, monkeypatch, ci="true")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1, skipped=4, xfailed=1)


def test_an_id_with_brackets_can_be_listed_as_it_is(project, monkeypatch):
    project.makepyfile(test_it=SKIPPING)
    lines = ["*::test_skips", "*::test_marked", "*::test_fails", "test_it.py::test_sizes[2]"]
    (project.path / "tests" / "allowed_skips.txt").write_text("\n".join(lines), encoding="utf-8")
    result = _run(project, monkeypatch, ci="true")
    result.assert_outcomes(passed=1, skipped=3, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["*test_sizes?3? was not run*too big*"])


def test_in_ci_a_module_that_skips_itself_fails(project, monkeypatch):
    project.makepyfile("import pytest\n\npytest.importorskip('no_such_module')\n\ndef test_nothing(): ...\n")
    result = _run(project, monkeypatch, ci="true")
    assert result.ret != pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*was not run*no_such_module*"])


def test_in_ci_a_skipped_notebook_cell_fails(project, monkeypatch):
    from nbformat import v4

    cell = v4.new_code_cell("1 + 1", metadata={"tags": ["nbval-skip"]})
    notebook = v4.writes(v4.new_notebook(cells=[cell]))
    (project.path / "chapter.ipynb").write_text(notebook, encoding="utf-8")
    monkeypatch.setenv("CI", "true")
    result = project.runpytest_inprocess("-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*Cell 0 was not run*allowed_skips.txt*"])
