"""The promises of attentions and models, for any batch size, lengths, padding, numbers and choices.

What a padded batch gives must be what each of its rows gives alone, without padding: then more padding,
batch-mates and their order change nothing.
"""

import functools

import numpy as np
import pytest
import reference
from attentions import ATTENTIONS, UNITS, VALUE_DIM, normal, numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import randomise, sentences

from s2s_lesson import engine
from s2s_lesson.data import pad
from s2s_lesson.layers import BahdanauAttention, LuongAttention, Seq2SeqConfig
from s2s_lesson.models import Seq2Seq

# Examples, on JAX fewer: there each of them costs compilations.
ATTENTION_EXAMPLES, MODEL_EXAMPLES = (5, 2) if engine.compiles_each_shape() else (20, 4)
TOLERANCE = {"float32": 1e-5, "float16": 1e-2, "bfloat16": 8e-2}
TARGET_LENGTH = 4


@functools.cache
def attention(score, window, coverage, dtype):
    """A layer with random weights; its options must be hashable."""
    options = {**dict(window), "coverage": coverage, "dtype": dtype, "temperature": 0.8}
    layer = (
        BahdanauAttention(UNITS, **options)
        if score == "bahdanau"
        else LuongAttention(UNITS, score, **options)
    )
    layer.build((None, None, UNITS), (None, None, UNITS))
    randomise(layer)
    return layer


@settings(max_examples=ATTENTION_EXAMPLES)
@given(
    st.sampled_from(ATTENTIONS),
    st.sampled_from(list(TOLERANCE)),
    st.lists(st.integers(0, 6), min_size=1, max_size=3),
    st.integers(0, 1),
    st.integers(0, 99),
)
def test_any_attention_keeps_its_promises_on_any_batch(which, dtype, lengths, more_padding, seed):
    layer, tolerance = attention(*which, dtype), TOLERANCE[dtype]
    window, close = dict(which[1]), {"rtol": tolerance, "atol": tolerance}
    batch, width = len(lengths), max(*lengths, 1) + more_padding
    query = normal(seed, batch, TARGET_LENGTH, UNITS)
    keys, values = normal(seed + 1, batch, width, UNITS), normal(seed + 2, batch, width, VALUE_DIM)
    keys_mask = np.arange(width) < np.array(lengths)[:, None]
    context, attention_weights = (
        numpy(part) for part in layer(query, keys=keys, values=values, keys_mask=keys_mask)
    )

    masked = np.broadcast_to(~keys_mask[:, None], attention_weights.shape)
    assert np.isfinite(context).all() and np.isfinite(attention_weights).all()
    assert (attention_weights[masked] == 0).all()
    sums, expected = attention_weights.sum(axis=-1), np.sign(lengths)[:, None]
    if window.get("renormalize", True):
        np.testing.assert_allclose(sums, np.broadcast_to(expected, sums.shape), atol=tolerance)
    else:
        assert (sums <= expected + tolerance).all() and (sums[expected[:, 0] > 0] > 0).all()
    if window:
        assert (np.count_nonzero(attention_weights, axis=-1) <= 3).all()
    if window.get("window") == "predictive" and dtype != "float32":
        return  # rounding may put a position on the other side of the window's edge

    row = seed % batch
    length = lengths[row]
    if length > 0:
        one = {"keys": keys[row : row + 1, :length], "values": values[row : row + 1, :length]}
        alone, alone_weights = layer(query[row : row + 1], **one)
        np.testing.assert_allclose(numpy(alone)[0], context[row], **close)
        np.testing.assert_allclose(numpy(alone_weights)[0], attention_weights[row, :, :length], **close)

    coverage = np.zeros((batch, width), "float32")
    for place in range(TARGET_LENGTH):
        position = np.full(batch, place, "int32")
        step_context, step_weights = layer(
            query[:, place],
            keys=keys,
            values=values,
            keys_mask=keys_mask,
            coverage=coverage,
            position=position,
        )
        np.testing.assert_allclose(numpy(step_context), context[:, place], **close)
        np.testing.assert_allclose(numpy(step_weights), attention_weights[:, place], **close)
        coverage = coverage + numpy(step_weights)


@st.composite
def configs(draw):
    """Any choices that go together, at sizes that are small and differ."""
    attention = draw(st.sampled_from(["none", "luong_dot", "luong_general", "luong_concat", "bahdanau"]))
    bidirectional, booleans = draw(st.booleans()), st.booleans()
    width = 6 if bidirectional else 3
    return Seq2SeqConfig(
        source_vocab_size=13,
        target_vocab_size=11,
        embedding_dim=2,
        encoder_units=3,
        decoder_units=width if attention == "luong_dot" else 5,
        encoder_layers=draw(st.integers(1, 2)),
        decoder_layers=draw(st.integers(1, 2)),
        cell=draw(st.sampled_from(["lstm", "gru"])),
        bidirectional=bidirectional,
        residual=draw(booleans),
        encoder_output_layer=draw(booleans),
        tied_output=draw(booleans),
        attention=attention,
        attention_order=draw(st.sampled_from(["after_rnn", "into_rnn"])),
        input_feeding=draw(booleans),
        window=draw(
            st.sampled_from(["none", "monotonic", "predictive"] if "luong" in attention else ["none"])
        ),
        half_width=draw(st.integers(1, 3)),
        temperature=draw(st.sampled_from([0.5, 1.0, 2.0])),
        coverage=draw(booleans) if attention != "none" else False,
    )


ANY_BATCH_OF_ANY_MODEL = given(
    configs(),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=1, max_size=3),
    st.integers(0, 2),
    st.integers(0, 99),
)


@settings(max_examples=MODEL_EXAMPLES)
@ANY_BATCH_OF_ANY_MODEL
def test_any_model_gives_for_any_batch_what_the_reference_gives_for_each_sentence(
    config, lengths, wider, seed
):
    expect_the_reference(config, lengths, wider, seed)


@pytest.mark.slow(
    guard="tests/conformance/test_properties.py::"
    "test_any_model_gives_for_any_batch_what_the_reference_gives_for_each_sentence"
)
@settings(max_examples=20)
@ANY_BATCH_OF_ANY_MODEL
def test_many_models_give_what_the_reference_gives(config, lengths, wider, seed):
    expect_the_reference(config, lengths, wider, seed)


def expect_the_reference(config, lengths, wider, seed):
    model = Seq2Seq(config)
    randomise(model, seed)
    source_lengths, target_lengths = zip(*lengths, strict=True)
    sources, targets = sentences(source_lengths, 13, seed), sentences(target_lengths, 11, seed + 1)
    source_ids, decoder_inputs = pad([*sources, [4] * max(*source_lengths, 1)])[:-1], pad(targets)
    source_ids, decoder_inputs = (np.pad(ids, [(0, 0), (0, wider)]) for ids in (source_ids, decoder_inputs))

    state = model.encode(source_ids)
    logits, attention_weights = (numpy(part) for part in model.decode(decoder_inputs, state))
    assert np.isfinite(logits).all() and np.isfinite(attention_weights).all()
    assert not attention_weights[np.broadcast_to(source_ids[:, None] == 0, attention_weights.shape)].any()
    weights = reference.weights_of(model)
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        if not source:
            continue
        expected_logits, expected_weights = reference.forward(config, weights, source, target)
        np.testing.assert_allclose(logits[row, : len(target)], expected_logits, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            attention_weights[row, : len(target), : len(source)], expected_weights, rtol=1e-5, atol=1e-5
        )
    for place in range(decoder_inputs.shape[1]):
        step_logits, state = model.step(decoder_inputs[:, place], state)
        np.testing.assert_allclose(numpy(step_logits), logits[:, place], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(
            numpy(state["attention_weights"]), attention_weights[:, place], rtol=1e-5, atol=1e-5
        )
