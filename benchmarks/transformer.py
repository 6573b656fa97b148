"""Train a Transformer and the recurrent model of chapter 1 for the same processor seconds.

    python -m benchmarks transformer --seeds 0 1 2

writes book/results/transformer.json. Both have about as many parameters, and learn from the same dates. How
many passes fit into a budget was measured once, and stands in ARMS, so that every run can be made again;
each run says how many processor seconds it took, compilation included. The learning rate of both is the best
of those that were tried: for the recurrent model in end_to_end, for the Transformer 0.003, 0.006 and 0.01.
The second budget also went to a Transformer with one head, and to one that knows no positions. In the end a
training step of both is timed on rows of random ids, from short to long. Finished parts are kept in
runs/transformer/.
"""

import time
from functools import partial

from benchmarks.shared import quick
from benchmarks.shared.processes import in_turns, timed
from benchmarks.shared.results import file_name, kept, runs_of, write_results
from benchmarks.shared.summaries import median, ratio, spread
from benchmarks.shared.training import seconds_of, untrained

RESULTS = ("transformer",)
PAIRS, TESTED, BATCH_SIZE = 6_000, 500, 64
SIZES = {"encoder_units": 64, "decoder_units": 64}  # of the recurrent model
TRANSFORMER = {"units": 48, "num_heads": 4, "num_layers": 2}
BUDGETS = (12, 20, 40)  # processor seconds
# Arm -> the changes to TRANSFORMER, None for the recurrent model; passes in each budget.
ARMS = {
    "recurrent": (None, (4, 8, 17)),
    "Transformer": ({}, (3, 7, 15)),
    "Transformer, one head": ({"num_heads": 1}, (7,)),
    "Transformer, no positions": ({"positions": False}, (7,)),
}
LEARNING_RATE, WARMUP_STEPS = 1e-2, 200  # the warm-up is that of the Transformers
DATE = "30 sept. 2016"
LENGTHS, ROWS, VOCABULARY, ROUNDS = (16, 32, 64, 128, 256, 512), 16, 100, 5


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    folder = runs_of("transformer")
    jobs = [
        (arm, passes, seed) for arm, (_, each) in ARMS.items() for passes in each for seed in options.seeds
    ]
    jobs.sort(key=lambda job: job[1])  # short ones first
    runs = [kept(folder / f"{file_name(*job)}.json", measure, *job) for job in jobs]
    longest = max((run for run in runs if run["arm"] == "Transformer"), key=lambda run: run["passes"])
    write_results(
        "transformer",
        ["transformer", "--seeds", *options.seeds],
        recurrent=SIZES,
        transformer=TRANSFORMER,
        pairs=PAIRS,
        tested=TESTED,
        budgets=BUDGETS,
        learning_rate=LEARNING_RATE,
        warmup_steps=WARMUP_STEPS,
        arms={arm: summary([run for run in runs if run["arm"] == arm]) for arm in ARMS},
        steps=kept(folder / "steps.json", seconds_per_step),
        heads=longest["heads"],
        runs=[{name: value for name, value in run.items() if name != "heads"} for run in runs],
    )


def model_of(arm, pipeline):
    """The untrained model of an arm, for the vocabularies of a pipeline with the recurrent one."""
    import numpy as np

    from s2s_lesson.models import Transformer

    changes, _ = ARMS[arm]
    if changes is None:
        return pipeline.model
    options = {**TRANSFORMER, **changes}
    with_positions = options.pop("positions", True)
    model = Transformer(len(pipeline.source_vocab), len(pipeline.target_vocab), **options)
    # Both begin with the frequencies of the target tokens.
    model.decoder.output_layer.bias.assign(pipeline.model.decoder.output_layer.bias)
    if not with_positions:
        for part in (model.encoder, model.decoder):
            part.positions = np.zeros_like(part.positions)
    return model


def measure(arm, passes, seed):
    """Train one model and score it.

    Args:
        arm: one of ``ARMS``.
        passes: int.
        seed: int, of the weights and of the order of the batches.

    Returns:
        dict of ``arm``, ``passes``, ``seed``, ``parameters``, ``training_seconds`` by the clock,
        ``processor_seconds``, ``loss`` (of validation pairs, one for each pass), ``exact_match`` of the first
        pairs of both test splits, by greedy search, and for a Transformer the ``heads``: see ``heads``.
    """
    from s2s_lesson import training
    from s2s_lesson.pipeline import TextToText, evaluate

    corpus, pipeline = untrained("dates", seed, **SIZES)
    model, recurrent = model_of(arm, pipeline), ARMS[arm][0] is None
    passes = quick.size(passes, 1)
    batches = pipeline.batches(corpus.train[:PAIRS], BATCH_SIZE, shuffle=True, seed=seed)
    held_out = pipeline.batches(corpus.dev[:1_000], TESTED)
    steps = passes * len(batches)
    warmup_steps = 0 if recurrent else min(WARMUP_STEPS, steps // 2)
    optimization = training.Optimization(LEARNING_RATE, warmup_steps=warmup_steps)
    training.compile_model(model, optimization.rate(steps))
    started = time.process_time()
    history = training.fit(model, batches, held_out, epochs=passes, progress=False)
    processor_seconds = time.process_time() - started
    *vocabularies, sides = pipeline.description()
    translator = TextToText(model, *vocabularies, **sides)
    exact_match = {
        split: evaluate(
            translator, corpus.splits[split][:TESTED], 1, batch_size=TESTED, metrics=["exact_match"]
        )["exact_match"]
        for split in ("test", "test_unseen_locales")
    }
    return {
        "arm": arm,
        "passes": passes,
        "seed": seed,
        "parameters": model.count_params(),
        "training_seconds": seconds_of(history),
        "processor_seconds": round(processor_seconds, 1),
        "loss": [round(float(loss), 4) for loss in history["val_loss"]],
        "exact_match": exact_match,
        **({} if recurrent else {"heads": heads(translator)}),
    }


def heads(translator):
    """Where each head of a Transformer looks while it reads and writes the date of the book.

    Returns:
        dict of ``source_tokens``, ``read`` (what the decoder has read at each step), ``tokens`` (what it
        writes), and of the weights of ``encoder``, ``decoder`` and ``source``: for each block and each head
        one text a row, rounded to three decimals.
    """
    import numpy as np
    from keras import ops

    vocab, [prediction] = translator.target_vocab, translator.predict([DATE], beam_size=1)
    source_ids = np.array([translator.source_vocab.encode(list(DATE))])
    written = [vocab.tokens.index(token) for token in prediction.tokens]
    read = [vocab.bos_id, *written[:-1]]
    inputs = {"source_ids": source_ids, "decoder_inputs": np.array([read])}
    weights = translator.model.weights_by_head(inputs)
    rows = {
        part: [[_texts(head) for head in ops.convert_to_numpy(block)[0]] for block in blocks]
        for part, blocks in weights.items()
    }
    return {
        "source_tokens": list(prediction.source_tokens),
        "read": [vocab.tokens[token] for token in read],
        "tokens": list(prediction.tokens),
        **rows,
    }


def _texts(head):
    return [" ".join(f"{weight:.3g}" for weight in row.round(3)) for row in head]


def seconds_per_step():
    """Time training steps of both models on rows of random ids, nothing padded, source and target alike.

    Returns:
        dict of ``rows`` in a batch, and of a list ``lengths``, one dict for each: ``length``; ``recurrent``
        and ``Transformer``, processor seconds of a step, medians; and their ``ratio`` in the same turn.
    """
    import numpy as np

    from s2s_lesson import engine
    from s2s_lesson.layers import Seq2SeqConfig
    from s2s_lesson.models import Seq2Seq, Transformer
    from s2s_lesson.training import compile_model

    engine.seed_everything(0)
    lengths, generator = quick.size(LENGTHS, LENGTHS[:1]), np.random.default_rng(0)
    models = {
        "recurrent": Seq2Seq(Seq2SeqConfig(VOCABULARY, VOCABULARY, **SIZES)),
        "Transformer": Transformer(VOCABULARY, VOCABULARY, max_length=LENGTHS[-1], **TRANSFORMER),
    }
    for model in models.values():
        compile_model(model)
        for width in (4, 5):  # the second shape makes the graph fit any
            ids = np.full((ROWS, width), 4)
            model.train_on_batch({"source_ids": ids, "decoder_inputs": ids}, ids)
    measured = []
    for length in lengths:
        ids = generator.integers(4, VOCABULARY, (ROWS, length), "int32")
        inputs = {"source_ids": ids, "decoder_inputs": ids}
        steps = {
            name: partial(timed, model.train_on_batch, inputs, ids, clock=time.process_time)
            for name, model in models.items()
        }
        turns = in_turns(steps, quick.size(ROUNDS, 2))
        seconds = {name: [turn[name] for turn in turns] for name in models}
        medians = {name: round(median(values), 5) for name, values in seconds.items()}
        measured.append(
            {"length": length, **medians, "ratio": ratio(seconds["Transformer"], seconds["recurrent"])}
        )
    return {"rows": ROWS, "lengths": measured}


def summary(runs):
    """What an arm came to, over the seeds: a dict of one dict for each number of passes, the least first."""
    return {
        str(passes): {
            "parameters": of_passes[0]["parameters"],
            "processor_seconds": spread([run["processor_seconds"] for run in of_passes]),
            **{
                split: spread([run["exact_match"][split] for run in of_passes])
                for split in of_passes[0]["exact_match"]
            },
        }
        for passes in sorted({run["passes"] for run in runs})
        for of_passes in [[run for run in runs if run["passes"] == passes]]
    }
