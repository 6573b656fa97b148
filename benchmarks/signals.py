"""Train on Morse signals, set a threshold and a table beside it, and write the figures that the book quotes.

    python -m benchmarks signals --seeds 0 1 2

writes book/results/signals.json. Finished runs are kept in runs/signals/. Each uses one core.
"""

import math
import time

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spreads
from benchmarks.shared.training import seconds_of

RESULTS = ("signals",)
CORPUS = {"train_size": 20_000, "dev_size": 300, "test_size": 300}
PIPELINE = {
    "target_tokens": "characters",
    "max_source_length": 100,
    "max_output_length": 12,
    "embedding_dim": 48,
    "encoder_units": 64,
    "decoder_units": 96,
    "attention": "bahdanau",
}
TRAINING = {"epochs": 5, "batch_size": 64, "learning_rate": 6e-3}
NOISES = (0.0, 0.1, 0.2, 0.3)  # of the test's signals; the corpus has 0 to 0.15
DOTS, HAND = (2.0, 4.0), {"jitter": 0.1, "fading": 0.5}  # of the test's signals, as in the corpus


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, one core each")


def run(options):
    """Run the benchmark."""
    runs = in_processes(measured, [(seed,) for seed in options.seeds], options.processes, threads=1)
    write_results(
        "signals",
        ["signals", "--seeds", *options.seeds],
        cores_per_run=1,
        corpus=CORPUS,
        pipeline=PIPELINE,
        training=TRAINING,
        scores=summary([run["scores"] for run in runs]),
        threshold_and_table={
            noise: scores([by_threshold(signal) for signal, _ in pairs], pairs)
            for noise, pairs in tests(corpus().test).items()
        },
        runs=runs,
    )


def measured(seed):
    """``measure``, where that is not done."""
    return kept(runs_of("signals") / f"{file_name(seed)}.json", measure, seed)


def measure(seed):
    """Train a model and score it.

    Args:
        seed: int, of the weights and of the order of the batches; the corpus stays the same.

    Returns:
        dict of ``seed``, ``parameters``, ``training_seconds`` (by the clock, other work on the machine
        included), ``processor_seconds`` (of the training), ``seconds_a_signal`` (processor seconds of
        ``predict``) and ``scores``, a dict of one dict a noise.
    """
    from s2s_lesson import engine
    from s2s_lesson.pipeline import SequenceToText

    pairs = corpus()
    engine.seed_everything(seed)
    pipeline = SequenceToText.from_pairs(pairs.train, **PIPELINE)
    started = time.process_time()
    training = TRAINING | quick.size({}, {"epochs": 1})
    history = pipeline.fit(pairs.train, pairs.dev, **training, seed=seed, progress=False)
    trained = time.process_time()
    tested = tests(pairs.test)
    written = {
        noise: [prediction.text for prediction in pipeline.predict([signal for signal, _ in sent])]
        for noise, sent in tested.items()
    }
    signals_read = sum(map(len, written.values()))
    return {
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "training_seconds": seconds_of(history),
        "processor_seconds": round(trained - started, 1),
        "seconds_a_signal": round((time.process_time() - trained) / signals_read, 4),
        "scores": {noise: scores(written[noise], sent) for noise, sent in tested.items()},
    }


def corpus():
    """The corpus; with --quick a small one."""
    from s2s_lesson.corpora import signals

    return signals.load(**CORPUS | quick.size({}, {"train_size": 128, "dev_size": 32, "test_size": 20}))


def tests(pairs):
    """The texts of pairs, sent and received anew at each noise: a dict of lists of pairs."""
    import numpy as np

    from s2s_lesson.corpora import signals

    generator = np.random.default_rng(0)
    return {
        f"noise {noise}": [
            (signals.received(text, generator.uniform(*DOTS), noise=noise, **HAND, seed=generator), text)
            for _, text in pairs
        ]
        for noise in NOISES
    }


def scores(texts, pairs):
    """How much of the texts is wrong.

    Args:
        texts: list of str, as they were read.
        pairs: list of (signal, text), as they were sent.

    Returns:
        dict of ``character_error_rate`` (edits per character that was sent, blanks among them) and
        ``text_error_rate`` (0 to 1).
    """
    from s2s_lesson.data import edit_distance_rate, exact_match

    outputs, references = [list(text) for text in texts], [[list(text)] for _, text in pairs]
    return {
        "character_error_rate": edit_distance_rate(outputs, references),
        "text_error_rate": 1 - exact_match(outputs, references),
    }


def summary(runs):
    """Mean, least and greatest of every score over the seeds: a dict of dicts of dicts."""
    return {noise: spreads([run[noise] for run in runs]) for noise in runs[0]}


def by_threshold(signal, bands=4):
    """Read Morse code without learning: a threshold between mark and gap, the likeliest speed, and a table.

    The threshold lies at the geometric mean of what is quiet and what is loud, for the tone fades.
    The speed is the one, of those that occur, at which the lengths of marks and gaps come nearest, as
    logarithms, to the 1, 3 and 7 dots that they may have.

    Args:
        signal: float (frames, slices * bands), from ``corpora.signals``.
        bands: int.

    Returns:
        str. Codes of no letter are left out.
    """
    import numpy as np

    from s2s_lesson.corpora.signals import MORSE

    loudness = signal.reshape(-1, bands)
    loudness = loudness @ loudness.var(axis=0)  # most of it from the bands in which it varies
    quiet, loud = np.percentile(loudness, [15, 97])
    down = loudness > math.sqrt(max(quiet, loud / 9) * loud)
    down = np.convolve(down, [1, 1, 1], "same") >= 2  # nothing is as short as one slice
    edges = np.flatnonzero(np.diff(down.astype(int), prepend=0, append=0))
    lengths, allowed = np.log(np.diff(edges)), np.log([1, 3, 7])

    def misfit(dot):
        off = np.abs(lengths[:, None] - np.log(dot) - allowed)
        off[::2, 2] = math.inf  # no mark has seven dots
        return np.square(off.min(axis=1)).sum()

    dot = min(np.arange(1.5, 4.6, 0.1), key=misfit)
    dots = np.append(np.diff(edges) / dot, 3)  # the last letter ends as well
    letters, text, code = {code: letter for letter, code in MORSE.items()}, "", ""
    for mark, gap in zip(dots[::2], dots[1::2], strict=True):
        code += "-" if mark > 3**0.5 else "."
        if gap > 3**0.5:
            text, code = text + letters.get(code, "") + (" " if gap > 21**0.5 else ""), ""
    return text
