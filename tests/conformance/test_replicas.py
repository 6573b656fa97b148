"""Several devices train as one: ``tf.distribute`` on TensorFlow, Keras's own distribution on JAX."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.slow(
    guard="tests/conformance/test_sample_weights.py::test_training_with_weights_is_training_on_repeated_rows"
)
def test_two_replicas_with_different_numbers_of_tokens_are_as_good_as_one():
    one, two = (moved_by_training_on(count) for count in (1, 2))
    assert max(np.abs(part).max() for part in one) > 1e-3
    for part, expected in zip(two, one, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-3, atol=1e-6)


def moved_by_training_on(count):
    """By how much the weights change in training on so many devices, in a process that has as many."""
    script = Path(__file__).parents[1] / "helpers" / "replicas.py"
    environment = {**os.environ, "XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}
    run = subprocess.run(
        [sys.executable, script, str(count)], capture_output=True, text=True, check=False, env=environment
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return [np.array(part) for part in json.loads(run.stdout.splitlines()[-1])]
