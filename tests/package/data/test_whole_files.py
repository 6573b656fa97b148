"""Files are written whole or not at all."""

import pytest

from s2s_lesson.data.whole_files import write_at_once


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
