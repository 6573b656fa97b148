"""Train Pointer Networks to sort numbers and to find convex hulls; write the figures that the book quotes.

    python -m benchmarks pointer --seeds 0 1 2 --processes 2

writes book/results/pointer.json. Each run uses one core. The runs themselves stay in runs/pointer/; one that
was interrupted goes on where it stopped when the command is given again, and one that is finished is not
repeated.
"""

import statistics
import time
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import spreads
from benchmarks.shared.training import seconds_of

RESULTS = ("pointer",)
TEST_SEED, TEST_SIZE = 1_000_000, 2_000
STEPS_AN_EPOCH = 200


def sorting(size, seed, length=10):
    """Rows of 10 numbers."""
    from s2s_lesson.corpora import points

    return points.sorting(size, length, seed)


def hulls(size, seed, least=5, most=10):
    """Sets of 5 to 10 points."""
    from s2s_lesson.corpora import points

    return points.convex_hulls(size, least, most, seed)


# What is trained, and on what it is tested: name of the test -> task and length.
SORTING_TESTS = {f"n={n}": (partial(sorting, length=n), n) for n in (5, 10, 15)}
HULL_TESTS = {
    "n=5": (partial(hulls, most=5), 5),
    "n=10": (partial(hulls, least=10), 10),
    "n=5-10": (hulls, 10),
}
EXPERIMENTS = {
    "sorting, chosen masked": {
        "task": sorting,
        "network": {"input_dim": 1, "units": 64, "see_elements": True, "mask_chosen": True},
        "training": {"batch_size": 128, "epochs": 10, "learning_rate": 2e-2},
        "tests": SORTING_TESTS,
    },
    "sorting": {
        "task": sorting,
        "network": {"input_dim": 1, "units": 64, "see_elements": True},
        "training": {"batch_size": 128, "epochs": 15, "learning_rate": 2e-2},
        "tests": SORTING_TESTS,
    },
    "convex hulls of 5 to 10 points": {
        "task": hulls,
        "network": {"input_dim": 2, "units": 64, "bidirectional": True, "see_elements": True},
        "training": {"batch_size": 128, "epochs": 50, "learning_rate": 1e-2},
        "tests": HULL_TESTS,
        "most_seeds": 2,  # the others cost a tenth of it
    },
    "sorting, as published": {
        "task": sorting,
        "network": {"input_dim": 1, "units": 64},
        "training": {"batch_size": 128, "epochs": 15, "learning_rate": 2e-2},
        "tests": SORTING_TESTS,
    },
}
LITERATURE = [
    {
        "source": "Vinyals et al. 2016, Order matters, Table 1, arXiv:1511.06391",
        "what": "Share of rows sorted exactly by a Pointer Network after 10,000 steps, by the number of "
        "glimpses. Whether chosen positions were masked, the section does not say.",
        "figures": {
            "0 glimpses": {"n=5": 0.81, "n=10": 0.08, "n=15": 0.00},
            "1 glimpse": {"n=5": 0.90, "n=10": 0.28, "n=15": 0.04},
        },
        "read_in_source": True,
    },
    {
        "source": "Vinyals et al. 2015, Pointer networks, Table 1, arXiv:1506.03134",
        "what": "Convex hulls, a Pointer Network trained on 5 to 50 points: share of hulls found. Area "
        "is counted over simple polygons alone, and called a failure where over 1 % are not simple. Taken "
        "from the description of a reproduction of the paper, not from the paper itself.",
        "figures": {"n=5": 0.92, "n=10": 0.87, "n=50": 0.696},
        "read_in_source": False,
    },
]


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--processes", type=int, default=2, help="runs at a time, one core each")


def run(options):
    """Run the benchmark."""
    jobs = [
        (name, seed)
        for name, experiment in EXPERIMENTS.items()
        for seed in options.seeds[: experiment.get("most_seeds")]
    ]
    runs = in_processes(measured, jobs, options.processes, threads=1)
    write_results(
        "pointer",
        ["pointer", "--seeds", *options.seeds],
        packages=("tensorflow", "keras", "scipy"),
        cores_per_run=1,
        test_rows=TEST_SIZE,
        experiments={
            name: {
                "network": experiment["network"],
                "training": experiment["training"] | {"steps": sum(steps(experiment))},
                "scores": summary([run["scores"] for run in runs if run["experiment"] == name]),
            }
            for name, experiment in EXPERIMENTS.items()
        },
        one_parameter_scorer=one_parameter_scores(),
        literature=LITERATURE,
        runs=runs,
    )


def steps(experiment):
    """Training steps of an experiment: a list of one number an epoch."""
    return quick.size([STEPS_AN_EPOCH] * experiment["training"]["epochs"], [10])


def rows_to_test():
    """Rows to test with."""
    return quick.size(TEST_SIZE, 50)


def measured(name, seed):
    """``measure``, where that is not done."""
    return kept(folder_of(name, seed) / "run.json", measure, name, seed)


def folder_of(name, seed):
    """Where a run lies."""
    return runs_of("pointer") / file_name(name, seed)


def measure(name, seed):
    """Train and score one network.

    Args:
        name: one of ``EXPERIMENTS``.
        seed: int.

    Returns:
        dict of ``experiment``, ``seed``, ``training_seconds`` (by the clock, other work on the machine
        included), ``processor_seconds`` (of the training alone; None for a run that was interrupted),
        ``parameters`` and ``scores``.
    """
    experiment, folder = EXPERIMENTS[name], folder_of(name, seed)
    resumed = (folder / "checkpoint.npz").exists()
    started = time.process_time()
    model, history = train(experiment, seed, folder)
    spent = time.process_time() - started
    scores = {}
    for how, network in decoders(model, experiment["network"]).items():
        for test, case in experiment["tests"].items():
            scores[test + how] = score(network, *case)
    return {
        "experiment": name,
        "seed": seed,
        "training_seconds": seconds_of(history),
        "processor_seconds": None if resumed else round(spent, 1),
        "parameters": model.count_params(),
        "scores": scores,
    }


def train(experiment, seed, folder):
    """Train a network on rows that are all new.

    Args:
        experiment: one of ``EXPERIMENTS``' values.
        seed: int.
        folder: Path, of the run.

    Returns:
        The model and its history.
    """
    import keras

    from s2s_lesson import engine
    from s2s_lesson.models import PointerBatches, PointerNetwork
    from s2s_lesson.training import compile_model, fit, holds_run

    engine.seed_everything(seed)
    model = PointerNetwork(**experiment["network"])
    options, by_epoch = experiment["training"], steps(experiment)
    warm_up = sum(by_epoch) // 10
    learning_rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        sum(by_epoch) - warm_up,
        alpha=0.005,
        warmup_target=options["learning_rate"],
        warmup_steps=warm_up,
    )
    compile_model(model, learning_rate)
    batch = {"length": 10, "batch_size": options["batch_size"]}
    training = PointerBatches(experiment["task"], **batch, steps=by_epoch[0], seed=1 + 2 * seed)
    development = PointerBatches(experiment["task"], **batch, steps=8, seed=2 + 2 * seed)
    history = fit(model, training, development, epochs=len(by_epoch), folder=folder, resume=holds_run(folder))
    return model, history


def decoders(model, network):
    """The network itself, and where it may choose a position twice, one of the same weights that may not."""
    from s2s_lesson.models import PointerNetwork

    if model.options["mask_chosen"]:
        return {"": model}
    masked = PointerNetwork(**network, mask_chosen=True)
    masked.set_weights(model.get_weights())
    return {"": model, ", masked when decoding": masked}


def score(model, task, length):
    """Let a network answer rows that it never saw.

    Args:
        model: ``PointerNetwork``.
        task: ``task(size, seed) -> vectors, positions``.
        length: int. Elements in the longest source.

    Returns:
        dict with ``accuracy`` from 0 to 1, and for hulls what ``points.hull_scores`` returns.
    """
    from s2s_lesson.corpora import points
    from s2s_lesson.models import pointer_batch

    vectors, positions = task(rows_to_test(), TEST_SEED)
    inputs, _ = pointer_batch(vectors, positions, length)
    state = model.encode(inputs["source_vectors"], inputs["source_mask"])
    answers = greedy_answers(model.step, state, length)
    if vectors[0].shape[1] == 2:
        return points.hull_scores(vectors, answers, positions)
    return {"accuracy": sorted_share(answers, positions)}


def greedy_answers(step, state, length):
    """What greedy search answers: a list of lists of positions."""
    from s2s_lesson.data import Vocabulary
    from s2s_lesson.models import positions_of
    from s2s_lesson.search import greedy_search

    ends = {"bos_id": Vocabulary.bos_id, "eos_id": Vocabulary.eos_id}
    return positions_of(greedy_search(step, state, **ends, max_output_length=length + 1).sequences[:, 0])


def sorted_share(answers, positions):
    """Share of the rows that are sorted exactly."""
    pairs = zip(answers, positions, strict=True)
    return statistics.fmean(answer == list(right) for answer, right in pairs)


def one_parameter_scores(weight=1.0):
    """Sort by ``-weight * number``, nothing chosen twice: all that a masked pointer has to learn.

    Any weight above 0 gives the same answers.
    """
    import numpy as np

    from s2s_lesson.data import Vocabulary
    from s2s_lesson.models.pointer_network import FIRST_ID

    rows, scores = rows_to_test(), {}
    for name, (task, length) in SORTING_TESTS.items():
        vectors, positions = task(rows, TEST_SEED)
        numbers = np.stack(vectors)[:, :, 0]
        logits = np.full((rows, FIRST_ID + length), -np.inf)
        logits[:, FIRST_ID:] = -weight * numbers
        logits[:, Vocabulary.eos_id] = -2 * weight  # below every number

        def step(token_ids, state):
            state = state.copy()
            pointed = np.flatnonzero(token_ids >= FIRST_ID)
            state[pointed, token_ids[pointed]] = -np.inf
            return state, state

        scores[name] = {"accuracy": sorted_share(greedy_answers(step, logits, length), positions)}
    return {"weight": weight, "scores": scores}


def summary(scores):
    """Mean, least and greatest of every figure over the seeds.

    Args:
        scores: list of dicts of dicts of float, one a seed.

    Returns:
        dict of dicts of dicts with ``mean``, ``min`` and ``max``; without an area that some seed has not.
    """
    return {test: spreads([score[test] for score in scores]) for test in scores[0]}
