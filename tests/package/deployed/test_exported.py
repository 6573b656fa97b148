"""Loading an export: what is checked before anything is read, and that no engine is needed."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import small_export

from s2s_lesson import deployed
from s2s_lesson.deployed.manifest import MANIFEST


@pytest.fixture
def folder(export, tmp_path):
    """A copy of the export, to be spoilt."""
    for path in export.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def change(folder, **content):
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, **content}), encoding="utf-8")


def put(folder, name, content):
    """Put another file in the place of one, and say so in the manifest."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change(folder, files=files)


def assert_alike(answers, expected):
    """Texts and tokens are the same, and numbers to 1e-5."""
    if isinstance(expected, float):
        assert answers == pytest.approx(expected, abs=1e-5)
    elif isinstance(expected, (list, dict)):
        assert len(answers) == len(expected)
        for key in expected if isinstance(expected, dict) else range(len(expected)):
            assert_alike(answers[key], expected[key])
    else:
        assert answers == expected


def test_predictions_samples_and_attention_are_those_of_the_model(export):
    answers, expected = small_export.answers_of(deployed.load(export)), small_export.read_answers(export)
    assert_alike(answers, expected)
    assert np.array(expected["predict"][0][3]).shape[1] == 4  # three letters, and the end


WITHOUT_ENGINE = """
import json
import sys

class Nowhere:
    missing = ("keras", "tensorflow", "jax", "torch", "onnx", "tqdm", "nltk", "sentencepiece", "pandas")

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.missing:
            raise ModuleNotFoundError("not here", name=name)

sys.meta_path.insert(0, Nowhere())
from pathlib import Path
import small_export
from s2s_lesson import deployed

print(json.dumps(small_export.answers_of(deployed.load(sys.argv[1]))))
"""


def test_no_engine_is_needed(export):
    command = [sys.executable, "-c", WITHOUT_ENGINE, str(export)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert_alike(json.loads(printed), small_export.read_answers(export))


def test_as_many_batches_as_threads_are_decoded_at_a_time(export):
    written = []
    for threads in (1, 2):
        exported = deployed.load(export, threads)
        assert exported.batches_at_once == threads
        written.append([one.tokens for one in exported.predict(["abc", "b", "cab"], batch_size=1)])
    assert written[0] == written[1] and len(written[0]) == 3


@pytest.mark.parametrize("name", ["encoder.onnx", "step.onnx", "pipeline.json", "target_vocab.json"])
def test_a_file_that_was_changed_or_cut_is_not_read(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=rf"Expected .*{name} as it was exported; its checksum is another"):
        deployed.load(folder)
    (folder / name).write_bytes(content[:-1])
    with pytest.raises(ValueError, match=rf"Expected .*{name} of {len(content):,} bytes"):
        deployed.load(folder)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"Expected {name} in"):
        deployed.load(folder)


def test_a_folder_without_a_manifest_is_no_export(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Expected manifest.json in the folder.*s2s-lesson export"):
        deployed.load(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xfe", b'{"format": 1}', b'{"format": 1, "odd": 2}']
)
def test_a_damaged_manifest_is_an_error_that_names_it(folder, content):
    (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ValueError, match=r"Expected (the manifest of )?an export .*manifest.json"):
        deployed.load(folder)


def test_a_manifest_of_another_format_or_size_is_refused(folder):
    change(folder, format=99)
    with pytest.raises(ValueError, match=r"Expected an export of format 1; .* is of format 99"):
        deployed.load(folder)
    (folder / MANIFEST).write_bytes(b" " * (1 << 20) + b"{}")
    with pytest.raises(ValueError, match="received 1,048,578 bytes, where 1,048,576 are the most"):
        deployed.load(folder)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "", ".."])
def test_no_file_outside_the_folder_is_named(folder, name):
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change(folder, files={**files, name: {"bytes": 1, "sha256": ""}})
    with pytest.raises(ValueError, match="received the file name"):
        deployed.load(folder)


def test_what_the_manifest_does_not_name_is_not_read(folder):
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change(folder, files={name: file for name, file in files.items() if name != "pipeline.json"})
    with pytest.raises(ValueError, match=r"that does not name pipeline\.json"):
        deployed.load(folder)


def test_files_that_are_too_large_are_not_read(folder):
    with pytest.raises(ValueError, match=r"Expected files of at most 1,000 bytes in all; received"):
        deployed.load(folder, max_bytes=1000)


def test_what_is_no_graph_is_an_error(folder):
    put(folder, "step.onnx", b"no graph")
    with pytest.raises(ValueError, match="Expected a graph that ONNX Runtime can load"):
        deployed.load(folder)


def test_a_graph_reads_no_other_files(folder, tmp_path):
    """A graph may say that its weights lie in another file: it is not looked for."""
    onnx = pytest.importorskip("onnx")
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\x00" * 4096)
    graph = onnx.load_from_string((folder / "step.onnx").read_bytes())
    weight = max(graph.graph.initializer, key=lambda one: len(one.raw_data))
    onnx.external_data_helper.set_external_data(weight, "secret.bin", length=len(weight.raw_data))
    weight.ClearField("raw_data")
    put(folder, "step.onnx", graph.SerializeToString())
    with pytest.raises(ValueError, match="Expected a graph that ONNX Runtime can load"):
        deployed.load(folder)


def test_a_tokenizer_that_is_missing_is_named_at_once(folder, monkeypatch):
    described = json.loads((folder / "pipeline.json").read_text())
    put(folder, "pipeline.json", json.dumps({**described, "target_tokens": "words"}).encode())
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert deployed.load(folder).target_tokens == "words"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'nltk; there is none.*pip install "s2s-lesson\[text\]"'):
        deployed.load(folder)
