"""Read a corpus of the size of the full Cornell Movie-Dialogs Corpus, and write how long it takes.

    python -m benchmarks parse --turns 3

writes book/results/parse.json. The corpus is made up: random words, in the official format, 304,713 lines,
83,097 conversations, 221,616 pairs of adjacent utterances, in runs/parse/. One pair in a hundred is an
earlier one, and one in a hundred an earlier one but for a word. Each load has a process of its own; its
seconds are those of `cornell.load`, its mebibytes the greatest ever held by the process, imports included.
"""

import random
import time
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes, in_turns
from benchmarks.shared.results import runs_of, write_results
from benchmarks.shared.summaries import medians
from benchmarks.shared.worker import peak

RESULTS = ("parse",)
LINES, CONVERSATIONS, FILMS = 304_713, 83_097, 617
VOCABULARY = 60_000  # words, drawn by a rule like Zipf's
WORDS_PER_LINE = 10.7  # the mean; lengths are exponential, as they nearly are in the real corpus
REPEATED = 0.01
LOADS = {
    "as read": {"keep_duplicates": True},
    "without repeats": {},
    "without repeats, context 3": {"context": 3},
}


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--turns", type=int, default=3)


def run(options):
    """Run the benchmark."""
    lines, conversations = quick.size((LINES, CONVERSATIONS), (3_000, 800))
    folder = runs_of("parse")
    write_corpus(folder, lines, conversations)
    runs = in_turns({name: partial(loaded, folder, name) for name in LOADS}, options.turns, warm_up=0)
    write_results(
        "parse",
        ["parse", "--turns", options.turns],
        packages=("numpy",),
        lines=lines,
        conversations=conversations,
        corpus_mebibytes=sum(file.stat().st_size for file in folder.iterdir()) / 2**20,
        loads={
            name: {
                "options": load_options,
                **medians([run[name] for run in runs], ("seconds", "processor_seconds", "mebibytes")),
                "notes": runs[0][name]["notes"],
            }
            for name, load_options in LOADS.items()
        },
        runs=runs,
    )


def write_corpus(folder, line_count, conversation_count):
    """Write the corpus, the same every time."""
    if (folder / "movie_conversations.txt").exists():
        return
    draw = random.Random(0)
    words = ["".join(draw.choices("abcdefghiklmnoprstuw", k=draw.randint(1, 7))) for _ in range(VOCABULARY)]
    weights = [1 / (rank + 2.7) for rank in range(VOCABULARY)]
    pool = draw.choices(words, weights, k=2_000_000)
    lengths = [2] * conversation_count  # lines
    for _ in range(line_count - sum(lengths)):
        lengths[draw.randrange(conversation_count)] += 1
    pairs, lines, conversations = [], [], []
    for number, length in enumerate(lengths):
        film = number * FILMS // conversation_count
        texts = [text(draw, pool) for _ in range(length)]
        if pairs and draw.random() < 2 * REPEATED * line_count / conversation_count:
            texts[:2] = draw.choice(pairs)
            if draw.random() < 0.5:
                texts[1] += " " + draw.choice(pool)
        pairs.append(texts[:2])
        ids = [f"L{len(lines) + place}" for place in range(length)]
        for place, line in enumerate(texts):
            fields = (ids[place], f"u{film}{place % 2}", f"m{film}", "SOMEBODY", line)
            lines.append(" +++$+++ ".join(fields))
        conversations.append(f"u{film}0 +++$+++ u{film}1 +++$+++ m{film} +++$+++ {ids}")
    (folder / "movie_lines.txt").write_text("\n".join(lines) + "\n", encoding="iso-8859-1")
    (folder / "movie_conversations.txt").write_text("\n".join(conversations) + "\n", encoding="iso-8859-1")


def text(draw, pool):
    """An utterance of random words."""
    start, length = draw.randrange(len(pool) - 300), 1 + min(299, int(draw.expovariate(1 / WORDS_PER_LINE)))
    return " ".join(pool[start : start + length]).capitalize() + "."


def loaded(folder, name):
    """Load the corpus in a process of its own: see ``load``."""
    [figures] = in_processes(load, [(folder, LOADS[name])])
    print(name, figures, flush=True)
    return figures


def load(folder, options):
    """Load the corpus, with a clock.

    Returns:
        dict of ``seconds``, ``processor_seconds``, ``mebibytes`` and ``notes``.
    """
    from s2s_lesson.corpora import cornell

    start, processor = time.perf_counter(), time.process_time()
    corpus = cornell.load(folder, strict=True, **options)
    return {
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - processor,
        "mebibytes": peak(),
        "notes": corpus.notes,
    }
