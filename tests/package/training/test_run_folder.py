"""The folder of a run: it can be written to, and its files are written whole or not at all."""

import pytest

from s2s_lesson.training.run_folder import CHECKPOINT, run_folder, writable_folder, write_at_once


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fails_half_way(part):
        part.write_text("ne")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_at_once(path, fails_half_way)
    assert path.read_text() == "old"
    write_at_once(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"


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
