"""Settings as TOML: every option is there, checked where it is declared, and read as it was written."""

import tomllib
from typing import Literal, get_args, get_origin

import pytest

from s2s_lesson.pipeline.setting_tables import TABLES, RunOptions, documented, options_in
from s2s_lesson.pipeline.settings import STRATEGIES, assigned, merged, read_settings, template, written

EVERY = {table: dict.fromkeys(options_in(table)) for table in TABLES}


def read(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("run", {"seed", "preset", "corpus", "backward", "context"}),
        ("data", {"files", "target_files", "dev", "test_share", "delimiter", "header", "comment", "strict"}),
        ("chat", {"path", "replies_of", "gap", "join_within", "channel", "placeholders"}),
        ("texts", {"source_tokens", "max_vocab_size", "cleaning", "normalisation", "shared_vocab"}),
        ("model", {"cell", "attention", "copy", "precision", "dropout", "window"}),
        ("embeddings", {"source", "target", "frozen", "rescale"}),
        ("training", {"epochs", "batch_size", "label_smoothing", "patience", "keep", "tensorboard"}),
        ("optimization", {"learning_rate", "decay", "warmup_steps", "clip_norm", "accumulation"}),
    ],
)
def test_each_table_has_the_options_of_what_it_sets(table, names):
    assert names <= options_in(table).keys()
    apart = {
        "source_features",
        "pairs",
        "model",
        "folder",
        "resume",
        "callbacks",
        "source_vocab_size",
        "self",
        "options",
    }
    assert not apart & options_in(table).keys()


def test_each_option_is_explained():
    assert [
        (table, name) for table in TABLES for name, option in options_in(table).items() if not option.about
    ] == []


def test_the_template_names_every_option_with_its_default_and_sets_none(tmp_path):
    assert read(tmp_path, template()) == {table: {} for table in TABLES}
    lines = template().splitlines()
    for table in TABLES:
        for name in options_in(table):
            assert sum(line.startswith(f"# {name} = ") for line in lines) >= 1, name


def test_the_template_can_be_taken_out_of_its_comments(tmp_path):
    names = {name for options in EVERY.values() for name in options}
    lines = [line.removeprefix("# ") for line in template().splitlines()]
    plain = [line for line in lines if line.split(" = ")[0] in names or line.strip("[]") in TABLES]
    settings = read(tmp_path, "\n".join(plain))
    assert {table: set(values) for table, values in settings.items()} == {
        table: set(values) for table, values in EVERY.items()
    }


def test_what_is_written_is_read_again(tmp_path):
    settings = {
        "run": {"seed": 7, "preset": None, "corpus_options": {"max_words": 3}},
        "data": {"files": ["a.tsv", 'b"\\.tsv'], "delimiter": "\t", "header": None, "source_column": "Ä = 1"},
        "model": {"dropout": 0.25, "attention": "none", "precision": None},
        "optimization": {"decay": None, "clip_norm": None},
        STRATEGIES: [{"name": "ScheduledSampling", "schedule": {"name": "LinearDecay", "steps": 3}}],
    }
    assert read(tmp_path, written(settings)) == settings


def test_none_is_none_only_where_it_is_no_name():
    none = [
        (table, name)
        for table in TABLES
        for name, option in options_in(table).items()
        for kind in option.kinds
        if get_origin(kind) is Literal and "none" in get_args(kind)
    ]
    assert ("model", "attention") in none
    assert all(options_in(table)[name].read("none") == "none" for table, name in none)
    assert options_in("optimization")["decay"].read("none") is None
    assert options_in("training")["epochs"].read(3) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[modle]\n", r"Expected a table among run, data, .*strategies in .*run.toml; received 'modle'"),
        ("model = 3", r"Expected the table \[model\] .*; received model = 3"),
        (
            "[model]\nunits = 3",
            r"Expected an option of \[model\] in .* among embedding_dim.*; received 'units'",
        ),
        (
            "[model]\ndropout = 1.5",
            r"Expected dropout from 0 to below 1; received 1.5. Give another value. It stands in \[model\]",
        ),
        (
            "[training]\nepochs = 0",
            r"Expected epochs of at least 1, or None; received 0. Give another value. It stands in \[train",
        ),
        ("[run]\npreset = 'mine'", r"Expected preset one of dates.*; received 'mine'"),
        ("[run", "Expected settings in TOML; received .*run.toml"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        read(tmp_path, text)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="s2s-lesson init"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("model.cell=gru", {"model": {"cell": "gru"}}),
        ("model.dropout=0.25", {"model": {"dropout": 0.25}}),
        ("texts.cleaning={lower = true}", {"texts": {"cleaning": {"lower": True}}}),
        ("optimization.clip_norm=none", {"optimization": {"clip_norm": None}}),
        ("data.delimiter= ; ", {"data": {"delimiter": ";"}}),
    ],
)
def test_a_setting_of_the_command_line_is_read_as_toml_without_quotes(text, settings):
    assert assigned(text) == settings


@pytest.mark.parametrize("text", ["model", "dropout=1", "model.dropout", "model.dropout=2", "a.b=1"])
def test_other_forms_of_a_setting_are_errors(text):
    with pytest.raises(ValueError, match="Expected"):
        assigned(text)


def test_of_each_option_the_last_holds():
    first = {"model": {"dropout": 0.1, "cell": "gru"}, STRATEGIES: [{"name": "a"}]}
    second = {"model": {"dropout": 0.2}, "run": {"seed": 3}, STRATEGIES: []}
    assert merged(first, second) == {
        "model": {"dropout": 0.2, "cell": "gru"},
        "run": {"seed": 3},
        STRATEGIES: [],
    }
    assert first["model"]["dropout"] == 0.1


def test_documented_reads_arguments_that_share_an_entry():
    def function(left, right, other):
        """Do.

        Args:
            left, right: int. Of
                two lines.
            other: ``str``.

        Returns:
            None: no argument.
        """

    assert documented(function) == {
        "left": "int. Of two lines.",
        "right": "int. Of two lines.",
        "other": "str.",
    }
    assert documented(len) == {}


def test_run_options_are_checked():
    with pytest.raises(ValueError, match="Expected seed"):
        RunOptions(seed=-1)


def test_written_files_are_toml_for_others(tmp_path):
    assert tomllib.loads(written({"run": {"seed": 3, "preset": None}})) == {
        "run": {"seed": 3, "preset": "none"}
    }
