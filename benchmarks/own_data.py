"""Train on files of pairs as a new user does, one command a task, and compare with copying and looking up.

    python -m benchmarks own_data --seeds 0 1 2

writes book/results/own_data.json. The tasks are numbers in words of five languages, sums in words, names in
their own scripts, and English plurals; each is a file of 12,000 pairs at most, which ``s2s-lesson train
--data`` learns with what it recommends, on one thread. Finished runs are kept in runs/own_data/.
"""

import csv
import json
import os
import subprocess
import sys
import time

from benchmarks.shared import quick
from benchmarks.shared.processes import limits
from benchmarks.shared.results import ROOT, kept, runs_of, write_results
from benchmarks.shared.summaries import spread
from benchmarks.shared.tasks import TASKS, pairs_of
from benchmarks.shared.training import resumed

RESULTS = ("own_data",)
COUNT = 12_000
SCORES = ("exact_match", "token_error_rate", "character_error_rate", "perplexity")


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Write the files, train and score, and write the figures."""
    folder, runs, without = runs_of("own_data"), [], {}
    for task in TASKS:
        write_pairs(folder / f"{task}.tsv", pairs_of(task, quick.size(COUNT, 300)))
        runs += [kept(folder / f"{task}-{seed}.json", measure, task, seed) for seed in options.seeds]
        without[task] = kept(folder / f"{task}-baselines.json", baselines, task)
    scores = {task: [run["scores"]["exact_match"] for run in runs if run["task"] == task] for task in TASKS}
    write_results(
        "own_data",
        ["own_data", "--seeds", *options.seeds],
        trained_by="s2s-lesson train --data TASK.tsv --output runs/TASK --seed SEED",
        exact_match={task: spread(shares) for task, shares in scores.items()},
        baselines=without,
        runs=runs,
    )


def measure(task, seed):
    """Train on a task's file and score the test pairs, by the command line.

    Returns:
        dict of ``task``, ``seed``, ``training_seconds``, ``pairs`` of each split, ``chosen``, what was
        recommended, and ``scores``.
    """
    import tomllib

    from s2s_lesson.corpora import own

    folder = runs_of("own_data")
    path, output = folder / f"{task}.tsv", folder / f"{task}-{seed}"
    begun = resumed(output)
    command_line("train", "--data", path, "--output", output, "--seed", seed, *begun, *few_epochs())
    seconds = sum(json.loads((output / "history.json").read_text(encoding="utf-8"))["seconds"])
    scored = command_line("evaluate", output, "--json", "--metrics", *SCORES)
    settings = tomllib.loads((output / "run.toml").read_text(encoding="utf-8"))
    chosen = {"texts": ("source_tokens", "target_tokens"), "model": ("embedding_dim", "encoder_units")}
    chosen |= {"training": ("epochs", "batch_size"), "optimization": ("learning_rate",)}
    scores = json.loads(scored.splitlines()[-1])
    return {
        "task": task,
        "seed": seed,
        "training_seconds": round(seconds, 1),
        "pairs": {name: len(pairs) for name, pairs in own.load(path).splits.items()},
        "chosen": {name: settings[table][name] for table, names in chosen.items() for name in names},
        "scores": {name: round(scores[name], 5) for name in SCORES},
    }


def baselines(task):
    """Score two ways to do without a model, on the same test pairs.

    Returns:
        dict of the share of test sources whose output is right: ``copying`` writes the source, ``looking_up``
        the target of the training source that is closest by edit distance.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    from s2s_lesson.corpora import group_references, own

    corpus = own.load(runs_of("own_data") / f"{task}.tsv")
    known = dict(corpus.train)
    sources, references = group_references(corpus.test)
    closest = [process.extractOne(source, known.keys(), scorer=Levenshtein.distance)[0] for source in sources]
    outputs = {"copying": sources, "looking_up": [known[source] for source in closest]}
    return {
        name: round(
            sum(text in right for text, right in zip(texts, references, strict=True)) / len(sources), 5
        )
        for name, texts in outputs.items()
    }


def write_pairs(path, pairs):
    """Write pairs to a TSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, "excel-tab", quoting=csv.QUOTE_NONE, lineterminator="\n").writerows(pairs)


def command_line(*arguments):
    """Run s2s-lesson on one thread: what it prints."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "s2s_lesson", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **limits(1)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    print(f"{' '.join(map(str, arguments[:3]))}: {time.perf_counter() - started:.0f} s", flush=True)
    return done.stdout


def few_epochs():
    """The arguments that make a training short, with --quick."""
    return ["--epochs", "1"] if quick.is_on() else []
