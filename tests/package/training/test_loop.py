"""fit: learns, keeps the best, stops early, and loses nothing when something goes wrong."""

import csv
import json
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import engine
from s2s_lesson.corpora import load
from s2s_lesson.data import Noise
from s2s_lesson.pipeline import TextToText
from s2s_lesson.training import (
    JointTraining,
    LearningRate,
    Optimization,
    StrategicModel,
    TeacherForcing,
    TrainingDiverged,
    loop,
    run,
)
from s2s_lesson.training.held_folder import HeldFolder
from s2s_lesson.training.run_log import RunLog

SIZES = {"embedding_dim": 7, "encoder_units": 17, "decoder_units": 19}
FIT = {"epochs": 2, "batch_size": 50, "learning_rate": 3e-2, "progress": False}


@pytest.fixture(scope="module")
def corpus():
    return load("copy", seed=1, min_length=2, max_length=5, train_size=150, dev_size=40, test_size=1)


def untrained(corpus, **options):
    engine.seed_everything(5)
    tokens = {"source_tokens": corpus.source_tokens, "target_tokens": corpus.target_tokens}
    return TextToText.from_pairs(corpus.train, **tokens, **{**SIZES, **options})


@pytest.fixture(scope="module")
@uncompiled()
def trained(corpus, tmp_path_factory):
    """A pipeline after two epochs, its run folder and its history. Tests work on copies of the folder."""
    pipeline, folder = untrained(corpus), tmp_path_factory.mktemp("runs") / "run"
    history = pipeline.fit(corpus.train, corpus.dev, folder=folder, **FIT)
    return pipeline, folder, history


@pytest.fixture
def run_copy(trained, tmp_path):
    return Path(shutil.copytree(trained[1], tmp_path / "run"))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expect_that_it_learned(folder, history):
    assert {len(values) for values in history.values()} == {2}
    assert history["loss"][1] < 0.95 * history["loss"][0]
    assert history["val_loss"][1] < history["val_loss"][0]
    np.testing.assert_allclose(np.exp(history["val_loss"]), history["val_perplexity"])
    assert json.loads((folder / "history.json").read_text()) == history


def test_training_learns_and_records_its_history(trained):
    expect_that_it_learned(*trained[1:])


@pytest.mark.slow(guard="tests/package/training/test_loop.py::test_training_learns_and_records_its_history")
def test_compiled_training_learns_and_records_its_history(corpus, tmp_path):
    history = untrained(corpus).fit(corpus.train, corpus.dev, folder=tmp_path, **FIT)
    expect_that_it_learned(tmp_path, history)


@uncompiled()
def test_the_best_weights_are_restored_and_written(trained, corpus):
    pipeline, folder, history = trained
    loss = loop.teacher_forced_scores(pipeline.model, pipeline.batches(corpus.dev))["loss"]
    assert loss == pytest.approx(min(history["val_loss"]))
    written = TextToText.load(folder).model.get_weights()
    for weight, expected in zip(written, pipeline.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@uncompiled()
def test_training_stops_when_its_patience_is_out(corpus):
    unlearnable = [(source, target[::-1][:1]) for source, target in corpus.dev]
    options = {**FIT, "epochs": 12, "patience": 1, "learning_rate": 5e-2}
    history = tiny(corpus).fit(corpus.train[:16], unlearnable[:9], **options)
    losses = history["val_loss"]
    assert len(losses) < 12
    assert losses.index(min(losses)) == len(losses) - 2
    assert history["kept_epoch"][-1] == len(losses) - 1


@uncompiled()
def test_a_loss_that_turns_nan_stops_the_run_and_keeps_the_last_good_checkpoint(corpus, run_copy):
    good = files(run_copy)
    pipeline = TextToText.load(run_copy)
    loop.compile_model(pipeline.model)
    pipeline.model.decoder.output_layer.bias.assign(np.full(len(pipeline.target_vocab), np.nan))
    held = HeldFolder(run_copy, resume=True)
    broken = run.Run(pipeline.model, held, RunLog(run_copy, 100, False))
    batches = pipeline.batches(corpus.dev)
    with pytest.raises(TrainingDiverged, match=r"in the loss of step 1.*last good checkpoint"):
        calls = keras.callbacks.CallbackList([], model=pipeline.model)
        loop._train_epoch(broken, batches, 1, False, "epoch 2/2", calls, loop.WHOLE)
    with pytest.raises(TrainingDiverged, match="NaN or infinity in the weights"):
        broken.save()
    with pytest.raises(TrainingDiverged, match="the development loss"):
        broken.end_epoch({"loss": float("nan"), "perplexity": float("nan"), "accuracy": 0.0}, score=dict)
    assert files(run_copy) == good


@uncompiled()
def test_a_learning_rate_far_too_high_ends_in_a_clear_error(corpus):
    pipeline = untrained(corpus)
    loop.compile_model(pipeline.model, learning_rate=1e38, clip_norm=1e30)
    batches = pipeline.batches(corpus.dev, batch_size=8)
    with pytest.raises(TrainingDiverged, match=r"There was no checkpoint yet. Lower the learning rate"):
        loop.fit(pipeline.model, batches, batches, epochs=2, progress=False)


def test_a_folder_that_cannot_be_written_to_is_found_before_training(corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    pipeline = untrained(corpus)
    with pytest.raises(OSError, match="Expected a folder that can be written to"):
        pipeline.fit(corpus.train, corpus.dev, folder=tmp_path / "file" / "run", **FIT)
    assert not pipeline.model.compiled


def test_a_folder_that_holds_a_run_is_not_overwritten(corpus, run_copy):
    before = files(run_copy)
    with pytest.raises(FileExistsError, match="resume=True"):
        untrained(corpus).fit(corpus.train, corpus.dev, folder=run_copy, **FIT)
    assert files(run_copy) == before


def test_a_run_is_not_resumed_with_other_vocabularies(corpus, run_copy):
    before = files(run_copy)
    other = TextToText.from_pairs([("x y z", "z y x")], **SIZES)
    with pytest.raises(ValueError, match=r"was begun with; received .*source_vocab.json = "):
        other.fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **FIT)
    assert files(run_copy) == before


def test_a_run_is_not_resumed_with_another_model(corpus, run_copy):
    before = files(run_copy)
    other = untrained(corpus, decoder_units=23)
    with pytest.raises(
        ValueError, match=r"received model.decoder_units = 23 in place of 19. Resume with the"
    ):
        other.fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **FIT)
    assert files(run_copy) == before


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (
            {"batch_size": 25},
            "pairs.batch_size = 25 in place of 50, validation_data.batch_size = 25 in place",
        ),
        ({"seed": 3}, "pairs.seed = 3 in place of 0"),
        ({"learning_rate": 1e-3}, "learning_rate = .*0.001.* in place of .*0.03"),
        ({"label_smoothing": 0.1}, "label_smoothing = 0.1 in place of 0.0"),
        ({"noise": Noise(drop=0.1)}, r"pairs.noise = 'Noise\(drop=0.1"),
        ({"strategies": [TeacherForcing(0.5)]}, r"strategies = \['TeacherForcing\(ratio=0.5\)'\]"),
        ({"weights": [2.0] * 150}, "pairs = '150 pairs "),
        ({"optimization": Optimization(3e-2, clip_norm=None), "learning_rate": None}, "clip_norm = None in"),
        ({"old_validation_data": [("a", "a")]}, "old_validation_data = '1 pairs .* in place of 'none'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_a_run_was_begun_with_holds_when_it_goes_on(corpus, run_copy, options, named):
    before = files(run_copy)
    with pytest.raises(ValueError, match=named):
        untrained(corpus).fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **{**FIT, **options})
    with pytest.raises(ValueError, match=r"pairs = '149 pairs \w+' in place of '150 pairs \w+'"):
        untrained(corpus).fit(corpus.train[1:], corpus.dev, folder=run_copy, resume=True, **FIT)
    assert files(run_copy) == before


@uncompiled()
def test_a_run_may_have_more_epochs_than_it_was_begun_with_and_with_fewer_there_is_nothing_to_do(
    corpus, run_copy, trained, capsys
):
    options = {**FIT, "folder": run_copy, "resume": True, "progress": True}
    history = untrained(corpus).fit(corpus.train, corpus.dev, **{**options, "epochs": 1})
    assert history == trained[2]
    assert "Nothing to do: the run has 2 epochs already, and 1 were asked for." in capsys.readouterr().out
    history = untrained(corpus).fit(corpus.train, corpus.dev, **{**options, "epochs": 3})
    assert len(history["loss"]) == 3 and history["loss"][:2] == trained[2]["loss"]
    assert "Nothing to do" not in capsys.readouterr().out


@uncompiled()
def test_files_of_two_runs_are_not_mixed(corpus, run_copy, tmp_path):
    pipeline = untrained(corpus)
    pipeline.fit(corpus.train, corpus.dev, folder=tmp_path / "other", **{**FIT, "average": 2})
    other = {path.name: path for path in (tmp_path / "other").iterdir()}
    before = files(run_copy)
    for name in ("model.keras", "checkpoint.npz"):
        shutil.copy(other[name], run_copy / name)
        with pytest.raises(ValueError, match=rf"Expected {name} of the run in .*another one"):
            untrained(corpus).fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **FIT)
        (run_copy / name).write_bytes(before[name])


@uncompiled()
@pytest.mark.parametrize(
    "damage", [lambda content: b"", lambda content: content[:-100]], ids=["empty", "cut"]
)
def test_a_damaged_checkpoint_is_named_and_stays(corpus, run_copy, damage):
    path = run_copy / "checkpoint.npz"
    path.write_bytes(damage(path.read_bytes()))
    before = files(run_copy)
    with pytest.raises(
        ValueError, match=r"Expected a checkpoint in .*checkpoint.npz; received a damaged file"
    ):
        untrained(corpus).fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **FIT)
    assert files(run_copy) == before


@uncompiled()
def test_a_run_that_was_stopped_before_its_first_checkpoint_begins_again(corpus, tmp_path):
    def stop(index, logs):
        raise RuntimeError("stopped")

    stopping, options = keras.callbacks.LambdaCallback(on_train_batch_end=stop), {**FIT, "epochs": 1}
    pairs = corpus.train[:30], corpus.dev[:7]
    with pytest.raises(RuntimeError, match="stopped"):
        tiny(corpus).fit(*pairs, folder=tmp_path / "run", callbacks=[stopping], **options)
    history = tiny(corpus).fit(*pairs, folder=tmp_path / "run", resume=True, **options)
    assert history["loss"] == tiny(corpus).fit(*pairs, **options)["loss"]


def test_a_finished_run_that_is_resumed_changes_nothing(trained, corpus, run_copy):
    pipeline = untrained(corpus)
    assert pipeline.fit(corpus.train, corpus.dev, folder=run_copy, resume=True, **FIT) == trained[2]
    for weight, expected in zip(pipeline.model.get_weights(), trained[0].model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


# Accumulation, warm-up and the progress bar.


TINY = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7, "cell": "gru", "bidirectional": False}


def tiny(corpus, **options):
    return untrained(corpus, **TINY, encoder_output_layer=True, **options)


def equal_batches(pipeline, rows, count):
    """Batches whose targets are all of one length, so that each holds as many tokens as the others."""
    generator = np.random.default_rng(0)
    tokens = generator.integers(4, len(pipeline.target_vocab), (count, rows, 3)).astype("int32")
    targets = np.concatenate([tokens, np.full((count, rows, 1), 3, "int32")], axis=2)
    begin = np.full((count, rows, 1), 2, "int32")
    inputs = np.concatenate([begin, tokens], axis=2)
    return [
        ({"source_ids": source, "decoder_inputs": read}, written)
        for source, read, written in zip(tokens, inputs, targets, strict=True)
    ]


@uncompiled()
def test_accumulated_batches_are_as_good_as_one_large_batch(corpus):
    expect_that_accumulation_changes_nothing(corpus, joint=True, count=2)


@pytest.mark.slow(
    guard="tests/package/training/test_loop.py::test_accumulated_batches_are_as_good_as_one_large_batch"
)
@pytest.mark.parametrize("joint", [False, True], ids=["plain", "joint_training"])
def test_compiled_accumulated_batches_are_as_good_as_one_large_batch(corpus, joint):
    expect_that_accumulation_changes_nothing(corpus, joint)


def expect_that_accumulation_changes_nothing(corpus, joint, count=3):
    """Three updates of so many batches each.

    Clipping and a schedule included: they see the mean gradient, and the count of updates.
    """
    weights = {}
    for accumulation in (1, count):
        pipeline = tiny(corpus)
        trained = StrategicModel(pipeline.model, [JointTraining()]) if joint else pipeline.model
        rate = LearningRate(0.03, 3, "linear", warmup_steps=2)
        loop.compile_model(trained, rate, clip_norm=0.3, accumulation=accumulation)
        small = equal_batches(pipeline, 7, 3 * count)
        if accumulation == 1:
            groups = [small[start : start + count] for start in range(0, len(small), count)]
            join = [
                (
                    {name: np.concatenate([inputs[name] for inputs, _ in group]) for name in group[0][0]},
                    np.concatenate([targets for _, targets in group]),
                )
                for group in groups
            ]
            batches = join
        else:
            batches = small
        begin = pipeline.model.get_weights()
        for inputs, targets in batches:
            trained.train_on_batch(inputs, targets)
        weights[accumulation] = pipeline.model.get_weights()
    for weight, expected in zip(weights[count], weights[1], strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=2e-5)
    moved = [np.abs(weight - other).max() for weight, other in zip(weights[1], begin, strict=True)]
    assert sum(distance > 0.02 for distance in moved) >= len(moved) - 2


@pytest.mark.parametrize(("clip_norm", "least", "most"), [(1.0, 0.02, 0.031), (1e-9, 0, 0.001)])
@uncompiled()
def test_gradients_are_clipped(corpus, clip_norm, least, most):
    """Adam's first step is as long as its rate, unless the gradient is small beside its epsilon."""
    pipeline = tiny(corpus)
    loop.compile_model(pipeline.model, 0.03, clip_norm=clip_norm)
    begin = pipeline.model.decoder.output_layer.get_weights()[1]
    pipeline.model.train_on_batch(*equal_batches(pipeline, 7, 1)[0])
    step = np.abs(pipeline.model.decoder.output_layer.get_weights()[1] - begin).max()
    assert least <= step <= most


SLOW = pytest.mark.slow(
    guard="tests/package/training/test_loop.py::test_a_pipeline_warms_up_and_its_rate_falls_over_all_updates"
)


@pytest.mark.parametrize(("accumulation", "batch_size"), [pytest.param(1, 31, marks=SLOW), (3, 19)])
@uncompiled()
def test_a_pipeline_warms_up_and_its_rate_falls_over_all_updates(corpus, tmp_path, accumulation, batch_size):
    pipeline = tiny(corpus)
    optimization = Optimization(1e-2, "linear", warmup_steps=2, accumulation=accumulation)
    options = {"epochs": 1, "batch_size": batch_size, "log_every": 1, "progress": False}
    options |= {"folder": tmp_path / "run", "optimization": optimization}
    pipeline.fit(corpus.train, corpus.dev[:7], **options)
    with open(tmp_path / "run" / "log.csv", newline="", encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if line["loss"]]
    batches = len(pipeline.batches(corpus.train, batch_size))
    schedule = LearningRate(1e-2, batches // accumulation, "linear", warmup_steps=2)
    expected = [float(schedule((step + 1) // accumulation)) for step in range(batches)]
    np.testing.assert_allclose([float(line["learning_rate"]) for line in lines], expected, rtol=1e-4)
    assert max(expected) == pytest.approx(1e-2, rel=1e-5) and expected[-1] < 0.2e-2 < expected[0]


def scripted_fit(pipeline, pairs, monkeypatch, losses, **options):
    """Train for as many epochs as there are development losses, which are given."""
    left, measured = iter(losses), ("loss", "perplexity", "accuracy")
    monkeypatch.setattr(loop, "teacher_forced_scores", lambda *_: dict.fromkeys(measured, next(left)))
    monkeypatch.setattr(loop, "epoch_line", lambda *_: "")
    return pipeline.fit(pairs, pairs, epochs=len(losses), batch_size=7, **options)


@uncompiled()
def test_an_average_of_epochs_is_what_a_run_ends_with_and_says(corpus, tmp_path, capsys):
    pipeline = tiny(corpus)
    options = {**FIT, "progress": True, "average": 2, "keep": "last", "folder": tmp_path}
    history = pipeline.fit(corpus.train[:5], corpus.dev[:2], **options)
    assert {len(values) for values in history.values()} == {2}
    assert history["average_val_loss"][0] == history["val_loss"][0]
    scores = pipeline.teacher_forced_scores(pipeline.batches(corpus.dev[:2], FIT["batch_size"]))
    for name, value in scores.items():
        assert value == pytest.approx(history[f"average_val_{name}"][1], rel=1e-6)
    weights = TextToText.load(tmp_path).model.get_weights()
    for weight, expected in zip(weights, pipeline.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    said = capsys.readouterr().out
    averaged, last = history["average_val_loss"][1], history["val_loss"][1]
    kept = (
        f"Kept the average of epochs 1, 2 of 2 (held-out loss {averaged:.4f}; of epoch 2 alone {last:.4f})."
    )
    assert (
        kept in said and f"held-out loss {last:.4f}" in said and f"of the average loss {averaged:.4f}" in said
    )


@uncompiled()
def test_the_kept_epoch_is_named_at_the_end(corpus, monkeypatch, capsys, recwarn):
    history = scripted_fit(tiny(corpus), corpus.dev[:1], monkeypatch, [0.7, 0.3, 0.5])
    assert history["kept_epoch"] == [1, 2, 2]
    assert capsys.readouterr().out.endswith("Kept epoch 2 of 3 (held-out loss 0.3000).\n")
    assert not [warning for warning in recwarn if "Kept epoch" in str(warning.message)]


@uncompiled()
def test_a_first_epoch_that_is_kept_of_many_gives_a_warning_with_the_remedy(corpus, monkeypatch):
    losses, options = [0.3, 0.7, 0.5, 0.5, 0.5], {"progress": False}
    with pytest.warns(UserWarning, match=r'Kept epoch 1 of 5 \(held-out loss 0.3000\).*keep="last"'):
        scripted_fit(tiny(corpus), corpus.dev[:1], monkeypatch, losses, **options)


@uncompiled()
def test_the_last_epoch_is_kept_where_it_is_asked_for_and_nothing_is_warned_of(
    corpus, monkeypatch, recwarn, tmp_path
):
    losses, options = [0.3, 0.7, 0.5, 0.5, 0.5], {"progress": False, "keep": "last", "patience": 3}
    history = scripted_fit(tiny(corpus), corpus.dev[:1], monkeypatch, losses, folder=tmp_path, **options)
    assert history["kept_epoch"] == [1, 2, 3, 4], "patience is out after the fourth epoch"
    assert json.loads((tmp_path / "history.json").read_text())["kept_epoch"] == [1, 2, 3, 4]
    assert not [warning for warning in recwarn if "Kept epoch" in str(warning.message)]


@uncompiled()
def test_the_progress_bar_shows_perplexity_and_speed(corpus, monkeypatch, capsys):
    shown, original = [], loop.tqdm

    def bar(*arguments, **options):
        made = original(*arguments, **{**options, "disable": False})
        monkeypatch.setattr(made, "set_postfix_str", shown.append)
        return made

    monkeypatch.setattr(loop, "tqdm", bar)
    options = {**FIT, "epochs": 1, "progress": True}
    history = tiny(corpus).fit(corpus.dev, corpus.dev[:7], **options)
    assert len(shown) > 1
    for text in shown:
        assert re.fullmatch(r"perplexity \d+\.\d{3}, [\d,]+ tokens/s", text)
    assert shown[-1].startswith(f"perplexity {history['perplexity'][0]:.3f},")
    assert f"perplexity {history['val_perplexity'][0]:.2f}" in capsys.readouterr().out


def test_options_are_looked_for_within_an_optimiser_that_scales_the_loss(corpus):
    """Keras wraps the optimiser of a float16 model."""
    pipeline = tiny(corpus)
    batches = pipeline.batches(corpus.train, 50)
    model, run_of = pipeline.model, {"epochs": 1, "progress": False}
    loop.compile_model(model, LearningRate(0.01, steps=9), accumulation=len(batches) + 1)
    model.optimizer = keras.optimizers.LossScaleOptimizer(model.optimizer)
    with pytest.raises(ValueError, match=f"Expected accumulation of at most {len(batches)}, the batches"):
        loop.fit(model, batches, batches, **run_of)
    with pytest.raises(ValueError, match=r"for ReduceLROnPlateau; received a schedule"):
        loop.fit(model, batches, batches, callbacks=[keras.callbacks.ReduceLROnPlateau("loss")], **run_of)
