"""A pipeline that grows knows new words, and gives out what it gave out before, whatever its model is."""

import keras
import numpy as np
import pytest
from small_models import randomise

from s2s_lesson.data import Subwords
from s2s_lesson.pipeline import TextToText
from s2s_lesson.pipeline.growing import NEW_SHARE, grown, grown_model

OLD = [("a b c", "A B"), ("c a", "B"), ("b", "C A C")]
NEW = [("a d e", "A D"), ("d f b", "F D E G"), ("a", "A")]
WORDS = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "max_output_length": 11}
KINDS = {
    "recurrent": {},
    "into_rnn": {"attention": "bahdanau", "attention_order": "into_rnn", "input_feeding": True},
    "no_attention": {"attention": "none", "cell": "gru"},
    "self_attention": {"decoder": "self_attention", "decoder_units": 8, "num_heads": 2},
    "copy": {"copy": True, "coverage": True},
    "shared_embedding": {"shared_embedding": True, "shared_vocab": True},
    "tied_output": {"tied_output": True, "embedding_dim": 7},
    "tied_output_projected": {"tied_output": True, "shared_embedding": True, "shared_vocab": True},
    "encoder_output_layer": {"encoder_output_layer": True, "bidirectional": False},
}


def trained(**options):
    """A pipeline with weights as of a trained one."""
    pipeline = TextToText.from_pairs(OLD, **{**WORDS, **SIZES, **options})
    randomise(pipeline.model)
    return pipeline


def scores(pipeline, pairs):
    """Probabilities that the model gives out for pairs: of the decoder, and of the encoder's own layer."""
    inputs, _ = pipeline.batches(pairs)[0]
    state = pipeline.model.encode_inputs(inputs)
    logits, _ = pipeline.model.decode(inputs["decoder_inputs"], state)
    outputs = [logits]
    if pipeline.model.config.encoder_output_layer:
        outputs.append(pipeline.model.encoder.output_logits(state["values"]))
    return [keras.ops.convert_to_numpy(keras.ops.softmax(output)) for output in outputs]


@pytest.mark.parametrize("kind", KINDS)
def test_before_it_is_trained_all_outputs_are_the_old_ones(kind, uncompiled):
    pipeline = trained(**KINDS[kind])
    weights = [weight.copy() for weight in pipeline.model.get_weights()]
    larger = grown(pipeline, NEW)
    known, now = len(pipeline.target_vocab), len(larger.target_vocab)
    assert now >= known + 4 and larger.target_vocab.tokens[:known] == pipeline.target_vocab.tokens
    for before, after in zip(scores(pipeline, OLD), scores(larger, OLD), strict=True):
        old_ids = np.r_[:known, now : after.shape[-1]]  # of a model that copies, places in the source at last
        np.testing.assert_allclose(after[..., old_ids], before, atol=1e-5)
        new = after[..., known:now].sum(axis=-1)
        assert (new > 0).all() and (new <= 1.01 * NEW_SHARE).all()
    for weight, expected in zip(pipeline.model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(weight, expected)
    (written,), (expected,) = (one.predict(["a b"], beam_size=1) for one in (larger, pipeline))
    assert written.tokens == expected.tokens


def test_a_share_of_new_words_holds_for_any_numbers():
    """Logits that are far from 0 and far from each other, and many more new words than old ones."""
    pipeline = trained()
    for weight in pipeline.model.decoder.output_layer.weights:
        weight.assign(20 * weight + 30)
    larger = grown_model(pipeline.model, len(pipeline.source_vocab), 997)
    inputs, _ = pipeline.batches(OLD)[0]
    outputs = keras.ops.convert_to_numpy(keras.ops.softmax(larger(inputs)))
    assert outputs[..., len(pipeline.target_vocab) :].sum(axis=-1).max() <= 1.01 * NEW_SHARE


def test_embeddings_of_new_words_begin_as_those_of_the_layer():
    pipeline = trained()
    model = grown_model(pipeline.model, 499, 503)
    for side, known in (("encoder", len(pipeline.source_vocab)), ("decoder", len(pipeline.target_vocab))):
        (table,), (old,) = (getattr(one, side).embedding.get_weights() for one in (model, pipeline.model))
        np.testing.assert_array_equal(table[:known], old)
        assert table[known:].mean() == pytest.approx(0, abs=0.1)
        assert table[known:].std() == pytest.approx(1, abs=0.1)
        assert len(np.unique(table[known:], axis=0)) == len(table) - known


def test_words_are_counted_and_the_vocabulary_has_a_limit():
    pipeline, heard = trained(), []
    larger = grown(pipeline, NEW, min_count=2, say=heard.append)
    assert larger.source_vocab.tokens[7:] == ("d",) and larger.target_vocab.tokens[7:] == ("D",)
    assert heard == [
        "sources: 1 new token ('d'), 8 in the vocabulary",
        "targets: 1 new token ('D'), 8 in the vocabulary",
    ]
    larger = grown(pipeline, NEW, max_vocab_size=9)
    assert larger.target_vocab.tokens[7:] == ("D", "E")
    assert grown(pipeline, NEW, max_vocab_size=5).target_vocab == pipeline.target_vocab


def test_one_vocabulary_for_both_sides_stays_one():
    larger = grown(trained(**KINDS["shared_embedding"]), NEW)
    assert larger.source_vocab == larger.target_vocab
    assert set("defDEFG") <= set(larger.source_vocab.tokens)


def test_subwords_stay_as_they_are_and_it_is_said():
    pieces, heard = Subwords.train(["a b c ab bc abc"] * 3, vocab_size=9), []
    pipeline = trained(source_tokens=pieces)
    larger = grown(pipeline, NEW, say=heard.append)
    assert larger.source_vocab == pipeline.source_vocab and larger.source_tokens == pieces
    assert "subwords stay as they are" in heard[0] and "4 new tokens" in heard[1]


def test_characters_grow_as_well():
    pipeline = trained(source_tokens="characters", target_tokens="characters")
    assert set("def") <= set(grown(pipeline, NEW).source_vocab.tokens)
