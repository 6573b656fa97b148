"""A million pairs from a file: seconds and memory up to the first update; and how fast texts become ids.

    python -m benchmarks million --turns 3

writes book/results/million.json. The pairs are made up: short sentences of random words, drawn by a rule like
Zipf's, and the same words in another language, in a file with tabs in runs/million/. A new process reads the
file, splits the pairs, makes a pipeline and trains it until its first update; its mebibytes are the greatest
that it ever held, imports included. What was kept of an earlier run is cleared first.

Then 50,000 of the pairs are turned into batches in two ways that take turns, and that give the same: by the
package, and by a plain loop in one process, which splits all texts by NLTK to learn the vocabularies, the
targets once more to count their ids, and all of them a third time to encode them.
"""

import hashlib
import os
import random
import shutil
import time
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes, in_turns
from benchmarks.shared.results import runs_of, write_results
from benchmarks.shared.summaries import medians, ratio
from benchmarks.shared.worker import peak

RESULTS = ("million",)
PAIRS, IN_TURNS = 1_000_000, 50_000
WORDS = 50_000  # of each language
LIMITS = (2, 8000)  # min_count and max_vocab_size
MODEL = {"embedding_dim": 128, "encoder_units": 128, "decoder_units": 256}
LETTERS = ("abcdefghiklmnoprstuw", "aeioubdgklmnprstvzxy")  # of each language


class FirstUpdate(Exception):
    """Training has come as far as is measured."""


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--turns", type=int, default=3)


def run(options):
    """Run the benchmark."""
    folder = runs_of("million")
    shutil.rmtree(folder / "cache", ignore_errors=True)
    path = folder / "pairs.tsv"
    write_pairs(path, quick.size(PAIRS, 3000))
    [parts] = in_processes(until_first_update, [(str(path), str(folder / "cache"))])
    print(parts, flush=True)
    jobs = {way: partial(batched, path, way) for way in ("package", "plain loop")}
    runs = in_turns(jobs, options.turns, warm_up=0)
    names = ("seconds", "processor_seconds")
    write_results(
        "million",
        ["million", "--turns", options.turns],
        packages=("tensorflow", "keras", "nltk"),
        pairs=quick.size(PAIRS, 3000),
        options={"min_count": LIMITS[0], "max_vocab_size": LIMITS[1], **MODEL},
        parts=parts,
        batches={
            "pairs": quick.size(IN_TURNS, 1000),
            "ways": {way: medians([turn[way] for turn in runs], names) for way in jobs},
            "times_as_fast": ratio(
                *([turn[way]["seconds"] for turn in runs] for way in ("plain loop", "package"))
            ),
        },
        runs=runs,
    )


def write_pairs(path, count):
    """Write the pairs, the same every time."""
    draw = random.Random(0)
    lexicons = [
        ["".join(draw.choices(letters, k=draw.randint(1, 8))) for _ in range(WORDS)] for letters in LETTERS
    ]
    pool = draw.choices(range(WORDS), [1 / (rank + 2.7) for rank in range(WORDS)], k=2_000_000)
    with path.open("w", encoding="utf-8") as file:
        for _ in range(count):
            start, length = draw.randrange(len(pool) - 12), draw.randint(3, 12)
            ranks = pool[start : start + length]
            sides = [" ".join(words[rank] for rank in ranks).capitalize() + "." for words in lexicons]
            file.write("\t".join(sides) + "\n")


def until_first_update(path, cache):
    """Read, split, make a pipeline and train until the first update, in a process of its own.

    Returns:
        dict of the ends of the parts: ``seconds`` and ``processor_seconds`` since the beginning, the latter
        of this process alone, and the ``mebibytes`` held at most so far.
    """
    started = time.perf_counter()
    os.environ["S2S_LESSON_CACHE"] = cache
    import keras

    from s2s_lesson import TextToText
    from s2s_lesson.corpora.files import read_pairs
    from s2s_lesson.corpora.splits import split_pairs

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise FirstUpdate

    parts = {}

    def done(part):
        parts[part] = {
            "seconds": time.perf_counter() - started,
            "processor_seconds": time.process_time(),
            "mebibytes": peak(),
        }

    done("imported")
    pairs = read_pairs(path).pairs
    done("read")
    corpus = split_pairs(pairs)
    del pairs
    done("split")
    options = {"min_count": LIMITS[0], "max_vocab_size": LIMITS[1], **MODEL}
    pipeline = TextToText.from_pairs(corpus.train, **options)
    done("pipeline")
    try:
        pipeline.fit(corpus.train, corpus.dev, epochs=1, callbacks=[Stop()])
    except FirstUpdate:
        done("first update")
    return parts


def batched(path, way):
    """Turn pairs into batches in one of two ways, in a process of its own."""
    function = {"package": by_package, "plain loop": by_plain_loop}[way]
    [figures] = in_processes(figures_of, [(function, str(path))])
    print(way, figures, flush=True)
    return figures


def figures_of(function, path):
    """Time a way to turn pairs into batches; what it imports is imported before.

    Returns:
        dict of ``seconds``, ``processor_seconds`` and the ``batches``, by a checksum.
    """
    import nltk.tokenize  # noqa: F401  takes seconds

    from s2s_lesson.corpora.files import read_pairs
    from s2s_lesson.pipeline.texts import Texts  # noqa: F401

    pairs = read_pairs(path).pairs[: quick.size(IN_TURNS, 1000)]
    started, processor = time.perf_counter(), time.process_time()
    batches, counts = function(pairs)
    return {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "batches": len(batches),
        "checksum": checksum(batches, counts),
    }


def by_package(pairs):
    """As ``TextToText.from_pairs`` and ``fit`` do it, without the model.

    Returns:
        batches: ``PairBatches``.
        counts: int (vocab_size,), of the target ids, which make the bias of the output layer.
    """
    import numpy as np

    from s2s_lesson.data import Vocabulary
    from s2s_lesson.data.preparation import Preparation
    from s2s_lesson.pipeline.texts import Texts, sides
    from s2s_lesson.pipeline.token_cache import TokenCache

    cache, prepare = TokenCache(), Preparation("words", normalisation=True)
    tokens = [cache.tokens(side, prepare) for side in sides(pairs)]
    vocabs = [Vocabulary.from_counts(side.counts(), *LIMITS) for side in tokens]
    counts = np.bincount(tokens[1].encoded(vocabs[1]).ids)
    texts = Texts(*vocabs, source_tokens="words", target_tokens="words", normalisation=True)
    texts.token_cache = cache
    return texts.batches(pairs), counts


def by_plain_loop(pairs):
    """The same, text by text, each of them split whenever its tokens are needed."""
    import nltk
    import numpy as np

    from s2s_lesson.data import Vocabulary, normalise
    from s2s_lesson.training import PairBatches

    def split(text):
        return nltk.word_tokenize(normalise(text), preserve_line=True)

    vocabs = [Vocabulary.from_tokens(map(split, side), *LIMITS) for side in zip(*pairs, strict=True)]
    counts = np.bincount(np.concatenate([vocabs[1].encode(split(target)) for _, target in pairs]))
    source_ids, target_ids = (
        [vocab.encode(split(text)) for text in side]
        for vocab, side in zip(vocabs, zip(*pairs, strict=True), strict=True)
    )
    return PairBatches(source_ids, target_ids, shuffle=False), counts


def checksum(batches, counts):
    """SHA-256 of all batches and of the counts of the target ids, in hexadecimal."""
    total = hashlib.sha256(counts.tobytes())
    for inputs, targets in map(batches.__getitem__, range(len(batches))):
        total.update(inputs["source_ids"].tobytes() + targets.tobytes())
    return total.hexdigest()
