"""Pasts equal plain loops over single steps, and what is drawn comes as often as it should."""

import functools
import itertools

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from reference import log_softmax, softmax
from scipy import stats
from small_models import SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, VARIANTS, randomise, small_batch

from s2s_lesson import engine
from s2s_lesson.data import Vocabulary
from s2s_lesson.layers import Seq2SeqConfig, padding_mask
from s2s_lesson.models import Seq2Seq
from s2s_lesson.search import sample
from s2s_lesson.training import corrupted_past, mixed_past, sample_outputs, token_cross_entropy, weighted_mean
from s2s_lesson.training.pasts import choose_tokens, gumbel_noise

PAD, UNK, BOS, EOS = Vocabulary.pad_id, Vocabulary.unk_id, Vocabulary.bos_id, Vocabulary.eos_id
TARGET_LENGTHS = (7, 3, 5)
TINY = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}
COPYING = {**TINY, "attention": "luong_general", "copy": True}
SELF_ATTENTION = {**TINY, "decoder": "self_attention", "decoder_units": 12, "num_heads": 3}
OTHERS = {"copying": COPYING, "self_attention": {**SELF_ATTENTION, "max_target_length": 11}}
MODELS = [
    "lstm-general-both_ways",
    "gru-bahdanau-coverage",
    "lstm-dot-monotonic",
    "lstm-concat-into_rnn-input_feeding-coverage",
    *OTHERS,
]
LIKELY = 4


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def generator(seed=5):
    return keras.random.SeedGenerator(seed)


@functools.cache
def model_named(name):
    """A model whose choices differ from step to step: they depend on what it read last, and on no bias."""
    options = OTHERS.get(name) or VARIANTS[name]
    model = Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **options))
    randomise(model)
    embeddings, bias = model.decoder.embedding.embeddings, model.decoder.output_layer.bias
    embeddings.assign(7 * embeddings)
    bias.assign(0 * bias)
    return model


@functools.cache
def begun(name):
    """A model, decoder inputs and the state that decoding begins with."""
    model, batch = model_named(name), small_batch((7, 2, 5), TARGET_LENGTHS)
    copy_ids = np.where(batch["source_ids"] > 0, TARGET_VOCAB_SIZE + np.arange(7), 0).astype("int32")
    state = model.encode(batch["source_ids"], copy_ids if model.config.copy else None)
    batch["decoder_inputs"][:, 0] = BOS
    return model, batch["decoder_inputs"], state


def mixed(name, share, **options):
    model, decoder_inputs, state = begun(name)
    return numpy(mixed_past(model, decoder_inputs, state, share, generator(), **options))


def always_likely(**options):
    """A model that nearly always chooses the token LIKELY."""
    model = Seq2Seq(Seq2SeqConfig(7, 11, **TINY, **options))
    bias = np.zeros(11, "float32")
    bias[LIKELY] = 100
    model.decoder.output_layer.bias.assign(bias)
    return model


# What stays, and what the model chooses.


@pytest.mark.parametrize("passes", [None, 1])
def test_a_share_of_one_gives_the_truth(passes):
    _, gold, _ = begun("lstm-general-both_ways")
    past = mixed("lstm-general-both_ways", 1.0, passes=passes)
    np.testing.assert_array_equal(past, gold)
    assert past.dtype == "int32"


@pytest.mark.parametrize("name", MODELS)
def test_a_share_of_zero_gives_what_single_steps_choose(name):
    """A loop over ``model.step``: each token is the likeliest one after the one before it."""
    model, gold, state = begun(name)
    tokens, expected = gold[:, 0], [gold[:, 0]]
    for _ in range(gold.shape[1] - 1):
        logits, state = model.step(tokens, state)
        scores = numpy(logits).copy()
        scores[:, PAD] = -np.inf
        tokens = scores.argmax(axis=1).astype("int32")
        expected.append(tokens)
    expected = np.where(gold == PAD, PAD, np.stack(expected, axis=1))
    np.testing.assert_array_equal(mixed(name, 0.0), expected)
    assert len(np.unique(expected)) > 3 and (expected != gold).sum() > 7


@pytest.mark.parametrize("choose", ["argmax", "sample"])
@pytest.mark.parametrize("name", MODELS)
def test_as_many_passes_as_positions_give_the_same_as_going_step_by_step(name, choose):
    """For the same seed, at a share that mixes."""
    options = {"choose": choose, "temperature": 0.7}
    step_by_step = mixed(name, 0.2, **options)
    np.testing.assert_array_equal(mixed(name, 0.2, passes=7, **options), step_by_step)


@pytest.mark.parametrize("passes", [None, 7])
def test_every_token_is_the_true_one_or_the_likeliest_after_those_before_it(passes):
    model, gold, state = begun("lstm-concat-into_rnn-input_feeding-coverage")
    past = mixed("lstm-concat-into_rnn-input_feeding-coverage", 0.5, passes=passes)
    scores = numpy(model.decode(past, state)[0])[..., 1:]
    likeliest = scores[:, :-1].argmax(axis=-1) + 1
    real = gold[:, 1:] != PAD
    stayed, chosen = (past == gold)[:, 1:], past[:, 1:] == likeliest
    assert (stayed | chosen)[real].all() and not stayed[real].all() and not chosen[real].all()


def test_one_pass_reads_the_truth():
    model, gold, state = begun("gru-bahdanau-coverage")
    likeliest = numpy(model.decode(gold, state)[0])[..., 1:].argmax(axis=-1) + 1
    expected = np.where(gold == PAD, PAD, np.concatenate([gold[:, :1], likeliest[:, :-1]], axis=1))
    np.testing.assert_array_equal(mixed("gru-bahdanau-coverage", 0.0, passes=1), expected)
    assert (mixed("gru-bahdanau-coverage", 0.0) != expected).any()


@pytest.mark.parametrize(("choose", "passes"), [("argmax", None), ("argmax", 3), ("sample", 1)])
def test_the_begin_token_and_padding_stay(choose, passes):
    _, gold, _ = begun("copying")
    past = mixed("copying", 0.0, choose=choose, passes=passes)
    assert (past[:, 0] == BOS).all()
    np.testing.assert_array_equal(past == PAD, gold == PAD)


def test_padding_is_never_chosen():
    logits = keras.ops.convert_to_tensor(np.array([[9.0, 1, 2, 0], [9, 2, 1, 0]], "float32"))
    np.testing.assert_array_equal(numpy(choose_tokens(logits)), [2, 1])
    noise = keras.ops.convert_to_tensor(np.array([[0.0, 3, 0, 0], [7, 0, 0, 5]], "float32"))
    np.testing.assert_array_equal(numpy(choose_tokens(logits, noise)), [1, 3])
    np.testing.assert_array_equal(numpy(choose_tokens(logits, noise, temperature=0.1)), [2, 1])


def test_the_seed_decides():
    options = {"choose": "sample"}
    first, again = (mixed("lstm-general-both_ways", 0.4, **options) for _ in range(2))
    model, gold, state = begun("lstm-general-both_ways")
    other = numpy(mixed_past(model, gold, state, 0.4, generator(6), **options))
    np.testing.assert_array_equal(first, again)
    assert (other != first).any()


@pytest.mark.parametrize(("choose", "passes"), [("argmax", None), ("sample", 2)])
def test_no_gradient_goes_through_the_choice(choose, passes):
    """The gradients are those that a past handed in from outside has."""
    model, batch = model_named("lstm-general-both_ways"), small_batch((3, 2), (5, 3))
    gold = batch["decoder_inputs"]
    constant = numpy(
        mixed_past(model, gold, model.encode(batch["source_ids"]), 0.3, generator(), choose, passes=passes)
    )

    def loss(history_of):
        state = model.encode(batch["source_ids"])
        logits, _ = model.decode(history_of(state), state)
        return weighted_mean(token_cross_entropy(gold, logits), padding_mask(gold))

    def chosen(state):
        return mixed_past(model, gold, state, 0.3, generator(), choose, passes=passes)

    variables = model.trainable_variables
    value, gradients = value_and_gradients(lambda: loss(chosen), variables)
    expected_value, expected = value_and_gradients(lambda: loss(lambda _: constant), variables)
    assert value == pytest.approx(expected_value, rel=1e-6) and (constant != gold).any()
    for gradient, other in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, other, rtol=1e-4, atol=1e-7)
    assert sum(gradient.any() for gradient in gradients) > 10


# How often.


def test_a_coin_is_tossed_for_every_token():
    """Shares are right at every position and vary within rows as independent coins do."""
    rows, length, share = 307, 13, 0.3
    model = always_likely()
    source_ids = np.full((rows, 2), 5, "int32")
    gold = np.random.default_rng(0).integers(LIKELY + 1, 11, (rows, length)).astype("int32")
    gold[:, 0] = BOS
    past = numpy(mixed_past(model, gold, model.encode(source_ids), share, generator()))
    assert set(np.unique(past[past != gold])) == {LIKELY}
    stays = (past == gold)[:, 1:]
    error = np.sqrt(share * (1 - share))
    np.testing.assert_allclose(stays.mean(), share, atol=4 * error / np.sqrt(stays.size))
    np.testing.assert_allclose(stays.mean(axis=0), share, atol=4 * error / np.sqrt(rows))
    by_row = stays.sum(axis=1)
    often = np.arange(length)
    expected = rows * stats.binom.pmf(often, length - 1, share)
    common = expected >= 5
    observed = np.bincount(by_row, minlength=length)
    observed = [*observed[common], observed[~common].sum()]
    assert stats.chisquare(observed, [*expected[common], expected[~common].sum()]).pvalue > 1e-3


@pytest.mark.parametrize("passes", [None, 1])
def test_one_coin_for_a_row_keeps_or_replaces_all_of_it(passes):
    rows, length, share = 307, 5, 0.3
    model = always_likely()
    source_ids = np.full((rows, 2), 5, "int32")
    gold = np.full((rows, length), LIKELY + 1, "int32")
    gold[:, 0] = BOS
    state = model.encode(source_ids)
    past = numpy(mixed_past(model, gold, state, share, generator(), passes=passes, coin="row"))
    stays = (past == gold)[:, 1:]
    assert set(stays.sum(axis=1)) == {0, length - 1}
    error = np.sqrt(share * (1 - share) / rows)
    np.testing.assert_allclose(stays[:, 0].mean(), share, atol=4 * error)


def is_drawn_from(counts, probabilities):
    """A chi-square test; what is expected less than five times counts as one."""
    expected = counts.sum() * np.asarray(probabilities) / np.sum(probabilities)
    common = expected >= 5
    assert common.sum() > 2
    observed, expected = [
        [*part[common], part[~common].sum()] if not common.all() else part for part in (counts, expected)
    ]
    return stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize(("temperature", "passes"), [(1.0, None), (0.6, None), (1.7, 1)])
def test_tokens_are_sampled_as_often_as_softmax_says(temperature, passes):
    rows, model = 3001, model_named("gru-bahdanau-coverage")
    state = model.encode(np.tile(np.array([[4, 7, 9]], "int32"), (rows, 1)))
    gold = np.full((rows, 2), BOS, "int32")
    options = {"choose": "sample", "temperature": temperature, "passes": passes}
    past = numpy(mixed_past(model, gold, state, 0.0, generator(), **options))
    logits = numpy(model.decode(gold, state)[0])[0, 0]
    probabilities = softmax(logits[1:].astype("float64") / temperature)
    counts = np.bincount(past[:, 1], minlength=TARGET_VOCAB_SIZE)
    assert counts[PAD] == 0 and is_drawn_from(counts[1:], probabilities)
    other = softmax(logits[1:].astype("float64") / (temperature + 0.5))
    assert not is_drawn_from(counts[1:], other)


# Outputs drawn whole.


VOCAB_SIZE, LONGEST, DRAWN = 6, 3, 5003


@functools.cache
def tiny_model():
    model = Seq2Seq(Seq2SeqConfig(7, VOCAB_SIZE, **TINY))
    randomise(model, seed=1)
    return model


def every_output():
    """All outputs of at most LONGEST tokens: those that end, and those that are cut. None has padding."""
    ordinary = [token for token in range(1, VOCAB_SIZE) if token != EOS]
    for length in range(LONGEST + 1):
        for tokens in itertools.product(ordinary, repeat=length):
            yield tokens if length == LONGEST else (*tokens, EOS)


def probabilities_of(outputs, temperature):
    """From teacher-forced logits, padding left out of every softmax."""
    model = tiny_model()
    tokens = np.array([[*output, *[PAD] * (LONGEST - len(output))] for output in outputs], "int32")
    state = model.encode(np.tile(np.array([[4, 5]], "int32"), (len(outputs), 1)))
    read = np.concatenate([np.full((len(outputs), 1), BOS, "int32"), tokens[:, :-1]], axis=1)
    logits = numpy(model.decode(read, state)[0])[..., 1:]
    log_probs = log_softmax(logits / temperature)
    return [
        np.exp(sum(log_probs[row, place, token - 1] for place, token in enumerate(output)))
        for row, output in enumerate(outputs)
    ]


@functools.cache
def drawn_outputs(temperature):
    model = tiny_model()
    state = model.encode(np.tile(np.array([[4, 5]], "int32"), (DRAWN, 1)))
    return numpy(sample_outputs(model, state, LONGEST, generator(), temperature))


def counted(rows, outputs):
    """How often each output was drawn, by its tokens up to the end token."""
    places = {output: place for place, output in enumerate(outputs)}
    counts = np.zeros(len(outputs))
    for row in rows:
        row = list(row)
        counts[places[tuple(row[: row.index(EOS) + 1] if EOS in row else row)]] += 1
    return counts


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_outputs_are_drawn_as_often_as_their_probability_says(temperature):
    outputs = list(every_output())
    probabilities = probabilities_of(outputs, temperature)
    assert sum(probabilities) == pytest.approx(1, rel=1e-5) and len(outputs) == 1 + 4 + 16 + 64
    assert is_drawn_from(counted(drawn_outputs(temperature), outputs), probabilities)


def test_outputs_are_drawn_as_those_of_the_search():
    """Two samples of one distribution. Searches never draw the begin token: here the end is theirs."""
    model, outputs = tiny_model(), list(every_output())
    state = model.encode(np.array([[4, 5]], "int32"))
    ids = {"bos_id": EOS, "eos_id": EOS, "pad_id": PAD, "max_output_length": LONGEST}

    def step(token_ids, state):
        return model.step(np.where(token_ids == EOS, BOS, token_ids), state)

    others = sample(step, state, n_samples=DRAWN, seed=3, **ids).sequences[0]
    tables = np.stack([counted(drawn_outputs(1.0), outputs), counted(others, outputs)])
    rare = tables.sum(axis=0) < 10
    table = np.concatenate([tables[:, ~rare], tables[:, rare].sum(axis=1, keepdims=True)], axis=1)
    assert table.shape[1] > 11
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_outputs_are_padded_after_their_end_and_cut_at_the_longest():
    rows = drawn_outputs(1.0)
    assert rows.shape == (DRAWN, LONGEST) and rows.dtype == "int32"
    ended = (rows == EOS).any(axis=1)
    assert 0.1 < ended.mean() < 0.9
    after_end = np.cumsum(rows == EOS, axis=1) - (rows == EOS) > 0
    np.testing.assert_array_equal(rows == PAD, after_end)


@pytest.mark.parametrize("name", ["copying", "self_attention"])
def test_outputs_of_other_models_are_drawn_from_their_first_logits(name):
    model, rows = model_named(name), 2003
    source_ids = np.tile(np.array([[4, 7, 9]], "int32"), (rows, 1))
    copy_ids = np.tile(TARGET_VOCAB_SIZE + np.arange(3, dtype="int32"), (rows, 1))
    state = model.encode(source_ids, copy_ids if model.config.copy else None)
    outputs = numpy(sample_outputs(model, state, 2, generator()))
    logits = numpy(model.step(np.full(rows, BOS, "int32"), state)[0])[0].astype("float64")
    counts = np.bincount(outputs[:, 0], minlength=len(logits))
    assert counts[PAD] == 0 and is_drawn_from(counts[1:], softmax(logits[1:]))
    assert not model.config.copy or counts[TARGET_VOCAB_SIZE:].sum() > 0


def test_outputs_are_drawn_within_a_compiled_function():
    """Of a length that TensorFlow knows only when it runs."""
    model, seed = tiny_model(), generator()

    def draw(state, targets):
        return sample_outputs(model, state, keras.ops.shape(targets)[1], seed)

    compiled = engine.compile_function(draw, model)
    for length in (2, 3, 5):
        state = model.encode(np.tile(np.array([[4, 5]], "int32"), (7, 1)))
        outputs = numpy(compiled(state, np.zeros((7, length), "int32")))
        assert outputs.shape == (7, length) and 0 < (outputs == EOS).sum() <= 7
        assert (outputs[:, 0] != PAD).all()


def test_noise_has_a_class_more_for_each_source_position_that_can_be_copied():
    for name, classes in (("gru-bahdanau-coverage", TARGET_VOCAB_SIZE), ("copying", TARGET_VOCAB_SIZE + 7)):
        model, gold, state = begun(name)
        noise = numpy(gumbel_noise(model, gold, generator(), state))
        assert noise.shape == (3, 7, classes) and noise.dtype == "float32" and np.isfinite(noise).all()
        assert stats.kstest(noise.ravel(), "gumbel_r").pvalue > 1e-3


# Pasts spoiled on purpose.


SPOILED_ROWS, SPOILED_LENGTH, SPOILED_VOCAB = 211, 17, 11


def clean_past():
    past = np.random.default_rng(0).integers(UNK, SPOILED_VOCAB, (SPOILED_ROWS, SPOILED_LENGTH))
    past[:, 0], past[:, -2:] = BOS, PAD
    return past.astype("int32")


def spoiled(share, seed=3):
    return corrupted_past(clean_past(), share, SPOILED_VOCAB, np.random.default_rng(seed))


def test_a_share_of_zero_spoils_nothing():
    np.testing.assert_array_equal(spoiled(0.0), clean_past())


def test_a_share_of_one_replaces_each_ordinary_token_by_another_one():
    clean, past = clean_past(), spoiled(1.0)
    ordinary = clean > EOS
    assert past.shape == clean.shape and past.dtype == "int32"
    np.testing.assert_array_equal(past[~ordinary], clean[~ordinary])
    assert (past[ordinary] != clean[ordinary]).all()
    assert past[ordinary].min() == EOS + 1 and past[ordinary].max() == SPOILED_VOCAB - 1
    for token in range(EOS + 1, SPOILED_VOCAB):  # all the others are as likely
        counts = np.bincount(past[clean == token], minlength=SPOILED_VOCAB)[EOS + 1 :]
        assert stats.chisquare(np.delete(counts, token - EOS - 1)).pvalue > 1e-4


def test_as_many_tokens_are_spoiled_as_the_share_says():
    clean = clean_past()
    ordinary = clean > EOS
    for share in (0.1, 0.6):
        replaced = (spoiled(share) != clean)[ordinary]
        tolerance = 4 * np.sqrt(share * (1 - share) / replaced.size)
        np.testing.assert_allclose(replaced.mean(), share, atol=tolerance)


def test_the_generator_decides_what_is_spoiled_and_the_truth_stays_as_it_was():
    clean = clean_past()
    before = clean.copy()
    corrupted_past(clean, 0.5, SPOILED_VOCAB, np.random.default_rng(0))
    np.testing.assert_array_equal(clean, before)
    np.testing.assert_array_equal(spoiled(0.5), spoiled(0.5))
    assert (spoiled(0.5) != spoiled(0.5, seed=4)).any()
