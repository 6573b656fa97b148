"""Each module imports only from those above it in the data flow; importing the package is free."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "s2s_lesson"
ORDER = [
    "text",
    "subwords",
    "engine",
    "vocab",
    "corpora",
    "batching",
    "masks",
    "recurrence",
    "schedules",
    "encoder",
    "attention",
    "decoder",
    "self_attention",
    "copying",
    "config",
    "model",
    "pointer",
    "losses",
    "metrics",
    "histories",
    "optimizers",
    "strategies",
    "run_log",
    "run",
    "storage",
    "training",
    "search",
    "reranking",
    "prediction",
    "evaluation",
    "pipeline",
    "presets",
    "chat",
    "exercises",
    "fonts",
    "plotting",
    "views",
    "__main__",
]
ENGINES = {"tensorflow", "jax", "torch"}
FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [file.relative_to(PACKAGE).as_posix() for file in FILES]


def place(file):
    """The name in ORDER of the module or folder that a file belongs to; None for the package itself."""
    first = file.relative_to(PACKAGE).parts[0]
    return None if first == "__init__.py" else first.removesuffix(".py")


def imported_names(file, tree):
    """Every dotted name that a file imports, relative ones made absolute, those inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                parents = ("s2s_lesson", *file.relative_to(PACKAGE).parts[:-1])
                base = [*parents[: len(parents) - node.level + 1], *base]
            names.update(".".join([*base, alias.name]) for alias in node.names)
    return names


def ours(names):
    """The modules of this package among some dotted names; "s2s_lesson" stands for the package itself."""
    parts = [name.split(".") for name in names]
    return {part[min(1, len(part) - 1)] for part in parts if part[0] == "s2s_lesson"} - {"__version__"}


def parse(file):
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def forbidden(file, tree):
    """What a file imports and must not, in words."""
    module = place(file)
    names = imported_names(file, tree)
    package_itself = module is None
    above = ORDER if package_itself else ORDER[: ORDER.index(module)] if module in ORDER else []
    wrong = [f"{name} (not above {module} in ORDER)" for name in ours(names) - {*above, module}]
    if module != "engine":
        engines = {name.split(".")[0] for name in names} & ENGINES
        wrong += [f"{name} (only engine.py may)" for name in engines]
    if module not in ("plotting", "views", "__main__") and "plotting" in ours(names):
        wrong += ["plotting (only views, __main__ and notebooks may)"]
    return wrong


def test_every_module_has_a_place():
    modules = {place(file) for file in FILES} - {None}
    assert modules, "Found no modules to check."
    assert modules <= set(ORDER), f"Give {sorted(modules - set(ORDER))} a place in ORDER, and in the docs."


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_imports_point_up(file):
    assert forbidden(file, parse(file)) == []


@pytest.mark.parametrize(
    ("module", "code", "wrong"),
    [
        ("masks.py", "from s2s_lesson.vocab import Vocabulary", None),
        ("masks.py", "from .vocab import Vocabulary", None),
        ("masks.py", "from s2s_lesson import model", "model"),
        ("__init__.py", "def f():\n    from s2s_lesson.pipeline import TextToText", None),
        ("__init__.py", "def f():\n    from s2s_lesson import plotting", "plotting"),
        ("masks.py", "import s2s_lesson.model as m", "model"),
        ("masks.py", "def f():\n    from .model import Seq2Seq", "model"),
        ("corpora/toy.py", "from ._corpus import Pair\nfrom ..vocab import Vocabulary", None),
        ("corpora/toy.py", "from ..model import Seq2Seq", "model"),
        ("training.py", "def f():\n    import torch.nn", "torch"),
        ("engine.py", "import torch.nn", None),
        ("presets.py", "from s2s_lesson import plotting", "plotting"),
        ("__main__.py", "from s2s_lesson import __version__, plotting", None),
    ],
)
def test_the_check_itself(module, code, wrong):
    found = forbidden(PACKAGE / module, ast.parse(code))
    assert bool(found) == bool(wrong)
    assert all(line.startswith(wrong) for line in found)


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_docstrings(file):
    tree = parse(file)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert ast.get_docstring(tree), f"Expected a docstring at the head of {file.name}; received none."
    assert [node.name for node in public if not ast.get_docstring(node)] == []


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, s2s_lesson; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "s2s_lesson" in loaded
    assert loaded & {"keras", "numpy", "matplotlib", "pandas", "nltk", *ENGINES} == set()
