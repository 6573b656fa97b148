"""s2s-lesson train --from: a new run goes on from a trained one, which stays as it is."""

import csv
import functools
import json

import numpy as np
import pytest
from uncompiled import uncompiled

from s2s_lesson import __main__ as command_line
from s2s_lesson.commands.arguments import about
from s2s_lesson.pipeline import TextToText, read_settings
from s2s_lesson.pipeline.recipe import prepare
from s2s_lesson.training import PairBatches

SMALL = [
    *("--set", "model.embedding_dim=3", "--set", "model.encoder_units=5", "--set", "model.decoder_units=7"),
    *("--set", "model.dropout=0.2", "--set", "model.bidirectional=false"),
    *("--source-tokens", "words", "--target-tokens", "characters"),
]


def write(path, first, count):
    path.write_text("".join(f"n {n}\t{-n}\n" for n in range(first, first + count)), encoding="utf-8")
    return path


def main(*arguments):
    return command_line.main([str(argument) for argument in arguments])


def fails(capsys, *arguments):
    """Run train, which ends in an error; return what it says."""
    assert main("train", *arguments) == 1
    return capsys.readouterr().err


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Functions run line by line, and a folder is loaded once for all commands."""
    with uncompiled(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextToText, "load", functools.cache(TextToText.load))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("from")


@pytest.fixture(scope="module")
def mine(folder):
    """A run, with the weights that it began with."""
    pairs = write(folder / "pairs.tsv", 200, 61)

    def fit(pipeline, *pairs, folder, **options):
        pipeline.save(folder)
        folder.begin({})
        return {"seconds": [0.0]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextToText, "fit", fit)
        assert main("train", "--data", pairs, "--output", folder / "mine", *SMALL) == 0
    return folder / "mine"


@pytest.fixture(scope="module")
def new(folder):
    return write(folder / "new.tsv", 270, 53)


@pytest.fixture
def begun(monkeypatch):
    """Let train save the model that it would begin with; what it would train with, run by run."""
    trainings = []

    def fit(pipeline, train, dev, *, folder, **options):
        folder.begin({})
        trainings.append({"pipeline": pipeline, "train": train, "dev": dev, **options})
        return {"seconds": [0.0]}

    monkeypatch.setattr(TextToText, "fit", fit)
    return trainings


def figures(folder):
    """All that a run wrote but times: arrays, history, log and settings."""
    with np.load(folder / "checkpoint.npz") as file:
        arrays = {name: file[name] for name in file.files if name != "state"}
    history = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    del history["seconds"]
    with open(folder / "log.csv", newline="", encoding="utf-8") as file:
        log = [{**line, "tokens_per_second": None} for line in csv.DictReader(file)]
    return arrays, history, log, read_settings(folder / "run.toml")


def test_a_run_goes_on_from_another_and_when_it_breaks_off_as_if_it_had_not(
    mine, new, folder, capsys, monkeypatch
):
    """It has an epoch of one batch, and another one: there it breaks off."""
    before = files(mine)
    options = ["--from", mine, "--data", new, "--epochs", "2", "--batch-size", "64"]
    assert main("train", *options, "--output", folder / "whole") == 0
    printed = capsys.readouterr().out
    assert "new tokens ('270', '271', " in printed and "targets: 0 new tokens, 15 in" in printed
    assert printed.count("old held-out loss") == 3 and "before: held-out loss" in printed
    arrays, history, log, settings = figures(folder / "whole")
    assert {len(values) for values in history.values()} == {2} and "old_val_loss" in history
    assert (log[0]["step"], log[0]["epoch"]) == ("0", "0") and float(log[0]["old_val_loss"]) > 0
    assert settings["from"]["run"] == str(mine) and settings["from"]["old_dev"] is True
    assert settings["model"]["decoder_units"] == 7 and settings["texts"]["source_tokens"] == "words"

    get, left = PairBatches.__getitem__, 1

    def until_none_is_left(batches, index):
        nonlocal left
        left -= batches.shuffle
        if left < 0:
            raise OSError("broken off")
        return get(batches, index)

    with monkeypatch.context() as patch:
        patch.setattr(PairBatches, "__getitem__", until_none_is_left)
        assert "broken off" in fails(capsys, *options, "--output", folder / "other")
    with np.load(folder / "other" / "checkpoint.npz") as file:
        assert json.loads(str(file["state"]))["epoch"] == 1
    assert main("train", "--resume", "--output", folder / "other") == 0
    resumed = figures(folder / "other")
    assert resumed[1:] == (history, log, settings)
    assert resumed[0].keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(resumed[0][name], array)
    assert files(mine) == before
    assert about(settings)["from_run"] == str(mine)


def test_training_may_be_chosen_anew_and_new_words_have_a_limit(mine, new, folder, begun):
    chosen = ["--learning-rate", "0.02", "--batch-size", "7", "--seed", "3", "--max-vocab-size", "70"]
    assert main("train", "--from", mine, "--data", new, *chosen, "--output", folder / "chosen") == 0
    (training,) = begun
    assert (training["batch_size"], training["seed"]) == (7, 3)
    assert training["optimization"].learning_rate == 0.02
    assert len(training["old_validation_data"]) > 0
    old = TextToText.load(mine)
    assert len(training["pipeline"].source_vocab) == 70
    assert training["pipeline"].source_vocab.tokens[: len(old.source_vocab)] == old.source_vocab.tokens
    assert read_settings(folder / "chosen" / "run.toml")["from"]["max_vocab_size"] == 70


def test_a_corpus_may_be_gone_on_with(mine, folder, begun):
    small = "run.corpus_options={train_size = 31, dev_size = 7, test_size = 5}"
    options = ["--corpus", "copy", "--set", small, "--output", folder / "corpus"]
    assert main("train", "--from", mine, *options) == 0
    assert (len(begun[0]["train"]), len(begun[0]["dev"])) == (31, 7)
    settings = read_settings(folder / "corpus" / "run.toml")
    assert settings["run"]["preset"] is None
    assert prepare(settings).corpus.dev == begun[0]["dev"]


def test_a_model_that_reads_what_others_write_goes_on_so(mine, new, folder, begun, monkeypatch):
    turned = {**read_settings(mine / "run.toml"), "run": {"backward": True}}
    monkeypatch.setattr("s2s_lesson.pipeline.continuing.read_run", lambda folder: turned)
    assert main("train", "--from", mine, "--data", new, "--output", folder / "turned") == 0
    assert begun[0]["train"][0][0].startswith("-") and begun[0]["old_validation_data"][0][0].startswith("-")
    assert read_settings(folder / "turned" / "run.toml")["run"]["backward"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--preset", "copy"], "Expected no preset where training goes on from"),
        (["--set", "model.cell=gru"], "model.cell = 'gru' in place of 'lstm'"),
        (["--precision", "mixed_bfloat16"], "model.precision = 'mixed_bfloat16' in place of None"),
        (["--source-tokens", "characters"], "texts.source_tokens = 'characters' in place of 'words'"),
        (["--set", "texts.min_count=2"], "New words are limited by from.min_count"),
        (["--set", "from.sha256=abc"], "Expected the model with the SHA-256 abc"),
    ],
)
def test_what_would_make_another_model_is_refused(mine, new, folder, begun, capsys, options, said):
    assert said in fails(capsys, "--from", mine, "--data", new, *options, "--output", folder / "refused")
    assert begun == []


def test_what_is_as_the_model_has_it_may_be_said(mine, new, folder, begun):
    same = ["--source-tokens", "words", "--set", "model.cell=lstm"]
    assert main("train", "--from", mine, "--data", new, *same, "--output", folder / "same") == 0
    assert begun[0]["pipeline"].model.config.cell == "lstm"


def test_the_old_folder_is_no_output_and_there_must_be_one(mine, new, folder, begun, capsys):
    before = files(mine)
    again = ["--from", mine, "--data", new, "--output", mine]
    assert "holds begun.json, of an earlier run" in fails(capsys, *again)
    assert "Expected a new folder for the output" in fails(capsys, *again, "--resume")
    assert files(mine) == before
    apart = ["--data", new, "--set", "from.min_count=2", "--output", folder / "apart"]
    assert "Expected from.run, the folder to go on from, with min_count" in fails(capsys, *apart)
    assert "Expected what to learn from" in fails(capsys, "--from", mine, "--output", folder / "apart")
    assert begun == []


def test_without_the_old_pairs_it_says_so_and_goes_on(mine, new, folder, begun, capsys):
    pairs = mine.parent / "pairs.tsv"
    old, options = pairs.read_bytes(), ["--from", mine, "--data", new, "--output", folder / "without"]
    try:
        pairs.unlink()
        assert main("train", *options) == 0
    finally:
        pairs.write_bytes(old)
    assert "The old development pairs cannot be read, and are not scored: " in capsys.readouterr().out
    assert begun[0]["old_validation_data"] is None
    assert read_settings(folder / "without" / "run.toml")["from"]["old_dev"] is False
    assert main("train", "--resume", "--output", folder / "without") == 0
    assert begun[1]["old_validation_data"] is None, "as the run began, though there are some again"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "says what was learned from"),
        ({"data": {"files": ["-"]}}, "they came from the standard input"),
        ({"run": {"corpus": "copy", "corpus_options": {"dev_size": 0}}}, "not scored"),
    ],
)
def test_it_says_why_old_pairs_cannot_be_read(mine, new, settings, said, monkeypatch):
    monkeypatch.setattr("s2s_lesson.pipeline.continuing.read_run", lambda folder: settings)
    heard = []
    recipe = prepare({"from": {"run": str(mine)}, "data": {"files": [str(new)]}}, heard.append)
    assert recipe.old_dev is None and any(said in text for text in heard)


def test_old_pairs_are_not_scored_where_nobody_asks(mine, new):
    settings = {"from": {"run": str(mine), "old_dev": False}, "data": {"files": [str(new)]}}
    heard = []
    assert prepare(settings, heard.append).old_dev is None
    assert not any("old development" in text for text in heard)
