"""The folder of a run: for one training at a time, and for one run."""

import json

import keras
import numpy as np
import pytest

from s2s_lesson.data.whole_files import enclosed
from s2s_lesson.training.held_folder import HeldFolder, held_folder
from s2s_lesson.training.run_folder import BEGUN, BEST_MODEL, CHECKPOINT, SMALL_MODEL, holds_run

TOLD = {"batch_size": 64, "seed": 0}


def begun(path, told=TOLD, resume=False):
    with HeldFolder(path, resume) as held:
        held.begin(told)
    return held


def names(path):
    return sorted(file.name for file in path.iterdir() if file.name != ".lock")


def test_a_run_that_was_begun_is_gone_on_with(tmp_path):
    first = begun(tmp_path / "run")
    assert holds_run(tmp_path / "run") and names(tmp_path / "run") == [BEGUN]
    assert begun(tmp_path / "run", resume=True).run == first.run
    assert begun(tmp_path / "other").run != first.run


def test_where_nothing_was_begun_there_is_nothing_to_go_on_with(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected a run to go on with.*without resume=True"):
        begun(tmp_path, resume=True)
    (tmp_path / CHECKPOINT).write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="Expected a run to go on with"):
        begun(tmp_path, resume=True)


@pytest.mark.parametrize("name", [BEGUN, CHECKPOINT, BEST_MODEL, SMALL_MODEL])
def test_a_run_or_a_model_is_not_overwritten(tmp_path, name):
    (tmp_path / name).write_text("there")
    advice = "or go on with that run" if name == BEGUN else r"Choose another folder\.$"
    with pytest.raises(FileExistsError, match=rf"holds {name}.*{advice}"):
        begun(tmp_path)
    assert names(tmp_path) == [name] and (tmp_path / name).read_text() == "there"
    (tmp_path / name).unlink()
    begun(tmp_path)  # it was let go


def test_the_difference_to_what_a_run_was_begun_with_is_named(tmp_path):
    begun(tmp_path)
    before = (tmp_path / BEGUN).read_bytes()
    with pytest.raises(
        ValueError, match=r"received batch_size = 32 in place of 64, noise = 'x' in place of N"
    ):
        begun(tmp_path, {"batch_size": 32, "seed": 0, "noise": "x"}, resume=True)
    assert (tmp_path / BEGUN).read_bytes() == before


def test_files_that_belong_to_the_model_are_part_of_what_a_run_is_begun_with(tmp_path):
    with HeldFolder(tmp_path) as held:
        held.enclosed = {"words.json": b"old"}
        held.begin(TOLD)
    with (
        pytest.raises(ValueError, match=r"received words\.json = "),
        HeldFolder(tmp_path, resume=True) as held,
    ):
        held.enclosed = {"words.json": b"new"}
        held.begin(TOLD)


def test_one_training_holds_a_folder_and_may_enter_it_again(tmp_path):
    with HeldFolder(tmp_path) as held:
        with held_folder(held, resume=False) as again:
            again.begin(TOLD)
        with pytest.raises(
            ValueError, match="Expected resume False with a folder that is held for a new run"
        ):
            held_folder(held, resume=True)
        with pytest.raises(OSError, match=r"no other training writes to; received .*Wait until it has ended"):
            HeldFolder(tmp_path, resume=True).__enter__()
    begun(tmp_path, resume=True)


def test_a_drive_without_locks_is_used_with_a_warning(tmp_path, monkeypatch):
    def unknown(*_, **__):
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", unknown)
    with pytest.warns(UserWarning, match="a drive without locks"):
        begun(tmp_path)


def test_what_a_killed_process_left_half_written_is_swept_away(tmp_path):
    (tmp_path / "epochs").mkdir()
    (tmp_path / "epochs" / ".part-epoch-0001.npz").write_bytes(b"half")
    (tmp_path / ".part-model.keras").write_bytes(b"half")
    begun(tmp_path)
    assert names(tmp_path) == [BEGUN, "epochs"] and names(tmp_path / "epochs") == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": "a"}', '{"run": "a", "begun": 3}'])
def test_a_damaged_file_of_what_was_begun_is_named(tmp_path, content):
    (tmp_path / BEGUN).write_text(content)
    with pytest.raises(
        ValueError, match=r"Expected what a run was begun with in .*begun\.json; received a dam"
    ):
        begun(tmp_path, resume=True)


def test_the_model_of_another_run_is_found(tmp_path):
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    for name in ("one", "other"):
        with HeldFolder(tmp_path / name) as held:
            held.enclosed = {"words.json": b"{}"}
            held.begin(TOLD)
            held.write_model(model)
        assert enclosed(tmp_path / name / BEST_MODEL)["words.json"] == b"{}"
    loaded = keras.saving.load_model(tmp_path / "one" / BEST_MODEL)
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
    (tmp_path / "one" / BEST_MODEL).replace(tmp_path / "other" / BEST_MODEL)
    run = json.loads((tmp_path / "one" / BEGUN).read_text())["run"]
    other = HeldFolder(tmp_path / "other", resume=True)
    other.enclosed = {"words.json": b"{}"}
    with (
        pytest.raises(ValueError, match=rf"Expected model.keras of the run in .*of another one, {run}"),
        other,
    ):
        other.begin(TOLD)
