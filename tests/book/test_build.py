"""What the build rests on: the table of contents, the pins, and files that hold true on every machine."""

import re
import subprocess
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PYTHONS = ("3.11", "3.12", "3.13")
OF_CHAPTERS = (
    "tensorflow",
    "text",
    "icu",
    "corpora",
    "plots",
)  # extras, which the first cell of a chapter installs
PINS = {
    "requirements.txt": (*OF_CHAPTERS, "book", "test", "pages"),
    "requirements-floor.txt": (*OF_CHAPTERS, "test"),
    "requirements-engines.txt": (*OF_CHAPTERS[1:], "jax", "torch", "test"),
}
# Folders of one machine; names like "~/work" or "example.org/home" are none.
MACHINE_PATH = re.compile(r"(?<![\w.~}$*])/(?:home|root|Users|work|mnt|media|tmp|opt)/\w")


def toc_files(node):
    """The files that a table of contents names, in order."""
    if isinstance(node, list):
        return [file for item in node for file in toc_files(item)]
    if isinstance(node, dict):
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [file for value in node.values() for file in toc_files(value)]
    return []


def project_files():
    """The files of the repository that are text."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):  # not a git checkout
        skip = {
            ".venv",
            ".venv-floor",
            ".venv-engines",
            ".venv-colab",
            "_build",
            "runs",
            ".git",
            "__pycache__",
            "node_modules",
        }
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*")]
        names = [str(path) for path in paths if not skip & set(path.parts)]
    for name in filter(None, names):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


def pins(file):
    """The pins of a requirements file by name; a name has several where markers differ."""
    named = defaultdict(list)
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement = Requirement(line)
            named[requirement.name].append(requirement)
    return named


def applies(requirement, python):
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def pinned_version(requirement):
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"Expected name==version; received {requirement}."
    return Version(specifier.version)


def test_toc_and_book_are_the_same_pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    named = toc_files(toc)
    files = [path.relative_to(ROOT) for path in (ROOT / "book").rglob("*")]
    pages = [
        file for file in files if file.suffix in (".md", ".ipynb") and ".ipynb_checkpoints" not in file.parts
    ]
    assert set(named) == {page.with_suffix("").as_posix() for page in pages}
    assert len(named) == len(set(named))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", PINS)
def test_pins_satisfy_pyproject(file, python):
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(line for extra in PINS[file] for line in extras[extra])]
    pinned = pins(file)
    for requirement in map(Requirement, wanted):
        if not applies(requirement, python):
            continue
        here = [pin for pin in pinned[requirement.name] if applies(pin, python)]
        assert len(here) == 1, f"Expected one pin of {requirement.name}; received {here}. Run: make pins"
        version = pinned_version(here[0])
        assert requirement.specifier.contains(version), f"{here[0]} is not {requirement}. Run: make pins"


@pytest.mark.parametrize("file", PINS)
def test_pins_are_exact_and_name_no_index(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert all(pinned_version(pin) for same in pins(file).values() for pin in same)
    assert "make pins" in text.partition("\n\n")[0][:200]
    assert not re.search(r"://|--\w+-url|--find-links|@ file", text)


def test_the_floor_is_what_pyproject_promises():
    floor = pins("requirements-floor.txt")
    (keras,) = floor["keras"]
    (tensorflow,) = (pin for pin in floor["tensorflow"] if applies(pin, "3.11"))
    assert pinned_version(keras).release[:2] == (3, 10)
    assert pinned_version(tensorflow).release[:2] == (2, 19)
    assert PROJECT["requires-python"] == ">=3.11"


def test_what_colab_has_is_what_the_package_may_take():
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(line for extra in OF_CHAPTERS for line in extras.get(extra, ()))]
    ranges = {each.name: each for each in map(Requirement, wanted) if applies(each, "3.12")}
    colab = {name: pinned_version(pin) for name, (pin,) in pins("requirements-colab.txt").items()}
    assert {"keras", "matplotlib", "numpy", "pandas", "tensorflow"} <= colab.keys() & ranges.keys()
    assert [name for name in colab.keys() & ranges if not ranges[name].specifier.contains(colab[name])] == []


def test_the_engines_are_those_that_are_wanted_and_bring_no_cuda():
    engines = pins("requirements-engines.txt")
    assert [str(pin) for pin in engines["torch"]] == ["torch==2.13.0"]
    assert not [name for name in engines if re.search("tensorflow|cuda|nvidia|triton", name)]
    assert engines["keras"] == pins("requirements.txt")["keras"]


def test_the_base_install_names_no_engine():
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert names & {"tensorflow", "jax", "jaxlib", "torch"} == set()


def test_no_file_names_a_folder_of_one_machine():
    files = dict(project_files())
    assert "pyproject.toml" in files
    paths = {name: match.group() for name, text in files.items() if (match := MACHINE_PATH.search(text))}
    assert paths == {}


def test_the_check_for_machine_paths():
    folder = "/" + "home"
    assert MACHINE_PATH.search(f"open('{folder}/ann/data.txt')")
    assert MACHINE_PATH.search(f"file://{folder}/ann")
    assert not MACHINE_PATH.search(f"https://example.org{folder}/ann ~{folder}/ann ..{folder}/ann {folder}")
