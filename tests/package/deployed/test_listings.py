"""The programs that the page on putting a model into service shows do what they say."""

import runpy
from pathlib import Path

import keras
import pytest
import small_export

LISTINGS = Path(__file__).parent / "listings"


def printed(capsys, monkeypatch, listing, *arguments):
    monkeypatch.setattr("sys.argv", [listing, *map(str, arguments)])
    runpy.run_path(str(LISTINGS / listing), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def test_answers_say_what_they_looked_at(export, capsys, monkeypatch):
    lines = printed(capsys, monkeypatch, "answer.py", export, "abc", "b")
    assert [line.partition(" -> ")[0] for line in lines if " -> " in line] == ["abc", "b"]
    assert any("looked most at" in line for line in lines) and any(
        "or, less likely" in line for line in lines
    )


def test_searches_go_over_the_steps_of_an_export(export, capsys, monkeypatch):
    first, *outputs = printed(capsys, monkeypatch, "search_by_hand.py", export, "abc")
    assert first == "one step: (1, 7) attention: (1, 4)" and len(outputs) == 4
    assert len(outputs[2].split(",")) >= 2 and "<unk>" not in outputs[2]


def test_a_run_is_exported_with_its_terms(tmp_path, capsys, monkeypatch):
    small_export.pipeline().save(tmp_path / "run")
    (line,) = printed(capsys, monkeypatch, "export.py", tmp_path / "run", tmp_path / "exported")
    assert "'same_outputs': " in line
    assert '"licence": "CC0-1.0"' in (tmp_path / "exported" / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.slow(
    guard="tests/package/pipeline/export/test_saved_model.py::test_the_signatures_compute_what_the_model_does"
)
def test_both_halves_of_a_saved_model_are_called(tmp_path, capsys, monkeypatch):
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(RuntimeError, match="Expected Keras on TensorFlow"):
            small_export.pipeline().export_saved_model(tmp_path / "1")
        return
    small_export.pipeline().export_saved_model(tmp_path / "1")
    (line,) = printed(capsys, monkeypatch, "saved_model.py", tmp_path / "1", 3)
    assert line.startswith("(1, 7) ['attended', 'attention_weights', 'keys'")
