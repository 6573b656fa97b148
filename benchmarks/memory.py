"""Measure how many steps back a small LSTM remembers, with more sizes and seeds than chapter 1 has time for.

    python benchmarks/memory.py memory --seeds 0 1

writes book/results/memory.json. The function is the chapter's: the cells that define it are run as they
stand. Finished runs are kept in runs/memory/.
"""

import argparse
import json
import time

from results import ROOT, kept, write_results

CELLS = ("c003", "c054", "c055")  # of chapter 1: what is imported, the task, the function


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["memory"], help="of the file in book/results/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    seeds = parser.parse_args().seeds
    settings = [(units, seed, 300) for units in (8, 32, 128) for seed in seeds]
    settings.append((32, seeds[0], 900))
    folder = ROOT / "runs" / "memory"
    runs = [kept(folder / f"{'-'.join(map(str, setting))}.json", measure, *setting) for setting in settings]
    write_results("memory", ["python benchmarks/memory.py memory --seeds", *seeds], runs=runs)


def measure(units, seed, updates):
    """Train and score one network.

    Returns:
        dict of ``units``, ``seed``, ``updates``, ``training_seconds`` and ``correct``, the share of symbols
        named correctly for each distance.
    """
    memory_by_distance = defined_in("01-concepts", CELLS)["memory_by_distance"]
    started = time.perf_counter()
    correct = memory_by_distance(units, seed, steps=updates)
    return {
        "units": units,
        "seed": seed,
        "updates": updates,
        "training_seconds": round(time.perf_counter() - started, 1),
        "correct": [round(float(share), 4) for share in correct],
    }


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
