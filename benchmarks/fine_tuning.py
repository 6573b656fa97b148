"""Go on with a trained model under each strategy, for the same number of updates, and compare.

    python -m benchmarks fine_tuning --seeds 0 1 2

writes book/results/fine_tuning.json. Each seed of each task has one model, trained by teacher forcing; every
arm goes on with it, and teacher forcing does as well: it is the control. What differs is the strategy, and
the processor seconds, which are told. The sharpness with which more samples are drawn is the best one on dev.
The runs stay in runs/fine_tuning/; one that was interrupted goes on where it stopped when the command is
given again. Several processes may share the work: --task, --seeds and --only name what one does.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.shared import quick
from benchmarks.shared.exposed import fitting, flat, published, scores, untrained
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import difference, spreads

RESULTS = ()  # not run to its end yet
BATCH_SIZE = 128
FINE_TUNING = {"epochs": 1, "learning_rate": 2e-4}
MODEL_OF_ALL = {"encoder_output_layer": True}  # joint training needs it; for the others it is idle
SHARPNESS = (0.005, 0.05, 1.0)
BEGINNING, CONTROL, JOINT = "beginning", "teacher forcing", "joint training"
MOST_SAMPLES = 100  # on one seed alone: they cost a hundred times as much


@dataclass(frozen=True)
class Task:
    """What is learned, by which model, and for how long.

    Attributes:
        corpus: function of the seed that returns a corpus.
        model: options of ``TextToText.from_pairs``.
        training: options of ``fit``, for the model that all arms go on with.
    """

    corpus: Callable
    model: dict
    training: dict


def running_totals(seed):
    """Digits, and their totals so far, of which the last figure is written: "3 9 4" becomes "3 2 6".

    A slip spoils all that comes after it, since each total is the one before and one digit more.
    """
    import random

    from s2s_lesson.corpora import Corpus, Pair

    drawn = random.Random(seed)

    def pair():
        digits = [drawn.randrange(10) for _ in range(drawn.randint(8, 24))]
        totals = [sum(digits[: place + 1]) % 10 for place in range(len(digits))]
        return Pair(" ".join(map(str, digits)), " ".join(map(str, totals)))

    sizes = quick.size({"train": 60_000, "dev": 1_000, "test": 2_000}, {"train": 256, "dev": 64, "test": 64})
    splits = {split: [pair() for _ in range(size)] for split, size in sizes.items()}
    return Corpus("running totals", splits, "whitespace", "whitespace")


TASKS = {
    "pronunciations": Task(
        lambda seed: published(),
        {"embedding_dim": 64, "encoder_units": 128, "decoder_units": 128, "dropout": 0.1},
        {"epochs": 16, "learning_rate": 2e-3},
    ),
    "running totals": Task(
        running_totals,
        {"embedding_dim": 32, "encoder_units": 64, "decoder_units": 128},
        {"epochs": 3, "learning_rate": 5e-3},
    ),
}


def strategies(arm, updates):
    """The strategies of an arm; schedules fall from 1 to 0.5 in ``updates``."""
    from s2s_lesson import training

    falls = {
        "linear": training.LinearDecay(updates, begin=1.0, end=0.5),
        "exponential": training.ExponentialDecay(0.5 ** (1 / updates)),
        "inverse sigmoid": training.InverseSigmoidDecay(half_life(updates)),
    }
    kind, *details = arm.split(", ")
    if kind == "scheduled sampling":
        coin, fall = details
        return [training.ScheduledSampling(falls[fall], choose="sample", coin=coin.removeprefix("by "))]
    if kind == "minimum risk":
        samples, sharpness = (float(detail.split()[-1]) for detail in details)
        return [training.MinimumRisk(int(samples), sharpness=sharpness)]
    return [training.JointTraining()] if kind == JOINT else []


def half_life(updates):
    """The k with which an inverse sigmoid is at one half after so many updates: k ln k = updates."""
    from scipy.special import lambertw

    return updates / float(lambertw(updates).real)


def risk(samples, sharpness):
    """The name of an arm."""
    return f"minimum risk, samples {samples}, sharpness {sharpness:g}"


FALLS = ("linear", "exponential", "inverse sigmoid")
SAMPLING = [f"scheduled sampling, by {coin}, {fall}" for coin in ("token", "row") for fall in FALLS]
FIRST_ARMS = [CONTROL, *SAMPLING, JOINT, *(risk(5, sharpness) for sharpness in SHARPNESS)]


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--task", choices=TASKS, help="of this task alone, and write no results")
    arms = [BEGINNING, *FIRST_ARMS]
    parser.add_argument("--only", nargs="+", choices=arms, metavar="ARM", help="; ".join(arms))


def run(options):
    """Run the benchmark."""
    warnings.simplefilter("ignore")  # overlong pairs are left out
    tasks = [options.task] if options.task else list(TASKS)
    if options.only:
        for task in tasks:
            measured(task, options.only, options.seeds)
    else:
        runs = [run for task in tasks for run in all_of(task, options.seeds)]
        if not options.task:
            write(runs, options.seeds)


def all_of(task, seeds):
    """All runs of a task: what they begin from, and the arms."""
    runs = measured(task, [BEGINNING, *FIRST_ARMS], seeds)
    sharpness = best_sharpness(runs)
    runs += measured(task, [risk(20, sharpness)], seeds)
    return runs + measured(task, [risk(MOST_SAMPLES, sharpness)], seeds[:1])


def best_sharpness(runs):
    """With which the fewest tokens are wrong on dev, five samples a source, over all seeds together."""

    def wrong(sharpness):
        return sum(run["dev"]["token_error_rate"] for run in runs if run["arm"] == risk(5, sharpness))

    return min(SHARPNESS, key=wrong)


def measured(task, arms, seeds):
    """The figures of some runs: list of dict, see ``measure``."""
    folder = runs_of("fine_tuning")
    return [
        kept(folder / f"{file_name(task, arm, seed)}.json", measure, task, arm, seed)
        for seed in seeds
        for arm in arms
    ]


def measure(task, arm, seed):
    """Train and score one run.

    Args:
        task: one of ``TASKS``.
        arm: str, as ``strategies`` takes it; ``BEGINNING`` is the model that all go on with.
        seed: int.

    Returns:
        dict of ``task``, ``arm``, ``seed``, ``updates``, ``processor_seconds`` of the training, ``dev`` (see
        ``pipeline.evaluate``, greedy) and ``scores``, see ``exposed.scores``, on the test split.
    """
    from s2s_lesson.pipeline import TextToText, evaluate
    from s2s_lesson.training import holds_run

    corpus, folder = TASKS[task].corpus(seed), folder_of(task, arm, seed)
    if arm == BEGINNING:
        pipeline = untrained(corpus, seed, **MODEL_OF_ALL, **TASKS[task].model)
        training = TASKS[task].training
    else:
        pipeline, training = TextToText.load(folder_of(task, BEGINNING, seed)), FINE_TUNING
    training = {**training, "epochs": quick.size(training["epochs"], 1)}
    updates = training["epochs"] * len(pipeline.batches(corpus.train, batch_size=BATCH_SIZE))
    whole, began = not holds_run(folder), time.process_time()
    training["strategies"] = strategies(arm, updates)
    pipeline.fit(corpus.train, corpus.dev, **fitting(folder, seed), **training, batch_size=BATCH_SIZE)
    seconds, pipeline = time.process_time() - began, TextToText.load(folder)
    return {
        "task": task,
        "arm": arm,
        "seed": seed,
        "updates": updates,
        "processor_seconds": round(seconds, 1) if whole else None,
        "dev": evaluate(pipeline, corpus.dev, beam_size=1, batch_size=256),
        "scores": scores(pipeline, corpus.test),
    }


def folder_of(task, arm, seed):
    """Where a run lies."""
    return runs_of("fine_tuning") / file_name(task, arm, seed)


def write(runs, seeds):
    """Write the figures of all arms, and what each has more or less than the control."""
    write_results(
        "fine_tuning",
        ["fine_tuning", "--seeds", *seeds],
        tasks={
            task: {
                "model": TASKS[task].model,
                "training": TASKS[task].training,
                "fine_tuning": FINE_TUNING,
                "figures": {arm: spreads(list(by_seed.values())) for arm, by_seed in arms.items()},
                "differences": {
                    arm: differences(by_seed, arms[CONTROL])
                    for arm, by_seed in arms.items()
                    if arm != CONTROL
                },
            }
            for task, arms in figures_of(runs).items()
        },
        runs=runs,
    )


def figures_of(runs):
    """By task, arm and seed, the figures of each run: see ``exposed.flat``."""
    figures = {task: {} for task in TASKS}
    for run in runs:
        figures[run["task"]].setdefault(run["arm"], {})[run["seed"]] = flat(run)
    return figures


def differences(own, control):
    """What an arm has more than the control, seed by seed, for every figure: see ``difference``."""
    return {
        name: difference([own[seed][name] for seed in own], [control[seed][name] for seed in own])
        for name in next(iter(control.values()))
    }
