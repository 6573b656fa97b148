"""The folder of a run: it can be written to."""

import pytest

from s2s_lesson.training.run_folder import writable_folder


def test_a_writable_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = writable_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"Expected a folder that can be written to; received .*run \("):
        writable_folder(tmp_path / "file" / "run")
