"""Train one model under each strategy, with the same data and the same number of updates, and compare.

    python benchmarks/strategies.py strategies --seeds 0 1 2
    python benchmarks/strategies.py best

The first writes book/results/strategies.json, and for chapter 5 the weights of two of its runs to
book/weights/. The second writes book/results/best.json: the best configuration, trained as long as pays. Both
use the published split of CMUdict. The runs stay in runs/strategies/; one that was interrupted goes on where
it stopped when the command is given again. Several processes may share the work: --only names what one does.
"""

import argparse
import csv
import json
import os
import statistics
import time
import warnings

from results import ROOT, kept, spread, write_results, write_weights

RUNS = ROOT / "runs" / "strategies"
MODEL = {"embedding_dim": 64, "encoder_units": 128, "decoder_units": 128, "dropout": 0.1}
TRAINING = {"batch_size": 128, "learning_rate": 2e-3}
PASSES, UPDATES_IN_A_PASS = 3, 882
BEGINNING_PASSES = 2  # of a run that ends with minimum risk
FINE_TUNING = {"batch_size": 128, "learning_rate": 2e-4}
COST_UPDATES = 40
SHARES = (0.05, 0.1, 0.2)
ARMS = {
    "teacher forcing": "the true token, always",
    "sampling, step by step": "own tokens, drawn; share of true ones falls in a straight line from 1 to 0.5",
    "sampling, two passes": "the same, chosen from a teacher-forced pass",
    "joint": "teacher forcing; learning rate times 0.7 outside the encoder, half the bag loss added",
    "minimum risk": f"teacher forcing for {BEGINNING_PASSES} passes, then expected edits a token, 5 samples",
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


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["strategies", "best"], help="of the file in book/results/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ARMS, help="train these, and write no results")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # overlong pairs are left out
    if options.name == "best":
        write_best()
        return
    runs = [run for seed in options.seeds for run in runs_of(options.only or ARMS, seed)]
    if not options.only:
        for arm in WITH_WEIGHTS:
            write_weights_of(arm, options.seeds[0])
        figures = {arm: summary([run for run in runs if run["arm"] == arm]) for arm in ARMS}
        write_results(
            "strategies",
            ["python benchmarks/strategies.py strategies --seeds", *options.seeds],
            corpus="pronunciations, published split",
            model=MODEL,
            training=TRAINING,
            passes=PASSES,
            arms=ARMS,
            figures=figures,
            costs=kept(RUNS / "costs.json", measure_costs),
            differences={arm: differences(runs, arm) for arm in ARMS if arm != "teacher forcing"},
            runs=runs,
        )


def runs_of(arms, seed):
    """Train and score, where that is not done: one dict for each run."""
    return [kept(folder_of(arm, seed).with_suffix(".json"), measure, arm, seed) for arm in arms]


def folder_of(arm, seed):
    """Where the run of an arm lies."""
    return RUNS / f"{arm.replace(' ', '-').replace(',', '')}-{seed}"


def end_of(arm, seed):
    """Where the model of an arm lies when it is trained."""
    return folder_of(arm, seed) / "end" if arm == "minimum risk" else folder_of(arm, seed)


def write_weights_of(arm, seed):
    """Write the weights of a run into one small file, named like the arm."""
    from s2s_lesson.pipeline import TextToText

    write_weights(TextToText.load(end_of(arm, seed)), arm.replace(" ", "-"))


def measure(arm, seed):
    """Train and score one run: a dict of its figures."""
    from s2s_lesson.corpora import pronunciations
    from s2s_lesson.pipeline import TextToText

    corpus = pronunciations.load_published()
    folder = folder_of(arm, seed)
    end = end_of(arm, seed)
    if arm == "minimum risk":
        train(corpus, folder / "beginning", seed, {**TRAINING, "epochs": BEGINNING_PASSES})
        before = scores(TextToText.load(folder / "beginning"), corpus.test)
        pipeline = TextToText.load(folder / "beginning")
        options = {**FINE_TUNING, "epochs": PASSES - BEGINNING_PASSES, "strategies": strategies(arm)}
        pipeline.fit(corpus.train, corpus.dev, **fitting(end, seed), **options)
    else:
        options = {**TRAINING, "epochs": PASSES, "strategies": strategies(arm)}
        train(corpus, folder, seed, options, encoder_output_layer=arm == "joint")
        before = None
    history = json.loads((end / "history.json").read_text(encoding="utf-8"))
    return {
        "arm": arm,
        "seed": seed,
        "history": history,
        "curve": curve(end),
        "before": before,
        "scores": scores(TextToText.load(end), corpus.test),
    }


def measure_costs():
    """Processor seconds of an update under each strategy, as a multiple of teacher forcing: dict of medians.

    Updates of all arms take turns, on the same batches.
    """
    from s2s_lesson.corpora import pronunciations
    from s2s_lesson.strategies import StrategicModel
    from s2s_lesson.training import compile_model

    corpus = pronunciations.load_published()
    models, seconds = {}, {arm: [] for arm in ARMS}
    for arm in ARMS:
        pipeline = untrained(corpus, 0, **MODEL, encoder_output_layer=arm == "joint")
        models[arm] = StrategicModel(pipeline.model, strategies(arm))
        compile_model(models[arm], TRAINING["learning_rate"])
    batches = pipeline.batches(corpus.train, TRAINING["batch_size"], shuffle=True)
    for index in range(COST_UPDATES):
        for arm, model in models.items():
            started = time.process_time()
            model.train_on_batch(*batches[index])
            seconds[arm].append(time.process_time() - started)
    plain = seconds["teacher forcing"][COST_UPDATES // 2 :]  # the first half compiles
    return {
        arm: statistics.median(
            one / other for one, other in zip(of_arm[COST_UPDATES // 2 :], plain, strict=True)
        )
        for arm, of_arm in seconds.items()
    }


def strategies(arm):
    """The strategies of an arm."""
    from s2s_lesson.schedules import LinearDecay
    from s2s_lesson.strategies import JointTraining, MinimumRisk, ScheduledSampling

    falls = LinearDecay(PASSES * UPDATES_IN_A_PASS, begin=1.0, end=0.5)
    return {
        "teacher forcing": [],
        "sampling, step by step": [ScheduledSampling(falls, choose="sample")],
        "sampling, two passes": [ScheduledSampling(falls, choose="sample", passes=1)],
        "joint": [JointTraining()],
        "minimum risk": [MinimumRisk(samples=5)],
    }[arm]


def untrained(corpus, seed, **options):
    """A pipeline for the corpus."""
    from s2s_lesson import engine
    from s2s_lesson.pipeline import TextToText

    engine.seed_everything(seed)
    tokens = {"source_tokens": corpus.source_tokens, "target_tokens": corpus.target_tokens}
    return TextToText.from_pairs(corpus.train, **tokens, **options)


def train(corpus, folder, seed, options, **model):
    """Train a pipeline in a folder, or go on with it."""
    pipeline = untrained(corpus, seed, **MODEL, **model)
    pipeline.fit(corpus.train, corpus.dev, **fitting(folder, seed), **options)


def fitting(folder, seed):
    """What all calls of fit share."""
    return {"folder": folder, "seed": seed, "resume": True, "progress": False, "checkpoint_every": 200}


def scores(pipeline, pairs):
    """Errors of what a pipeline writes, and its scores under three kinds of past."""
    from s2s_lesson.evaluation import evaluate, exposure

    found = {f"beam {size}": errors(evaluate(pipeline, pairs, size, batch_size=256)) for size in (1, 5)}
    return {**found, "exposure": exposure(pipeline, pairs, SHARES)}


def errors(found):
    """The error rates of what ``evaluate`` found."""
    return {"word_error_rate": 1 - found["exact_match"], "phoneme_error_rate": found["token_error_rate"]}


def curve(folder):
    """Perplexity in training every hundred updates: lists of ``step`` and ``perplexity``."""
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if line["perplexity"]]
    return {name: [float(line[name]) for line in lines] for name in ("step", "perplexity")}


def flat(found):
    """The figures of ``scores`` in one dict, with the gap between own and true past."""
    past = found["exposure"]
    return {
        "word_error_rate": found["beam 5"]["word_error_rate"],
        "phoneme_error_rate": found["beam 5"]["phoneme_error_rate"],
        "greedy_word_error_rate": found["beam 1"]["word_error_rate"],
        "greedy_phoneme_error_rate": found["beam 1"]["phoneme_error_rate"],
        "teacher_forced_loss": past["teacher_forced"]["loss"],
        "free_running_loss": past["free_running"]["loss"],
        "gap": past["free_running"]["loss"] - past["teacher_forced"]["loss"],
        "free_running_accuracy": past["free_running"]["accuracy"],
        **{f"corrupted_{share}_loss": past[f"corrupted_{share}"]["loss"] for share in SHARES},
        **{f"corrupted_{share}_accuracy": past[f"corrupted_{share}"]["accuracy"] for share in SHARES},
    }


def summary(runs):
    """Mean, least and greatest of every figure of one arm."""
    figures = [flat(run["scores"]) for run in runs]
    return {name: spread([figure[name] for figure in figures]) for name in figures[0]}


def differences(runs, arm):
    """What an arm has more than teacher forcing, seed by seed, for every figure.

    A difference is within noise where its mean is below twice its standard error, or its signs differ.
    """
    of_arm = {run["seed"]: flat(run["scores"]) for run in runs if run["arm"] == arm}
    plain = {run["seed"]: flat(run["scores"]) for run in runs if run["arm"] == "teacher forcing"}
    found = {}
    for name in next(iter(plain.values())):
        values = [of_arm[seed][name] - plain[seed][name] for seed in sorted(plain.keys() & of_arm.keys())]
        mean, same_sign = statistics.fmean(values), min(values) > 0 or max(values) < 0
        error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
        beyond = error is not None and same_sign and abs(mean) > 2 * error
        found[name] = {"mean": mean, "standard_error": error, "beyond_noise": beyond}
    return found


def write_best():
    """Train the best configuration, score it and write the figures."""
    found = kept(RUNS / "best.json", measure_best)
    write_results(
        "best",
        ["python benchmarks/strategies.py best"],
        corpus="pronunciations, published split",
        model=BEST_MODEL,
        training=BEST_TRAINING,
        literature=[
            dict(zip(("model", "word_error_rate", "split", "read_in"), row, strict=True))
            for row in LITERATURE
        ],
        runs=[found],
    )


def measure_best():
    """Train and score the best model: a dict of its figures."""
    from s2s_lesson.corpora import pronunciations
    from s2s_lesson.pipeline import TextToText

    corpus, folder = pronunciations.load_published(), RUNS / "best"
    untrained(corpus, 0, **BEST_MODEL).fit(corpus.train, corpus.dev, **fitting(folder, 0), **BEST_TRAINING)
    pipeline = TextToText.load(folder)
    return {
        "seed": 0,
        "parameters": pipeline.model.count_params(),
        "history": json.loads((folder / "history.json").read_text(encoding="utf-8")),
        "scores": scores(pipeline, corpus.test),
    }


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
