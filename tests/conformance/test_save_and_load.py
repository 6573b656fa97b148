"""A saved model gives bit-identical logits in a new process, and the same to 1e-5 on another engine.

``keras.saving.load_model`` needs no custom objects. The new process imports ``s2s_lesson.models``, because
Keras does not import the module that a file names: a file could name any.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from small_models import VARIANTS, VECTOR_VARIANTS, small_batch, small_model
from uncompiled import uncompiled

from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import compile_model

ALL = [*VARIANTS, *VECTOR_VARIANTS]
ROOT = Path(__file__).parents[2]
OTHER_ENGINES = [
    engine
    for engine in ("tensorflow", "jax", "torch")
    if engine != keras.backend.backend() and importlib.util.find_spec(engine)
]
SCRIPT = """
import sys
import keras
import numpy as np
import s2s_lesson.models.seq2seq

logits = {}
for variant in sys.argv[1:]:
    model, batch = keras.saving.load_model(f"{variant}.keras"), dict(np.load(f"{variant}.npz"))
    logits[variant] = keras.ops.convert_to_numpy(model(batch))
np.savez("logits.npz", **logits)
"""


def logits_in_a_new_process(folder, engine):
    """Load the models of a folder on an engine: the logits of each."""
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, *ALL],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": engine},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    with np.load(folder / "logits.npz") as logits:
        return dict(logits)


@pytest.mark.parametrize(
    "variant",
    [
        "lstm-concat-into_rnn-input_feeding-coverage",
        "gru-no_attention-3_layers-residual",
        "gru-concat-monotonic-into_rnn",
        "gru-general-tied-projected",
        "vectors-gru-bahdanau-2_layers-residual-coverage",
    ],
)
def test_a_loaded_model_gives_the_same_logits(variant, tmp_path):
    model, batch = small_model(variant), small_batch(variant=variant)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.config == model.config
    logits, expected = (keras.ops.convert_to_numpy(each(batch)) for each in (loaded, model))
    np.testing.assert_array_equal(logits, expected)


@pytest.mark.slow(guard="tests/conformance/test_save_and_load.py::test_a_loaded_model_gives_the_same_logits")
def test_a_loaded_model_gives_the_same_logits_in_a_new_process_on_any_engine_that_is_installed(tmp_path):
    expected = {}
    for variant in ALL:
        model, batch = small_model(variant), small_batch(variant=variant)
        np.savez(tmp_path / f"{variant}.npz", **batch)
        expected[variant] = keras.ops.convert_to_numpy(model(batch))
        model.save(tmp_path / f"{variant}.keras")
    for engine, tolerance in [(keras.backend.backend(), 0), *((other, 1e-5) for other in OTHER_ENGINES)]:
        logits = logits_in_a_new_process(tmp_path, engine)
        for variant in ALL:
            np.testing.assert_allclose(
                logits[variant], expected[variant], tolerance, tolerance, err_msg=f"{variant} on {engine}"
            )


@uncompiled()
def test_a_trained_model_is_saved_without_its_losses_and_metrics(tmp_path):
    model = Seq2Seq.from_config(small_model("gru-concat").get_config())
    compile_model(model, learning_rate=0.03, label_smoothing=0.2)
    batch = small_batch()
    model.train_on_batch(batch, batch["decoder_inputs"])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert not loaded.compiled
    for weight, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
