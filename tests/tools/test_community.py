"""What people read, quote, fill in or install: citation, changelog, rules, forms, hooks.

No engine is needed.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from nbformat import v4

import s2s_lesson

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
(OWN,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
HOOKS = {hook["id"]: hook for hook in OWN["hooks"]}


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()  # what the format asks for
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["version"] == s2s_lesson.__version__
    assert citation["license"] == PROJECT["license"].split(" AND ")[0]  # without that of the stop words
    assert citation["repository-code"] == PROJECT["urls"]["Repository"]
    assert citation["url"] == PROJECT["urls"]["Documentation"]
    assert citation["keywords"] == PROJECT["keywords"]
    assert all(author["name"] for author in citation["authors"])


def test_the_changelog_tells_of_this_version():
    """Newest first, with kinds of change that Keep a Changelog knows."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    head, *versions = re.findall(r"^## \[?([\w.]+)\]?", text, re.MULTILINE)
    assert head == "Unreleased"
    assert versions[0] == s2s_lesson.__version__
    numbers = [tuple(map(int, version.split("."))) for version in versions]
    assert numbers == sorted(numbers, reverse=True) and len(numbers) >= 2
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["dynamic"] and "version" not in PROJECT
    files = [*ROOT.glob("s2s_lesson/**/*.py"), *ROOT.glob("tools/*.py"), ROOT / "_config.yml"]
    naming = [file.name for file in files if s2s_lesson.__version__ in file.read_text(encoding="utf-8")]
    assert naming == ["__init__.py"]


def test_the_code_of_conduct_says_whose_it_is():
    text = (ROOT / "CODE_OF_CONDUCT.md").read_text(encoding="utf-8")
    assert "Contributor Covenant, version 2.1" in text and "CC BY 4.0" in text
    assert f"{PROJECT['urls']['Repository']}/security/advisories/new" in text
    assert "@" not in text


@pytest.mark.parametrize("file", FORMS, ids=[file.stem for file in FORMS])
def test_a_form_is_one_that_github_shows(file):
    form = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids) >= 2
    for part in form["body"]:
        assert part["type"] in {"textarea", "input", "dropdown", "checkboxes"}
        assert part["attributes"]["label"]
        options = part["attributes"].get("options", [])
        assert bool(options) == (part["type"] in {"dropdown", "checkboxes"})
        labels = [option["label"] if isinstance(option, dict) else option for option in options]
        assert all(isinstance(label, str) for label in labels) and len(set(labels)) == len(labels)
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_there_is_a_form_for_each_kind_of_issue():
    assert {"bug", "question", "feature"} == {file.stem for file in FORMS}
    config = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml").read_text(encoding="utf-8"))
    assert config["blank_issues_enabled"] is True
    for link in config["contact_links"]:
        assert link["name"] and link["about"] and link["url"].startswith("https://")


def test_what_a_pull_request_asks_for_can_be_made():
    text = (ROOT / ".github" / "pull_request_template.md").read_text(encoding="utf-8")
    listing = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = {word for words in re.findall(r"`make ([^`]+)`", text) for word in words.split()}
    assert {"test", "strip"} <= wanted
    assert [word for word in wanted if f"make {word} " not in listing] == []  # as `make help` lists them


def hook(name, *files):
    """The exit code of a hook, with the environment of this test in place of .venv."""
    python, *arguments = HOOKS[name]["entry"].split()
    assert python == ".venv/bin/python" and HOOKS[name]["language"] == "system"
    command = [sys.executable, *arguments, *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True).returncode


def test_the_hooks_find_faults_and_mend_them(tmp_path):
    assert set(HOOKS) == {"ruff-check", "ruff-format", "nbstripout"}
    file, notebook = tmp_path / "code.py", tmp_path / "page.ipynb"
    file.write_text("import os\nx = {'a':1}\n", encoding="utf-8")
    assert hook("ruff-check", file) == 1
    assert hook("ruff-format", file) == 0
    assert file.read_text(encoding="utf-8") == 'import os\n\nx = {"a": 1}\n'
    cell = v4.new_code_cell("7", id="a", execution_count=3)
    cell.outputs = [v4.new_output("stream", text="7\n")]
    notebook.write_text(v4.writes(v4.new_notebook(cells=[cell])), encoding="utf-8")
    assert hook("nbstripout", notebook) == 0
    (stripped,) = v4.reads(notebook.read_text(encoding="utf-8")).cells
    assert stripped == cell | {"outputs": []}
