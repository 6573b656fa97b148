"""s2s-lesson, as a newcomer uses it: inspect, train, predict, evaluate, chat, plot."""

import functools
import io
import json
import pkgutil
import re
from dataclasses import replace

import numpy as np
import pytest

from s2s_lesson import __main__ as command_line
from s2s_lesson import __version__, commands
from s2s_lesson.commands.command_line import COMMANDS
from s2s_lesson.commands.command_line import command_line as parser_of_all
from s2s_lesson.data.prediction import empty_prediction
from s2s_lesson.pipeline import PRESETS, Preset, TextToText, read_settings
from s2s_lesson.pipeline.settings import written
from s2s_lesson.search import Constraints


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a tiny preset, trained by the command line; presets and loading are as before afterwards.

    A folder is loaded once for all commands, so that the model's functions are compiled once.
    """
    folder = tmp_path_factory.mktemp("runs") / "copy"
    with pytest.MonkeyPatch.context() as patch:
        sizes = {"train_size": 96, "dev_size": 32, "test_size": 32, "min_length": 4, "max_length": 4}
        units = {"embedding_dim": 7, "encoder_units": 11, "decoder_units": 13, "max_output_length": 11}
        units["bidirectional"] = False  # it is traced in half the time
        tiny = Preset(sizes, units, {"epochs": 5, "batch_size": 32, "learning_rate": 1e-2})
        patch.setitem(PRESETS, "copy", tiny)
        patch.setattr(TextToText, "load", functools.cache(TextToText.load))
        arguments = ["--corpus", "copy", "--output", str(folder), "--seed", "3", "--epochs", "2"]
        assert command_line.main(["train", *arguments, "--keep", "last"]) == 0
        yield folder


def fails(arguments, capsys):
    """Run a command that ends in an error; return what it says."""
    assert command_line.main([str(argument) for argument in arguments]) == 1
    return capsys.readouterr().err


def test_train_leaves_a_run_that_says_what_it_is(run):
    settings = read_settings(run / "run.toml")
    assert (settings["run"]["corpus"], settings["run"]["seed"]) == ("copy", 3)
    assert settings["training"]["epochs"] == 2 and settings["model"]["encoder_units"] == 11
    history = json.loads((run / "history.json").read_text())
    assert len(history["loss"]) == 2 and history["kept_epoch"] == [1, 2]
    with np.load(run / "checkpoint.npz") as checkpoint:
        assert json.loads(str(checkpoint["state"]))["keep"] == "last"
    assert (run / "model.keras").exists()


def test_a_preset_brings_its_corpus_or_takes_another(run, tmp_path, capsys, monkeypatch, uncompiled):
    """The article's preset, made small, on a toy corpus: shared table, no attention, all cleaning."""
    sizes = {"embedding_dim": 7, "encoder_units": 5, "decoder_units": 11, "max_output_length": 11}
    article = PRESETS["article-shared"]
    small = replace(
        article,
        pipeline={**article.pipeline, **sizes, "cleaning": None},
        corpus={"train_size": 61, "dev_size": 7, "test_size": 11, "min_length": 4, "max_length": 4},
        corpus_name="copy",
    )
    monkeypatch.setitem(PRESETS, "article-shared", small)
    folder = str(tmp_path / "run")
    options = ["train", "--preset", "article-shared", "--output", folder, "--epochs", "1"]
    assert command_line.main(options) == 0
    chosen = read_settings(tmp_path / "run" / "run.toml")["run"]
    assert (chosen["corpus"], chosen["seed"], chosen["preset"]) == ("copy", 0, "article-shared")
    assert command_line.main(["evaluate", folder, "--limit", "7", "--beam-size", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["preset"] == "article-shared"
    assert "Expected what to learn from" in fails(["train", "--output", tmp_path / "b"], capsys)


def write_films(folder, count):
    """A corpus of films with conversations of four lines, in the official form."""
    folder.mkdir(parents=True)
    lines, conversations = [], []
    for film in range(count):
        ids = [f"L{10 * film + place}" for place in range(4)]
        texts = [f"who is {film} ?", f"me , {film} .", f"and {film} ? you ?", f"you , {film} ."]
        lines += [
            f"{line_id} +++$+++ u0 +++$+++ m{film} +++$+++ ANN +++$+++ {text}"
            for line_id, text in zip(ids, texts, strict=True)
        ]
        conversations.append(f"u0 +++$+++ u1 +++$+++ m{film} +++$+++ {ids}")
    (folder / "movie_lines.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "movie_conversations.txt").write_text("\n".join(conversations), encoding="utf-8")


def test_a_run_remembers_how_much_context_it_reads(tmp_path, capsys, monkeypatch, uncompiled):
    write_films(tmp_path / "data" / "cornell", 10)
    monkeypatch.setenv("S2S_LESSON_DATA", str(tmp_path / "data"))
    preset = PRESETS["cornell"]
    sizes = {"embedding_dim": 7, "encoder_units": 5, "decoder_units": 11}
    lengths = {"max_source_length": 10, "max_output_length": 11}
    small = replace(preset, pipeline={**preset.pipeline, **sizes, **lengths}, training={"epochs": 1})
    monkeypatch.setitem(PRESETS, "cornell", small)
    folder = str(tmp_path / "run")
    assert command_line.main(["train", "--corpus", "cornell", "--context", "2", "--output", folder]) == 0
    assert read_settings(tmp_path / "run" / "run.toml")["run"]["context"] == 2
    assert TextToText.load(folder).max_source_length == 20
    capsys.readouterr()
    assert command_line.main(["evaluate", folder, "--beam-size", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 3
    other = ["train", "--corpus", "copy", "--context", "2", "--output", tmp_path / "other"]
    assert "Expected a context of 1 utterance with the corpus copy" in fails(other, capsys)


def test_predict_prints_one_line_for_each_text(run, capsys):
    assert command_line.main(["predict", str(run), "a b c", "", "b a", "--beam-size", "2"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("\n") == 3
    assert printed.split("\n")[1] == ""


@pytest.mark.parametrize("options", [[], ["--unknown"]])
def test_predict_writes_unknown_tokens_only_where_that_is_wanted(run, monkeypatch, options):
    asked = []

    def predict(pipeline, texts, *_, **given):
        asked.append(given["unknown"])
        return list(map(empty_prediction, texts))

    monkeypatch.setattr(TextToText, "predict", predict)
    assert command_line.main(["predict", str(run), "a", *options]) == 0
    assert asked == [bool(options)]


def test_predict_reads_standard_input(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\nb c\n")))
    assert command_line.main(["predict", str(run)]) == 0
    assert capsys.readouterr().out.count("\n") == 2


def test_predict_prints_n_best_with_falling_log_probabilities(run, capsys):
    assert command_line.main(["predict", str(run), "a b c", "--n-best", "3"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    numbers = [float(log_probability) for _, log_probability, _ in rows]
    assert [place for place, _, _ in rows] == ["1"] * 3
    assert numbers == sorted(numbers, reverse=True)


def test_several_models_predict_and_are_evaluated_together(run, capsys, uncompiled):
    together = ["--with", str(run), "--with", str(run)]
    for options in ([], [*together, "--mean", "log_probabilities"]):
        assert command_line.main(["predict", str(run), "a b c", "--n-best", "2", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == lines[2:]
    evaluate, figures = ["evaluate", str(run), "--json", "--limit", "3", "--metrics", "perplexity"], []
    for options in ([], together):
        assert command_line.main([*evaluate, *options]) == 0
        figures.append(json.loads(capsys.readouterr().out))
    assert (figures[1]["with"], figures[1]["mean"]) == ([str(run)] * 2, "probabilities")
    assert figures[1]["perplexity"] == pytest.approx(figures[0]["perplexity"], rel=1e-5)
    alone = ["predict", run, "a", "--mean", "probabilities"]
    assert "Expected --mean beside --with; received probabilities and one model alone" in fails(alone, capsys)


def test_predict_says_what_the_vocabulary_does_not_know(run, capsys):
    assert command_line.main(["predict", str(run), "a ж b"]) == 0
    assert "ж" in capsys.readouterr().err


def test_evaluate_prints_its_figures_as_one_json_object(run, capsys):
    assert command_line.main(["evaluate", str(run), "--json", "--limit", "20"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["corpus"], scores["seed"], scores["split"], scores["pairs"]) == ("copy", 3, "test", 20)
    assert scores["perplexity"] > 1
    assert 0 <= scores["exact_match"] <= 1


def test_evaluate_prints_a_line_for_each_figure(run, capsys):
    assert command_line.main(["evaluate", str(run), "--split", "dev", "--beam-size", "1"]) == 0
    assert "token_error_rate" in capsys.readouterr().out


def test_evaluate_names_the_splits_there_are(run, capsys):
    assert "train, dev, test" in fails(["evaluate", run, "--split", "held-out"], capsys)


def test_chat_answers_until_the_end_of_its_input(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a b c\n\nb a\n"))
    assert command_line.main(["chat", str(run)]) == 0
    assert capsys.readouterr().out.count("bot:") == 2


def test_plot_writes_a_picture_and_says_what_it_shows_and_where_it_is(run, tmp_path, capsys):
    picture = tmp_path / "new" / "attention.png"
    assert command_line.main(["plot", str(run), "a b c", "--output", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert command_line.main(["predict", str(run), "a b c"]) == 0
    assert printed == f"{capsys.readouterr().out}The plot is in {picture}.\n"


def test_predict_and_plot_say_which_words_are_unknown(run, tmp_path, capsys):
    picture = ["--output", str(tmp_path / "map.png")]
    for command in (["predict", str(run), "a B </s>"], ["plot", str(run), "a B </s>", *picture]):
        assert command_line.main(command) == 0
        assert "not in the vocabulary, read as unknown: B, </s>" in capsys.readouterr().err


def test_plot_of_a_blank_text_is_an_error(run, tmp_path, capsys):
    assert "blank" in fails(["plot", run, " ", "--output", tmp_path / "x.png"], capsys)


def test_train_does_not_overwrite_a_run(run, capsys):
    before = (run / "model.keras").read_bytes()
    assert "--resume" in fails(["train", "--corpus", "copy", "--output", run], capsys)
    assert (run / "model.keras").read_bytes() == before


def test_train_does_not_resume_with_another_seed(run, capsys):
    message = fails(["train", "--corpus", "copy", "--output", run, "--resume", "--seed", "4"], capsys)
    assert "was begun with; received pairs.seed = 4 in place of 3." in message


def test_train_finds_an_unwritable_folder_before_it_loads_anything(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    message = fails(["train", "--corpus", "copy", "--output", tmp_path / "file" / "run"], capsys)
    assert "can be written to" in message


@pytest.mark.parametrize("command", ["predict", "evaluate", "chat"])
def test_a_folder_without_a_run_is_a_clear_error(command, tmp_path, capsys):
    texts = ["a"] if command == "predict" else []
    assert "Train first" in fails([command, tmp_path, *texts], capsys)


def test_a_run_from_python_cannot_be_evaluated_by_name(run, tmp_path, capsys):
    for path in run.iterdir():
        if path.name != "run.toml":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    assert "Give pairs with --data" in fails(["evaluate", tmp_path], capsys)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_names_commands_and_options(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main([*command, "--help"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: {' '.join(['s2s-lesson', *command])} ")
    assert all(name in printed for name in (COMMANDS if not command else ("--help",)))


def test_there_are_as_many_commands_as_modules_and_each_is_explained():
    assert list(COMMANDS) == [
        *(
            "inspect",
            "train",
            "distil",
            "predict",
            "evaluate",
            "chat",
            "plot",
            "export",
            "serve",
            "models",
            "init",
        ),
    ]
    modules = {name for _, name, _ in pkgutil.iter_modules(commands.__path__)}
    helpers = {"advice", "arguments", "command_line", "files", "running", "start_up_lines", "streams"}
    assert modules == {*COMMANDS, *helpers}
    printed = parser_of_all().format_help()
    assert all(command.HELP in printed for command in COMMANDS.values())


def test_it_says_which_version_it_is(capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"s2s-lesson {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["train"], ["train", "--corpus", "klingon", "--output", "x"], ["predict", "x", "y", "--beam-size", "0"]],
)
def test_wrong_arguments_end_with_exit_code_2_and_a_message(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(arguments)
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_ctrl_c_ends_quietly(run, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("s2s_lesson.pipeline.TextToText.load", interrupted)
    assert command_line.main(["predict", str(run), "a"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_backward_run_chooses_the_replies_of_a_chat(run, tmp_path, capsys, monkeypatch, uncompiled):
    """The tiny preset is still in force: the fixture ``run`` holds it."""
    backward = tmp_path / "backward"
    arguments = ["--corpus", "copy", "--output", str(backward), "--epochs", "1", "--backward"]
    assert command_line.main(["train", *arguments]) == 0
    assert read_settings(backward / "run.toml")["run"]["backward"] is True
    assert command_line.main(["evaluate", str(backward), "--json", "--limit", "5"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("/best 3\na b c\n"))
    capsys.readouterr()
    assert command_line.main(["chat", str(run), "--backward", str(backward)]) == 0
    assert capsys.readouterr().out.count("  ") >= 3
    assert "trained with --backward" in fails(["chat", run, "--backward", run], capsys)


def test_the_context_of_a_chat_is_that_of_its_run(run, tmp_path, capsys, monkeypatch):
    for path in run.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    settings = read_settings(run / "run.toml")
    settings["run"]["context"] = 3
    (tmp_path / "run.toml").write_text(written(settings), encoding="utf-8")
    made = []
    monkeypatch.setattr("s2s_lesson.pipeline.chat.talk", made.append)
    for folder in (run, tmp_path):
        options = ["--search", "sample", "--temperature", "0.5", "--top-p", "0.9", "--seed", "7"]
        assert command_line.main(["chat", str(folder), *options, "--no-repeat-ngram", "2"]) == 0
    assert [chat.context for chat in made] == [1, 3]
    assert made[0].options == {
        "temperature": 0.5,
        "top_p": 0.9,
        "constraints": Constraints(no_repeat_ngram=2),
    }
    assert (made[0].search, made[0].seed) == ("sample", 7)
    with_backward = ["chat", tmp_path, "--backward", tmp_path]
    assert "trained with --backward, on the contexts of" in fails(with_backward, capsys)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--search", "beam", "--top-p", "0.9"], "Expected --search information or sample with --top-p"),
        (["--search", "sample", "--length-penalty", "1"], "Expected --search beam with --length-penalty"),
    ],
)
def test_options_that_would_do_nothing_are_an_error(run, options, message, capsys):
    assert message in fails(["chat", run, *options], capsys)


@pytest.mark.parametrize(
    ("command", "option", "lowest"),
    [
        (["train", "--corpus", "copy", "--output", "run"], "--seed", 0),
        (["train", "--corpus", "copy", "--output", "run"], "--epochs", 1),
        (["train", "--corpus", "copy", "--output", "run"], "--batch-size", 1),
        (["train", "--corpus", "copy", "--output", "run"], "--context", 1),
        (["train", "--corpus", "copy", "--output", "run"], "--average", 1),
        (["predict", "run"], "--beam-size", 1),
        (["predict", "run"], "--n-best", 1),
        (["evaluate", "run"], "--limit", 1),
        (["chat", "run"], "--no-repeat-ngram", 0),
        (["chat", "run"], "--seed", 0),
    ],
)
def test_numbers_may_be_at_their_limit_and_not_below(command, option, lowest, capsys):
    parser = parser_of_all()
    parsed = vars(parser.parse_args([*command, option, str(lowest)]))
    assert parsed[option.strip("-").replace("-", "_")] == lowest
    with pytest.raises(SystemExit):
        parser.parse_args([*command, option, str(lowest - 1)])
    said = capsys.readouterr().err
    assert f"{lowest}" in said and said.endswith(
        f"; received {lowest - 1}. Give another value. See s2s-lesson {command[0]} --help.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--corpus", "copy", "--output", "x", "--batch-size", "-1"], "batch_size of at least 1"),
        (
            ["train", "--corpus", "copy", "--output", "x", "--epochs", "0"],
            "epochs of at least 1, or None; received 0",
        ),
        (
            ["train", "--corpus", "copy", "--output", "x", "--epochs", "1.5"],
            "epochs as an int, or None; received '1.5'",
        ),
        (
            ["train", "--corpus", "copy", "--output", "x", "--keep", "first"],
            "keep one of best, last; received 'first'",
        ),
        (["train", "--preset", "none", "--output", "x"], "preset one of dates, .*; received 'none'"),
        (["predict", "x", "--beam-size", "0"], "beam_size of at least 1; received 0"),
        (["predict", "x", "--length-penalty", "inf"], "length_penalty as a finite number; received inf"),
        (
            ["predict", "x", "--mean", "logits"],
            "mean one of probabilities, log_probabilities; received 'logits'",
        ),
        (["chat", "x", "--temperature", "nan"], "temperature of at least 0; received nan"),
        (["chat", "x", "--top-p", "1.5"], "top_p above 0 and up to 1, or None; received 1.5"),
        (["evaluate", "x", "--limit", "0"], "limit of at least 1, or None; received 0"),
    ],
)
def test_an_option_is_refused_in_one_line_as_its_function_would(arguments, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(arguments)
    assert stopped.value.code == 2
    line = rf"s2s-lesson {arguments[0]}: error: argument --\S+: Expected {said}.*\. See .* --help\.\n"
    assert re.fullmatch(line, capsys.readouterr().err)
