"""The files of results and of weights, and what is kept of a benchmark that has not come to its end."""

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.shared import quick

ROOT = Path(__file__).parents[2]


class Missing(RuntimeError):
    """Something that a benchmark needs is not on this machine."""


def write_results(name, command, packages=("tensorflow", "keras"), **figures):
    """Write book/results/NAME.json: how to make the figures again, on what they were made, and the figures.

    Args:
        name: str.
        command: list, what to type after ``python -m benchmarks``.
        packages: names of the packages whose versions matter.
        **figures: what was measured; ``runs`` is a list with one entry a run.
    """
    results = {
        "command": " ".join(map(str, ["python -m benchmarks", *command])),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        **figures,
    }
    path = _book("results") / f"{name}.json"
    _write(path, results)
    print(f"The figures are in {path}.")


def write_weights(pipeline, name):
    """Write weights as 16-bit numbers, with vocabularies and options, to book/weights/NAME.npz."""
    import numpy as np

    weights = pipeline.model.get_weights()
    path = _book("weights") / f"{name}.npz"
    np.savez_compressed(
        path,
        config=json.dumps(pipeline.model.get_config()["config"]),
        source_tokens=pipeline.source_vocab.tokens,
        target_tokens=pipeline.target_vocab.tokens,
        count=len(weights),
        **{f"weight_{index}": weight.astype("float16") for index, weight in enumerate(weights)},
    )
    print(f"The weights are in {path}.")


def runs_of(benchmark):
    """The folder of what a benchmark keeps: Path."""
    folder = (quick.folder() if quick.is_on() else ROOT / "runs") / benchmark
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_name(*names):
    """A name for a file, without blanks and commas."""
    return "-".join(re.sub(r"[^\w.]+", "_", str(name)) for name in names)


def kept(path, measure, *arguments):
    """What a function returned when it was called before, or returns now.

    Args:
        path: Path of the JSON file in which it is kept, below ``runs_of`` the benchmark.
        measure: function of ``arguments`` that returns what JSON can hold.
    """
    if not path.exists():
        _write(path, measure(*arguments))
        print(f"{path.stem}: done", flush=True)
    return json.loads(path.read_text(encoding="utf-8"))


def attention_map(prediction):
    """What a heat map shows: the tokens, and the weights as one text a row, rounded to three decimals."""
    rows = [" ".join(f"{weight:.3g}" for weight in row.round(3)) for row in prediction.attention_weights]
    return {
        "source_tokens": prediction.source_tokens,
        "tokens": prediction.tokens,
        "attention_weights": rows,
    }


def _book(part):
    """A folder of the book; with --quick one that is no part of it."""
    folder = (quick.folder() if quick.is_on() else ROOT / "book") / part
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
