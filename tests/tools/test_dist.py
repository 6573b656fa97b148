"""What is published: the wheel and the source distribution, whole and without junk; the wheel works alone.

No engine is needed, but for the test that is marked slow.
"""

import json
import os
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import steps
from costs import budgets
from packaging.requirements import Requirement
from wheels import BESIDE, UV, build, run, tracked

import s2s_lesson

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUNDLE = "s2s_lesson/deployed/serving/bundle/"  # which Node.js builds, and git does not know
BUNDLED = {f"{BUNDLE}served.css", f"{BUNDLE}served.js"}
WRITTEN = ("PKG-INFO", "setup.cfg", "s2s_lesson.egg-info/")

# Runs in an empty folder, with the wheel and what it needs, and nothing else of this project.
ON_ITS_OWN = """
import json, sys
from pathlib import Path

import s2s_lesson
from s2s_lesson import TextToText
from s2s_lesson.teaching import quiz

pairs = [(word, word[::-1]) for word in ("abc", "bca", "cab", "acb", "bac", "cba")]
characters = {"source_tokens": "characters", "target_tokens": "characters"}
sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}
trained = TextToText.from_pairs(pairs, **characters, **sizes)
history = trained.fit(pairs, pairs, epochs=2, batch_size=3, learning_rate=0.1, folder="run")
loaded = TextToText.load("run")
texts = ["abc", "cab"]
files = [module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "s2s_lesson"]
report = {
    "version": s2s_lesson.__version__,
    "files": [file for file in files if file],
    "losses": len(history["loss"]),
    "trained": [prediction.log_probability for prediction in trained.predict(texts)],
    "loaded": [prediction.log_probability for prediction in loaded.predict(texts)],
    "pretrained": s2s_lesson.pretrained("pronunciations").predict(["seashell"])[0].text,
    "quiz": "quiz" in quiz("1")._repr_html_(),
}
Path("report.json").write_text(json.dumps(report))
"""


def of_package():
    return {name for name in tracked() if name.startswith("s2s_lesson/")}


def test_the_wheel_takes_every_file_of_the_package():
    """As setuptools chooses them: modules, and what the patterns of package-data match."""
    data = {name for name in of_package() if not name.endswith(".py")}
    patterns = PROJECT["tool"]["setuptools"]["package-data"]
    assert list(patterns) == ["s2s_lesson"]
    matched = {
        pattern: {path.relative_to(ROOT).as_posix() for path in (ROOT / "s2s_lesson").glob(pattern)}
        for pattern in patterns["s2s_lesson"]
    }
    bundled = matched.pop("deployed/serving/bundle/*")
    assert {"s2s_lesson/py.typed", "s2s_lesson/weights/pronunciations/weights.npz"} <= data
    assert set().union(*matched.values()) == data, "Name them in package-data, in pyproject.toml."
    assert [pattern for pattern, files in matched.items() if not files] == []
    assert bundled in (set(), BUNDLED)
    assert PROJECT["tool"]["setuptools"]["packages"]["find"] == {"include": ["s2s_lesson*"]}
    folders = {Path(name).parent for name in of_package() if name.endswith(".py")}
    assert [folder for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_the_models_leave_room_in_the_wheel():
    """They are compressed already; the code, compressed, is a twentieth of the limit."""
    models = [ROOT / name for name in of_package() if name.startswith("s2s_lesson/weights/")]
    assert 0 < sum(file.stat().st_size for file in models) < 0.9 * budgets()["bytes"]["the wheel"]


def test_the_script_of_a_served_page_is_built_before_the_package(monkeypatch):
    """`make dist` bundles it first, into the folder of which the wheel takes all."""
    done = []
    monkeypatch.setattr(steps, "npm", lambda *arguments: done.append(arguments[-1]))
    monkeypatch.setattr(steps.environments, "sync", lambda *_: None)
    monkeypatch.setattr(steps.environments, "uv", lambda *arguments: done.append(arguments[0]))
    monkeypatch.setattr(steps.shutil, "rmtree", lambda *_, **__: None)
    steps.Steps("dist").dist()
    assert done[-2:] == ["build:served", "build"]
    scripts = json.loads((ROOT / "views" / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert scripts["build:served"].endswith(f"--outdir=../{BUNDLE.rstrip('/')}")
    assert (ROOT / "views" / "src" / "served.js").is_file() and "src/served.js" in scripts["build:served"]


def test_the_pins_have_what_builds_it():
    """`make dist` builds with what .venv holds, and fetches nothing."""
    (wanted,) = map(Requirement, PROJECT["build-system"]["requires"])
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (pin,) = (line for line in lines if line.startswith(f"{wanted.name}=="))
    assert wanted.specifier.contains(pin.partition("==")[2].split()[0])


def test_what_is_said_of_python_is_what_pip_asks_for():
    project = PROJECT["project"]
    versions = [line.rpartition(" :: ")[2] for line in project["classifiers"] if ":: Python :: 3." in line]
    assert versions == ["3.11", "3.12", "3.13"]
    assert project["requires-python"] == f">={versions[0]}"
    assert {"Documentation", "Repository", "Changelog", "Issues"} <= project["urls"].keys()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with both, built from files as `make dist` does, and with the wheel installed."""
    folder = tmp_path_factory.mktemp("dist")
    for name in BUNDLED:
        (folder / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "project" / name).write_text("/* bundled */", encoding="utf-8")
    (wheel,) = build(folder).glob("*.whl")
    target = ["--offline", "--no-cache", "--no-deps", "--target", folder / "site"]
    run([*UV, "pip", "install", "--python", sys.executable, *target, wheel])
    return folder


@pytest.mark.slow(guard="tests/tools/test_dist.py::test_the_models_leave_room_in_the_wheel")
def test_the_wheel_is_small(built):
    (wheel,) = (built / "dist").glob("*.whl")
    assert 0 < wheel.stat().st_size < budgets()["bytes"]["the wheel"]


@pytest.mark.slow(guard="tests/tools/test_dist.py::test_the_wheel_takes_every_file_of_the_package")
def test_the_wheel_works_on_its_own(built, tmp_path):
    """Nothing but the wheel and what it needs: without `site`, Python sees no editable install."""
    site = built / "site"
    needed = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *needed])}
    alone = [sys.executable, "-S"]
    run([*alone, "-c", ON_ITS_OWN], cwd=tmp_path, env=environment)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["version"] == s2s_lesson.__version__
    assert len(report["files"]) > 20
    assert [file for file in report["files"] if site not in Path(file).parents] == []
    assert report["losses"] == 2
    assert report["loaded"] == report["trained"]
    assert report["pretrained"] == "S IY SH EH L"
    assert report["quiz"]
    assert "train" in run([*alone, "-m", "s2s_lesson", "--help"], cwd=tmp_path, env=environment)


@pytest.mark.slow(guard="tests/tools/test_dist.py::test_the_wheel_takes_every_file_of_the_package")
def test_what_is_published_holds_no_more_than_it_must(built):
    (wheel,) = (built / "dist").glob("*.whl")
    (source,) = (built / "dist").glob("*.tar.gz")
    name = f"s2s_lesson-{s2s_lesson.__version__}"
    assert wheel.name == f"{name}-py3-none-any.whl" and source.name == f"{name}.tar.gz"
    in_wheel = {file for file in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in file}
    assert in_wheel == of_package() | BUNDLED
    with tarfile.open(source) as archive:
        names = (member.name.partition("/")[2] for member in archive if member.isfile())
        in_source = {file for file in names if not file.startswith(WRITTEN)}
    assert in_source == of_package() | BESIDE | BUNDLED
