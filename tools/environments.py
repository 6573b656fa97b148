"""Virtual environments that hold what a file of pins says, made and kept up to date by uv.

uv itself comes with pip, in the version that requirements.txt pins, into .venv-uv. Only the standard library
is needed here. Settings of pip that say where packages come from hold for uv as well.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"
UV = ROOT / ".venv-uv" / BIN / "uv"
CPU_TORCH = ["--torch-backend", "cpu"]  # PyTorch's own index, where the usual wheel would bring CUDA along


def python_of(folder: str) -> str:
    """The interpreter of an environment of this project."""
    return str(ROOT / folder / BIN / "python")


def install_uv() -> None:
    """Make .venv-uv, unless it holds the version of uv that requirements.txt pins."""
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pin = re.search(r"^uv==\S+", pins, re.MULTILINE)[0]
    if shutil.which(UV) and version_of_uv() == pin.removeprefix("uv=="):
        return
    print(f"== Installing {pin}", flush=True)
    venv.create(ROOT / ".venv-uv", clear=True, with_pip=True)
    pip = [python_of(".venv-uv"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--only-binary", ":all:", pin], check=True)


def version_of_uv() -> str:
    answer = subprocess.run([UV, "--version"], capture_output=True, text=True)
    return answer.stdout.split()[1] if answer.returncode == 0 else ""


def uv(*arguments: str, stdin: str = "") -> None:
    """Run uv in the project's folder, with pip's settings by their names in uv.

    Raises:
        subprocess.CalledProcessError: uv failed; it said why.
    """
    settings = {
        "UV_DEFAULT_INDEX": os.environ.get("PIP_INDEX_URL"),
        "UV_INDEX": os.environ.get("PIP_EXTRA_INDEX_URL"),
        "UV_FIND_LINKS": os.environ.get("PIP_FIND_LINKS", "").replace(" ", ","),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    given = {name: value for name, value in settings.items() if value}
    subprocess.run(
        [UV, *arguments], cwd=ROOT, env={**given, **os.environ}, input=stdin, text=True, check=True
    )


def has_wheel_of_torch() -> bool:
    """Whether PIP_FIND_LINKS or UV_FIND_LINKS names a folder with PyTorch's wheel for the CPU."""
    links = re.split(
        r"[ ,]+", f"{os.environ.get('PIP_FIND_LINKS', '')} {os.environ.get('UV_FIND_LINKS', '')}"
    )
    return any(link and any(Path(link).glob("torch-*+cpu-*.whl")) for link in links)


def sync(folder: str, requirements: str, package: bool = True) -> None:
    """Let an environment hold the pins of a file and nothing else; and this package, editable.

    It is made with the interpreter that runs this, and made anew where it was made with another version. An
    environment that is up to date takes no network and less than a second.

    Args:
        folder: such as ".venv".
        requirements: the file of pins, such as "requirements.txt".
        package: whether the package is installed as well. Without it the file need not name all that its
            packages need.

    Raises:
        subprocess.CalledProcessError: it could not be made; uv said why.
    """
    install_uv()
    made_with = re.search(r"^version_info *= *(\S+)", _read(ROOT / folder / "pyvenv.cfg"), re.MULTILINE)
    here = ".".join(map(str, sys.version_info[:3]))
    if made_with is None or made_with[1] != here or not Path(python_of(folder)).exists():
        print(f"== Making {folder} with Python {here}", flush=True)
        interpreter = getattr(sys, "_base_executable", sys.executable)
        uv("venv", "--quiet", "--clear", "--relocatable", "--python", interpreter, folder)
    pins = _read(ROOT / requirements)
    backend = CPU_TORCH if re.search(r"^torch==", pins, re.MULTILINE) and not has_wheel_of_torch() else []
    print(f"== Installing the pins of {requirements} into {folder}", flush=True)
    common = ["--quiet", "--python", python_of(folder), "--only-binary", ":all:", *backend]
    if package:
        own = ["--no-binary", "s2s-lesson"]
        uv("pip", "sync", *common, *own, requirements, "-", stdin="--editable .")
    else:
        uv("pip", "install", "--exact", *common, "--requirement", requirements)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
