"""s2s-lesson distil: a student of its own sizes, on what its teacher writes, in a run that can go on."""

import json

import pytest
from uncompiled import uncompiled

from s2s_lesson import __main__ as command_line
from s2s_lesson.data import Prediction
from s2s_lesson.pipeline import TextToText, read_settings

UNITS = ["--set", "model.embedding_dim=3", "--set", "model.encoder_units=7", "--set", "model.decoder_units=7"]
SMALLER = ["--set", "model.encoder_units=5", "--set", "training.epochs=2"]


def main(*arguments):
    return command_line.main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """An untrained teacher in a run folder, of a file of pairs."""
    folder = tmp_path_factory.mktemp("runs")
    rows = "".join(f"{number}\t{number:b}\n" for number in range(60))
    (folder / "pairs.tsv").write_text(rows, encoding="utf-8")
    with uncompiled(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextToText, "fit", save_it)
        options = ["--data", folder / "pairs.tsv", "--output", folder / "teacher", "--epochs", "1", *UNITS]
        assert main("train", *options) == 0
    return folder / "teacher"


def save_it(pipeline, train, dev, *, folder, **options):
    pipeline.save(folder)
    return {"seconds": [0.0]}


@pytest.fixture
def taught(monkeypatch):
    """What the teacher is asked, and what the student would learn from; the teacher writes two outputs."""
    seen = {"sources": [], "trainings": [], "units": []}

    def predict(pipeline, sources, beam_size, n_best, *, truncate):
        seen["sources"] += sources
        seen["units"].append(pipeline.model.config.encoder_units)
        rest = ((), None, 0)
        second = [Prediction(source, (), f"{source} 1", (), -1.0, *rest[1:]) for source in sources]
        return [
            Prediction(source, (), f"{source} 0", (), -1.0, *rest[1:], alternatives=(other,))
            for source, other in zip(sources, second, strict=True)
        ]

    def fit(pipeline, pairs, dev, *, folder, **options):
        seen["trainings"].append((pipeline.model.config.encoder_units, pairs, dev, options))
        return {"seconds": [0.0]}

    monkeypatch.setattr(TextToText, "predict", predict)
    monkeypatch.setattr(TextToText, "fit", fit)
    return seen


def test_a_student_learns_what_its_teacher_writes(teacher, taught, tmp_path, capsys, uncompiled):
    output = tmp_path / "small"
    assert main("distil", teacher, "--output", output, "--n-best", "2", *SMALLER) == 0
    ((units, pairs, dev, options),) = taught["trainings"]
    sources = taught["sources"]
    assert (units, set(taught["units"]), options["epochs"]) == (5, {7}, 2)
    assert pairs == [(source, f"{source} {end}") for source in sources for end in (0, 1)]
    assert options["weights"] == pytest.approx([0.5] * len(pairs))
    assert dev and all(target == f"{int(source):b}" for source, target in dev)
    assert f"{len(pairs)} pairs of the teacher's outputs" in capsys.readouterr().out
    settings = read_settings(output / "run.toml")
    assert settings["model"]["encoder_units"] == 5 and settings["data"]["files"]

    # Begun again, it asks for nothing that is there.
    truth = ["--n-best", "2", "--interpolation", "closest", "--with-truth", "0.5", *SMALLER]
    assert main("distil", teacher, "--output", output, *truth) == 0
    assert taught["sources"] == sources
    options = taught["trainings"][1][3]
    assert sum(options["weights"]) == pytest.approx(1.5 * len(sources))
    assert json.loads((output / "distillation.json").read_text())["with_truth"] == 0.5
    # A run that was begun goes on with the same alone, and is none of train.
    (output / "begun.json").write_text("{}")
    assert main("distil", teacher, "--output", output, *truth) == 1
    assert "--resume" in capsys.readouterr().err
    assert main("distil", teacher, "--output", output, "--resume", "--n-best", "2") == 1
    assert "Expected what the run was begun with" in capsys.readouterr().err
    assert main("distil", teacher, "--output", output, "--resume", *truth[:-4]) == 0
    assert taught["trainings"][2][0] == 5 and taught["trainings"][2][3]["resume"]
    assert main("train", "--resume", "--output", output) == 1
    assert "Go on with distil" in capsys.readouterr().err


def test_a_teacher_needs_settings_or_a_file_of_them(teacher, taught, tmp_path, capsys):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "model.keras").write_bytes(b"")
    assert main("distil", bare, "--output", tmp_path / "small") == 1
    assert "Expected run.toml, which says what was learned from" in capsys.readouterr().err
    assert (
        main("distil", tmp_path / "none", "--config", teacher / "run.toml", "--output", tmp_path / "b") == 1
    )
    assert f"Expected model.keras in the folder {tmp_path / 'none'}" in capsys.readouterr().err
