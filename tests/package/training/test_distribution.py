"""Distribution: shares of batches, and what names the processes."""

import keras
import numpy as np
import pytest

from s2s_lesson.training import join
from s2s_lesson.training.distribution import Share, share_of


@pytest.mark.parametrize("count", [1, 2, 5, 6])
@pytest.mark.parametrize(("processes", "devices"), [(1, 1), (1, 4), (2, 2), (3, 6)])
def test_the_shares_of_all_processes_are_the_batch(count, processes, devices):
    targets = np.arange(count * 2).reshape(count, 2)
    inputs, weights = {"source_ids": targets + 100}, np.arange(count) + 1.0
    shares = [Share(process, processes, devices) for process in range(processes)]
    for given in (weights, None):
        taken = [share.of(inputs, targets, given) for share in shares]
        lengths = {len(own) for _, own, _ in taken}
        assert len(lengths) == 1 and sum(len(own) for _, own, _ in taken) % devices == 0
        whole = [np.concatenate([one[part] for one in taken]) for part in (1, 2)] if devices > 1 else None
        if whole is None:
            assert taken == [(inputs, targets, given)]
            continue
        own_targets, own_weights = whole
        sources = np.concatenate([own["source_ids"] for own, _, _ in taken])
        assert (sources == own_targets + 100).all()
        assert (own_targets[:count] == targets).all()
        assert own_weights.tolist() == [*(np.ones(count) if given is None else weights), *own_weights[count:]]
        assert not own_weights[count:].any()


def test_no_distribution_is_all_of_it():
    assert share_of(None) == Share(0, 1, 1)


def test_other_engines_name_the_one_that_distributes(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    for ask in (lambda: share_of(keras.distribution.DataParallel), join):
        with pytest.raises(ValueError, match="Expected KERAS_BACKEND=jax to train on several devices"):
            ask()
