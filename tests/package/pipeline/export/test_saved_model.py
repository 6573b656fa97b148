"""A SavedModel holds both halves of a model, under names that TensorFlow Serving can call."""

import keras
import numpy as np
import pytest

from s2s_lesson.data import Vocabulary
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline import TextToText

TOKENS = {"source_tokens": "characters", "target_tokens": "characters"}


@pytest.fixture(scope="module")
def pipeline():
    vocab = Vocabulary("abc")
    sizes = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 11}
    model = Seq2Seq(Seq2SeqConfig(7, 7, **sizes, tied_output=True))
    return TextToText(model, vocab, vocab, **TOKENS)


def test_the_signatures_compute_what_the_model_does(pipeline, tmp_path):
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(RuntimeError, match="Expected Keras on TensorFlow, which writes SavedModels"):
            pipeline.export_saved_model(tmp_path / "1")
        return
    import tensorflow

    pipeline.export_saved_model(tmp_path / "1")
    loaded = tensorflow.saved_model.load(str(tmp_path / "1"))
    ids = np.array([[4, 5, 6, 3], [5, 3, 0, 0]], "int32")
    tokens = np.array([2, 2, 2, 2, 2, 2], "int32")  # three hypotheses of each sentence
    state = loaded.signatures["encode"](source_ids=ids)
    shared = pipeline.model.shared_leaves
    state = {name: leaf if name in shared else np.repeat(leaf, 3, axis=0) for name, leaf in state.items()}
    after = loaded.signatures["step"](token_ids=tokens, **state)
    logits, expected = pipeline.model.step(tokens[:2], pipeline.model.encode(ids))
    np.testing.assert_allclose(after["logits"][::3], logits, atol=1e-5)
    np.testing.assert_allclose(
        after["recurrent_state_0_1"][::3], expected["recurrent_state"][0][1], atol=1e-5
    )
    assert set(after) == {*state, "logits"}
