"""The folder of a run: it can be written to, and it is for one run."""

import pytest

from s2s_lesson.training.run_folder import CHECKPOINT, run_folder, writable_folder


def test_a_writable_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = writable_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"Expected a folder that can be written to; received .*run \("):
        writable_folder(tmp_path / "file" / "run")


def test_the_folder_of_a_run_is_for_resuming_alone(tmp_path):
    assert run_folder(str(tmp_path / "run"), resume=False) == tmp_path / "run"
    (tmp_path / "run" / CHECKPOINT).write_text("of a run")
    assert run_folder(tmp_path / "run", resume=True) == tmp_path / "run"
    with pytest.raises(FileExistsError, match=r"holds that of an earlier run.*resume=True"):
        run_folder(tmp_path / "run", resume=False)
