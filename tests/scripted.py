"""Scripts in place of a model: a table says which logits follow each prefix. All is NumPy.

The prefixes form a tree: node 0 is the empty prefix, and token t leads from node n to node
``n * vocab_size + 1 + t``. A table is float (nodes, vocab_size), one row of logits a node.
"""

import itertools

import numpy as np
from reference import log_softmax

EOS, BOS = 1, 0


def random_tables(seed, batch, vocab_size, max_output_length):
    """Logits for every prefix of up to ``max_output_length - 1`` tokens: (batch, nodes, vocab_size)."""
    nodes = sum(vocab_size**depth for depth in range(max_output_length))
    return np.random.default_rng(seed).normal(0, 2, (batch, nodes, vocab_size)).astype("float32")


def initial_state(tables):
    return {"table": tables, "node": np.full(len(tables), -1)}


def step(token_ids, state):
    """A step function: goes down the tree."""
    table, node = state["table"], state["node"]
    node = np.where(node < 0, 0, node * table.shape[-1] + 1 + token_ids)
    return table[np.arange(len(node)), node], {"table": table, "node": node}


def penalised(log_probability, length, length_penalty):
    return log_probability / ((5 + length) / 6) ** length_penalty


def log_probability(table, sequence):
    """Sum of the log-probabilities of a sequence's tokens."""
    node, total = 0, 0.0
    for token in sequence:
        total += log_softmax(table[node])[token]
        node = node * table.shape[-1] + 1 + token
    return total


def search_space(vocab_size, max_output_length):
    """Every sequence that a search could return: ended by EOS, or cut."""
    others = [token for token in range(vocab_size) if token != EOS]
    ended = [
        (*prefix, EOS)
        for length in range(max_output_length)
        for prefix in itertools.product(others, repeat=length)
    ]
    return ended + list(itertools.product(others, repeat=max_output_length))


def slow_beam_search(table, max_output_length, beam_size, n_best, length_penalty):
    """Beam search over one sentence, without batches, arrays or an early stop.

    Returns:
        list of (score, log_probability, sequence), best first: the best that ever ended, or were cut.
    """
    beam, finished = [(0.0, 0.0, ())], {}
    for _ in range(max_output_length):
        candidates = []
        for score, total, sequence in beam:
            if sequence[-1:] == (EOS,):
                candidates.append((score, total, sequence))
                continue
            for token in range(table.shape[-1]):
                longer = (*sequence, token)
                total = log_probability(table, longer)
                candidates.append((penalised(total, len(longer), length_penalty), total, longer))
        beam = sorted(candidates, key=lambda candidate: -candidate[0])[:beam_size]
        finished |= {kept[2]: kept for kept in beam if kept[2][-1:] == (EOS,)}
    finished |= {kept[2]: kept for kept in beam}
    return sorted(finished.values(), key=lambda candidate: -candidate[0])[:n_best]


def found(result, row):
    """A sentence's sequences as tuples without what fills the row, of the hypotheses that exist."""
    ranks = [rank for rank, score in enumerate(result.scores[row]) if np.isfinite(score)]
    return [tuple(result.sequences[row, rank, : result.lengths[row, rank]].tolist()) for rank in ranks]
