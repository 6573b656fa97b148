"""Train with this package, with JoeyNMT and with plain PyTorch, in turns, and write how fast each is.

    python -m benchmarks train --turns 7

writes book/results/train.json. All train a model of the sizes of the preset "pronunciations" on that corpus.
JoeyNMT gets a virtual environment of its own, whose Python runs plain PyTorch as well. Nothing else should
run on the machine while turns are taken, about five minutes; ``--only turns profile`` does that part alone.
The times until an error rate is reached are processor seconds of one thread, which a busy machine changes
little; ``--only times --timed ONE`` measures one of them, so that they can run side by side.
Finished parts are kept in runs/train/.
"""

import time
from contextlib import ExitStack
from functools import partial

from benchmarks.peers import joeynmt
from benchmarks.shared import arithmetic, quick
from benchmarks.shared.processes import Process, in_turns
from benchmarks.shared.results import kept, runs_of, write_results
from benchmarks.shared.summaries import median, ratios, spread
from benchmarks.shared.training import training_of, untrained

RESULTS = ("train",)
THREADS, STEPS, FIRST = 2, 16, 2  # in each turn; the first two batches are of unusual shapes
PRESET = "pronunciations"
CONTENDERS = {
    "package": "this package: the loop of training.fit, making of batches included",
    "joeynmt": "JoeyNMT's TrainManager, on its own batches",
    "pytorch-packed": "nn.LSTM in plain PyTorch, packed sequences for the encoder; this package's batches",
    "pytorch-reversed": "the same, an encoder of unpacked LSTMs, one of which reads each sequence reversed",
}
ERROR, STEPS_BETWEEN, DEV_BATCH = 0.1, 200, 128
# JoeyNMT's learning rate falls by the epoch, of a fifth of the pairs: to the same end in four passes over the
# pairs, as in the benchmark "decode", or in the two that the preset makes.
TIMED = {
    "package": {},
    "joeynmt-2-passes": {"epochs": 10, "decay": 0.741},
    "joeynmt-4-passes": {"epochs": 20, "decay": 0.861},
}
PARTS = ("turns", "profile", "times")
PROFILE = {  # each is the time of what its name says and of all above it, less the time of all above it
    "encoder": "forward and backward, with the bridge and the projected keys",
    "decoder": "its LSTM, forward and backward",
    "attention and output": "with the layer after it, the output layer and the loss, forward and backward",
    "the rest": "clipping, Adam, metrics, making of batches, log: all that training.fit does besides",
}


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--timed", nargs="+", choices=TIMED, default=list(TIMED)[:2])
    parser.add_argument("--only", nargs="+", choices=PARTS, help="measure these and write no results")
    parser.add_argument("--threads", type=int, default=THREADS, help="of each process that takes turns")


def run(options):
    """Run the benchmark."""
    prepare()
    only, folder = options.only or PARTS, runs_of("train")
    if "turns" in only:
        turns = kept(folder / "turns.json", measure_turns, options.turns, options.threads)
    if "profile" in only:
        profile = kept(folder / "profile.json", measure_profile, options.turns, options.threads)
    if "times" in only:
        times = {name: kept(folder / f"time-{name}.json", measure_time, name) for name in options.timed}
    if options.only:
        return
    write_results(
        "train",
        ["train", "--turns", options.turns, "--timed", *options.timed],
        packages=("tensorflow", "keras", "numpy"),
        joeynmt={**joeynmt.versions(), "sizes": joeynmt.SIZES},
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


def steps_of_a_turn():
    """Training steps in each turn."""
    return quick.size(STEPS, 2)


def batches_path():
    """Where the batches for plain PyTorch lie."""
    return runs_of("train") / "batches.npz"


def prepare():
    """Make what the processes read: JoeyNMT's environment and its texts, and batches for plain PyTorch."""
    import numpy as np

    joeynmt.install()
    if batches_path().exists() and (runs_of("joeynmt") / "data").exists():
        return
    corpus, pipeline, batches = compiled()
    joeynmt.write_data(corpus.splits, runs_of("joeynmt") / "data", ("word", "phones"))
    arrays = {"sizes": [len(pipeline.source_vocab), len(pipeline.target_vocab)]}
    for index in range(steps_of_a_turn()):
        inputs, targets = batches[FIRST + index]
        arrays |= {f"source_{index}": inputs["source_ids"], f"target_{index}": targets}
    np.savez(batches_path(), **arrays)


def process_of(name, threads, **changes):
    """Start one of ``CONTENDERS``, "profile" or "product": a ``Process``.

    Args:
        name: str.
        threads: int.
        **changes: of JoeyNMT's training.
    """
    log = "-".join(map(str, (name, *changes.values(), threads)))
    place = {"log": runs_of("train") / f"{log}.log", "threads": threads}
    if name == "joeynmt":
        target = "benchmarks.peers.joeynmt:trainer"
        return Process(target, threads, changes, **place, python=joeynmt.PYTHON)
    if name.startswith("pytorch"):
        target, way = "benchmarks.peers.plain_torch:trainer", name.removeprefix("pytorch-")
        return Process(target, threads, way, str(batches_path()), **place, python=joeynmt.PYTHON)
    if name == "product":
        return Process("benchmarks.shared.arithmetic:product_process", **place)
    return Process(f"benchmarks.train:{name}_process", **place)


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
    again = {"steps": steps_of_a_turn(), "again": True}
    requests = {name: again for name in CONTENDERS}
    requests["joeynmt"] = {"steps": steps_of_a_turn(), "again": quick.is_on()}
    requests["product"] = {"repeats": arithmetic.PRODUCTS}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(process_of(name, threads)) for name in requests}
        answers = in_turns(
            {name: partial(process, **requests[name]) for name, process in processes.items()}, turns
        )
        parameters = {name: processes[name](parameters=True)["result"] for name in CONTENDERS}
    rates = [
        {name: turn[name]["result"]["tokens"] / turn[name]["seconds"] for name in CONTENDERS}
        for turn in answers
    ]
    return {
        "turns": [
            {**rate, "product": turn["product"]["seconds"]} for rate, turn in zip(rates, answers, strict=True)
        ],
        "seconds": [turn["package"]["seconds"] for turn in answers],
        "memory": {name: answers[-1][name]["peak_mebibytes"] for name in CONTENDERS},
        "parameters": parameters,
        "threads": threads,
        "batch_size": joeynmt.TRAINING["batch_size"],
        "arithmetic": counted_arithmetic(),
    }


def counted_arithmetic():
    """What a turn of this package computes, padding included: see ``arithmetic.multiply_adds``.

    A training step does it three times: forward, and backward for the inputs and for the weights.

    Returns:
        dict of ``target_tokens``, ``positions`` and ``target_positions``, padding included in these, and
        ``multiply_adds``.
    """
    import numpy as np

    with np.load(batches_path()) as saved:
        pairs = [(saved[f"source_{index}"], saved[f"target_{index}"]) for index in range(steps_of_a_turn())]
        vocab_size = int(saved["sizes"][1])
    units = joeynmt.SIZES["units"]
    sizes = {**joeynmt.SIZES, "encoder_units": units, "decoder_units": units, "target_vocab_size": vocab_size}
    positions, outputs = sum(source.size for source, _ in pairs), sum(target.size for _, target in pairs)
    parts = arithmetic.multiply_adds(
        sizes,
        sources=sum(len(source) for source, _ in pairs),
        positions=positions,
        outputs=outputs,
        attended=sum(source.size * target.shape[1] for source, target in pairs),
    )
    return {
        "target_tokens": sum(int((target != 0).sum()) for _, target in pairs),
        "positions": positions,
        "target_positions": outputs,
        "multiply_adds": 3 * sum(parts.values()),
    }


def summary(measured):
    """Tokens a second of each contender, its ratio to this package in the same turn, and the arithmetic.

    Args:
        measured: from ``measure_turns``.

    Returns:
        dict of one dict a contender; ``times``, this package's speed over that of each other, as the median
        of the turns; and ``gigaflops`` of the training: see ``arithmetic.gigaflops``.
    """
    rates = {name: [turn[name] for turn in measured["turns"]] for name in CONTENDERS}
    products = [turn["product"] for turn in measured["turns"]]
    times = {name: ratios(rates["package"], rates[name]) for name in CONTENDERS if name != "package"}
    operations = measured["arithmetic"]["multiply_adds"]
    return {
        **{
            name: {
                "tokens_per_second": median(rates[name]),
                "spread": spread(rates[name]),
                "mebibytes": measured["memory"][name],
            }
            for name in CONTENDERS
        },
        "times": {name: {"median": median(values), **spread(values)} for name, values in times.items()},
        "gigaflops": arithmetic.gigaflops("training", operations, measured["seconds"], products),
    }


def measure_profile(turns, threads):
    """Time training with ever more of its parts, in turns: see ``PROFILE``.

    Args:
        turns: int.
        threads: int, of each process.

    Returns:
        dict of ``seconds`` of each part for the batches of a turn, medians, and their ``shares``.
    """
    with process_of("profile", threads) as process:
        answers = in_turns({name: partial(process, part=name) for name in PROFILE}, turns)
    up_to = [median(turn[name]["seconds"] for turn in answers) for name in PROFILE]
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
    from s2s_lesson.data import edit_distance_rate

    corpus, _ = corpus_and_pipeline()
    right = {}
    for source, target in corpus.dev:
        right.setdefault(source, []).append(target.split())
    changes = quick.size(TIMED[name], {})
    points, reached, steps, seconds = [], None, 0, 0.0
    with process_of(name.split("-")[0], threads=1, **changes) as process:
        while reached is None:
            stretch = process(steps=quick.size(STEPS_BETWEEN, 4))["result"]
            steps, seconds = steps + stretch["steps"], seconds + stretch["processor_seconds"]
            if stretch["steps"] == 0:
                break
            written = process(decodes=True)["result"]
            outputs = {pair.source: phones for pair, phones in zip(corpus.dev, written, strict=True)}
            error = edit_distance_rate([outputs[source] for source in right], list(right.values()))
            points.append({"steps": steps, "processor_seconds": round(seconds, 1), "error": error})
            print(name, points[-1], flush=True)
            if error <= ERROR:
                reached = points[-1]
    return {"reached": reached, "points": points}


def time_ratio(times):
    """How many times as long the faster JoeyNMT takes to the error rate; None where one never got there."""
    others = [time["reached"] for name, time in times.items() if name != "package"]
    own, others = times["package"]["reached"], [reached for reached in others if reached]
    if own is None or not others:
        return None
    return min(reached["processor_seconds"] for reached in others) / own["processor_seconds"]


def corpus_and_pipeline():
    """The corpus, and the untrained pipeline of the preset."""
    return untrained(PRESET, pairs=1_024)


def compiled():
    """Corpus, untrained pipeline and batches of the preset, compiled as ``TextToText.fit`` compiles it."""
    from s2s_lesson.training import Optimization, compile_model

    corpus, pipeline = corpus_and_pipeline()
    options = training_of(PRESET)
    batches = pipeline.batches(corpus.train, options["batch_size"], shuffle=True, seed=0)
    rate = Optimization(options["learning_rate"]).rate(options["epochs"] * len(batches))
    compile_model(pipeline.model, rate)
    return corpus, pipeline, batches


class Loop:
    """The package's own loop over batches, which can stop and go on anywhere.

    Args:
        model: compiled.
        batches: ``PairBatches``.
    """

    def __init__(self, model, batches):
        import keras

        from s2s_lesson.training.run import Run
        from s2s_lesson.training.run_log import RunLog

        self.run, self.batches = Run(model, None, RunLog(None, 100, False)), batches
        self.calls = keras.callbacks.CallbackList([], model=model)
        self.calls.on_train_begin()

    def train_until(self, step):
        """Train from the step of ``run`` to another one of the same epoch."""
        from s2s_lesson.training import loop

        loop._train_epoch(self.run, Stretch(self.batches, step), len(self.batches), False, "", self.calls)


class Stretch:
    """The batches up to some step."""

    def __init__(self, batches, last):
        self.batches, self.last = batches, last

    def __len__(self):
        return self.last

    def __getitem__(self, index):
        return self.batches[index]


def package_process():
    """Train with this package, as ``TextToText.fit`` does with the preset: see ``worker``."""
    from s2s_lesson.corpora import group_references

    corpus, pipeline, batches = compiled()
    loop, epochs = Loop(pipeline.model, batches), training_of(PRESET)["epochs"]
    run = loop.run

    def train(steps):
        while steps and run.epoch < epochs:
            last = min(run.step + steps, len(batches))
            steps -= last - run.step
            loop.train_until(last)
            if run.step == len(batches):
                run.epoch, run.step = run.epoch + 1, 0
                batches.set_epoch(run.epoch)

    def work(steps=0, again=False, decodes=False, parameters=False):
        """As in ``joeynmt.trained_in_turns``; ``again`` begins with the first batch of the stretch."""
        if parameters:
            return pipeline.model.count_params()
        if decodes:
            sources = group_references(corpus.dev)[0]
            predictions = pipeline.predict(sources, beam_size=1, batch_size=DEV_BATCH, unknown=True)
            outputs = {prediction.source: prediction.text.split() for prediction in predictions}
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


def profile_process():
    """Train with some of the parts: see ``worker``."""
    import tensorflow as tf
    from keras import tree

    from s2s_lesson.training import MaskedCrossEntropy

    _, pipeline, batches = compiled()
    model, decoder = pipeline.model, pipeline.model.decoder
    last = FIRST + steps_of_a_turn()
    stretch, loop = [batches[index] for index in range(FIRST, last)], Loop(model, batches)

    def encoder(inputs, targets):
        return model.encode(inputs["source_ids"], training=True)

    def with_decoder(inputs, targets):
        state = encoder(inputs, targets)
        embedded = decoder.dropout(decoder.embed(inputs["decoder_inputs"]), training=True)
        (layer,), (states,) = decoder.recurrent_layers, state["recurrent_state"]
        return layer(embedded, initial_state=states, training=True)[0], state

    def with_output(inputs, targets):
        return MaskedCrossEntropy()(targets, model(inputs, training=True))

    def gradient_of(part):
        """Compile the gradient of the squares of what a part computes."""
        ids = tf.TensorSpec((None, None), "int32")
        weights = [variable.value for variable in model.trainable_variables]

        @tf.function(input_signature=[{"source_ids": ids, "decoder_inputs": ids}, ids])
        def gradient(inputs, targets):
            with tf.GradientTape() as tape:
                leaves = [leaf for leaf in tree.flatten(part(inputs, targets)) if leaf.dtype.is_floating]
                loss = tf.add_n([tf.reduce_mean(tf.square(leaf)) for leaf in leaves])
            return [part for part in tape.gradient(loss, weights) if part is not None]

        return gradient

    def each(function):
        return lambda: [function(inputs, targets) for inputs, targets in stretch]

    def everything():
        loop.run.step = FIRST
        loop.train_until(last)

    parts = {
        "encoder": each(gradient_of(encoder)),
        "decoder": each(gradient_of(with_decoder)),
        "attention and output": each(gradient_of(with_output)),
        "the rest": everything,
    }

    def work(part):
        parts[part]()

    return work
