"""Read a corpus of the size of the full Cornell Movie-Dialogs Corpus, and write how long it takes.

    python benchmarks/parse.py parse

writes book/results/parse.json. The corpus is made up: random words, in the official format, 304,713 lines,
83,097 conversations, 221,616 pairs of adjacent utterances, in runs/parse/. One pair in a hundred is an
earlier one, and one in a hundred an earlier one but for a word. Each load has a process of its own; its
seconds are those of `cornell.load`, its mebibytes the greatest ever held by the process, imports included.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import time

from results import ROOT, write_results

FOLDER = ROOT / "runs" / "parse"
LINES, CONVERSATIONS, FILMS = 304_713, 83_097, 617
VOCABULARY = 60_000  # words, drawn by a rule like Zipf's
WORDS_PER_LINE = 10.7  # the mean; lengths are exponential, as they nearly are in the real corpus
REPEATED = 0.01
LOADS = {
    "as read": {"keep_duplicates": True},
    "without repeats": {},
    "without repeats, context 3": {"context": 3},
}


def main():
    """Run the benchmark, or one load."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["parse", *LOADS], help="others: one load, in this process")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    if options.name != "parse":
        print(json.dumps(load(LOADS[options.name])))
        return
    write_corpus()
    runs = [{name: in_a_process(name) for name in LOADS} for _ in range(options.turns)]
    write_results(
        "parse",
        ["python benchmarks/parse.py parse --turns", options.turns],
        packages=("numpy",),
        lines=LINES,
        conversations=CONVERSATIONS,
        corpus_mebibytes=sum(file.stat().st_size for file in FOLDER.iterdir()) / 2**20,
        loads={
            name: {
                "options": LOADS[name],
                **{
                    figure: statistics.median(run[name][figure] for run in runs)
                    for figure in ("seconds", "processor_seconds", "mebibytes")
                },
                "notes": runs[0][name]["notes"],
            }
            for name in LOADS
        },
        runs=runs,
    )


def write_corpus():
    """Write the corpus, the same every time."""
    if (FOLDER / "movie_conversations.txt").exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghiklmnoprstuw", k=draw.randint(1, 7))) for _ in range(VOCABULARY)]
    weights = [1 / (rank + 2.7) for rank in range(VOCABULARY)]
    pool = draw.choices(words, weights, k=2_000_000)
    lengths = [2] * CONVERSATIONS  # lines
    for _ in range(LINES - sum(lengths)):
        lengths[draw.randrange(CONVERSATIONS)] += 1
    pairs, lines, conversations = [], [], []
    for number, length in enumerate(lengths):
        film = number * FILMS // CONVERSATIONS
        texts = [text(draw, pool) for _ in range(length)]
        if pairs and draw.random() < 2 * REPEATED * LINES / CONVERSATIONS:
            texts[:2] = draw.choice(pairs)
            if draw.random() < 0.5:
                texts[1] += " " + draw.choice(pool)
        pairs.append(texts[:2])
        ids = [f"L{len(lines) + place}" for place in range(length)]
        for place, line in enumerate(texts):
            fields = (ids[place], f"u{film}{place % 2}", f"m{film}", "SOMEBODY", line)
            lines.append(" +++$+++ ".join(fields))
        conversations.append(f"u{film}0 +++$+++ u{film}1 +++$+++ m{film} +++$+++ {ids}")
    (FOLDER / "movie_lines.txt").write_text("\n".join(lines) + "\n", encoding="iso-8859-1")
    (FOLDER / "movie_conversations.txt").write_text("\n".join(conversations) + "\n", encoding="iso-8859-1")


def text(draw, pool):
    """An utterance of random words."""
    start, length = draw.randrange(len(pool) - 300), 1 + min(299, int(draw.expovariate(1 / WORDS_PER_LINE)))
    return " ".join(pool[start : start + length]).capitalize() + "."


def in_a_process(name):
    """Load in a fresh process: dict, as ``load`` returns it."""
    command = [sys.executable, __file__, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    print(name, done.stdout.strip(), flush=True)
    return json.loads(done.stdout)


def load(options):
    """Load the corpus, with a clock.

    Returns:
        dict of ``seconds``, ``processor_seconds``, ``mebibytes`` and ``notes``.
    """
    sys.path.insert(0, str(ROOT))
    from s2s_lesson.corpora import cornell

    start, processor = time.perf_counter(), time.process_time()
    corpus = cornell.load(FOLDER, strict=True, **options)
    return {
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "notes": corpus.notes,
    }


if __name__ == "__main__":
    main()
