"""Rows of random letters to copy: nothing of a row can be guessed from the rest of it."""

import time
from collections import defaultdict

from benchmarks.shared import quick

ROWS = {"alphabet_size": 26, "min_length": 4, "max_length": 24}
TRAIN_SIZE = 153_600  # 1,200 batches
LARGEST = 4 * TRAIN_SIZE  # what any training takes its rows from, so that all have the same test rows
TEST_SIZE = 4_200  # about 200 rows of each length
BATCH_SIZE, LEARNING_RATE = 128, 5e-3
SIZES = {"embedding_dim": 32, "encoder_units": 64, "decoder_units": 128}


def trained(seed, train_size=TRAIN_SIZE, **options):
    """Train a model on rows, each of which it sees once.

    Args:
        seed: int, of the rows, the weights and the order of the batches.
        train_size: int.
        **options: of ``TextToText.from_pairs``, in place of ``SIZES``.

    Returns:
        The pipeline, the corpus, and the processor seconds of the training.
    """
    from s2s_lesson import corpora, engine
    from s2s_lesson.pipeline import TextToText

    sizes = {"train_size": LARGEST, "dev_size": 500, "test_size": TEST_SIZE}
    sizes |= quick.size({}, {"train_size": 256, "test_size": 60})
    corpus = corpora.load("copy", seed=seed, **ROWS, **sizes)
    engine.seed_everything(seed)
    pairs, tokens = corpus.train[:train_size], {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    pipeline = TextToText.from_pairs(pairs, **tokens, **{**SIZES, **options})
    training = {"epochs": 1, "batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "progress": False}
    started = time.process_time()
    pipeline.fit(pairs, corpus.dev, seed=seed, **training)
    return pipeline, corpus, time.process_time() - started


def scores_by_length(pipeline, pairs, names):
    """Scores of greedy search on rows of each length.

    Args:
        pipeline: ``TextToText``.
        pairs: rows.
        names: of scores of ``evaluate``.

    Returns:
        list of dicts of ``length``, in letters, ``pairs`` and the scores.
    """
    from s2s_lesson.pipeline import evaluate

    by_length = defaultdict(list)
    for pair in pairs:
        by_length[len(pair.source.split())].append(pair)
    scored = []
    for length, rows in sorted(by_length.items()):
        scores = evaluate(pipeline, rows, beam_size=1, batch_size=BATCH_SIZE, metrics=names)
        scored.append({"length": length, "pairs": len(rows), **{name: scores[name] for name in names}})
    return scored
