"""Repeat two small experiments on memory, of chapters 1 and 2, with more seeds than a chapter has time for.

    python benchmarks/memory.py memory --seeds 0 1
    python benchmarks/memory.py recall --seeds 0 1

write book/results/memory.json and book/results/recall.json. The functions are those of the chapters: the
cells that define them are run as they stand. Finished runs are kept in runs/memory/ and runs/recall/.
"""

import argparse
import json
import time

from results import ROOT, kept, write_results

# Chapter, and the cells that import and define what is needed.
CELLS = {
    "memory": ("01-concepts", ("c003", "c054", "c055")),
    "recall": ("02-encoder", ("e003", "e004", "e024", "e030")),
}


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=CELLS, help="of the file in book/results/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options = parser.parse_args()
    settings = {"memory": memory_settings, "recall": recall_settings}[options.name](options.seeds)
    runs = [
        kept(
            ROOT / "runs" / options.name / f"{'-'.join(map(str, setting.values()))}.json",
            measure,
            options.name,
            setting,
        )
        for setting in settings
    ]
    command = [f"python benchmarks/memory.py {options.name} --seeds", *options.seeds]
    write_results(options.name, command, runs=runs)


def memory_settings(seeds):
    """Three sizes with each seed, and one run that is three times as long."""
    return [
        *({"units": units, "seed": seed, "updates": 300} for units in (8, 32, 128) for seed in seeds),
        {"units": 32, "seed": seeds[0], "updates": 900},
    ]


def recall_settings(seeds):
    """Two values of the forget gate's bias with each seed, and the lower one with many updates."""
    return [
        {"bias": bias, "seed": seed, "updates": updates}
        for bias, updates in ((1, 150), (3, 150), (1, 1000))
        for seed in seeds
    ]


def measure(name, setting):
    """Train and score one network.

    Args:
        name: ``memory`` or ``recall``.
        setting: dict of ``seed``, ``updates`` and ``units`` or ``bias``.

    Returns:
        The setting, with ``training_seconds`` and ``correct``: the share of new rows named correctly, in
        ``memory`` a list with one entry for each distance.
    """
    chapter = defined_in(*CELLS[name])
    seed, updates = setting["seed"], setting["updates"]
    started = time.perf_counter()
    if name == "memory":
        correct = chapter["memory_by_distance"](setting["units"], seed, steps=updates)
        correct = [round(float(share), 4) for share in correct]
    else:
        lstm = chapter["layers"].LSTM
        correct = round(float(chapter["recall"](lstm, setting["bias"], seed, updates=updates)), 4)
    return {**setting, "training_seconds": round(time.perf_counter() - started, 1), "correct": correct}


def defined_in(chapter, cells):
    """Run some cells of a chapter, and return what they define: a dict of names."""
    notebook = json.loads((ROOT / "book" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names = {}
    for cell in cells:
        exec(sources[cell], names)
    return names


if __name__ == "__main__":
    main()
