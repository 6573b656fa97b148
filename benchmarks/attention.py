"""Train every attention on the same task, draw up where each looks, and measure what each order costs.

    python -m benchmarks attention --seeds 0 1 2

writes book/results/attention.json. Finished parts are kept in runs/attention/, and a command that is given
again takes them from there.
"""

import statistics
import time
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.processes import in_processes, in_turns, timed
from benchmarks.shared.results import attention_map, file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import median, ratio, spreads
from benchmarks.shared.training import seconds_of, training_of, untrained
from benchmarks.shared.worker import peak

RESULTS = ("attention",)
# The same sizes for all, and such that the score "dot" fits: 48 units in each direction, 96 in the decoder.
SIZES = {"encoder_units": 48, "decoder_units": 96}
EPOCHS, TEST_ROWS = 1, 1_000
VARIANTS = {
    "none": {"attention": "none"},
    "dot": {"attention": "luong_dot"},
    "general": {"attention": "luong_general"},
    "concat": {"attention": "luong_concat"},
    "additive": {"attention": "bahdanau"},
    "additive, into the RNN": {"attention": "bahdanau", "attention_order": "into_rnn"},
    "general, input feeding": {"attention": "luong_general", "input_feeding": True},
    "general, coverage": {"attention": "luong_general", "coverage": True},
    "general, monotonic window": {"attention": "luong_general", "window": "monotonic"},
    "general, predictive window": {"attention": "luong_general", "window": "predictive"},
    "self-attention decoder": {"decoder": "self_attention"},
}
SPOKEN = {"encoder_units": 96, "encoder_layers": 1, "decoder_units": 128}
ORDERS = {
    "after the RNN": {},
    "after the RNN, input feeding": {"input_feeding": True},
    "into the RNN": {"attention_order": "into_rnn"},
}
SCORES = {"dot": "luong_dot", "additive": "bahdanau"}
LENGTHS = (10, 20, 40, 80)  # tokens, of source and target alike
COST = {"vocabulary": 100, "embedding_dim": 64, "encoder_units": 64, "decoder_units": 128, "batch_size": 32}
ROUNDS = 11


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    folder = runs_of("attention")
    runs = [
        kept(folder / f"{file_name(variant, seed)}.json", train_dates, variant, seed)
        for seed in options.seeds
        for variant in VARIANTS
    ]
    cost = {
        **COST,
        "lengths": lengths(),
        "seconds": kept(folder / "seconds.json", seconds_per_step),
        "memory": kept(folder / "memory.json", memory),
    }
    write_results(
        "attention",
        ["attention", "--seeds", *options.seeds],
        sizes=SIZES,
        epochs=EPOCHS,
        test_rows=TEST_ROWS,
        variants={
            variant: summary([run for run in runs if run["variant"] == variant]) for variant in VARIANTS
        },
        runs=runs,
        pronunciations=kept(folder / "pronunciations.json", train_pronunciations),
        cost=cost,
    )


def train_dates(variant, seed):
    """Train one attention on dates, and see what it writes for the test split and where it looks.

    Args:
        variant: one of ``VARIANTS``.
        seed: int.

    Returns:
        dict of ``variant``, ``seed``, ``parameters``, ``training_seconds`` (by the clock),
        ``processor_seconds`` (summed over the cores), ``loss`` and ``val_loss`` of the last epoch,
        ``exact_match`` (0 to 1), ``year`` (see ``year_alignment``) and ``maps``, one dict for each of the
        first three test pairs.
    """
    import keras

    keras.utils.clear_session()
    corpus, pipeline = untrained("dates", seed, **SIZES, **VARIANTS[variant])
    training = training_of("dates", epochs=EPOCHS)
    started = time.process_time()
    history = pipeline.fit(corpus.train, corpus.dev, **training, seed=seed, progress=False)
    processor_seconds = time.process_time() - started
    pairs = corpus.test[:TEST_ROWS]
    predictions = pipeline.predict([pair.source for pair in pairs], beam_size=1)
    right = [prediction.text == pair.target for prediction, pair in zip(predictions, pairs, strict=True)]
    return {
        "variant": variant,
        "seed": seed,
        "parameters": pipeline.model.count_params(),
        "training_seconds": seconds_of(history),
        "processor_seconds": round(processor_seconds, 1),
        "loss": history["loss"][-1],
        "val_loss": history["val_loss"][-1],
        "exact_match": statistics.fmean(right),
        "year": year_alignment(predictions, pairs),
        "maps": [attention_map(prediction) for prediction in predictions[:3]],
    }


def year_alignment(predictions, pairs):
    """See whether the digits of a year are written while looking at them.

    Counted are the pairs whose source holds the year in four digits, in one place, and whose output has the
    right year.

    Args:
        predictions: list of ``Prediction``.
        pairs: list of (source, target) texts.

    Returns:
        dict of ``rows``, how many pairs these are; ``on_digit``, the share of their four steps in which the
        heaviest weight lies on the digit that is written; ``within_one``, likewise for that digit and its two
        neighbours; ``weight_on_year``, the weight on the four digits together, a mean over steps.
    """
    import numpy as np

    distances, weights = [], []
    for prediction, (_, target) in zip(predictions, pairs, strict=True):
        year, tokens = target[:4], "".join(prediction.source_tokens[:-1])
        if tokens.count(year) == 1 and prediction.text[:4] == year:
            start, rows = tokens.index(year), prediction.attention_weights[:4]
            distances += list(rows.argmax(axis=1) - (start + np.arange(4)))
            weights += list(rows[:, start : start + 4].sum(axis=1))
    distances = np.abs(distances)
    return {
        "rows": len(distances) // 4,
        "on_digit": float(np.mean(distances == 0)),
        "within_one": float(np.mean(distances <= 1)),
        "weight_on_year": float(np.mean(weights)),
    }


def train_pronunciations():
    """Train on pronunciations for one epoch, smaller than the preset: enough to see where it looks.

    Returns:
        dict of the options, ``training_seconds``, ``words``, how many test words were read,
        ``phoneme_error_rate`` over these, ``forward``, the share of steps from one output token to the next
        in which the heaviest weight does not move back, and ``maps`` of the first six test words.
    """
    import keras
    import numpy as np

    from s2s_lesson.data import edit_distance_rate
    from s2s_lesson.data.prediction import without_end

    keras.utils.clear_session()
    corpus, pipeline = untrained("pronunciations", 0, **SPOKEN)
    training = training_of("pronunciations", epochs=1)
    history = pipeline.fit(corpus.train, corpus.dev, **training, progress=False)
    answers = {}
    for pair in corpus.test:
        answers.setdefault(pair.source, []).append(pipeline.target_side(pair.target))
    words = list(answers)[:2000]
    predictions = pipeline.predict(words, beam_size=1)
    moves = np.concatenate(
        [np.diff(prediction.attention_weights.argmax(axis=1)) for prediction in predictions]
    )
    outputs = [without_end(prediction.tokens) for prediction in predictions]
    return {
        "options": {**SPOKEN, **training},
        "training_seconds": seconds_of(history),
        "words": len(words),
        "phoneme_error_rate": edit_distance_rate(outputs, [answers[word] for word in words]),
        "forward": float(np.mean(moves >= 0)),
        "maps": [attention_map(prediction) for prediction in predictions[:6]],
    }


def lengths():
    """The lengths at which costs are measured."""
    return quick.size(LENGTHS, LENGTHS[:1])


def trainable(order, score):
    """A compiled model for the measurements of cost."""
    from s2s_lesson import engine
    from s2s_lesson.layers import Seq2SeqConfig
    from s2s_lesson.models import Seq2Seq
    from s2s_lesson.training import compile_model

    engine.seed_everything(0)
    names = ("embedding_dim", "encoder_units", "decoder_units")
    sizes = {name: COST[name] for name in names}
    vocabulary = COST["vocabulary"]
    options = {**sizes, **ORDERS[order], "attention": SCORES[score]}
    model = Seq2Seq(Seq2SeqConfig(vocabulary, vocabulary, **options))
    compile_model(model)
    return model


def batch_of(source_length, target_length):
    """Random ids, nothing padded, in the form of a training batch."""
    import numpy as np

    generator = np.random.default_rng(0)
    size = COST["batch_size"]
    source_ids = generator.integers(4, COST["vocabulary"], (size, source_length), "int32")
    targets = generator.integers(4, COST["vocabulary"], (size, target_length), "int32")
    return {"source_ids": source_ids, "decoder_inputs": targets}, targets


def seconds_per_step():
    """Time training steps of all orders and scores in turns.

    Returns:
        list of dicts of ``order``, ``score``, ``length`` (of source and target), ``seconds`` (median) and
        ``ratio``, the median of the ratios to the step "after the RNN" with the same score in the same round.
    """
    columns = [(order, score) for score in SCORES for order in ORDERS]
    models = {column: trainable(*column) for column in columns}
    for model in models.values():
        model.train_on_batch(*batch_of(4, 5))  # the second shape makes the graph fit any
        model.train_on_batch(*batch_of(5, 4))
    measured = []
    for length in lengths():
        steps = {
            column: partial(timed, model.train_on_batch, *batch_of(length, length))
            for column, model in models.items()
        }
        rounds = in_turns(steps, quick.size(ROUNDS, 2))
        seconds = {column: [one[column] for one in rounds] for column in columns}
        for order, score in columns:
            own, base = seconds[order, score], seconds["after the RNN", score]
            case = {"order": order, "score": score, "length": length}
            measured.append({**case, "seconds": round(median(own), 5), "ratio": ratio(own, base)})
    return measured


def memory():
    """``peak_memory`` of all columns, each in a process of its own: a process's peak never falls again."""
    return in_processes(peak_memory, [(order, score) for order in ORDERS for score in SCORES])


def peak_memory(order, score):
    """Measure by how much training steps raise the peak of this process's memory.

    Returns:
        dict of ``order``, ``score`` and ``mebibytes``, for each of ``LENGTHS`` the growth since the first
        steps, on sources and targets of 4 and 5 tokens.
    """
    model = trainable(order, score)
    for shape in ((4, 5), (5, 4), (4, 4), (5, 5)):
        model.train_on_batch(*batch_of(*shape))
    before, growth = peak(), []
    for length in lengths():
        for _ in range(2):
            model.train_on_batch(*batch_of(length, length))
        growth.append(round(peak() - before, 1))
    return {"order": order, "score": score, "mebibytes": growth}


def summary(runs):
    """Mean, least and greatest of what is measured, over the seeds."""
    names = ("exact_match", "training_seconds", "processor_seconds")
    figures = [
        {
            **{name: run[name] for name in names},
            **{f"year_{name}": run["year"][name] for name in ("on_digit", "within_one")},
        }
        for run in runs
    ]
    return spreads(figures)
