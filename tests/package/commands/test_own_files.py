"""s2s-lesson with files of one's own: inspect, train, evaluate and predict, and a run that is repeated."""

import functools
import io
import json
import tomllib

import pytest
from uncompiled import uncompiled

from s2s_lesson import __main__ as command_line
from s2s_lesson.data import Noise
from s2s_lesson.pipeline import TextToText, read_settings
from s2s_lesson.training import RangeTest

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SMALL = [
    *("--set", "model.embedding_dim=3", "--set", "model.encoder_units=5", "--set", "model.decoder_units=7"),
    *("--epochs", "1", "--batch-size", "31"),
]


def rows(numbers):
    return [(str(number), " ".join(WORDS[int(digit)] for digit in str(number))) for number in numbers]


def write(path, numbers, between="\t"):
    path.write_text("".join(f"{between.join(row)}\n" for row in rows(numbers)), encoding="utf-8")
    return path


def main(*arguments):
    return command_line.main([str(argument) for argument in arguments])


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Functions run line by line, and a folder is loaded once for all commands."""
    with uncompiled(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextToText, "load", functools.cache(TextToText.load))
        yield


@pytest.fixture
def begun(monkeypatch):
    """Let train save the model that it would begin with; what it would train with, run by run."""
    trainings = []

    def fit(pipeline, train, dev, *, folder, **options):
        trainings.append({"train": len(train), "dev": len(dev), **options})
        pipeline.save(folder)
        return {"seconds": [0.0]}

    monkeypatch.setattr(TextToText, "fit", fit)
    return trainings


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def pairs(folder):
    return write(folder / "pairs.tsv", range(100, 197))


@pytest.fixture(scope="module")
def run(folder, pairs):
    """A run of the file, and what the command printed."""
    with pytest.MonkeyPatch.context() as patch:
        printed = io.StringIO()
        patch.setattr("sys.stdout", printed)
        assert main("train", "--data", pairs, "--output", folder / "run", *SMALL) == 0
        return folder / "run", printed.getvalue()


def test_inspect_says_what_a_file_holds_and_what_suits_it(pairs, capsys):
    assert main("inspect", pairs) == 0
    printed = capsys.readouterr().out
    assert "97 rows" in printed and "recommended" in printed
    assert 'target_tokens = "words"' in printed
    assert printed.splitlines()[-1] == f"next: s2s-lesson train --data {pairs} --output runs/mine"


def test_inspect_gives_the_same_as_json(pairs, capsys):
    assert main("inspect", pairs, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["data"]["files"] == [str(pairs)] and told["data"]["delimiter"] == "\t"
    assert sum(told["pairs"]["counts"].values()) == 97
    assert told["recommended"]["pipeline"]["source_tokens"] == "characters"


def test_train_says_what_it_read_what_it_chose_and_which_epoch_it_kept(run):
    folder, printed = run
    assert "97 rows" in printed and "recommended" in printed and "Kept epoch" in printed
    assert printed.splitlines()[-1].endswith(f"next: s2s-lesson evaluate {folder}")


def test_the_run_holds_its_settings_and_they_repeat_it_bit_for_bit(run, folder, capsys):
    assert main("train", "--config", run[0] / "run.toml", "--output", folder / "again") == 0
    histories = [json.loads((one / "history.json").read_text()) for one in (run[0], folder / "again")]
    for history in histories:
        del history["seconds"]
    assert histories[0] == histories[1]
    assert read_settings(folder / "again" / "run.toml") == read_settings(run[0] / "run.toml")


def test_options_go_before_the_file_of_settings(folder, pairs, begun):
    config = folder / "mine.toml"
    config.write_text(f"[data]\nfiles = {json.dumps(str(pairs))}\n[run]\nseed = 7\n[training]\nepochs = 9\n")
    assert main("train", "--config", config, "--output", folder / "seven", *SMALL, "--average", "5") == 0
    settings = read_settings(folder / "seven" / "run.toml")
    assert (settings["run"]["seed"], settings["training"]["epochs"]) == (7, 1)
    assert settings["training"]["average"] == 5
    assert {"seed": 7, "epochs": 1, "average": 5, "batch_size": 31}.items() <= begun[0].items()


def test_a_learning_rate_is_found_with_the_settings_and_nothing_is_written(
    folder, pairs, begun, capsys, monkeypatch
):
    asked = {}

    def range_test(model, batches, **options):
        asked.update(options, batches=batches)
        return RangeTest((0.1, 0.2), (5.0, 4.0), (5.0, 4.5), False)

    monkeypatch.setattr("s2s_lesson.pipeline.rate_finding.range_test", range_test)
    sets = ["--set", "noise.drop=0.5", "--set", "optimization.accumulation=3", "--find-learning-rate"]
    assert main("train", "--data", pairs, "--output", folder / "none", *SMALL, *sets) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("suggestion: 0.02")
    assert not (folder / "none").exists() and not begun
    assert (asked["accumulation"], asked["clip_norm"], asked["label_smoothing"]) == (3, 1.0, 0.0)
    assert asked["batches"].noise == Noise(drop=0.5) and asked["batches"].batch_size == 31


def test_a_run_goes_on_with_its_own_settings(run, capsys):
    settings = (run[0] / "run.toml").read_text(encoding="utf-8")
    assert "average = 1\n" in settings
    (run[0] / "run.toml").write_text(settings.replace("average = 1\n", ""), encoding="utf-8")  # as of before
    assert main("train", "--resume", "--output", run[0]) == 0
    (run[0] / "run.toml").write_text(settings, encoding="utf-8")
    assert main("train", "--resume", "--output", run[0], "--set", "model.cell=gru") == 1
    assert "received model.cell = 'gru' in place of 'lstm'" in capsys.readouterr().err


def test_evaluate_scores_the_test_split_of_the_file(run, pairs, capsys):
    assert main("evaluate", run[0], "--json", "--metrics", "exact_match", "token_error_rate") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(pairs)] and told["split"] == "test"
    assert {"exact_match", "token_error_rate"} <= told.keys() and "perplexity" not in told


def test_evaluate_scores_other_files(run, folder, capsys):
    other = write(folder / "other.csv", range(300, 307), ";")
    assert main("evaluate", run[0], "--data", other, "--json", "--beam-size", "1") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["pairs"] == 7 and "7 rows" in printed.err


def test_evaluate_takes_a_split_or_a_file_and_no_layout_without_one(run, pairs, capsys):
    assert main("evaluate", run[0], "--data", pairs, "--split", "dev") == 1
    assert "Expected --data or --split" in capsys.readouterr().err
    assert main("evaluate", run[0], "--delimiter", ";") == 1
    assert "Expected --data with --delimiter" in capsys.readouterr().err


def test_predict_writes_a_file_line_by_line_in_order(run, folder, capsys, monkeypatch):
    monkeypatch.setattr("s2s_lesson.commands.predict.AT_ONCE", 3)
    texts = [str(number) for number in range(400, 408)]
    (folder / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    assert main("predict", run[0], "--input", folder / "texts.txt", "--output", folder / "out.txt") == 0
    expected = [prediction.text for prediction in TextToText.load(run[0]).predict(texts)]
    assert (folder / "out.txt").read_text(encoding="utf-8").splitlines() == expected
    assert capsys.readouterr().out == ""


def test_predict_reads_the_sources_of_a_table(run, folder, capsys):
    table = folder / "table.csv"
    table.write_text("number,word\n401,x\n402,y\n", encoding="utf-8")
    options = ("--format", "csv", "--source-column", "number")
    assert main("predict", run[0], "--input", table, "--json", *options) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["source"] for one in told] == ["401", "402"]
    assert all(one["log_probability"] < 0 and one["unknown"] == [] for one in told)


def test_predict_gives_alternatives_and_unknown_words_as_json(run, capsys):
    assert main("predict", run[0], "4x5", "--json", "--n-best", "3") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["unknown"] == ["x"] and len(told["alternatives"]) == 2
    assert told["log_probability"] >= told["alternatives"][0]["log_probability"]


def test_a_text_that_is_too_long_is_named_and_the_others_are_written(run, folder, capsys, monkeypatch):
    monkeypatch.setattr("s2s_lesson.commands.predict.AT_ONCE", 3)
    texts = folder / "long.txt"
    texts.write_text("\n".join(["401", "402", "403", "4" * 99, "404"]), encoding="utf-8")
    out = folder / "long-out.txt"
    assert main("predict", run[0], "--input", texts, "--output", out) == 1
    assert f"line 4 of {texts}; received 99 tokens" in capsys.readouterr().err
    outputs = out.read_text(encoding="utf-8").splitlines()
    assert len(outputs) == 5 and outputs[3] == ""
    assert main("predict", run[0], "--input", texts, "--output", out, "--truncate") == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 5


def test_a_tab_may_be_typed_as_it_is_written(pairs, capsys):
    assert main("inspect", pairs, "--delimiter", "\\t", "--json") == 0
    assert json.loads(capsys.readouterr().out)["data"]["delimiter"] == "\t"


def test_a_file_that_is_not_there_is_named(folder, capsys):
    assert main("train", "--data", folder / "none.tsv", "--output", folder / "none") == 1
    assert str(folder / "none.tsv") in (said := capsys.readouterr().err) and "Errno" not in said


def test_texts_and_an_input_are_one_too_many(run, capsys):
    assert main("predict", run[0], "401", "--input", "x.txt") == 1
    assert "Expected texts or --input" in capsys.readouterr().err


def test_files_of_sources_and_of_targets_train_as_well(folder, begun, capsys):
    for split, numbers in (("train", range(100, 131)), ("dev", range(160, 167)), ("test", range(170, 173))):
        for side, index in (("source", 0), ("target", 1)):
            lines = [row[index] for row in rows(numbers)]
            (folder / f"{split}.{side}").write_text("\n".join(lines), encoding="utf-8")
    files = {
        split: (folder / f"{split}.source", folder / f"{split}.target") for split in ("train", "dev", "test")
    }
    options = ["--source-file", files["train"][0], "--target-file", files["train"][1]]
    for split in ("dev", "test"):
        options += [f"--{split}", files[split][0], f"--{split}-target-file", files[split][1]]
    assert main("train", *options, "--output", folder / "parallel", *SMALL) == 0
    assert "31 train, 7 dev, 3 test pairs" in capsys.readouterr().out
    assert (begun[0]["train"], begun[0]["dev"]) == (31, 7)
    assert main("evaluate", folder / "parallel", "--json", "--beam-size", "1") == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 3


def test_pretrained_embeddings_are_put_in_before_training(folder, pairs, begun, capsys):
    vectors = folder / "words.vec"
    vectors.write_text("2 3\nseven 0.1 0.2 0.3\nten 1 2 3\n", encoding="utf-8")
    options = ["--data", pairs, "--target-embeddings", vectors, *SMALL]
    assert main("train", *options, "--freeze-embeddings", "--output", folder / "words") == 0
    assert "target embeddings: 1 of 10 words of the vocabulary (10.0%)" in capsys.readouterr().out
    assert read_settings(folder / "words" / "run.toml")["embeddings"] == {
        **{"source": None, "target": str(vectors)},
        **{"frozen": True, "rescale": True},
    }
    config = TextToText.load(folder / "words").model.config
    assert config.frozen_embeddings == "target"
    assert main("train", *options, "--set", "model.embedding_dim=5", "--output", folder / "wider") == 1
    assert "--set model.embedding_dim=3" in capsys.readouterr().err
    assert main("train", "--data", pairs, "--freeze-embeddings", "--output", folder / "none", *SMALL) == 1
    assert "Expected embeddings of a side with embeddings.frozen" in capsys.readouterr().err


def test_standard_input_trains_and_is_scored_by_a_file(folder, pairs, begun, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pairs.read_bytes())))
    assert main("train", "--data", "-", "--output", folder / "piped", *SMALL) == 0
    assert read_settings(folder / "piped" / "run.toml")["data"]["files"] == ["-"]
    assert main("evaluate", folder / "piped", "--data", pairs, "--limit", "3", "--beam-size", "1") == 0
    assert main("evaluate", folder / "piped") == 1
    assert "standard input" in capsys.readouterr().err


def test_init_writes_settings_that_train_takes(folder, pairs, begun, capsys):
    config = folder / "new" / "run.toml"
    assert main("init", config) == 0
    assert str(config) in capsys.readouterr().out
    assert set(tomllib.loads(config.read_text(encoding="utf-8"))) == {
        *("run", "data", "chat", "from", "texts", "model", "embeddings", "training", "optimization", "noise")
    }
    assert main("init", config) == 1
    assert "Expected a new file" in capsys.readouterr().err
    assert main("train", "--config", config, "--data", pairs, "--output", folder / "init", *SMALL) == 0
    assert len(begun) == 1


def test_a_row_that_cannot_be_used_is_counted_and_shown_or_an_error(folder, pairs, capsys):
    broken = folder / "broken.tsv"
    broken.write_text(pairs.read_text(encoding="utf-8") + "999\n", encoding="utf-8")
    assert main("inspect", broken) == 0
    assert "row 98" in capsys.readouterr().out
    assert main("inspect", broken, "--strict") == 1
    assert "row 98" in capsys.readouterr().err
