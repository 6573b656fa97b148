"""Searches of real models: equal to a slow search over whole targets, and to scoring what they return."""

import functools

import keras
import numpy as np
import pytest
import reference
import slow_search
from grouped import grouped
from small_models import END_BIAS, VARIANTS, randomise, small_batch, small_model

from s2s_lesson import engine
from s2s_lesson.data import Vocabulary
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.search import beam_search, greedy_search, sample

SOURCE_LENGTHS, LENGTH, VOCAB_SIZE = (7, 2, 5), 7, 29
ENDS = {"bos_id": Vocabulary.bos_id, "eos_id": Vocabulary.eos_id, "pad_id": Vocabulary.pad_id}
IDS = {**ENDS, "max_output_length": LENGTH}
SIZES = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 12}
OTHERS = {
    "self_attention-2_layers": {
        **SIZES,
        "decoder": "self_attention",
        "num_heads": 2,
        "decoder_layers": 2,
        "max_target_length": LENGTH,
    },
    "copy": {**SIZES, "embedding_dim": 5, "encoder_units": 4, "copy": True},
}
FEW = ["lstm-concat-into_rnn-input_feeding-coverage", *OTHERS, "transformer"]
CONSTRAINTS = {
    "required": [[[7]], [], [[11, 13], [13, 11, 13]]],
    "prefix": [[5, 17], [19], []],
    "no_repeat_ngram": 3,
    "min_output_length": 3,
    "forbidden": [[1], [23, 5]],
    "forced_end": True,
}
SEARCHES = {
    "greedy": (greedy_search, {}),
    "beam": (beam_search, {"beam_size": 5, "n_best": 2, "length_penalty": 1.0, "coverage_penalty": 0.2}),
    "constraints": (beam_search, {"beam_size": 5, "n_best": 2, **CONSTRAINTS}),
    "groups": (beam_search, {"beam_size": 4, "n_best": 2, "groups": 2, "diversity_penalty": 0.7}),
    "samples": (sample, {"n_samples": 2, "temperature": 1.3, "top_k": 11, "top_p": 0.9}),
    "samples-constraints": (sample, {"n_samples": 2, "typical_p": 0.9, **CONSTRAINTS}),
}


@functools.cache
def model_of(variant):
    """A small model whose outputs end."""
    if variant in VARIANTS or variant == "transformer":
        return small_model(variant)
    model = Seq2Seq(Seq2SeqConfig(31, VOCAB_SIZE, **OTHERS[variant]))
    randomise(model)
    bias = model.decoder.output_layer.bias
    bias.assign(bias + END_BIAS * (np.arange(VOCAB_SIZE) == Vocabulary.eos_id))
    return model


@functools.cache
def encode(model, rows=(0, 1, 2)):
    """The state of some sentences; those of a model that copies hold words that it does not know."""
    source_ids = small_batch(SOURCE_LENGTHS)["source_ids"][list(rows)]
    if not model.config.copy:
        return model.encode(source_ids)
    columns = np.arange(source_ids.shape[1])
    copy_ids = np.where(columns % 2, 4 + columns, VOCAB_SIZE + columns)
    return model.encode(source_ids, np.where(source_ids != 0, copy_ids, 0).astype("int32"))


def teacher_forced(model, rows, sequences):
    """Log-probabilities and attention of whole targets: (targets, length, vocab_size or source_length)."""
    decoder_inputs = np.pad(sequences[:, :-1], [(0, 0), (1, 0)], constant_values=Vocabulary.bos_id)
    decode = decoding(model)
    logits, attention_weights = decode(decoder_inputs.astype("int32"), encode(model, tuple(rows)))
    log_probs = reference.log_softmax(keras.ops.convert_to_numpy(logits))
    return log_probs, keras.ops.convert_to_numpy(attention_weights)


@functools.cache
def decoding(model):
    return engine.compile_function(model.decode, model)


def scored(guard):
    """Models and searches. JAX compiles a step for each; most of the other models' are slow there."""
    cases = []
    for variant in FEW:
        for name in SEARCHES:
            few = variant in VARIANTS or name in ("beam", "samples-constraints")
            slow = engine.compiles_each_shape() and not few
            marks = [pytest.mark.slow(guard=guard)] if slow else []
            cases.append(pytest.param(variant, name, id=f"{variant}-{name}", marks=marks))
    return cases


@pytest.mark.parametrize(
    ("variant", "name"),
    scored(
        guard="tests/conformance/test_searches_of_models.py::"
        "test_log_probabilities_and_attention_are_those_of_the_whole_target"
    ),
)
def test_log_probabilities_and_attention_are_those_of_the_whole_target(variant, name):
    model, (search, options) = model_of(variant), SEARCHES[name]
    result = search(model.step, encode(model), **IDS, **grouped(**options), return_attention=True)
    if name in ("beam", "samples"):
        assert result.lengths.min() < result.lengths.max()
    n_best = result.lengths.shape[1]
    sequences = np.pad(
        result.sequences,
        [(0, 0), (0, 0), (0, LENGTH - result.sequences.shape[2])],
        constant_values=Vocabulary.eos_id,
    ).reshape(-1, LENGTH)
    log_probs, attention = teacher_forced(model, np.repeat(range(3), n_best), sequences)
    of_tokens = np.take_along_axis(log_probs, sequences[:, :, None], axis=-1)[..., 0]
    length = result.sequences.shape[2]
    written = np.arange(length) < result.lengths.reshape(-1, 1)
    expected = np.where(written, of_tokens[:, :length], 0)
    ours = result.token_log_probabilities.reshape(expected.shape)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(result.log_probabilities.ravel(), expected.sum(axis=1), rtol=1e-5, atol=1e-5)
    expected = np.where(written[..., None], attention[:, :length], 0)
    np.testing.assert_allclose(result.attention_weights.reshape(expected.shape), expected, atol=1e-5)


class WholeTargets:
    """What follows a prefix of one sentence, computed from the whole prefix each time.

    Args:
        model: ``Seq2Seq``.
        row: int. Which sentence.
    """

    def __init__(self, model, row):
        self.model, self.row, self.known = model, row, {}

    def look_up(self, prefix):
        if prefix not in self.known:
            sequence = np.array([[*prefix, *[0] * (LENGTH - len(prefix))]])
            log_probs, attention = teacher_forced(self.model, [self.row], sequence)
            real = SOURCE_LENGTHS[self.row]
            self.known[prefix] = log_probs[0, len(prefix)], attention[0, len(prefix), :real]
        return self.known[prefix]

    def log_probs(self, prefix):
        return self.look_up(prefix)[0]

    def attention(self, prefix):
        return self.look_up(prefix)[1]


SLOW = pytest.mark.slow(
    guard="tests/conformance/test_searches_of_models.py::"
    "test_a_beam_over_steps_equals_a_slow_search_over_whole_targets"
)


@pytest.mark.parametrize("variant", [FEW[0], *(pytest.param(variant, marks=SLOW) for variant in FEW[1:])])
def test_a_beam_over_steps_equals_a_slow_search_over_whole_targets(variant):
    model = model_of(variant)
    scoring = {"length_penalty": 1.0, "length_formula": "average", "coverage_penalty": 0.2}
    settings_of = [
        {"beam_size": 3, "n_best": 3},
        {"beam_size": 4, "n_best": 2, "groups": 2, "diversity_penalty": 0.7},
        {"beam_size": 3, "n_best": 2, **CONSTRAINTS},
    ]
    whole = [WholeTargets(model, row) for row in range(3)]
    for options in settings_of:
        result = beam_search(model.step, encode(model), **IDS, **grouped(**options, **scoring))
        for row in range(3):
            own = {name: options[name][row] for name in ("required", "prefix") if name in options}
            outputs, closest = slow_search.beam_search(
                whole[row],
                **{**options, **own, **IDS},
                scoring=scoring,
            )
            assert closest > 1e-6
            for rank, (score, total, sequence) in enumerate(outputs):
                length = result.lengths[row, rank]
                assert tuple(result.sequences[row, rank, :length].tolist()) == sequence
                np.testing.assert_allclose(result.scores[row, rank], score, rtol=1e-4)
                np.testing.assert_allclose(result.log_probabilities[row, rank], total, rtol=1e-4)


@pytest.mark.parametrize("name", ["beam", "samples"])
@pytest.mark.parametrize("variant", FEW)
def test_a_compiled_step_finds_what_the_plain_one_finds(variant, name):
    model, (search, options) = model_of(variant), SEARCHES[name]
    options = {**IDS, **grouped(**options), "return_attention": True}
    compiled, plain = (
        search(model.step, encode(model), **options, compile_step=compile_step)
        for compile_step in (None, False)
    )
    np.testing.assert_array_equal(compiled.sequences, plain.sequences)
    np.testing.assert_array_equal(compiled.lengths, plain.lengths)
    for ours, expected in zip(compiled[2:6], plain[2:6], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


def test_a_compiled_step_reads_the_weights_of_now():
    model = Seq2Seq(Seq2SeqConfig(31, VOCAB_SIZE, **OTHERS["copy"]))
    totals = {}
    for seed in (3, 5):
        randomise(model, seed)
        totals[seed] = [
            greedy_search(
                model.step, encode.__wrapped__(model), **IDS, compile_step=compile_step
            ).log_probabilities
            for compile_step in (None, False)
        ]
        np.testing.assert_allclose(*totals[seed], rtol=1e-5)
    assert not np.allclose(totals[3][0], totals[5][0])
