"""Run: which epoch's weights are kept, in the model, in its folder, and when a run goes on."""

import json

import keras
import numpy as np
import pytest

from s2s_lesson.training.held_folder import HeldFolder
from s2s_lesson.training.run import Run
from s2s_lesson.training.run_log import RunLog

LOSSES = [0.7, 0.3, 0.5]


def begun(folder, keep, average=1, resume=False):
    """A run in a folder that was held once, and is let go: it can be begun again."""
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer="sgd", loss="mse")
    held = None
    if folder is not None:
        with HeldFolder(folder, resume) as held:
            held.begin({})
    return Run(model, held, RunLog(folder, 100, False), keep, average)


def gone_on(folder, keep, average=1):
    run = begun(folder, keep, average, resume=True)
    run.load()
    return run


def figures(loss):
    return {"loss": loss, "perplexity": np.exp(loss), "accuracy": 0.5}


def train(run, losses):
    """As many epochs as losses: after each all weights are its number, and an average scores its own."""
    for loss in losses:
        run.model.set_weights([np.full_like(weight, run.epoch + 1) for weight in run.model.get_weights()])
        run.end_epoch(figures(loss), score=lambda: figures(epoch_of(run.model)))
    return run


def epoch_of(model):
    """Which epoch's weights a model has."""
    (epoch,) = {float(number) for weight in model.get_weights() for number in np.unique(weight)}
    return epoch


def written(folder):
    return epoch_of(keras.saving.load_model(folder / "model.keras"))


def recorded(folder):
    return json.loads((folder / "history.json").read_text(encoding="utf-8"))["kept_epoch"]


@pytest.mark.parametrize(("keep", "kept"), [("best", [1, 2, 2]), ("last", [1, 2, 3])])
def test_the_kept_epoch_is_in_the_model_the_folder_and_the_history(tmp_path, keep, kept):
    run = train(begun(tmp_path, keep), LOSSES)
    run.restore_kept()
    assert run.history["kept_epoch"] == recorded(tmp_path) == kept
    assert run.kept_epoch() == kept[-1] == epoch_of(run.model) == written(tmp_path)


def test_of_equal_epochs_the_first_is_kept():
    run = train(begun(None, "best"), [0.3, 0.3])
    run.restore_kept()
    assert run.kept_epoch() == epoch_of(run.model) == 1


def test_before_the_first_epoch_ends_none_is_kept():
    assert begun(None, "best").kept_epoch() == 0


@pytest.mark.parametrize(
    ("first", "then", "kept"), [("best", "last", [1, 2, 3]), ("last", "best", [1, 2, 2])]
)
def test_a_run_may_go_on_with_the_other_choice(tmp_path, first, then, kept):
    train(begun(tmp_path, first), LOSSES)
    run = gone_on(tmp_path, then)
    assert epoch_of(run.model) == 3, "where training went on"
    assert run.history["kept_epoch"] == recorded(tmp_path) == kept
    assert written(tmp_path) == kept[-1]
    run.restore_kept()
    assert epoch_of(run.model) == kept[-1]
    again = gone_on(tmp_path, first)
    assert written(tmp_path) == again.kept_epoch() == {3: 2, 2: 3}[kept[-1]]


def test_within_an_epoch_the_last_one_is_written_at_its_end(tmp_path):
    run = train(begun(tmp_path, "best"), LOSSES)
    run.step = 5
    run.save()
    run = gone_on(tmp_path, "last")
    assert written(tmp_path) == 2
    train(run, [0.7])
    assert written(tmp_path) == run.kept_epoch() == 4


AVERAGES = pytest.mark.parametrize(
    ("keep", "epochs", "averages"),
    [("best", [2, 3], [1, 1.5, 2.5, 2.5]), ("last", [3, 4], [1, 1.5, 2.5, 3.5])],
)


@pytest.mark.parametrize("in_folder", [True, False])
@AVERAGES
def test_the_best_or_the_last_epochs_are_averaged_scored_and_written(
    tmp_path, keep, epochs, averages, in_folder
):
    folder = tmp_path if in_folder else None
    run = train(begun(folder, keep, average=2), [*LOSSES, 0.6])
    assert epoch_of(run.model) == 4, "where training goes on"
    assert run.averaged_epochs() == run.epoch_weights.epochs() == epochs
    assert run.history["average_val_loss"] == averages
    assert run.history["kept_epoch"] == ([1, 2, 2, 2] if keep == "best" else [1, 2, 3, 4])
    run.restore_kept()
    assert epoch_of(run.model) == averages[-1]
    if in_folder:
        assert written(folder) == averages[-1]
        files = sorted(path.name for path in (folder / "epochs").iterdir())
        assert files == [f"epoch-000{epoch}.npz" for epoch in epochs]
        assert json.loads((folder / "history.json").read_text())["average_val_loss"] == averages


@AVERAGES
def test_a_run_that_averages_goes_on_as_if_it_had_not_stopped(tmp_path, keep, epochs, averages):
    train(begun(tmp_path, keep, average=2), LOSSES)
    (tmp_path / "epochs" / "epoch-0004.npz").write_bytes(b"of an epoch whose checkpoint was not written")
    run = gone_on(tmp_path, keep, average=2)
    assert run.epoch_weights.epochs() == [2, 3]
    train(run, [0.6])
    assert run.averaged_epochs() == epochs and run.history["average_val_loss"] == averages
    assert written(tmp_path) == averages[-1]


def test_a_run_may_go_on_with_averages_or_without(tmp_path):
    train(begun(tmp_path, "last"), LOSSES)
    with pytest.warns(UserWarning, match=r"The weights of the epochs 2, 3 are gone.*leaves them out"):
        run = gone_on(tmp_path, "last", average=2)
    assert run.averaged_epochs() == [] and written(tmp_path) == 3
    train(run, [0.6])
    assert run.averaged_epochs() == [4] and written(tmp_path) == 4
    train(run, [0.8])
    assert run.history["average_val_loss"] == [0.7, 0.3, 0.5, 4, 4.5] and written(tmp_path) == 4.5
    again = gone_on(tmp_path, "best")
    assert again.averaged_epochs() == again.epoch_weights.epochs() == [] and written(tmp_path) == 2
    assert set(again.history) == set(begun(None, "best").history)
