"""Scripts in place of a model: a table says which logits follow each prefix. All is NumPy.

The prefixes form a tree: node 0 is the empty prefix, and token t leads from node n to node
``n * vocab_size + 1 + t``, modulo the number of nodes. A table is float (nodes, vocab_size), one row of
logits a node. With a node for every prefix, ``tree_nodes`` of them, each prefix has logits of its own.
"""

import numpy as np
from reference import log_softmax, softmax

EOS = 1
IDS = {"bos_id": EOS, "eos_id": EOS}  # one token for both ends, so that every token may be written


def tree_nodes(vocab_size, max_output_length):
    """The number of prefixes of up to ``max_output_length - 1`` tokens."""
    return sum(vocab_size**depth for depth in range(max_output_length))


def random_tables(seed, batch, vocab_size, nodes):
    """Logits for every node: (batch, nodes, vocab_size)."""
    return np.random.default_rng(seed).normal(0, 2, (batch, nodes, vocab_size)).astype("float32")


def random_attention(seed, nodes, source_lengths):
    """Attention weights for every node, 0 on padding, and which source positions are real.

    Returns:
        attention_tables: (batch, nodes, source_length).
        keys_mask: bool (batch, source_length).
    """
    keys_mask = np.arange(max(source_lengths)) < np.array(source_lengths)[:, None]
    scores = np.random.default_rng(seed).normal(0, 3, (len(keys_mask), nodes, keys_mask.shape[1]))
    return softmax(np.where(keys_mask[:, None], scores, -np.inf)).astype("float32"), keys_mask


def initial_state(tables, attention_tables=None, keys_mask=None):
    """A state of NumPy arrays, with the leaves that a search reads attention from where there is any."""
    state = {"table": tables, "node": np.full(len(tables), -1)}
    if attention_tables is not None:
        state["attention_table"] = attention_tables
        state["attention_weights"] = np.zeros_like(attention_tables[:, 0])
    if keys_mask is not None:
        state["keys_mask"] = keys_mask
    return state


def child(node, token, table):
    """The node that a token leads to."""
    return (node * table.shape[-1] + 1 + token) % table.shape[-2]


def step(token_ids, state):
    """A step function: goes down the tree."""
    node = np.where(state["node"] < 0, 0, child(state["node"], token_ids, state["table"]))
    rows, state = np.arange(len(node)), {**state, "node": node}
    if "attention_table" in state:
        state["attention_weights"] = state["attention_table"][rows, node]
    return state["table"][rows, node], state


def ops_step(token_ids, state):
    """``step`` once more, of operations that an engine can trace."""
    from keras import ops  # most searches are tested without an engine

    token_ids = ops.cast(token_ids, state["node"].dtype)
    node = ops.where(state["node"] < 0, 0, child(state["node"], token_ids, state["table"]))
    place, state = node[:, None, None], {**state, "node": node}
    if "attention_table" in state:
        state["attention_weights"] = ops.take_along_axis(state["attention_table"], place, axis=1)[:, 0]
    return ops.take_along_axis(state["table"], place, axis=1)[:, 0], state


class Script:
    """What follows each prefix of one sentence, looked up without a search.

    Args:
        table: float (nodes, vocab_size).
        attention_table: float (nodes, source_length) or None.
        keys_mask: bool (source_length,) or None.
    """

    def __init__(self, table, attention_table=None, keys_mask=None):
        self.table, self.attention_table, self.keys_mask = table, attention_table, keys_mask
        with np.errstate(divide="ignore"):
            self.table_of_log_probs = log_softmax(table)

    def node(self, prefix):
        node = 0
        for token in prefix:
            node = child(node, token, self.table)
        return node

    def log_probs(self, prefix):
        """Log-probabilities of the next token: (vocab_size,)."""
        return self.table_of_log_probs[self.node(prefix)]

    def attention(self, prefix):
        """Attention weights of the step that writes the next token, on real source positions alone."""
        real = slice(None) if self.keys_mask is None else self.keys_mask
        return self.attention_table[self.node(prefix)][real]

    def total(self, sequence):
        """Sum of the log-probabilities of a sequence's tokens."""
        return sum(self.log_probs(sequence[:place])[token] for place, token in enumerate(sequence))


def sequences(result, row):
    """A sentence's sequences as tuples without what fills the row, of the hypotheses that exist."""
    ranks = [rank for rank, length in enumerate(result.lengths[row]) if length]
    return [tuple(result.sequences[row, rank, : result.lengths[row, rank]].tolist()) for rank in ranks]
