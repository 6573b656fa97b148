"""Settings for every test: a quiet engine, no windows, and the same Hypothesis examples on every CI run."""

import functools
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
ENGINE = os.environ.get("KERAS_BACKEND", "tensorflow")
if ENGINE != "tensorflow":
    # Outside of jit, JAX compiles a loop over time anew at each call: do it fast, and keep what was compiled.
    # PyTorch's tests start a process with JAX, too.
    fast = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ.setdefault("XLA_FLAGS", fast)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "_build" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI", "").lower() not in ("", "0", "false") else "local")


def free_compiled_code():
    """JAX keeps all that it compiled, loops that never run again too."""
    if ENGINE == "jax":
        import jax

        jax.clear_caches()


@pytest.fixture(autouse=True, scope="module")
def compiled_code_of_a_module_is_freed():
    yield
    free_compiled_code()


@pytest.fixture(autouse=True)
def a_process_has_room_for_compiled_code():
    """Linux maps 65,530 pieces of memory for a process, and one more ends it; a test takes up to 10,000."""
    yield
    maps = Path("/proc/self/maps")
    if ENGINE == "jax" and maps.exists() and maps.read_text().count("\n") > 30_000:
        free_compiled_code()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Let every test draw the same numbers at every run, whatever ran before it in its process.

    Keras takes the seeds of layers that are given none from Python's generator.
    """
    random.seed(0)
    np.random.seed(0)
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture
def uncompiled():
    """Let TensorFlow run functions line by line, for a test of what is around them: tracing takes seconds.

    Other tests run the same functions compiled, as users do.
    """
    if ENGINE != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def _of_any_engine(check):
    """Let a check of NumPy's compare tensors with gradients, which PyTorch does not turn into arrays."""

    @functools.wraps(check)
    def with_arrays(actual, desired, *arguments, **options):
        from keras.ops import convert_to_numpy, is_tensor

        both = [convert_to_numpy(value) if is_tensor(value) else value for value in (actual, desired)]
        return check(*both, *arguments, **options)

    return with_arrays


if ENGINE == "torch":
    for name in ("assert_allclose", "assert_array_equal"):
        setattr(np.testing, name, _of_any_engine(getattr(np.testing, name)))
