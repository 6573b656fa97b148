"""What it costs NumPy to rank the logits of one step, beside the plain way, on one thread.

python -m benchmarks.shared.ranking --turns 7
"""

import argparse
import json
import time
from functools import partial

import numpy as np

from benchmarks.shared import quick
from benchmarks.shared.processes import in_turns, timed
from benchmarks.shared.summaries import median, ratio, spread

SENTENCES, BEAM_SIZE = 128, 5  # 640 rows
VOCAB_SIZES, SHORTLIST = (8_000, 32_000), 512  # the shortlist is one of the larger vocabulary
WAYS = {
    "package": "s2s_lesson.search.ranking.rank",
    "plain": "a copy of all logits, partitioned; without a shortlist, -infinity for what is not on it",
}


def measure(turns):
    """Rank the same logits in both ways, one after the other, over and over. Nothing of it runs in threads.

    Args:
        turns: int.

    Returns:
        dict of ``rows``, ``beam_size``, ``ways``, and ``cases``: a list of dicts of ``vocab_size``,
        ``shortlist``, how many tokens are on it, or None, for each way ``milliseconds`` of processor time,
        ``median`` and ``spread``, and ``times_plain``, what the package takes as a share of the plain way in
        the same turn.
    """
    sentences = quick.size(SENTENCES, 3)
    cases = [(vocab_size, None) for vocab_size in VOCAB_SIZES] + [(VOCAB_SIZES[-1], SHORTLIST)]
    return {
        "rows": sentences * BEAM_SIZE,
        "beam_size": BEAM_SIZE,
        "ways": WAYS,
        "cases": [_measure_case(sentences, *case, turns) for case in cases],
    }


def _measure_case(sentences, vocab_size, size, turns):
    ways = ways_of(sentences, vocab_size, size)
    ids = {name: way()[0] for name, way in ways.items()}
    if not np.array_equal(ids["package"], ids["plain"]):
        raise RuntimeError(f"Expected both ways to find the same tokens of {vocab_size}; they differ.")
    jobs = {name: partial(timed, way, clock=time.process_time) for name, way in ways.items()}
    seconds = in_turns(jobs, turns)
    milliseconds = {name: [1_000 * turn[name] for turn in seconds] for name in jobs}
    return {
        "vocab_size": vocab_size,
        "shortlist": size,
        "milliseconds": {
            name: {"median": median(of), "spread": spread(of)} for name, of in milliseconds.items()
        },
        "times_plain": ratio(milliseconds["package"], milliseconds["plain"]),
    }


def ways_of(sentences, vocab_size, size=None):
    """The two ways, as functions that return the ids of the likeliest tokens and their log-probabilities.

    Args:
        sentences: int.
        vocab_size: int.
        size: int, of the shortlist, or None.

    Returns:
        dict of ``package`` and ``plain``.
    """
    from s2s_lesson.search.ranking import rank
    from s2s_lesson.search.shortlist import Shortlist

    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, (sentences * BEAM_SIZE, vocab_size)).astype("float32")
    if size is None:
        return {"package": lambda: rank(logits, BEAM_SIZE)[:2], "plain": lambda: rank_plainly(logits)}
    lists = np.argsort(generator.random((sentences, vocab_size)), axis=1)[:, :size]
    lists[:, 0] = 1  # the end token
    shortlist, listed = Shortlist(lists, eos_id=1), np.zeros((sentences, vocab_size), bool)
    np.put_along_axis(listed, lists, True, axis=1)
    listed = np.repeat(listed, BEAM_SIZE, axis=0)

    def with_shortlist():
        columns, log_probs, *_ = rank(shortlist.look_up(logits), BEAM_SIZE)
        return shortlist.ids_at(columns), log_probs

    return {
        "package": with_shortlist,
        "plain": lambda: rank_plainly(np.where(listed, logits, np.float32(-np.inf))),
    }


def rank_plainly(logits):
    """The likeliest tokens of each row, and their log-probabilities, with all of the logits copied twice."""
    highest = logits.max(axis=-1, keepdims=True)
    normaliser = highest + np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True))
    least = np.partition(logits, -BEAM_SIZE, axis=-1)[:, -BEAM_SIZE, None]
    places = np.flatnonzero(logits >= least)
    if len(places) > BEAM_SIZE * len(logits):
        raise ValueError("Expected logits without ties among the likeliest; received some.")
    ids = (places % logits.shape[1]).reshape(len(logits), BEAM_SIZE)
    order = np.argsort(-np.take_along_axis(logits, ids, axis=-1), axis=-1, kind="stable")
    ids = np.take_along_axis(ids, order, axis=-1)
    return ids, np.take_along_axis(logits, ids, axis=-1) - normaliser


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=7)
    print(json.dumps(measure(parser.parse_args().turns), indent=1))
