"""What would need more memory than is free is refused. No engine is needed."""

import math
import os
import re
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from s2s_lesson.corpora import load, points
from s2s_lesson.data import memory
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.search import beam_search, sample

ENDS = {"bos_id": 2, "eos_id": 3, "max_output_length": 7}
STATE = {"sums": np.zeros((3, 11), "float32")}


def step(token_ids, state):
    """Logits of a vocabulary of 13."""
    return np.zeros((len(token_ids), 13)), state


def test_psutil_says_what_is_free(monkeypatch):
    psutil = SimpleNamespace(virtual_memory=lambda: SimpleNamespace(available=1234))
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    assert memory.free_memory() == 1234


def test_without_psutil_the_whole_memory_is_the_limit(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert memory.free_memory() == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    monkeypatch.delattr(os, "sysconf")
    assert memory.free_memory() == math.inf


def test_the_option_and_the_estimate_are_named(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 3e9)
    memory.expect_memory("units", 7, 3e9)
    with pytest.raises(ValueError) as error:
        memory.expect_memory("units", 8, 4.56e9)
    assert str(error.value) == (
        "Expected units that the free memory of 3.0 GB has room for; received 8, which needs about 4.6 GB. "
        "Lower it."
    )


@pytest.mark.parametrize(
    ("option", "make"),
    [
        ("beam_size", lambda value: beam_search(step, STATE, beam_size=value, **ENDS)),
        ("n_samples", lambda value: sample(step, STATE, n_samples=value, **ENDS)),
        ("encoder_units", lambda value: Seq2SeqConfig(31, 29, encoder_units=value)),
        ("decoder_layers", lambda value: Seq2SeqConfig(31, 29, decoder_layers=value)),
        ("target_vocab_size", lambda value: Seq2SeqConfig(31, value)),
        ("embedding_dim", lambda value: Seq2SeqConfig(31, 29, embedding_dim=value)),
        (
            "max_target_length",
            lambda value: Seq2SeqConfig(31, 29, decoder="self_attention", max_target_length=value),
        ),
        ("train_size", lambda value: load("copy", train_size=value)),
        ("dev_size", lambda value: load("dates", dev_size=value)),
        ("test_size", lambda value: load("appointments", test_size=value)),
        ("size", lambda value: points.sorting(value, 5)),
        ("size", lambda value: points.convex_hulls(value, 3, 5)),
    ],
)
def test_a_huge_value_is_refused_before_anything_is_made(option, make):
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"Expected {option} that .*; received {10**10}, which needs about"):
        make(10**10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e7


@pytest.mark.parametrize("sizes", [{"beam_size": 5}, {"n_samples": 5}])
def test_a_search_knows_its_need_once_it_knows_the_vocabulary(monkeypatch, sizes):
    (option,) = sizes
    search = beam_search if option == "beam_size" else sample
    calls = []

    def counted(token_ids, state):
        calls.append(len(token_ids))
        return step(token_ids, state)

    need = 3 * 5 * (150 + 4 * 11)  # of 3 sentences: without the vocabulary, and 16 bytes for each token of it
    for free, steps in ((need - 1, 0), (need, 1), (need + 3 * 5 * 16 * 13 - 1, 1)):
        monkeypatch.setattr(memory, "free_memory", lambda free=free: free)
        calls.clear()
        with pytest.raises(ValueError, match=f"Expected {option} that .*; received 5"):
            search(counted, STATE, **sizes, **ENDS)
        assert len(calls) == steps
    monkeypatch.setattr(memory, "free_memory", lambda: need + 3 * 5 * 16 * 13)
    search(counted, STATE, **sizes, **ENDS)


def test_shared_leaves_count_once(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * 5 * (150 + 16 * 13))
    beam_search(step, STATE, shared_leaves=["sums"], **ENDS)
    with pytest.raises(ValueError, match=re.escape("has room for; received 5")):
        beam_search(step, STATE, **ENDS)
