"""Train one model under each strategy, with the same data and the same number of updates, and compare.

    python benchmarks/strategies.py strategies --seeds 0 1 2
    python benchmarks/strategies.py best

The first writes book/results/strategies.json, the second book/results/best.json: the best configuration,
trained as long as pays. Both use the published split of CMUdict. The runs stay in runs/strategies/; one that
was interrupted goes on where it stopped when the command is given again. Several processes may share the
work: --only names the runs of one.
"""

import argparse
import csv
import json
import os
import statistics
import time
import warnings

from results import ROOT, kept, spread, write_results

RUNS = ROOT / "runs" / "strategies"
MODEL = {"embedding_dim": 64, "encoder_units": 128, "decoder_units": 128, "dropout": 0.1}
TRAINING = {"batch_size": 128, "learning_rate": 2e-3}
PASSES, UPDATES_IN_A_PASS = 3, 882
BEGINNING_PASSES = 2  # of a run that ends with minimum risk
FINE_TUNING = {"batch_size": 128, "learning_rate": 2e-4}
SHARES = (0.05, 0.1, 0.2)
ARMS = {
    "teacher forcing": "the true token, always",
    "sampling, step by step": "own tokens, drawn; share of true ones falls in a straight line from 1 to 0.5",
    "sampling, two passes": "the same, chosen from a teacher-forced pass",
    "sampling to the end": "own tokens, step by step; inverse sigmoid with k = 275: true ones fall to 2 %",
    "joint": "teacher forcing; learning rate times 0.7 outside the encoder, half the bag loss added",
    "minimum risk": f"teacher forcing for {BEGINNING_PASSES} passes, then expected edits a token, 8 samples",
}
BEST_MODEL = {
    "embedding_dim": 64,
    "encoder_units": 192,
    "encoder_layers": 2,
    "decoder_units": 256,
    "dropout": 0.3,
}
BEST_TRAINING = {"epochs": 16, "batch_size": 128, "learning_rate": 2e-3, "label_smoothing": 0.1}
BEST_FINE_TUNING = {"epochs": 1, "batch_size": 64, "learning_rate": 2e-4}
FINE_TUNING_PAIRS = 20_000  # of the best model
# Word error rates on CMUdict, as others quote them: none of these was read in its source.
LITERATURE = {
    "g2p-seq2seq, LSTM 2 x 64": 0.313,
    "g2p-seq2seq, LSTM 2 x 512": 0.233,
    "Phonetisaurus": 0.244,
    "Yao and Zweig 2015, bidirectional LSTM with given alignments": 0.2355,
    "Toshniwal and Livescu 2016, five models with attention together": 0.2024,
}


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
            differences={arm: differences(runs, arm) for arm in ARMS if arm != "teacher forcing"},
            runs=runs,
        )


def runs_of(arms, seed):
    """Train and score, where that is not done: one dict for each run."""
    return [kept(folder_of(arm, seed).with_suffix(".json"), measure, arm, seed) for arm in arms]


def folder_of(arm, seed):
    """Where the run of an arm lies."""
    return RUNS / f"{arm.replace(' ', '-').replace(',', '')}-{seed}"


def measure(arm, seed):
    """Train and score one run: a dict of its figures."""
    from s2s_lesson.corpora import pronunciations
    from s2s_lesson.pipeline import TextToText

    corpus = pronunciations.load_published()
    folder = folder_of(arm, seed)
    started = time.process_time()
    if arm == "minimum risk":
        train(corpus, folder / "beginning", seed, {**TRAINING, "epochs": BEGINNING_PASSES})
        before = scores(TextToText.load(folder / "beginning"), corpus.test)
        pipeline = TextToText.load(folder / "beginning")
        options = {**FINE_TUNING, "epochs": PASSES - BEGINNING_PASSES, "strategies": strategies(arm)}
        pipeline.fit(corpus.train, corpus.dev, **fitting(folder / "end", seed), **options)
        folder = folder / "end"
    else:
        options = {**TRAINING, "epochs": PASSES, "strategies": strategies(arm)}
        train(corpus, folder, seed, options, encoder_output_layer=arm == "joint")
        before = None
    trained = time.process_time()
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    return {
        "arm": arm,
        "seed": seed,
        "training_processor_seconds": round(trained - started, 1),
        "history": history,
        "curve": curve(folder),
        "before": before,
        "scores": scores(TextToText.load(folder), corpus.test),
    }


def strategies(arm):
    """The strategies of an arm."""
    from s2s_lesson.schedules import InverseSigmoidDecay, LinearDecay
    from s2s_lesson.strategies import JointTraining, MinimumRisk, ScheduledSampling

    falls = LinearDecay(PASSES * UPDATES_IN_A_PASS, begin=1.0, end=0.5)
    return {
        "teacher forcing": [],
        "sampling, step by step": [ScheduledSampling(falls, choose="sample")],
        "sampling, two passes": [ScheduledSampling(falls, choose="sample", passes=1)],
        "sampling to the end": [ScheduledSampling(InverseSigmoidDecay(275), choose="sample")],
        "joint": [JointTraining()],
        "minimum risk": [MinimumRisk(samples=8)],
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
    """Mean, least and greatest of every figure of one arm, and its cost."""
    figures = [flat(run["scores"]) for run in runs]
    seconds = [run["training_processor_seconds"] for run in runs]
    return {
        **{name: spread([figure[name] for figure in figures]) for name in figures[0]},
        "training_processor_seconds": spread(seconds),
    }


def differences(runs, arm):
    """What an arm has more than teacher forcing, seed by seed, for every figure.

    A difference is within noise where its mean is below twice its standard error, or its signs differ.
    """
    of_arm = {run["seed"]: flat(run["scores"]) for run in runs if run["arm"] == arm}
    plain = {run["seed"]: flat(run["scores"]) for run in runs if run["arm"] == "teacher forcing"}
    found = {}
    for name in next(iter(plain.values())):
        values = [of_arm[seed][name] - plain[seed][name] for seed in sorted(plain)]
        mean, same_sign = statistics.fmean(values), min(values) > 0 or max(values) < 0
        error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
        beyond = error is not None and same_sign and abs(mean) > 2 * error
        found[name] = {"mean": mean, "standard_error": error, "beyond_noise": beyond}
    return found


def write_best():
    """Train the best configuration, tune it by minimum risk, score it and write the figures."""
    found = kept(RUNS / "best.json", measure_best)
    write_results(
        "best",
        ["python benchmarks/strategies.py best"],
        corpus="pronunciations, published split",
        model=BEST_MODEL,
        training=BEST_TRAINING,
        fine_tuning={**BEST_FINE_TUNING, "pairs": FINE_TUNING_PAIRS},
        literature=LITERATURE,
        runs=[found],
    )


def measure_best():
    """Train and score the best model: a dict of its figures, before and after minimum risk."""
    from s2s_lesson.corpora import pronunciations
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.strategies import MinimumRisk

    corpus = pronunciations.load_published()
    folder, tuned = RUNS / "best", RUNS / "best-tuned"
    if (
        len(json.loads((folder / "history.json").read_text(encoding="utf-8"))["loss"])
        < BEST_TRAINING["epochs"]
    ):
        untrained(corpus, 0, **BEST_MODEL).fit(
            corpus.train, corpus.dev, **fitting(folder, 0), **BEST_TRAINING
        )
    pipeline = TextToText.load(folder)
    risk = {"strategies": [MinimumRisk(samples=8)], **BEST_FINE_TUNING}
    pipeline.fit(corpus.train[:FINE_TUNING_PAIRS], corpus.dev, **fitting(tuned, 0), **risk)
    histories = [json.loads((run / "history.json").read_text(encoding="utf-8")) for run in (folder, tuned)]
    return {
        "seed": 0,
        "parameters": pipeline.model.count_params(),
        "history": histories[0],
        "fine_tuning_history": histories[1],
        "scores": {
            "teacher forcing": scores(TextToText.load(folder), corpus.test),
            "minimum risk": scores(TextToText.load(tuned), corpus.test),
        },
    }


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    main()
