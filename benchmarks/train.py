"""Train with this package, with JoeyNMT and with plain PyTorch, in turns, and write how fast each is.

    python benchmarks/train.py train

writes book/results/train.json. All train a model of the sizes of the preset "pronunciations" on that corpus.
JoeyNMT gets a virtual environment of its own, whose Python runs plain PyTorch as well. Nothing else should
run on the machine while turns are taken, about five minutes; ``--only turns profile`` does that part alone.
The times until an error rate is reached are processor seconds of one thread, which a busy machine changes
little; ``--only times --timed ONE`` measures one of them, so that they can run side by side.
Finished parts are kept in runs/train/.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import decode
import joey
from results import ROOT, kept, spread, write_results

RUNS = ROOT / "runs" / "train"
THREADS, STEPS, FIRST = 2, 16, 2  # in each turn; the first two batches are of unusual shapes
PRESET = "pronunciations"
BATCHES, PEERS = RUNS / "batches.npz", Path(__file__).with_name("torch_train.py")
CONTENDERS = {
    "package": "this package: the loop of training.fit, making of batches included",
    "joeynmt": "JoeyNMT's TrainManager, on its own batches",
    "pytorch-packed": "nn.LSTM in plain PyTorch, packed sequences for the encoder; this package's batches",
    "pytorch-reversed": "the same, an encoder of unpacked LSTMs, one of which reads each sequence reversed",
}
ERROR, STEPS_BETWEEN, DEV_BATCH = 0.1, 200, 128
# JoeyNMT's learning rate falls by the epoch, of a fifth of the pairs: to the same end in four passes over the
# pairs, as in decode.py, or in the two that the preset makes.
TIMED = {
    "package": ["package"],
    "joeynmt-2-passes": ["joeynmt", "--epochs", "10", "--decay", "0.741"],
    "joeynmt-4-passes": ["joeynmt", "--epochs", "20", "--decay", "0.861"],
}


PARTS = ("turns", "profile", "times")
PROFILE = {  # each is the time of what its name says and of all above it, less the time of all above it
    "encoder": "forward and backward, with the bridge and the projected keys",
    "decoder": "its LSTM, forward and backward",
    "attention and output": "with the layer after it, the output layer and the loss, forward and backward",
    "the rest": "clipping, Adam, metrics, making of batches, log: all that training.fit does besides",
}


def main():
    """Run the benchmark, or one of the processes that it measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["train", *PROCESSES], help="others: a process that is measured")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--timed", nargs="+", choices=TIMED, default=list(TIMED)[:2])
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these and write no results")
    parser.add_argument("--threads", type=int, default=THREADS, help="of a process that is measured")
    options = parser.parse_args()
    if options.name != "train":
        joey.answer(PROCESSES[options.name](options.threads))
        return
    prepare()
    only = options.only or PARTS
    if "turns" in only:
        turns = kept(RUNS / "turns.json", measure_turns, options.turns, options.threads)
    if "profile" in only:
        profile = kept(RUNS / "profile.json", measure_profile, options.turns, options.threads)
    if "times" in only:
        times = {name: kept(RUNS / f"time-{name}.json", measure_time, name) for name in options.timed}
    if options.only:
        return
    write_results(
        "train",
        ["python benchmarks/train.py train --turns", options.turns, "--timed", *options.timed],
        packages=("tensorflow", "keras", "numpy"),
        joeynmt={**joey.versions(), "sizes": joey.SIZES},
        contenders=CONTENDERS,
        threads=turns["threads"],
        batch_size=turns["batch_size"],
        steps=STEPS,
        parameters=turns["parameters"],
        speed=summary(turns),
        arithmetic=turns["arithmetic"],
        profile={"parts": PROFILE, **profile},
        time_to_error={
            "error": ERROR,
            "split": "dev, greedy search, any listed pronunciation being right",
            "seconds": "processor seconds of training on one thread; decoding not counted; machine shared",
            "steps_between": STEPS_BETWEEN,
            "contenders": times,
            "times_joeynmt": time_ratio(times),
        },
        runs=turns["turns"],
    )


def prepare():
    """Make what the processes read: JoeyNMT's environment and its texts, and batches for plain PyTorch."""
    import numpy as np

    joey.install()
    RUNS.mkdir(parents=True, exist_ok=True)
    if BATCHES.exists() and (joey.FOLDER / "data").exists():
        return
    corpus, pipeline, batches = compiled()
    joey.write_data(corpus.splits)
    arrays = {"sizes": [len(pipeline.source_vocab), len(pipeline.target_vocab)]}
    for index in range(STEPS):
        inputs, targets = batches[FIRST + index]
        arrays |= {f"source_{index}": inputs["source_ids"], f"target_{index}": targets}
    np.savez(BATCHES, **arrays)


def measure_turns(turns, threads):
    """Let all train for some steps, one after the other, over and over.

    This package and plain PyTorch train on the same batches in every turn. JoeyNMT goes on through batches of
    its own, which are drawn at random and so are alike; no epoch begins meanwhile.

    Args:
        turns: int.
        threads: int, of each process.

    Returns:
        dict of ``turns``, a list of dicts of tokens a second, and seconds of the "product"; ``seconds``, of
        this package in each; ``parameters``, ``memory``, ``batch_size`` and ``arithmetic``.
    """
    again = {"steps": STEPS, "again": True}
    requests = {name: again for name in CONTENDERS}
    requests["joeynmt"] = {"steps": STEPS}
    requests["product"] = {"repeats": decode.PRODUCTS}
    processes = {name: Process(name, threads=threads) for name in requests}
    for name, process in processes.items():
        process(**requests[name])  # compiles
    found, seconds = [], []
    for turn in range(turns):
        order = list(processes) if turn % 2 == 0 else list(reversed(processes))
        answers = {name: processes[name](**requests[name]) for name in order}
        rates = {name: answers[name]["found"]["tokens"] / answers[name]["seconds"] for name in CONTENDERS}
        found.append({**rates, "product": answers["product"]["seconds"]})
        seconds.append(answers["package"]["seconds"])
        print(f"turn {turn}: {found[-1]}", flush=True)
    measured = {
        "turns": found,
        "seconds": seconds,
        "memory": {name: answers[name]["peak_mebibytes"] for name in CONTENDERS},
        "parameters": {name: processes[name](parameters=True)["found"] for name in CONTENDERS},
        "threads": threads,
        "batch_size": joey.TRAINING["batch_size"],
        "arithmetic": arithmetic(),
    }
    for process in processes.values():
        process.close()
    return measured


def arithmetic():
    """Count the multiplications, each with an addition, of the matrix products of a turn of this package.

    As in ``decode.arithmetic``, padding included. A training step does them three times: forward, and
    backward for the inputs and for the weights.

    Returns:
        dict of ``target_tokens``, ``positions`` and ``target_positions``, padding included in these, and
        ``multiply_adds``.
    """
    import numpy as np

    embedding, units, layers = (joey.SIZES[name] for name in ("embedding_dim", "units", "encoder_layers"))
    both = 2 * units
    with np.load(BATCHES) as saved:
        shapes = [
            (*saved[f"source_{index}"].shape, saved[f"target_{index}"].shape[1]) for index in range(STEPS)
        ]
        tokens = sum(int((saved[f"target_{index}"] != 0).sum()) for index in range(STEPS))
        vocab = int(saved["sizes"][1])
    rows, source, target = np.array(shapes, "int64").T
    positions, targets = int(rows @ source), int(rows @ target)
    widths = [embedding] + [both] * (layers - 1)
    encoder = positions * (sum(2 * 4 * units * (width + units) for width in widths) + both * units)
    bridge = int(rows.sum()) * 2 * both * units
    decoder = targets * (4 * units * (embedding + units) + (both + units) * units + units * vocab)
    attention = int(rows @ (source * target)) * (units + both)
    return {
        "target_tokens": tokens,
        "positions": positions,
        "target_positions": targets,
        "multiply_adds": 3 * (encoder + bridge + decoder + attention),
    }


def summary(measured):
    """Tokens a second of each contender, its ratio to this package in the same turn, and the arithmetic.

    Args:
        measured: from ``measure_turns``.

    Returns:
        dict of one dict a contender; ``times``, this package's speed over that of each other, as the median
        of the turns; ``gigaflops`` (a multiplication and an addition are two operations) of the matrix
        product and of this package's training, and the ``share`` of the training.
    """
    turns = measured["turns"]
    rates = {name: [turn[name] for turn in turns] for name in CONTENDERS}
    ratios = {
        name: [own / other for own, other in zip(rates["package"], rates[name], strict=True)]
        for name in CONTENDERS
        if name != "package"
    }
    product = [2 * decode.MATRIX**3 * decode.PRODUCTS / turn["product"] / 1e9 for turn in turns]
    operations = 2 * measured["arithmetic"]["multiply_adds"]
    training = [operations / seconds / 1e9 for seconds in measured["seconds"]]
    return {
        **{
            name: {
                "tokens_per_second": statistics.median(rates[name]),
                "spread": spread(rates[name]),
                "mebibytes": measured["memory"][name],
            }
            for name in CONTENDERS
        },
        "times": {
            name: {"median": statistics.median(values), **spread(values)} for name, values in ratios.items()
        },
        "gigaflops": {
            "product": statistics.median(product),
            "training": statistics.median(training),
            "share": statistics.median(own / most for own, most in zip(training, product, strict=True)),
        },
    }


def measure_profile(turns, threads):
    """Time training with ever more of its parts, in turns: see ``PROFILE``.

    Args:
        turns: int.
        threads: int, of each process.

    Returns:
        dict of ``seconds`` of each part for the batches of a turn, medians, and their ``shares``.
    """
    process = Process("profile", threads=threads)
    for name in PROFILE:
        process(part=name)  # compiles
    found = [{name: process(part=name)["seconds"] for name in PROFILE} for _ in range(turns)]
    process.close()
    up_to = [statistics.median(turn[name] for turn in found) for name in PROFILE]
    seconds = [own - before for own, before in zip(up_to, [0.0, *up_to[:-1]], strict=True)]
    return {
        "threads": threads,
        "seconds": dict(zip(PROFILE, seconds, strict=True)),
        "shares": {name: part / up_to[-1] for name, part in zip(PROFILE, seconds, strict=True)},
    }


def measure_time(name):
    """Train until few enough phones are wrong on the dev split, by greedy search.

    Args:
        name: a key of ``TIMED``.

    Returns:
        dict of ``reached``, None or the steps and processor seconds until then, and ``points``: steps,
        ``processor_seconds`` of training so far, and ``error`` after each stretch.
    """
    from s2s_lesson import metrics
    from s2s_lesson.corpora import load

    pairs = load(PRESET).dev
    right = {}
    for source, target in pairs:
        right.setdefault(source, []).append(target.split())
    process, points, reached = Process(*TIMED[name], threads=1), [], None
    steps, seconds = 0, 0.0
    while reached is None:
        found = process(steps=STEPS_BETWEEN)["found"]
        steps, seconds = steps + found["steps"], seconds + found["processor_seconds"]
        if found["steps"] == 0:
            break
        outputs = dict(zip([source for source, _ in pairs], process(decodes=True)["found"], strict=True))
        error = metrics.edit_distance_rate([outputs[source] for source in right], list(right.values()))
        points.append({"steps": steps, "processor_seconds": round(seconds, 1), "error": error})
        print(name, points[-1], flush=True)
        if error <= ERROR:
            reached = points[-1]
    process.close()
    return {"reached": reached, "points": points}


class Process(decode.Process):
    """A process that answers requests, so that start, loading and compiling are not timed.

    Args:
        name: one of ``CONTENDERS`` or of ``PROCESSES``.
        *options: str, more of its command line.
        threads: int.
    """

    def __init__(self, name, *options, threads=THREADS):
        own = name in PROCESSES
        command = [sys.executable, __file__] if own else [joey.PYTHON, PEERS]
        limits = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), str(threads))
        if threads == 1:
            limits["TF_NUM_INTEROP_THREADS"] = "1"
        log = (RUNS / f"{'-'.join((name, *options))}-{threads}.log").open("w")
        self.process = subprocess.Popen(
            [*command, name, *options, "--threads", str(threads)],
            cwd=ROOT,
            env={**os.environ, **limits, "TF_CPP_MIN_LOG_LEVEL": "2"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.loaded = self._answer()["peak_mebibytes"]


def package_process(threads):
    """Train with this package, as ``TextToText.fit`` does with the preset: a function for ``joey.answer``."""
    from s2s_lesson import presets, training
    from s2s_lesson.corpora import group_references
    from s2s_lesson.run import Run
    from s2s_lesson.run_log import RunLog

    corpus, pipeline, batches = compiled()
    run = Run(pipeline.model, None, RunLog(None, 100, False))
    epochs = presets.PRESETS[PRESET].training["epochs"]

    def train(steps):
        while steps and run.epoch < epochs:
            last = min(run.step + steps, len(batches))
            steps -= last - run.step
            training._train_epoch(run, Stretch(batches, last), len(batches), False, "")
            if run.step == len(batches):
                run.epoch, run.step = run.epoch + 1, 0
                batches.set_epoch(run.epoch)

    def work(steps=0, again=False, decodes=False, parameters=False):
        """As in ``torch_train.trained_in_turns``; ``again`` begins with the first batch of the stretch."""
        if parameters:
            return pipeline.model.count_params()
        if decodes:
            sources = group_references(corpus.dev)[0]
            found = pipeline.predict(sources, beam_size=1, batch_size=DEV_BATCH)
            outputs = {source: one.text.split() for source, one in zip(sources, found, strict=True)}
            return [outputs[source] for source, _ in corpus.dev]
        if again:
            run.step = FIRST
        before, started = (len(batches) * run.epoch + run.step, run.totals.tokens), time.process_time()
        train(steps)
        return {
            "steps": len(batches) * run.epoch + run.step - before[0],
            "tokens": run.totals.tokens - before[1],
            "processor_seconds": time.process_time() - started,
        }

    return work


class Stretch:
    """The batches up to some step, for the package's own loop."""

    def __init__(self, batches, last):
        self.batches, self.last = batches, last

    def __len__(self):
        return self.last

    def __getitem__(self, index):
        return self.batches[index]


def compiled():
    """Corpus, untrained pipeline and batches of the preset, compiled as ``TextToText.fit`` compiles it."""
    from s2s_lesson import presets, training
    from s2s_lesson.schedules import LearningRate

    corpus, pipeline = presets.untrained(PRESET)
    options = presets.PRESETS[PRESET].training
    batches = pipeline.batches(corpus.train, options["batch_size"], shuffle=True, seed=0)
    rate = LearningRate(options["learning_rate"], options["epochs"] * len(batches), "cosine", 0)
    training.compile_model(pipeline.model, rate)
    return corpus, pipeline, batches


def profile_process(threads):
    """Train with some of the parts: a function for ``joey.answer``."""
    import tensorflow as tf
    from keras import tree

    from s2s_lesson import losses, training
    from s2s_lesson.run import Run
    from s2s_lesson.run_log import RunLog

    _, pipeline, batches = compiled()
    model, decoder = pipeline.model, pipeline.model.decoder
    stretch = [batches[FIRST + index] for index in range(STEPS)]
    run = Run(model, None, RunLog(None, 100, False))

    def encoder(inputs, targets):
        return model.encode(inputs["source_ids"], training=True)

    def with_decoder(inputs, targets):
        state = encoder(inputs, targets)
        embedded = decoder.dropout(decoder.embed(inputs["decoder_inputs"]), training=True)
        (layer,), (states,) = decoder.recurrent_layers, state["recurrent_state"]
        return layer(embedded, initial_state=states, training=True)[0], state

    def with_output(inputs, targets):
        return losses.MaskedCrossEntropy()(targets, model(inputs, training=True))

    def gradient_of(part):
        """Compile the gradient of the squares of what a part computes."""
        ids = tf.TensorSpec((None, None), "int32")
        weights = [variable.value for variable in model.trainable_variables]

        @tf.function(input_signature=[{"source_ids": ids, "decoder_inputs": ids}, ids])
        def gradient(inputs, targets):
            with tf.GradientTape() as tape:
                leaves = [leaf for leaf in tree.flatten(part(inputs, targets)) if leaf.dtype.is_floating]
                loss = tf.add_n([tf.reduce_mean(tf.square(leaf)) for leaf in leaves])
            return [found for found in tape.gradient(loss, weights) if found is not None]

        return gradient

    def each(function):
        return lambda: [function(inputs, targets) for inputs, targets in stretch]

    def loop():
        run.step = FIRST
        training._train_epoch(run, Stretch(batches, FIRST + STEPS), len(batches), False, "")

    parts = {
        "encoder": each(gradient_of(encoder)),
        "decoder": each(gradient_of(with_decoder)),
        "attention and output": each(gradient_of(with_output)),
        "the rest": loop,
    }

    def work(part):
        parts[part]()

    return work


def product_process(threads):
    """Multiply two large matrices: see ``decode.product_process``."""
    return decode.product_process()


def time_ratio(times):
    """How many times as long the faster JoeyNMT takes to the error rate; None where one never got there."""
    others = [found["reached"] for name, found in times.items() if name != "package"]
    own, others = times["package"]["reached"], [reached for reached in others if reached]
    if own is None or not others:
        return None
    return min(reached["processor_seconds"] for reached in others) / own["processor_seconds"]


PROCESSES = {"package": package_process, "profile": profile_process, "product": product_process}


if __name__ == "__main__":
    main()
