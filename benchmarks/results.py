"""What all benchmarks share: the form of the files in book/results/."""

import json
import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent


def write_results(name, command, packages=("tensorflow", "keras"), **figures):
    """Write book/results/NAME.json: how to make the figures again, on what they were made, and the figures.

    Args:
        name: str.
        command: list of str, what to type.
        packages: names of the packages whose versions matter.
        **figures: what was measured; ``runs`` is a list with one entry a run.
    """
    results = {
        "command": " ".join(map(str, command)),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        **figures,
    }
    path = ROOT / "book" / "results" / f"{name}.json"
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"The figures are in {path}.")


def spread(values):
    """Mean, least and greatest of a figure over the seeds: dict of float."""
    return {"mean": statistics.fmean(values), "min": min(values), "max": max(values)}


def kept(path, measure, *arguments):
    """What a function found when it was called before, or finds now.

    Args:
        path: Path of the JSON file in which it is kept, below runs/.
        measure: function of ``arguments`` that returns what JSON can hold.
    """
    if not path.exists():
        found = measure(*arguments)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"{path.stem}: done", flush=True)
    return json.loads(path.read_text(encoding="utf-8"))


def write_weights(pipeline, name):
    """Write weights as 16-bit numbers, with vocabularies and options, to book/weights/NAME.npz."""
    weights = pipeline.model.get_weights()
    path = ROOT / "book" / "weights" / f"{name}.npz"
    np.savez_compressed(
        path,
        config=json.dumps(pipeline.model.get_config()["config"]),
        source_tokens=pipeline.source_vocab.tokens,
        target_tokens=pipeline.target_vocab.tokens,
        count=len(weights),
        **{f"weight_{index}": weight.astype("float16") for index, weight in enumerate(weights)},
    )
    print(f"The weights are in {path}.")
