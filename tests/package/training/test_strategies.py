"""Strategies train on every engine, change what they should, and leave the rest as it is."""

import functools

import keras
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein
from reference import log_softmax, softmax
from small_models import randomise
from uncompiled import uncompiled

from s2s_lesson.data import Vocabulary, pad, shift_right
from s2s_lesson.layers import Seq2SeqConfig
from s2s_lesson.models import Seq2Seq
from s2s_lesson.training import (
    Constant,
    InverseSigmoidDecay,
    JointTraining,
    LinearDecay,
    MaskedCrossEntropy,
    MinimumRisk,
    ScheduledSampling,
    SplitOptimizer,
    StrategicModel,
    TeacherForcing,
    compile_model,
    strategies,
)

PAD, BOS, EOS = Vocabulary.pad_id, Vocabulary.bos_id, Vocabulary.eos_id
SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, ROWS, SOURCE_LENGTH = 11, 13, 17, 3
SIZES = {"embedding_dim": 5, "encoder_units": 7, "decoder_units": 11, "cell": "gru", "bidirectional": False}
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
DECAY = InverseSigmoidDecay(3)
BOTH = [ScheduledSampling(DECAY, choose="sample"), JointTraining()]
ALL = [MinimumRisk(samples=2, cross_entropy_weight=1.0), JointTraining(), TeacherForcing(0.7)]
TRAINED = {  # strategies, None being no StrategicModel at all, and a precision
    "ratio": ([TeacherForcing(0.5)], "float32"),
    "parallel-sample": ([ScheduledSampling(LinearDecay(11), 0.7, "sample", passes=1)], "float32"),
    "minimum_risk": ([MinimumRisk(samples=3, cross_entropy_weight=0.1)], "float32"),
    "scheduled_sampling+joint_training": (BOTH, "float32"),
    "minimum_risk+joint_training+ratio": (ALL, "float32"),
    "plain-float16": (None, "mixed_float16"),
    "plain-bfloat16": (None, "mixed_bfloat16"),
    "scheduled_sampling+joint_training-float16": (BOTH, "mixed_float16"),
    "minimum_risk+joint_training+ratio-bfloat16": (ALL, "mixed_bfloat16"),
}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def make_model(**options):
    """A model of its own, with weights that are the same each time."""
    keras.utils.set_random_seed(3)
    options = {**SIZES, "encoder_output_layer": True, **options}
    return Seq2Seq(Seq2SeqConfig(SOURCE_VOCAB_SIZE, TARGET_VOCAB_SIZE, **options))


@functools.cache
def shared_model():
    """A model for all tests that do not train it."""
    return make_model()


def batch():
    """Sources, and targets that say once or twice what the source begins with."""
    generator = np.random.default_rng(0)
    sources = [generator.integers(4, SOURCE_VOCAB_SIZE, length) for length in 1 + np.arange(ROWS) % 3]
    targets = pad([[*[source[0] + 1] * (1 + row % 2), EOS] for row, source in enumerate(sources)])
    return {"source_ids": pad(sources, SOURCE_LENGTH), "decoder_inputs": shift_right(targets)}, targets


def under(chosen, model=None, learning_rate=0.02, seed=7, **options):
    """A model in training under strategies, compiled."""
    trained = StrategicModel(make_model() if model is None else model, chosen, seed)
    compile_model(trained, learning_rate, **options)
    return trained


def fitted(trained, epochs=3):
    """Fit with Keras's own loop, one batch an epoch: the history."""
    inputs, targets = batch()
    options = {"batch_size": ROWS, "epochs": epochs, "shuffle": False, "verbose": 0}
    return trained.fit(inputs, targets, **options).history


def cross_entropy(model):
    """By teacher forcing, outside of any compiled function."""
    inputs, targets = batch()
    return float(numpy(MaskedCrossEntropy()(targets, model(inputs))))


def loss_of(trained, inputs, targets):
    """The training loss of a batch, outside of any compiled function."""
    outputs = trained(inputs, training=True)
    return float(numpy(trained.compute_loss(inputs, targets, outputs)))


# Training.


@pytest.mark.parametrize(
    "name", ["minimum_risk+joint_training+ratio", "scheduled_sampling+joint_training-float16"]
)
@uncompiled()
def test_it_learns_under_keras_own_loop_and_the_weights_have_32_bits(name):
    expect_that_it_learns(name, epochs=3)


@pytest.mark.slow(
    guard="tests/package/training/test_strategies.py::test_it_learns_under_keras_own_loop_and_the_weights_have_32_bits"
)
@pytest.mark.parametrize("name", TRAINED)
def test_compiled_it_learns_under_keras_own_loop_and_the_weights_have_32_bits(name):
    expect_that_it_learns(name)


def expect_that_it_learns(name, epochs=4):
    chosen, precision = TRAINED[name]
    model = make_model(precision=precision)
    begin, before = [weight.copy() for weight in model.get_weights()], cross_entropy(model)
    if chosen is None:
        trained = model
        compile_model(model, 0.05)
    else:
        trained = under(chosen, model, 0.05)
    losses = fitted(trained, epochs)["loss"]
    assert len(losses) == epochs and np.isfinite(losses).all()
    assert cross_entropy(model) < 0.95 * before

    weights = model.get_weights()
    assert {weight.dtype for weight in weights} == {np.dtype("float32")}
    assert all(np.isfinite(weight).all() for weight in weights)
    moved = sum((weight != other).any() for weight, other in zip(weights, begin, strict=True))
    unused = 0 if "joint" in name else len(model.encoder.output_layer.weights)
    assert moved == len(weights) - unused
    assert model.compute_dtype == precision.removeprefix("mixed_")
    assert keras.config.dtype_policy().name == "float32"
    if chosen is not None:
        assert int(numpy(trained.steps)) == epochs


@pytest.mark.slow(
    guard="tests/package/training/test_strategies.py::test_the_expected_cost_of_known_samples_falls"
)
def test_the_expected_cost_falls_where_it_alone_is_made_small():
    trained = under([MinimumRisk(samples=7)], learning_rate=0.05)
    losses = fitted(trained, 17)["loss"]
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


@functools.cache
def fitted_plainly():
    """The losses and the weights of a model that was trained without a StrategicModel."""
    model = make_model()
    compile_model(model, 0.02, clip_norm=0.5, label_smoothing=0.1)
    return fitted(model), model.get_weights()


ALWAYS_TRUE = [TeacherForcing(), ScheduledSampling(Constant(1.0))]


@pytest.mark.parametrize("strategy", ALWAYS_TRUE[1:])
@uncompiled()
def test_the_truth_alone_gives_the_weights_of_plain_training(strategy):
    expect_plain_training(strategy)


@pytest.mark.slow(
    guard="tests/package/training/test_strategies.py::test_the_truth_alone_gives_the_weights_of_plain_training"
)
@pytest.mark.parametrize("strategy", ALWAYS_TRUE)
def test_compiled_the_truth_alone_gives_the_weights_of_plain_training(strategy):
    expect_plain_training(strategy)


def expect_plain_training(strategy):
    trained = under([strategy], clip_norm=0.5, label_smoothing=0.1)
    begin, history = trained.model.get_weights(), fitted(trained)
    expected_history, expected = fitted_plainly()
    assert history.keys() == expected_history.keys() == {"loss", "cross_entropy", "accuracy"}
    for name, values in expected_history.items():
        np.testing.assert_allclose(history[name], values, **CLOSE)
    for weight, other in zip(trained.model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, other, **CLOSE)
    moved = [(weight != other).any() for weight, other in zip(expected, begin, strict=True)]
    assert sum(moved) == len(moved) - 2  # all but the encoder's output layer


@uncompiled()
def test_schedules_are_asked_with_the_count_of_steps():
    """The truth in the first two steps, the model's own tokens from the third on."""

    def schedule(step):
        return keras.ops.where(step < 2, 1.0, 0.0)

    trained = under([ScheduledSampling(schedule)], clip_norm=0.5, label_smoothing=0.1)
    losses, expected = np.array(fitted(trained)["loss"]), np.array(fitted_plainly()[0]["loss"])
    np.testing.assert_allclose(losses[:2], expected[:2], rtol=1e-5)
    assert abs(losses[2] - expected[2]) > 1e-4
    assert int(numpy(trained.steps)) == 3
    trained(batch()[0])  # by teacher forcing
    assert int(numpy(trained.steps)) == 3


def test_a_ratio_below_one_feeds_other_tokens():
    losses = [loss_of(under([TeacherForcing(ratio)], shared_model()), *batch()) for ratio in (0.0, 1.0)]
    assert abs(losses[0] - losses[1]) > 1e-4


def test_the_seed_decides_what_is_drawn():
    model, chosen = shared_model(), [ScheduledSampling(Constant(0.3), choose="sample")]
    first, again, other = (loss_of(under(chosen, model, seed=seed), *batch()) for seed in (7, 7, 11))
    assert first == again and abs(first - other) > 1e-6


@uncompiled()
def test_evaluation_is_by_teacher_forcing_and_of_the_plain_loss():
    trained, (inputs, targets) = under(ALL, shared_model()), batch()
    scores = trained.test_on_batch(inputs, targets, return_dict=True)
    assert scores.keys() == {"loss", "cross_entropy", "accuracy"}
    expected = cross_entropy(trained.model)
    assert float(scores["loss"]) == pytest.approx(expected, rel=1e-5)
    assert float(scores["cross_entropy"]) == pytest.approx(expected, rel=1e-5)
    assert int(numpy(trained.steps)) == 0


# Joint training.


def encoders_loss_by_hand(model, smoothing):
    inputs, targets = batch()
    state = model.encode(inputs["source_ids"])
    logits = numpy(model.encoder.output_logits(state["values"])).astype("float64")
    distances = []
    for row, (source, target) in enumerate(zip(inputs["source_ids"], targets, strict=True)):
        pooled = logits[row, source != PAD].mean(axis=0)
        bag = np.bincount(target[target != PAD], minlength=TARGET_VOCAB_SIZE) + smoothing
        distances.append(np.mean((log_softmax(pooled) - np.log(bag / bag.sum())) ** 2))
    return np.mean(distances)


@pytest.mark.parametrize(("weight", "smoothing"), [(0.5, 0.1), (0.3, 0.7), (0.0, 0.1)])
def test_the_encoders_loss_is_added_to_the_cross_entropy(weight, smoothing):
    model = shared_model()
    trained = under([JointTraining(auxiliary_weight=weight, smoothing=smoothing)], model)
    added = loss_of(trained, *batch()) - cross_entropy(model)
    assert added == pytest.approx(weight * encoders_loss_by_hand(model, smoothing), rel=1e-4, abs=1e-6)


@uncompiled()
def test_one_step_of_joint_training():
    """Adam's first step is as long as the learning rate; metrics are without the encoder's loss."""
    trained = under([JointTraining(0.4)], learning_rate=0.01, clip_norm=1e9)
    inputs, targets = batch()
    before, auxiliary = cross_entropy(trained.model), encoders_loss_by_hand(trained.model, 0.1)
    begin = [numpy(variable).copy() for variable in trained.model.trainable_variables]
    logs = trained.train_on_batch(inputs, targets, return_dict=True)
    assert float(logs["cross_entropy"]) == pytest.approx(before, rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(before + 0.5 * auxiliary, rel=1e-4)

    of_encoder = {id(variable) for variable in trained.model.encoder.trainable_variables}
    rates = {True: set(), False: set()}
    for variable, other in zip(trained.model.trainable_variables, begin, strict=True):
        rates[id(variable) in of_encoder].add(round(float(np.abs(numpy(variable) - other).max()), 4))
    assert rates == {True: {0.01}, False: {0.004}}


@pytest.mark.parametrize(("chosen", "parts"), [([], 0), ([TeacherForcing()], 0), (BOTH, 2), (ALL, 2)])
def test_only_joint_training_splits_the_optimiser(chosen, parts):
    optimizer = under(chosen, shared_model()).optimizer
    assert isinstance(optimizer, SplitOptimizer) == bool(parts)
    assert len(getattr(optimizer, "optimizers", [])) == parts


# The expected cost.


SENTENCES = [[5, 5, EOS], [6, EOS], [7, 7, 7, EOS]]
SAMPLES = [  # four a source: some twice, some the target, one empty, some without an end
    [[5, EOS], [5, 5, EOS], [5, EOS], [9, 9, 9, 9, 9, 9, 9]],
    [[EOS], [6, EOS], [6, EOS], [6, 6, EOS]],
    [[8, 4, EOS], [8, 4, EOS], [8, 4, EOS], [8, 4, EOS]],
]


@functools.cache
def risk_model():
    """A model with random weights for all tests that do not train it."""
    model = make_model()
    randomise(model)
    return model


def risk_batch(source_padding=0, target_padding=0):
    sources, targets = pad([[4, 5, 6], [7], [8, 9]], 3 + source_padding), pad(SENTENCES, 4 + target_padding)
    return {"source_ids": sources, "decoder_inputs": shift_right(targets)}, targets


@pytest.fixture
def known_samples(monkeypatch):
    """Let the samples be SAMPLES, cut or padded to the length asked for."""
    asked = []

    def give(model, state, length, seed, temperature):
        asked.append((numpy(state["keys_mask"]).sum(axis=1).tolist(), int(length), temperature))
        return keras.ops.convert_to_tensor(
            pad([sample[:length] for samples in SAMPLES for sample in samples], int(length))
        )

    monkeypatch.setattr(strategies, "sample_outputs", give)
    return asked


@functools.cache
def log_prob_by_hand(source, output):
    """The sum of the log-probabilities of an output's tokens, decoded alone by the risk model."""
    model, read = risk_model(), np.array([[BOS, *output[:-1]]], "int32")
    logits, _ = model.decode(read, model.encode(np.array([source], "int32")))
    return sum(log_softmax(numpy(logits))[0, place, token] for place, token in enumerate(output))


def edits_by_hand(output, target):
    return Levenshtein.distance([t for t in output if t != EOS], target[:-1]) / len(target[:-1])


COSTS = {
    "edit_distance": ("edit_distance", edits_by_hand),
    "mismatch": ("mismatch", lambda output, target: float(list(output) != target)),
    "function": (
        lambda outputs, targets: keras.ops.cast(keras.ops.sum(outputs, axis=1), "float32"),
        lambda output, target: float(sum(output)),
    ),
}


def risk_by_hand(longest, cost, sharpness, include_target):
    risks = []
    for source, target, samples in zip([[4, 5, 6], [7], [8, 9]], SENTENCES, SAMPLES, strict=True):
        different = {tuple(sample[:longest]) for sample in samples}
        if include_target:
            different.add(tuple(target))
        scores = [sharpness * log_prob_by_hand(tuple(source), output) for output in different]
        risks.append(softmax(np.array(scores)) @ [cost(output, target) for output in different])
    return np.mean(risks)


@pytest.mark.parametrize("include_target", [True, False])
@pytest.mark.parametrize("name", COSTS)
def test_the_expected_cost_is_that_of_the_different_samples(known_samples, name, include_target):
    cost, by_hand = COSTS[name]
    chosen = MinimumRisk(4, cost, 0.3, temperature=1.7, extra_length=2, include_target=include_target)
    loss = loss_of(under([chosen], risk_model()), *risk_batch())
    assert loss == pytest.approx(risk_by_hand(6, by_hand, 0.3, include_target), rel=1e-4)
    assert loss > 0.1
    # Four rows a source, whose lengths are 3, 1 and 2; two tokens longer than the longest target.
    assert known_samples == [([3] * 4 + [1] * 4 + [2] * 4, 6, 1.7)]


@uncompiled()
def test_the_expected_cost_of_known_samples_falls(known_samples):
    trained, batch = under([MinimumRisk(4)], risk_model.__wrapped__(), learning_rate=0.01), risk_batch()
    trained.run_eagerly = True  # known samples are NumPy's, which JAX does not compile
    costs = [float(trained.train_on_batch(*batch, return_dict=True)["loss"]) for _ in range(3)]
    assert (np.diff(costs) < 0).all() and len(known_samples) == 3


def test_the_cross_entropy_is_added_with_its_weight(known_samples):
    model = risk_model()
    inputs, targets = risk_batch()
    plain = loss_of(under([], model), inputs, targets)
    alone = loss_of(under([MinimumRisk(4)], model), inputs, targets)
    both = loss_of(under([MinimumRisk(4, cross_entropy_weight=0.7)], model), inputs, targets)
    assert both == pytest.approx(alone + 0.7 * plain, rel=1e-5) and plain > 0.1


# Padding.


WITHOUT_CHANCE = {
    "teacher_forcing": [TeacherForcing()],
    "own_tokens": [ScheduledSampling(Constant(0.0))],
    "own_tokens-2_passes": [ScheduledSampling(Constant(0.0), passes=2)],
    "own_tokens-row": [ScheduledSampling(Constant(0.0), coin="row")],
    "joint_training": [JointTraining()],
    "minimum_risk": [MinimumRisk(4)],
    "minimum_risk+joint_training": [MinimumRisk(4, cross_entropy_weight=0.5), JointTraining()],
}


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_padding_changes_no_loss(known_samples, monkeypatch, name):
    """All samples fit, cut or not: what differs is the padding alone."""
    monkeypatch.setitem(globals(), "SAMPLES", [[sample[:4] for sample in samples] for samples in SAMPLES])
    trained = under(WITHOUT_CHANCE[name], risk_model())
    expected = loss_of(trained, *risk_batch())
    padded = [loss_of(trained, *risk_batch(*padding)) for padding in ((5, 0), (0, 3), (2, 7))]
    np.testing.assert_allclose(padded, expected, rtol=1e-5)
    assert expected > 0.1


# Saving.


def test_what_is_saved_is_the_model_that_learned(tmp_path):
    trained = under(BOTH)
    randomise(trained.model)
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is Seq2Seq and loaded.config == trained.model.config
    for weight, expected in zip(loaded.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    inputs, _ = batch()
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(trained.model(inputs)))
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(trained(inputs)["logits"]))


# What does not go.


@pytest.mark.parametrize(
    ("chosen", "thing"),
    [
        (
            [TeacherForcing(), ScheduledSampling(DECAY)],
            "past; received TeacherForcing and ScheduledSampling",
        ),
        (
            [JointTraining(), TeacherForcing(), JointTraining()],
            "optimizer; received JointTraining and JointT",
        ),
    ],
)
def test_two_strategies_that_decide_on_the_same_thing_are_refused(chosen, thing):
    with pytest.raises(ValueError, match=f"one strategy that decides on the {thing}.*Leave one out"):
        StrategicModel(shared_model(), chosen)


def test_what_is_no_strategy_is_refused():
    with pytest.raises(TypeError, match="Expected strategies, such as TeacherForcing"):
        StrategicModel(shared_model(), [DECAY])
    with pytest.raises(TypeError, match="TeacherForcing"):
        StrategicModel(shared_model(), [TeacherForcing])


def test_joint_training_needs_an_output_layer_of_the_encoder():
    model = make_model(encoder_output_layer=False)
    with pytest.raises(ValueError, match="encoder_output_layer=True"):
        StrategicModel(model, [TeacherForcing(), JointTraining()])


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: TeacherForcing(1.1), "ratio"),
        (lambda: TeacherForcing(-0.1), "ratio"),
        (lambda: ScheduledSampling(0.5), "schedule"),
        (lambda: ScheduledSampling(DECAY, temperature=0.0), "temperature"),
        (lambda: ScheduledSampling(DECAY, choose="beam"), "choose"),
        (lambda: ScheduledSampling(DECAY, passes=0), "passes"),
        (lambda: JointTraining(0.0), "decoder_learning_rate_scale"),
        (lambda: JointTraining(auxiliary_weight=-0.1), "auxiliary_weight"),
        (lambda: JointTraining(smoothing=0.0), "smoothing"),
        (lambda: MinimumRisk(0), "samples"),
        (lambda: MinimumRisk(cost="bleu"), "cost"),
        (lambda: MinimumRisk(sharpness=0.0), "sharpness"),
        (lambda: MinimumRisk(temperature=0.0), "temperature"),
        (lambda: MinimumRisk(cross_entropy_weight=-0.1), "cross_entropy_weight"),
        (lambda: MinimumRisk(extra_length=-1), "extra_length"),
    ],
)
def test_bad_values_are_named(make, name):
    with pytest.raises(ValueError, match=f"Expected {name} .*; received"):
        make()
