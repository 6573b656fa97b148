"""Small models with random weights, and batches for them, for tests that look at numbers."""

import functools

import keras
import numpy as np
import pytest

from s2s_lesson import engine
from s2s_lesson.data import Vocabulary, pad, pad_vectors
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq, Transformer

SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, SOURCE_FEATURES = 31, 29, 17
END_BIAS = 2
SIZES = {"embedding_dim": 3, "encoder_units": 11, "decoder_units": 13}
DOT_SIZES = {**SIZES, "decoder_units": 11}  # dot needs an encoder as wide as the decoder
DOT_BOTH_WAYS = {**SIZES, "decoder_units": 22}

# Every cell with every attention; both directions and the numbers of layers are spread over these.
VARIANTS = {
    "lstm-general-both_ways": {**SIZES, "cell": "lstm", "attention": "luong_general"},
    "gru-general-2_layers": {
        **SIZES,
        "cell": "gru",
        "attention": "luong_general",
        "bidirectional": False,
        "encoder_layers": 2,
        "decoder_layers": 2,
    },
    "lstm-dot-2_encoder_layers": {
        **DOT_SIZES,
        "cell": "lstm",
        "attention": "luong_dot",
        "bidirectional": False,
        "encoder_layers": 2,
    },
    "gru-dot-both_ways": {**DOT_BOTH_WAYS, "cell": "gru", "attention": "luong_dot"},
    "lstm-concat-both_ways-2_layers": {
        **SIZES,
        "cell": "lstm",
        "attention": "luong_concat",
        "encoder_layers": 2,
        "decoder_layers": 2,
    },
    "gru-concat": {**SIZES, "cell": "gru", "attention": "luong_concat", "bidirectional": False},
    "lstm-bahdanau-2_decoder_layers": {
        **SIZES,
        "cell": "lstm",
        "attention": "bahdanau",
        "bidirectional": False,
        "decoder_layers": 2,
    },
    "gru-bahdanau-both_ways": {**SIZES, "cell": "gru", "attention": "bahdanau"},
    "gru-no_attention-3_layers-residual": {
        **SIZES,
        "cell": "gru",
        "attention": "none",
        "encoder_layers": 3,
        "decoder_layers": 3,
        "residual": True,
    },
    "lstm-bahdanau-into_rnn-2_layers-residual": {
        **SIZES,
        "cell": "lstm",
        "attention": "bahdanau",
        "attention_order": "into_rnn",
        "encoder_layers": 2,
        "decoder_layers": 2,
        "residual": True,
    },
    "gru-general-input_feeding-temperature": {
        **SIZES,
        "cell": "gru",
        "attention": "luong_general",
        "input_feeding": True,
        "temperature": 0.7,
    },
    "lstm-no_attention-input_feeding": {
        **SIZES,
        "cell": "lstm",
        "attention": "none",
        "input_feeding": True,
    },
    "lstm-concat-into_rnn-input_feeding-coverage": {
        **SIZES,
        "cell": "lstm",
        "attention": "luong_concat",
        "attention_order": "into_rnn",
        "input_feeding": True,
        "coverage": True,
    },
    "gru-bahdanau-coverage": {**SIZES, "cell": "gru", "attention": "bahdanau", "coverage": True},
    "lstm-dot-monotonic": {
        **DOT_BOTH_WAYS,
        "cell": "lstm",
        "attention": "luong_dot",
        "window": "monotonic",
        "half_width": 1,
    },
    "lstm-general-predictive-coverage": {
        **SIZES,
        "cell": "lstm",
        "attention": "luong_general",
        "window": "predictive",
        "half_width": 2,
        "coverage": True,
    },
    "gru-concat-monotonic-into_rnn": {
        **SIZES,
        "cell": "gru",
        "attention": "luong_concat",
        "attention_order": "into_rnn",
        "window": "monotonic",
        "half_width": 2,
    },
    "gru-general-tied-projected": {
        **SIZES,
        "cell": "gru",
        "attention": "luong_general",
        "bidirectional": False,
        "tied_output": True,
    },
    "lstm-bahdanau-into_rnn-input_feeding-coverage-tied": {
        **SIZES,
        "embedding_dim": 13,  # as wide as the decoder: without a projection
        "cell": "lstm",
        "attention": "bahdanau",
        "attention_order": "into_rnn",
        "input_feeding": True,
        "coverage": True,
        "tied_output": True,
    },
}
# Models that read vectors: every cell, kind of attention and way to reach the source is in one of them.
VECTOR_VARIANTS = {
    "vectors-lstm-general-both_ways": {**SIZES, "cell": "lstm", "attention": "luong_general"},
    "vectors-gru-bahdanau-2_layers-residual-coverage": {
        **SIZES,
        "cell": "gru",
        "attention": "bahdanau",
        "encoder_layers": 2,
        "decoder_layers": 2,
        "residual": True,
        "coverage": True,
    },
    "vectors-lstm-concat-predictive-into_rnn": {
        **SIZES,
        "cell": "lstm",
        "attention": "luong_concat",
        "attention_order": "into_rnn",
        "window": "predictive",
        "half_width": 2,
        "bidirectional": False,
    },
    "vectors-gru-no_attention": {**SIZES, "cell": "gru", "attention": "none"},
}
TRANSFORMER = {"units": 12, "num_heads": 3, "num_layers": 2, "max_length": 13}


def all_variants(guard, transformer=False):
    """Every variant, for ``parametrize``. JAX compiles each loop of each call: there every second is slow.

    Args:
        guard: id of the test itself, which the fast variants guard.
        transformer: whether the Transformer, which is no ``Seq2Seq``, is one of them.
    """
    names = [*(["transformer"] if transformer else []), *VARIANTS, *VECTOR_VARIANTS]
    step = 2 if engine.compiles_each_shape() else 1
    slow = pytest.mark.slow(guard=guard)
    return [
        pytest.param(variant, id=variant, marks=[slow] if place % step else [])
        for place, variant in enumerate(names)
    ]


@functools.cache
def small_model(variant):
    """The model of a variant; all tests share it, so do not train it.

    All weights are random, biases too: a bias of 0 would hide that it is left out. The end token is made
    likelier, so that searches end at different lengths.
    """
    if variant in VARIANTS:
        model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **VARIANTS[variant]))
    elif variant == "transformer":
        model = Transformer(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **TRANSFORMER)
    else:
        options = {**VECTOR_VARIANTS[variant], "source_features": SOURCE_FEATURES}
        model = Seq2Seq(Seq2SeqConfig(None, TARGET_VOCAB_SIZE, **options))
    randomise(model)
    bias = model.decoder.output_layer.bias
    bias.assign(bias + END_BIAS * (np.arange(TARGET_VOCAB_SIZE) == Vocabulary.eos_id))
    return model


STANDARD_LENGTHS = (7, 2, 5), (3, 5, 1)


@functools.cache
def small_outputs(variant):
    """Logits and attention weights of a small model for ``small_batch(*STANDARD_LENGTHS)``, as arrays."""
    model, batch = small_model(variant), small_batch(*STANDARD_LENGTHS, variant=variant)
    outputs = model.decode(batch["decoder_inputs"], model.encode_inputs(batch))
    return tuple(keras.ops.convert_to_numpy(output) for output in outputs)


def randomise(layer, seed=0, deviation=0.5):
    """Give a layer random weights of about the size that leaves tanh neither flat nor linear.

    Far above 1 / sqrt(units) a recurrent network is chaotic: what is rounded grows from step to step.
    """
    generator = np.random.default_rng(seed)
    layer.set_weights([generator.normal(0, deviation, weight.shape) for weight in layer.get_weights()])


def sentences(lengths, vocab_size, seed=0):
    """Random lists of ordinary ids, of the given lengths."""
    generator = np.random.default_rng(seed)
    return [generator.integers(4, vocab_size, length).tolist() for length in lengths]


def small_batch(source_lengths=(7, 2, 5), target_lengths=(3, 5, 1), seed=0, variant=None):
    """A padded batch of random ids, or vectors, of a variant: the dict that a model is called with."""
    if variant in VECTOR_VARIANTS:
        generator = np.random.default_rng(seed)
        source = pad_vectors([generator.normal(size=(length, SOURCE_FEATURES)) for length in source_lengths])
    else:
        source = {"source_ids": pad(sentences(source_lengths, SOURCE_VOCAB_SIZE, seed))}
    return {**source, "decoder_inputs": pad(sentences(target_lengths, TARGET_VOCAB_SIZE, seed + 1))}


def wider(batch, source_columns=0, target_columns=0):
    """A batch with more padding. Where a mask tells it, what stands there is not 0."""
    columns = {name: source_columns for name in batch} | {"decoder_inputs": target_columns}
    padded = {}
    for name, array in batch.items():
        spare = [(0, 0), (0, columns[name]), *([(0, 0)] * (array.ndim - 2))]
        padded[name] = np.pad(array, spare, constant_values=7 if name == "source_vectors" else 0)
    return padded


def cut(batch, rows, source_length, target_length=None):
    """Some rows of a batch, without what stands after the given lengths."""
    lengths = {name: source_length for name in batch} | {"decoder_inputs": target_length}
    return {name: array[rows, : lengths[name]] for name, array in batch.items()}
