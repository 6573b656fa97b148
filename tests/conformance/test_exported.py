"""An exported model, run by ONNX Runtime, computes what the model does, whatever its options."""

import itertools

import keras
import numpy as np
import pytest
from small_models import (
    DOT_BOTH_WAYS,
    SIZES,
    SOURCE_VOCAB_SIZE,
    TARGET_VOCAB_SIZE,
    all_variants,
    randomise,
    small_batch,
    small_model,
)

from s2s_lesson.deployed import Sessions
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.layers.config import ATTENTIONS
from s2s_lesson.models import Seq2Seq
from s2s_lesson.pipeline.export.graphs import graphs

HYPOTHESES, STEPS = 3, 4
MORE = {
    "copy": {**SIZES, "attention": "bahdanau", "copy": True},
    "copy-coverage-input_feeding-into_rnn-temperature": {
        **SIZES,
        **{"attention": "luong_general", "attention_order": "into_rnn", "input_feeding": True},
        **{"copy": True, "coverage": True, "temperature": 0.5},
    },
    "self_attention-2_blocks": {
        **{"embedding_dim": 3, "encoder_units": 11, "decoder_units": 12},
        **{"decoder": "self_attention", "num_heads": 3, "decoder_layers": 2},
    },
    "shared_embedding": {**SIZES, "shared_embedding": True, "encoder_output_layer": True},
    "shared_embedding-copy-tied": {**SIZES, "shared_embedding": True, "copy": True, "tied_output": True},
    "self_attention-tied": {
        **{"embedding_dim": 3, "encoder_units": 11, "decoder_units": 12},
        **{"decoder": "self_attention", "num_heads": 3, "tied_output": True},
    },
}


def sessions_of(model):
    return Sessions(*(graph.model().SerializeToString() for graph in graphs(model).values()))


def by_hypothesis(leaf):
    return keras.ops.repeat(leaf, HYPOTHESES, axis=0)


def largest_difference(model, batch):
    """Between logits and attention weights of a model and of its export, for random hypotheses."""
    sessions, generator = sessions_of(model), np.random.default_rng(0)
    state, other = model.encode_inputs(batch), sessions.start(batch)
    rows = HYPOTHESES * len(other["keys_mask"])
    state = keras.tree.map_structure(by_hypothesis, state)
    other = {
        name: leaf if name in sessions.shared_leaves else np.repeat(leaf, HYPOTHESES, axis=0)
        for name, leaf in other.items()
    }
    largest, most = 0.0, TARGET_VOCAB_SIZE + (batch["copy_ids"].shape[1] if "copy_ids" in batch else 0)
    for _ in range(STEPS):
        token_ids = generator.integers(2, most, rows).astype("int32")
        logits, state = model.step(token_ids, state)
        other_logits, other = sessions.step(token_ids, other)
        for mine, exported in (
            (logits, other_logits),
            (state["attention_weights"], other["attention_weights"]),
        ):
            mine = keras.ops.convert_to_numpy(mine)
            largest = max(largest, float(np.max(np.abs(mine - exported) / np.maximum(1, np.abs(mine)))))
    return largest


def with_blank_row(batch):
    """A batch, and one row more that is padding alone."""
    return {name: np.concatenate([array, np.zeros_like(array[:1])]) for name, array in batch.items()}


def random_model(**options):
    size = SOURCE_VOCAB_SIZE if options.get("shared_embedding") else TARGET_VOCAB_SIZE
    model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, size, **options))
    randomise(model, deviation=min(0.5, 1.2 / model.config.decoder_units**0.5))
    return model


def batch_for(options):
    batch = with_blank_row(small_batch())
    if options.get("copy"):
        ids = np.random.default_rng(1).integers(4, TARGET_VOCAB_SIZE + 7, batch["source_ids"].shape)
        batch["copy_ids"] = np.where(batch["source_ids"] > 0, ids, 0).astype("int32")
    return batch


@pytest.mark.parametrize(
    "variant",
    all_variants(guard="tests/conformance/test_exported.py::test_an_export_computes_what_the_model_does"),
)
def test_an_export_computes_what_the_model_does(variant):
    assert largest_difference(small_model(variant), with_blank_row(small_batch(variant=variant))) < 1e-5


@pytest.mark.parametrize("variant", MORE)
def test_copies_blocks_and_shared_embeddings_are_exported(variant):
    assert largest_difference(random_model(**MORE[variant]), batch_for(MORE[variant])) < 1e-5


@pytest.mark.slow(guard="tests/conformance/test_exported.py::test_an_export_computes_what_the_model_does")
@pytest.mark.parametrize(
    ("attention", "order", "input_feeding"),
    list(itertools.product(ATTENTIONS, ("after_rnn", "into_rnn"), (False, True))),
)
def test_every_option_with_every_other(attention, order, input_feeding):
    sizes = DOT_BOTH_WAYS if attention == "luong_dot" else SIZES
    windows = ("none", "monotonic", "predictive") if attention.startswith("luong") else ("none",)
    more = [False, True] if attention != "none" else [False]
    for cell, window, coverage, copy in itertools.product(("lstm", "gru"), windows, more, more):
        options = {
            **sizes,
            **{"cell": cell, "attention": attention, "attention_order": order},
            **{"input_feeding": input_feeding},
            **{"window": window, "half_width": 1, "coverage": coverage, "copy": copy},
            "temperature": 1.5,
        }
        assert largest_difference(random_model(**options), batch_for(options)) < 1e-5, options


def test_products_of_weights_alone_are_computed_when_a_graph_is_loaded(tmp_path):
    """Embedding times kernel is a table by then, and no weight is cast or turned around at a step."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    graph = graphs(small_model("gru-general-2_layers"), "int8")["step.onnx"]
    onnxruntime.InferenceSession(
        graph.model().SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    optimised = onnx.load(tmp_path / "optimised.onnx").graph
    constants = {constant.name for constant in optimised.initializer}
    folded = [node.op_type for node in optimised.node if all(name in constants for name in node.input)]
    assert folded == []
    table = next(node for node in optimised.node if "token_ids" in node.input)
    assert table.op_type == "Gather" and table.input[0] in constants
