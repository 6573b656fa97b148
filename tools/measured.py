"""Write the table of book/appendix-measured.md anew, from the files in book/results/.

python tools/measured.py
"""

import json
import math
from pathlib import Path

from tables import rewritten
from tables import table as table_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "book" / "appendix-measured.md"
BEGIN, END = "<!-- The table begins; tools/measured.py writes it. -->\n", "<!-- The table ends. -->\n"
COLUMNS = ("file", "what was measured", "command", "runs", "training")
WHAT = {
    "alignment": "rows reversed and sorted, and appointments, for the maps of chapter 3",
    "attention": "every attention on the dates; what the orders cost; maps of pronunciations",
    "best": "the best model of pronunciations, trained long",
    "bottleneck": "copying rows of letters with and without attention",
    "copying": "appointments with places to copy, with and without copying",
    "cornell": "replies to lines of films: models and ways to choose",
    "dates": "dates in 33 locales to ISO 8601, and in 6 that training never shows",
    "decode": "the speed of searches and of exported models, beside JoeyNMT and a loop in plain Python",
    "encoder": "the model of dates that chapter 2 looks into, trained with and without masks",
    "end_to_end": "dates and pronunciations, trained whole and with a frozen encoder",
    "improvements": "what each step gave to the model of pronunciations that ships",
    "memory": "how many steps back a small LSTM remembers, by its size",
    "million": "a file of a million pairs: time and memory to the first update; how fast texts become ids",
    "own_data": "four tasks of one's own as files, with what is recommended, beside copying and looking up",
    "parse": "time and memory that reading the Cornell corpus takes",
    "passes": "dates with attention and without it, after one, two and five passes",
    "pointer": "sorting and convex hulls by pointing",
    "pretrained": "the models that come with the package",
    "pronunciations": "spelling to sounds, with the preset",
    "recall": "LSTMs and GRUs that name the first of 20 symbols, by where the bias of a gate begins",
    "signals": "Morse code read by a model, and by a threshold and a table",
    "strategies": "five training strategies at the same number of updates",
    "switches": "dates without attention, without masks, read in one direction; rows copied: for live views",
    "tagger": "where words begin in letters without spaces, read in one direction and in both",
    "train": "the speed of training, beside JoeyNMT and plain PyTorch",
    "transformer": "dates by a Transformer and a recurrent model in the same processor seconds; costs",
    "translations": "German and Spanish to English, with many searches",
    "wide_beams": "narrow and wide beams on short and on long Spanish sentences",
}
LAST_MADE = {  # by which commit, where a training of today would differ: see CHANGED
    "best": "04a528e",
    "cornell": "2dda802",
    "translations": "ca0fbec",
}
CHANGED = (
    "Since these files were made, label smoothing gives padding and the begin token no share any more. Their "
    "trainings smooth labels and take more than an hour; another run will give slightly other figures"
)
VERSIONS = ("python", "tensorflow", "keras", "numpy", "onnxruntime", "scipy", "sacrebleu")


def minutes(results):
    """Minutes of training in all runs together, by the clock, or None where the file does not say."""
    seconds = 0.0
    for run in results["runs"]:
        history = run.get("history")
        if "training_seconds" in run:
            seconds += run["training_seconds"]
        elif isinstance(history, dict) and "seconds" in history:
            seconds += math.fsum(history["seconds"])
        elif isinstance(run.get("seconds"), float):
            seconds += run["seconds"]
        else:
            return None
    return seconds / 60


def duration(minutes):
    if minutes is None:
        return "not recorded"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def row(path, results):
    """The row of one results file."""
    if path.stem not in WHAT:
        raise KeyError(f"Expected words for {path.name} in WHAT of tools/measured.py; received none.")
    return (
        f"`{path.name}`",
        WHAT[path.stem],
        f"`{results['command']}`",
        str(len(results["runs"])),
        duration(minutes(results)),
    )


def versions(files):
    """A line in Markdown for each version of a package, with the files that were made with it."""
    lines = []
    for package in VERSIONS:
        for version in sorted({results[package] for results in files.values() if package in results}):
            made = {f"`{path.name}`": results.get(package) == version for path, results in files.items()}
            others = [name for name, with_it in made.items() if not with_it]
            if not others:
                where = "all files"
            elif len(others) <= 3:
                where = f"all files but {', '.join(others)}"
            else:
                where = ", ".join(name for name, with_it in made.items() if with_it)
            lines.append(f"- {package} {version}: {where}\n")
    return "".join(lines)


def older():
    """A line in Markdown: which files were made before a change that would show in them."""
    made = ", ".join(f"`{name}.json` by commit {commit}" for name, commit in LAST_MADE.items())
    return f"{CHANGED}: {made}.\n"


def table():
    """The table in Markdown; below it, what is older than the package, and what the machine had."""
    paths = sorted((ROOT / "book" / "results").glob("*.json"))
    files = {path: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    text = table_of(COLUMNS, [row(path, results) for path, results in files.items()])
    cores = ", ".join(map(str, sorted({results["cores"] for results in files.values()})))
    machine = f"Cores of the machine, by all of these files: {cores}. Versions:\n\n{versions(files)}"
    return f"{text}\n{older()}\n{machine}"


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(rewritten(page, BEGIN, END, table()), encoding="utf-8")
