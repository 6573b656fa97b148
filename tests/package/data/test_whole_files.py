"""Files are written whole or not at all, and damaged ones are named."""

import errno
import os
import zipfile

import numpy as np
import pytest

from s2s_lesson.data.whole_files import enclose, enclosed, readable, sweep, write_at_once


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
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def full(part):
    with open("/dev/full", "w") as file:
        file.write("much")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is full")
def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(
        OSError, match=rf"Expected to write {path}; received No space left.*Make room"
    ) as raised:
        write_at_once(path, full)
    assert raised.value.errno == errno.ENOSPC and path.read_text() == "old"


def test_what_was_left_half_written_is_swept_away(tmp_path):
    (tmp_path / "below").mkdir()
    for name in (".part-a", "a", "below/.part-b"):
        (tmp_path / name).write_text("")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "below"]


def test_files_are_enclosed_in_an_archive_that_stays_what_it_was(tmp_path):
    path, files = tmp_path / "numbers.npz", {"a.json": b"{}", "b": bytes(1000)}
    np.savez(path, numbers=np.arange(3))
    assert enclosed(path) == {}
    enclose(path, files)
    assert enclosed(path) == files
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["numbers"], [0, 1, 2])


def test_an_enclosed_file_that_would_take_more_memory_than_disk_is_refused(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s2s_lesson/pipeline.json", bytes(1_000_000))
    with pytest.raises(ValueError, match=r"Expected a model in .*bomb.npz; received .*compressed"):
        enclosed(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_a_file_that_is_no_archive_is_named(tmp_path, content):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Expected a model in .*model.keras; received a damaged file"):
        enclosed(path)


DAMAGE = [KeyError("x"), EOFError(), TypeError("x"), zipfile.BadZipFile("x"), OSError("x")]
NO_DAMAGE = [FileNotFoundError("x"), PermissionError("x"), OSError(errno.EIO, "x"), MemoryError()]


@pytest.mark.parametrize("error", DAMAGE)
def test_whatever_a_library_raises_the_file_and_the_remedy_are_told(error):
    told = pytest.raises(ValueError, match=r"^Expected a thing in here; received .*\. Do this\.$")
    with told, readable("here", "a thing", "Do this."):
        raise error


@pytest.mark.parametrize("error", NO_DAMAGE)
def test_what_is_no_damage_is_told_as_it_is(error):
    with pytest.raises(type(error)) as raised, readable("here", "a thing", "Do this."):
        raise error
    assert raised.value is error
