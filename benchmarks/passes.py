"""Train dates with attention and without it, for one, two and five passes: what is slow, and what is lacking.

    python -m benchmarks passes --seeds 0 1 2

writes book/results/passes.json. Both models have the same sizes; the learning rate falls over the whole run,
so each number of passes is a run of its own. Finished runs are kept in runs/passes/.
"""

from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spread
from benchmarks.shared.training import seconds_of, training_of, untrained

RESULTS = ("passes",)
SIZES = {"encoder_units": 48, "decoder_units": 96}  # as in attention.json
ARMS = {"with attention": "luong_general", "without attention": "none"}
PASSES, TEST_ROWS = (1, 2, 5), 1_000


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    jobs = [(arm, passes, seed) for seed in options.seeds for passes in PASSES for arm in ARMS]
    folder = runs_of("passes")
    runs = [kept(folder / f"{file_name(*job)}.json", measure, *job) for job in jobs]
    write_results(
        "passes",
        ["passes", "--seeds", *options.seeds],
        sizes=SIZES,
        passes=PASSES,
        test_rows=TEST_ROWS,
        exact_match={arm: [summary(runs, arm, passes) for passes in PASSES] for arm in ARMS},
        runs=runs,
    )


def measure(arm, passes, seed):
    """Train one model and score it.

    Args:
        arm: one of ``ARMS``.
        passes: int, over the training pairs.
        seed: int, of the weights and of the order of the batches.

    Returns:
        dict of ``arm``, ``passes``, ``seed``, ``parameters``, ``training_seconds``, ``loss`` (of validation
        pairs, one for each pass) and ``exact_match``, of the first pairs of the test split, by greedy search.
    """
    from s2s_lesson.pipeline import evaluate

    corpus, pipeline = untrained("dates", seed, **SIZES, attention=ARMS[arm])
    training = training_of("dates", epochs=passes)
    history = pipeline.fit(corpus.train, corpus.dev, **training, seed=seed, progress=False)
    scores = evaluate(pipeline, corpus.test[:TEST_ROWS], beam_size=1, batch_size=500, metrics=["exact_match"])
    return {
        "arm": arm,
        "passes": passes,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "training_seconds": seconds_of(history),
        "loss": [round(float(loss), 4) for loss in history["val_loss"]],
        "exact_match": scores["exact_match"],
    }


def summary(runs, arm, passes):
    """Mean, least and greatest exact match of one arm after so many passes, over the seeds."""
    return spread([run["exact_match"] for run in runs if (run["arm"], run["passes"]) == (arm, passes)])
