"""Searches of scripted models for the page: cases are drawn here, and run in one process of Node.js.

A case is a dict of what to ``run``, of its ``options``, and of what views/test/run_searches.mjs says beside.
"""

import re

import numpy as np
import scripted
from in_node import run_in_node
from scripted import EOS

WIDE = {(3, 4): 31, (5, 3): 85}  # vocabulary and length, and how many outputs there are
TIED_NODES = [1, 5, 7]  # with one node, outputs of the same tokens in another order tie


def camel_case(name):
    return re.sub("_(.)", lambda letter: letter[1].upper(), name)


def plain(value):
    """Arrays as lists, names of options as JavaScript writes them, and None where a number is -infinity."""
    if isinstance(value, dict):
        return {camel_case(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return None if value == -np.inf else value


def run(cases, folder):
    """What each case gives in JavaScript."""
    return run_in_node("run_searches.mjs", plain(cases), folder)


def drawn_model(seed, name, sizes=None, tied=False):
    """A table of logits, one of attention, and the ends of outputs."""
    rng = np.random.default_rng([seed, len(name), *(sizes or ()), tied])
    vocab_size, length = sizes or rng.integers([3, 1], [12, 7]).tolist()
    nodes = scripted.tree_nodes(vocab_size, length) if sizes else 29
    nodes = TIED_NODES[seed % 3] if tied else nodes
    table = rng.normal(0, 2, (nodes, vocab_size)).astype("float32")
    if tied:
        table = rng.choice(rng.normal(0, 2, 3), table.shape).astype("float32")
    impossible = rng.random(table.shape) < rng.choice([0, 0.2])
    impossible[np.arange(nodes), rng.integers(vocab_size, size=nodes)] = False
    table[impossible] = -np.inf
    attention, _ = scripted.random_attention([seed, 1], nodes, [3])
    options = {
        "bos_id": int(rng.choice([EOS, 0])),
        "eos_id": EOS,
        "pad_id": [None, EOS, 0, vocab_size - 1][rng.integers(4)],
        "max_output_length": length,
        "forbidden": rng.choice(vocab_size, rng.integers(3), replace=False).tolist() if seed % 2 else [],
    }
    return {"run": name, "table": table, "attention": attention[0], "options": options}


def drawn_scoring(rng, tied=False):
    return {
        "length_penalty": float(rng.choice([0, 0.6, 1, 1.7])),
        "length_formula": str(rng.choice(["gnmt", "average"])),
        "coverage_penalty": 0.0 if tied else float(rng.choice([0, 0, 0.3])),
    }


def drawn_beam(seed, sizes=None, tied=False):
    rng = np.random.default_rng([seed, 2])
    case = drawn_model(seed, "beamSearch", sizes, tied)
    beam_size = WIDE[sizes] if sizes else int(rng.choice([1, 2, 3, 5, 13]))
    n_best = int(rng.integers(1, beam_size + 1))
    case["options"] |= {"beam_size": beam_size, "n_best": n_best, **drawn_scoring(rng, tied)}
    return case


def drawn_exact(seed, sizes):
    case = drawn_model(seed, "exactSearch", sizes)
    case["options"] |= drawn_scoring(np.random.default_rng([seed, 3]))
    return case


def short_of_time(steps):
    """A search of a space with 15 prefixes that are no output yet; even logits make it take many steps."""
    case = drawn_model(0, "exactSearch", (3, 4))
    case["table"] = np.where(np.isfinite(case["table"]), case["table"] / 20, 0)
    case["options"] = {"bos_id": EOS, "eos_id": EOS, "max_output_length": 4, "max_steps": steps}
    case["options"]["length_penalty"] = 1.0
    return case


def filtered(logits, filters):
    return {"run": "samplingProbabilities", "logits": np.array(logits), "options": filters}


def drawn_filters(seed):
    rng = np.random.default_rng([seed, 4])
    logits = rng.normal(0, 2, rng.integers(1, 12)).astype("float32")
    if seed % 2:
        logits = np.round(logits)
    logits[rng.random(len(logits)) < 0.2] = -np.inf
    options = {
        "temperature": float(rng.choice([0, 0.5, 1, 2])),
        "top_k": [None, 1, 2, 3, 100][rng.integers(5)],
        "top_p": [None, 0.1, 0.5, 0.9, 1.0][rng.integers(5)],
    }
    return filtered(logits, options)


def drawn_sample(seed):
    case = drawn_model(seed, "sample")
    filters = drawn_filters(seed)["options"]
    case["options"] |= filters if seed % 3 else {}
    case["numbers"] = np.random.default_rng([seed, 0]).random(case["options"]["max_output_length"])
    return case


def of_table(name, table, **options):
    table = np.array(table, float)
    ends = {"bos_id": EOS, "eos_id": EOS, "max_output_length": 3}
    return {"run": name, "table": table, "numbers": [0.5] * 3, "options": {**ends, **options}}
