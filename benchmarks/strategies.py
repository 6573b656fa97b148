"""Train one model under each strategy, with the same data and the same number of updates, and compare.

    python -m benchmarks strategies --seeds 0 1 2
    python -m benchmarks strategies best

The first writes book/results/strategies.json, and for chapter 5 the weights of two of its runs to
book/weights/. The second writes book/results/best.json: the best configuration, trained as long as pays. Both
use the published split of CMUdict. The runs stay in runs/strategies/; one that was interrupted goes on where
it stopped when the command is given again. Several processes may share the work: --only names what one does.
"""

import csv
import time
import warnings
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.exposed import fitting, flat, published, scores, untrained
from benchmarks.shared.processes import in_turns, timed
from benchmarks.shared.results import kept, runs_of, write_results, write_weights
from benchmarks.shared.summaries import difference, ratio, spreads
from benchmarks.shared.training import history_in

RESULTS = ("strategies", "best")
MODEL = {"embedding_dim": 64, "encoder_units": 128, "decoder_units": 128, "dropout": 0.1}
TRAINING = {"batch_size": 128, "learning_rate": 2e-3}
PASSES, UPDATES_IN_A_PASS = 3, 882
BEGINNING_PASSES = 2  # of a run that ends with minimum risk
FINE_TUNING = {"batch_size": 128, "learning_rate": 2e-4}
COST_UPDATES = 40
ARMS = {
    "teacher forcing": "the true token, always",
    "sampling, step by step": "own tokens, drawn; share of true ones falls in a straight line from 1 to 0.5",
    "sampling, two passes": "the same, chosen from a teacher-forced pass",
    "joint": "teacher forcing; learning rate times 0.7 outside the encoder, half the bag loss added",
    "minimum risk": f"teacher forcing for {BEGINNING_PASSES} epochs, then expected edits a token, 5 samples",
}
WITH_WEIGHTS = ("joint", "minimum risk")
BEST_MODEL = {
    "embedding_dim": 64,
    "encoder_units": 192,
    "encoder_layers": 2,
    "decoder_units": 256,
    "dropout": 0.3,
}
BEST_TRAINING = {"epochs": 16, "batch_size": 128, "learning_rate": 2e-3, "label_smoothing": 0.1}
README = "github.com/cmusphinx/g2p-seq2seq, README.md at 114adfd"
OLD, NEW = "CMUdict, split of 2007", "CMUdict, a later version, without stress"
# Model, share of wrong words, split, where it was read. "~" in the source: its later figures are rounded.
LITERATURE = [
    ("g2p-seq2seq, LSTM 2 x 64", 0.313, OLD, README),
    ("g2p-seq2seq, LSTM 2 x 64", 0.39, NEW, README),
    ("g2p-seq2seq, LSTM 2 x 512", 0.233, OLD, README),
    ("g2p-seq2seq, LSTM 2 x 512", 0.31, NEW, README),
    ("Phonetisaurus", 0.244, OLD, README),
    ("Phonetisaurus", 0.3389, NEW, README),
    ("Yao and Zweig 2015, bidirectional LSTM, alignments given", 0.2355, OLD, None),
    ("Toshniwal and Livescu 2016, five models with attention", 0.2024, OLD, None),
]


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("name", nargs="?", choices=RESULTS, default="strategies", help="of the results")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of strategies")
    parser.add_argument("--only", nargs="+", choices=ARMS, help="train these, and write no results")


def run(options):
    """Run the benchmark."""
    warnings.simplefilter("ignore")  # overlong pairs are left out
    if options.name == "best":
        write_best()
        return
    runs = [
        kept(folder_of(arm, seed).with_suffix(".json"), measure, arm, seed)
        for seed in options.seeds
        for arm in options.only or ARMS
    ]
    if options.only:
        return
    for arm in WITH_WEIGHTS:
        write_weights_of(arm, options.seeds[0])
    write_results(
        "strategies",
        ["strategies", "--seeds", *options.seeds],
        corpus="pronunciations, published split",
        model=MODEL,
        training=TRAINING,
        passes=PASSES,
        arms=ARMS,
        figures={arm: summary(runs, arm) for arm in ARMS},
        costs=kept(runs_of("strategies") / "costs.json", measure_costs),
        differences={arm: differences(runs, arm) for arm in ARMS if arm != "teacher forcing"},
        runs=runs,
    )


def folder_of(arm, seed):
    """Where the run of an arm lies."""
    return runs_of("strategies") / f"{arm.replace(' ', '-').replace(',', '')}-{seed}"


def end_of(arm, seed):
    """Where the model of an arm lies when it is trained."""
    return folder_of(arm, seed) / "end" if arm == "minimum risk" else folder_of(arm, seed)


def write_weights_of(arm, seed):
    """Write the weights of a run into one small file, named like the arm."""
    from s2s_lesson.pipeline import TextToText

    write_weights(TextToText.load(end_of(arm, seed)), arm.replace(" ", "-"))


def measure(arm, seed):
    """Train and score one run: a dict of its figures."""
    from s2s_lesson.pipeline import TextToText

    corpus = published()
    folder, end = folder_of(arm, seed), end_of(arm, seed)
    if arm == "minimum risk":
        passes = quick.size(BEGINNING_PASSES, 1)
        train(corpus, folder / "beginning", seed, {**TRAINING, "epochs": passes})
        before = scores(TextToText.load(folder / "beginning"), corpus.test)
        pipeline = TextToText.load(folder / "beginning")
        options = {**FINE_TUNING, "epochs": PASSES - BEGINNING_PASSES, "strategies": strategies(arm)}
        pipeline.fit(corpus.train, corpus.dev, **fitting(end, seed), **options)
    else:
        options = {**TRAINING, "epochs": quick.size(PASSES, 1), "strategies": strategies(arm)}
        train(corpus, folder, seed, options, encoder_output_layer=arm == "joint")
        before = None
    return {
        "arm": arm,
        "seed": seed,
        "history": history_in(end),
        "curve": curve(end),
        "before": before,
        "scores": scores(TextToText.load(end), corpus.test),
    }


def measure_costs():
    """Processor seconds of an update under each strategy, as a multiple of teacher forcing: dict of medians.

    Updates of all arms take turns, on the same batches.
    """
    from s2s_lesson.training import StrategicModel, compile_model

    corpus, models = published(), {}
    for arm in ARMS:
        pipeline = untrained(corpus, 0, **MODEL, encoder_output_layer=arm == "joint")
        models[arm] = StrategicModel(pipeline.model, strategies(arm))
        compile_model(models[arm], TRAINING["learning_rate"])
    size = quick.size(TRAINING["batch_size"], 16)
    batches = pipeline.batches(corpus.train, size, shuffle=True)
    half = quick.size(COST_UPDATES, 4) // 2  # the first half compiles

    def updates(model):
        steps = (partial(model.train_on_batch, *batches[index]) for index in range(2 * half))
        return lambda: timed(next(steps), clock=time.process_time)

    turns = in_turns({arm: updates(model) for arm, model in models.items()}, half, warm_up=half)
    seconds = {arm: [turn[arm] for turn in turns] for arm in ARMS}
    return {arm: ratio(seconds[arm], seconds["teacher forcing"]) for arm in ARMS}


def strategies(arm):
    """The strategies of an arm."""
    from s2s_lesson.training import JointTraining, LinearDecay, MinimumRisk, ScheduledSampling

    falls = LinearDecay(PASSES * UPDATES_IN_A_PASS, begin=1.0, end=0.5)
    return {
        "teacher forcing": [],
        "sampling, step by step": [ScheduledSampling(falls, choose="sample")],
        "sampling, two passes": [ScheduledSampling(falls, choose="sample", passes=1)],
        "joint": [JointTraining()],
        "minimum risk": [MinimumRisk(samples=5)],
    }[arm]


def train(corpus, folder, seed, options, **model):
    """Train a pipeline in a folder, or go on with it."""
    pipeline = untrained(corpus, seed, **MODEL, **model)
    pipeline.fit(corpus.train, corpus.dev, **fitting(folder, seed), **options)


def curve(folder):
    """Perplexity in training every hundred updates: lists of ``step`` and ``perplexity``."""
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if line["perplexity"]]
    return {name: [float(line[name]) for line in lines] for name in ("step", "perplexity")}


def figures_of(runs, arm):
    """The seeds of an arm with their figures, in order: list of pairs."""
    return sorted(((run["seed"], flat(run)) for run in runs if run["arm"] == arm), key=lambda pair: pair[0])


def summary(runs, arm):
    """Mean, least and greatest of every figure of one arm."""
    return spreads([figures for _, figures in figures_of(runs, arm)])


def differences(runs, arm):
    """What an arm has more than teacher forcing, seed by seed, for every figure: see ``difference``."""
    own, plain = (dict(figures_of(runs, name)) for name in (arm, "teacher forcing"))
    return {
        name: difference([own[seed][name] for seed in own], [plain[seed][name] for seed in own])
        for name in next(iter(plain.values()))
    }


def write_best():
    """Train the best configuration, score it and write the figures."""
    write_results(
        "best",
        ["strategies", "best"],
        corpus="pronunciations, published split",
        model=BEST_MODEL,
        training=BEST_TRAINING,
        literature=[
            dict(zip(("model", "word_error_rate", "split", "read_in"), row, strict=True))
            for row in LITERATURE
        ],
        runs=[kept(runs_of("strategies") / "best.json", measure_best)],
    )


def measure_best():
    """Train and score the best model: a dict of its figures."""
    from s2s_lesson.pipeline import TextToText

    corpus, folder = published(), runs_of("strategies") / "best"
    training = {**BEST_TRAINING, "epochs": quick.size(BEST_TRAINING["epochs"], 1)}
    untrained(corpus, 0, **BEST_MODEL).fit(corpus.train, corpus.dev, **fitting(folder, 0), **training)
    pipeline = TextToText.load(folder)
    return {
        "seed": 0,
        "parameters": pipeline.model.count_params(),
        "history": history_in(folder),
        "scores": scores(pipeline, corpus.test),
    }
