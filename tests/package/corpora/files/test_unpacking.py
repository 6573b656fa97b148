import bz2
import gzip
import io
import lzma

import pytest
import zstandard

from s2s_lesson.corpora.files.unpacking import open_bytes

TEXT = "".join(f"Satz {number}\tsentence {number}\n" for number in range(9973)).encode()
PACK = {
    "gzip": (".gz", gzip.compress),
    "bzip2": (".bz2", bz2.compress),
    "xz": (".xz", lzma.compress),
    "zstd": (".zst", zstandard.compress),
}


def content(path):
    with open_bytes(path) as file:
        return file.read()


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("named", [True, False], ids=["by its name", "under another name"])
def test_packed_files_are_known_by_what_they_hold(tmp_path, kind, named):
    ending, pack = PACK[kind]
    path = tmp_path / f"pairs.tsv{ending if named else ''}"
    path.write_bytes(pack(TEXT))
    assert content(path) == TEXT


@pytest.mark.parametrize("kind", PACK)
def test_several_packed_parts_one_after_the_other_are_read_to_the_end(tmp_path, kind):
    ending, pack = PACK[kind]
    path = tmp_path / f"pairs{ending}"
    path.write_bytes(pack(TEXT) + pack(b"last"))
    assert content(path) == TEXT + b"last"


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("damage", ["cut short", "altered"])
def test_a_damaged_file_is_an_error_that_says_so(tmp_path, kind, damage):
    ending, pack = PACK[kind]
    packed = bytearray(pack(TEXT))
    if damage == "cut short":
        del packed[-11:]
    else:
        middle = len(packed) // 2
        packed[middle : middle + 31] = bytes(31)
    path = tmp_path / f"pairs{ending}"
    path.write_bytes(packed)
    with pytest.raises(ValueError, match=rf"Expected a whole {kind} file .*{ending}; .* Get it again"):
        content(path)


@pytest.mark.parametrize("kind", PACK)
def test_a_name_that_promises_something_else_is_told(tmp_path, kind):
    path = tmp_path / f"pairs{PACK[kind][0]}"
    path.write_bytes(TEXT)
    with pytest.raises(ValueError, match=rf"Expected {kind} in .*, as its name says; received other bytes"):
        content(path)


@pytest.mark.parametrize("kind", PACK)
def test_an_empty_file_is_empty_whatever_its_name(tmp_path, kind):
    path = tmp_path / f"pairs{PACK[kind][0]}"
    path.write_bytes(b"")
    assert content(path) == b""
    path.write_bytes(PACK[kind][1](b""))
    assert content(path) == b""


@pytest.mark.parametrize(
    ("magic", "kind"), [(b"PK\x03\x04", "spreadsheet"), (b"PAR1", "Parquet"), (b"%PDF-1", "PDF")]
)
def test_what_is_no_text_says_how_to_make_it_one(tmp_path, magic, kind):
    path = tmp_path / "pairs.csv"
    path.write_bytes(magic + bytes(97))
    with pytest.raises(ValueError, match=rf"Expected a text file as .*pairs.csv; received .*{kind}"):
        content(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected the file .*no.tsv; received a path where none is"):
        content(tmp_path / "no.tsv")
    with pytest.raises(ValueError, match="Expected a file; received the folder"):
        content(tmp_path)


def test_the_standard_input_is_read_and_stays_open(monkeypatch):
    data = io.BytesIO(TEXT)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(data))
    assert content("-") == TEXT
    assert not data.closed
