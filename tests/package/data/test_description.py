"""What a folder holds beside the model: it is read as it was written."""

import json

import pytest

from s2s_lesson.data import Standardisation, Subwords, TextSides, VectorSides, Vocabulary
from s2s_lesson.data.description import read_description, write_description

SOURCE, TARGET = Vocabulary("abc"), Vocabulary("de")
TEXTS = TextSides(SOURCE, TARGET, source_tokens="characters", target_tokens="words", cleaning={"lower": True})
VECTORS = VectorSides(
    TARGET, Standardisation((0.5, 1.0), (2.0, 3.0)), target_tokens="characters", max_source_length=7
)


@pytest.mark.parametrize("sides", [TEXTS, VECTORS], ids=["texts", "vectors"])
def test_a_description_is_read_as_it_was_written(tmp_path, sides):
    write_description(tmp_path, *sides.description())
    assert read_description(str(tmp_path)) == sides.description()


def test_subwords_have_files_of_their_own(tmp_path):
    subwords = Subwords.train(["abab abba", "baba"], 9)
    sides = TextSides(SOURCE, TARGET, source_tokens="words", target_tokens=subwords)
    write_description(tmp_path, *sides.description())
    assert {path.name for path in tmp_path.iterdir()} == {
        *("pipeline.json", "source_vocab.json", "target_vocab.json", "target_subwords.model")
    }
    *_, options = read_description(tmp_path)
    assert options["target_tokens"] == subwords


@pytest.fixture
def folder(tmp_path):
    write_description(tmp_path, *TEXTS.description())
    return tmp_path


@pytest.mark.parametrize("name", ["pipeline.json", "source_vocab.json", "target_vocab.json"])
def test_a_missing_file_is_an_error_that_says_what_to_do(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"Expected {name} in the folder .*Train first: s2s-lesson"):
        read_description(folder)


def test_a_folder_of_another_version_is_an_error(folder):
    description = json.loads((folder / "pipeline.json").read_text())
    (folder / "pipeline.json").write_text(json.dumps({**description, "format": 99}))
    with pytest.raises(ValueError, match="its format is not 1; use the version of s2s_lesson that wrote it"):
        read_description(folder)


def test_a_damaged_description_is_an_error(folder):
    (folder / "pipeline.json").write_text("{")
    with pytest.raises(
        ValueError, match=r"Expected the options of a pipeline in .*pipeline.json; received a damaged file"
    ):
        read_description(folder)
