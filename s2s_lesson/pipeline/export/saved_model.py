"""A SavedModel with the two halves of a model, for TensorFlow Serving."""

from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops, tree

from s2s_lesson.engine import State
from s2s_lesson.training.run_folder import writable_folder

if TYPE_CHECKING:
    from s2s_lesson.data.sides import Source
    from s2s_lesson.pipeline.to_text import ToText

SIZES = (2, 3), (5, 7)  # batch and source length of two examples: what differs between them is free


def export_saved_model(pipeline: "ToText[Source]", folder: str | Path) -> None:
    """Write a SavedModel with the signatures ``encode`` and ``step``, for TensorFlow Serving.

    ``encode`` takes the inputs of ``Seq2Seq.encode_inputs`` and gives the leaves of the state, as tensors
    with names such as "recurrent_state_0_1". ``step`` takes ``token_ids`` int32 (rows,) and these leaves, and
    gives ``logits`` and the leaves after the step. A row is a hypothesis; the leaves that the model names as
    ``shared_leaves`` may have one row for the hypotheses of a sentence, which lie together.

    Args:
        pipeline: ``TextToText`` or ``SequenceToText``.
        folder: str or Path, for TensorFlow Serving that of a version, such as "models/dates/1".

    Raises:
        RuntimeError: Keras runs on another engine than TensorFlow.
    """
    expect_tensorflow()
    model = pipeline.model
    signature = {
        name: keras.InputSpec(dtype=spec.dtype, shape=spec.shape, name=name)
        for name, spec in model.export_signature().items()
        if name != "decoder_inputs"
    }
    state, other = (model.encode_inputs(_example(signature, *sizes)) for sizes in SIZES)
    leaves = {
        name: keras.InputSpec(
            dtype=keras.backend.standardize_dtype(leaf.dtype),
            shape=tuple(a if a == b else None for a, b in zip(leaf.shape, wider.shape, strict=True)),
            name=name,
        )
        for (name, leaf), wider in zip(_flat(state).items(), _flat(other).values(), strict=True)
    }

    def encode(inputs):
        return _flat(model.encode_inputs(inputs))

    def step(inputs):
        before = tree.pack_sequence_as(state, [inputs[name] for name in leaves])
        logits, after = model.step(inputs["token_ids"], before)
        return {"logits": logits, **_flat(after)}

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("encode", encode, [signature])
    token_ids = keras.InputSpec(dtype="int32", shape=(None,), name="token_ids")
    archive.add_endpoint("step", step, [{"token_ids": token_ids, **leaves}])
    archive.write_out(str(writable_folder(folder)), verbose=False)


def expect_tensorflow() -> None:
    """Make sure that Keras runs on the engine that writes SavedModels.

    Raises:
        RuntimeError: it does not.
    """
    engine = keras.backend.backend()
    if engine != "tensorflow":
        raise RuntimeError(
            f"Expected Keras on TensorFlow, which writes SavedModels; it runs on {engine}. Start with the "
            "environment variable KERAS_BACKEND=tensorflow, or export ONNX graphs: TextToText.export, on the "
            "command line export without --saved-model."
        )


def _flat(state: State) -> State:
    """The leaves of a state by the names on their way, joined: "recurrent_state_0_1"."""
    return {"_".join(map(str, path)): leaf for path, leaf in tree.flatten_with_path(state)}


def _example(signature: dict[str, keras.InputSpec], batch: int, length: int) -> State:
    """Inputs of a batch size and a source length."""
    shapes = {name: (batch, length, *spec.shape[2:]) for name, spec in signature.items()}
    return {
        name: ops.convert_to_tensor(np.ones(shapes[name], spec.dtype)) for name, spec in signature.items()
    }
