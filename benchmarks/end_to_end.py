"""Train all parts together, and with an encoder that stays as it was drawn, at the same budget.

    python -m benchmarks end_to_end --seeds 0 1 2

writes book/results/end_to_end.json. Two tasks: the dates of chapter 1, and the harder one of pronunciations,
with models of the same size. "frozen encoder" keeps the encoder and its embedding at their first, random
weights, so that the rest has to do with what they give. The whole is trained with half and with twice the
learning rate as well, and the frozen one also for four times the passes. Finished runs are kept in
runs/end_to_end/.
"""

from benchmarks.shared import quick
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spread
from benchmarks.shared.training import seconds_of, untrained

RESULTS = ("end_to_end",)
SIZES = {"encoder_units": 64, "decoder_units": 64}
TASKS = {
    "dates": {"options": SIZES, "pairs": 6_000, "passes": 3, "tested": 500},
    "pronunciations": {
        "options": {**SIZES, "encoder_layers": 1, "dropout": 0.0},
        "pairs": 12_000,
        "passes": 5,
        "tested": 1_000,
    },
}
LEARNING_RATE, BATCH_SIZE = 5e-3, 64
ARMS = {
    "whole": {},
    "whole, half the learning rate": {"learning_rate": LEARNING_RATE / 2},
    "whole, twice the learning rate": {"learning_rate": LEARNING_RATE * 2},
    "frozen encoder": {"frozen": True},
    "frozen encoder, four times the passes": {"frozen": True, "passes": 4},
}


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    jobs = [(task, arm, seed) for task in TASKS for arm in ARMS for seed in options.seeds]
    folder = runs_of("end_to_end")
    runs = [kept(folder / f"{file_name(*job)}.json", measure, *job) for job in jobs]
    write_results(
        "end_to_end",
        ["end_to_end", "--seeds", *options.seeds],
        tasks=TASKS,
        learning_rate=LEARNING_RATE,
        batch_size=BATCH_SIZE,
        exact_match={task: {arm: summary(runs, task, arm) for arm in ARMS} for task in TASKS},
        runs=runs,
    )


def measure(task, arm, seed):
    """Train one model and score it.

    Args:
        task: one of ``TASKS``.
        arm: one of ``ARMS``.
        seed: int, of the weights and of the order of the batches.

    Returns:
        dict of ``task``, ``arm``, ``seed``, ``passes``, ``training_seconds``, ``loss`` (of validation pairs,
        one for each pass) and ``exact_match``, of the first pairs of the test split, by greedy search.
    """
    from s2s_lesson.pipeline import evaluate

    setting = {"learning_rate": LEARNING_RATE, "frozen": False, "passes": 1, **ARMS[arm]}
    corpus, pipeline = untrained(task, seed, **TASKS[task]["options"])
    pipeline.model.encoder.trainable = not setting["frozen"]
    passes = quick.size(TASKS[task]["passes"] * setting["passes"], 1)
    training = {"batch_size": BATCH_SIZE, "learning_rate": setting["learning_rate"], "seed": seed}
    history = pipeline.fit(
        corpus.train[: TASKS[task]["pairs"]], corpus.dev[:1_000], epochs=passes, **training, progress=False
    )
    tested = corpus.test[: TASKS[task]["tested"]]
    scores = evaluate(pipeline, tested, beam_size=1, batch_size=500, metrics=["exact_match"])
    return {
        "task": task,
        "arm": arm,
        "seed": seed,
        "passes": passes,
        "training_seconds": seconds_of(history),
        "loss": [round(float(loss), 4) for loss in history["val_loss"]],
        "exact_match": scores["exact_match"],
    }


def summary(runs, task, arm):
    """Mean, least and greatest exact match of one arm of one task over the seeds."""
    return spread([run["exact_match"] for run in runs if (run["task"], run["arm"]) == (task, arm)])
