"""A sample weight of 0 is as good as leaving a row out, and one of 2 as good as having it twice."""

import keras
import numpy as np
import pytest
from small_models import randomise
from uncompiled import uncompiled

from s2s_lesson import Seq2Seq, Seq2SeqConfig
from s2s_lesson.data import pad, shift_right
from s2s_lesson.training import (
    JointTraining,
    PairBatches,
    StrategicModel,
    TokenAccuracy,
    TokenCrossEntropy,
    bag_loss,
    compile_model,
    expected_cost,
    teacher_forced_scores,
)

VOCAB_SIZE = 11
TARGETS = pad([[5, 6, 7, 8, 3], [9, 3], [4, 5, 3]])
SOURCES = pad([[4, 3], [5, 6, 7, 3], [8, 9, 3]])
WEIGHTS = np.array([2, 0, 1], "float32")
ROWS = [0, 0, 2]  # what the weights are as good as


def batch(rows):
    targets = TARGETS[rows]
    return {"source_ids": SOURCES[rows], "decoder_inputs": shift_right(targets)}, targets


def small_model(strategies=(), smoothing=0.0):
    config = Seq2SeqConfig(
        VOCAB_SIZE, VOCAB_SIZE, embedding_dim=3, encoder_units=5, decoder_units=7, encoder_output_layer=True
    )
    model = Seq2Seq(config)
    randomise(model)
    trained = StrategicModel(model, strategies) if strategies else model
    compile_model(trained, label_smoothing=smoothing, clip_norm=None)
    trained.optimizer = keras.optimizers.SGD(0.1)
    return model, trained


HOW = {"rows": {}, "tokens-smoothing": {"smoothing": 0.1}, "joint": {"strategies": [JointTraining()]}}


@uncompiled()
@pytest.mark.parametrize("name", ["tokens-smoothing", "joint"])
def test_training_with_weights_is_training_on_repeated_rows(name):
    expect_training_on_repeated_rows(name)


@pytest.mark.slow(
    guard="tests/conformance/test_sample_weights.py::test_training_with_weights_is_training_on_repeated_rows"
)
@pytest.mark.parametrize("name", HOW)
def test_compiled_training_with_weights_is_training_on_repeated_rows(name):
    expect_training_on_repeated_rows(name)


def expect_training_on_repeated_rows(name):
    how, token_weights = HOW[name], name.startswith("tokens")
    weights = np.repeat(WEIGHTS[:, None], TARGETS.shape[1], axis=1) if token_weights else WEIGHTS
    results = []
    for inputs, targets, sample_weight in ((*batch([0, 1, 2]), weights), (*batch(ROWS), None)):
        model, trained = small_model(**how)
        before = model.get_weights()
        logs = trained.train_on_batch(inputs, targets, sample_weight, return_dict=True)
        after = trained.test_on_batch(inputs, targets, sample_weight, return_dict=True)
        moved = [new - old for new, old in zip(model.get_weights(), before, strict=True)]
        results.append((moved, [float(figures[name]) for figures in (logs, after) for name in sorted(logs)]))
    (moved, figures), (expected_moves, expected_figures) = results
    assert max(np.abs(part).max() for part in expected_moves) > 1e-3
    for part, expected in zip(moved, expected_moves, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(figures, expected_figures, rtol=1e-5)


def test_losses_of_whole_rows_take_weights():
    generator = np.random.default_rng(7)
    logits = generator.normal(size=(3, 4, VOCAB_SIZE)).astype("float32")
    log_probs, costs = (generator.normal(size=(3, 5)).astype("float32") for _ in range(2))
    mask, counts = SOURCES != 0, np.ones((3, 5), bool)
    for weighted, repeated in (
        (
            bag_loss(logits, mask, TARGETS, sample_weight=WEIGHTS),
            bag_loss(logits[ROWS], mask[ROWS], TARGETS[ROWS]),
        ),
        (
            expected_cost(log_probs, costs, counts, sample_weight=WEIGHTS),
            expected_cost(log_probs[ROWS], costs[ROWS], counts[ROWS]),
        ),
    ):
        assert float(weighted) == pytest.approx(float(repeated), rel=1e-5)


@pytest.mark.parametrize("metric", [TokenAccuracy, TokenCrossEntropy])
def test_metrics_take_weights_over_batches_of_unlike_length(metric):
    logits = np.random.default_rng(5).normal(size=(3, 5, VOCAB_SIZE)).astype("float32")
    logits[0, :3] += 9 * np.eye(VOCAB_SIZE)[TARGETS[0, :3]]  # some are right
    weighted, repeated = metric(), metric()
    weighted.update_state(TARGETS, logits, WEIGHTS)
    weighted.update_state(TARGETS[2:, :3], logits[2:, :3], np.array([3.0]))
    repeated.update_state(TARGETS[[0, 0, 2, 2, 2, 2]], logits[[0, 0, 2, 2, 2, 2]])
    assert 0 < float(repeated.result()) != 1
    assert float(weighted.result()) == pytest.approx(float(repeated.result()), rel=1e-5)


@uncompiled()
def test_a_weight_of_zero_leaves_a_pair_out_of_all_batches():
    sources, targets = [[5, 3], [6, 7, 3], [8, 3]], [[4, 3], [5, 3], [6, 6, 3]]
    batches = PairBatches(
        sources, targets, shuffle=False, source_buckets=1, target_buckets=1, weights=[2, 0, 1]
    )
    inputs, written, weights = batches[0]
    assert len(batches) == 1 and inputs["source_ids"].tolist() == [[5, 3], [8, 3]]
    assert written.tolist() == [[4, 3, 0], [6, 6, 3]] and weights.tolist() == [2, 1]
    assert batches.rows(0).tolist() == [0, 2]
    model, _ = small_model()
    scores = teacher_forced_scores(model, batches)
    repeated = PairBatches([sources[row] for row in ROWS], [targets[row] for row in ROWS])
    expected = teacher_forced_scores(model, repeated)
    assert scores == {name: pytest.approx(value, rel=1e-5) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("weights", "received"),
    [
        ([1, -2, 1], "-2.0 for pair 1"),
        ([1, 1, np.nan], "nan for pair 2"),
        ([np.inf, 1, 1], "inf for pair 0"),
        ([0, 0, 0], "zeros alone"),
        ([1, 1], r"shape \(2,\)"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(weights, received):
    with pytest.raises(ValueError, match=f"Expected .*weight.*; received {received}"):
        PairBatches([[5], [6], [7]], [[4, 3]] * 3, weights=weights)


def test_class_weight_is_refused():
    _, trained = small_model()
    inputs, targets = batch([0, 1, 2])
    for train in (trained.train_on_batch, trained.fit):
        with pytest.raises(
            ValueError, match=r"Expected no class_weight.*received \{5: 2\.0\}.*sample_weight"
        ):
            train(inputs, targets, class_weight={5: 2.0})
