"""What errors advise can be followed on the command line."""

import re

import pytest
from messages import Message, messages, reachable

from s2s_lesson.commands.advice import Flag, flags_of, with_flags
from s2s_lesson.commands.command_line import COMMANDS, command_line
from s2s_lesson.corpora import CORPORA, options_of
from s2s_lesson.pipeline.recipe import PARTS
from s2s_lesson.pipeline.setting_tables import TABLES, documented, options_in

FLAGS = {command: flags_of(command_line(), command) for command in COMMANDS}
KNOWN = {name for flags in FLAGS.values() for name in flags}
KNOWN |= {name for table in TABLES for name in options_in(table)}
KNOWN |= {name for part in PARTS.values() for name in documented(part)}  # of the tables [[strategies]]
KNOWN |= {name for corpus in CORPORA for name in options_of(corpus)}  # of run.corpus_options
# Messages that no command can bring, by where they come from: the start of a dotted name.
OF_PROGRAMS = {
    **dict.fromkeys(
        (
            "data.padding",
            "data.scores",
            "data.vectors",
            "data.incoming",
            "data.vocabulary.Vocabulary.from_tokens",
        ),
        "lists and arrays of a program's own; commands check texts before",
    ),
    **dict.fromkeys(
        (
            "engine.jax",
            "layers.attention",
            "layers.encoder",
            "layers.sources",
            "models.seq2seq",
            "models.token_model",
        ),
        "tensors that a program hands on",
    ),
    "layers.config.Seq2SeqConfig._expect_one_kind_of_source": "a program's choice; commands read texts alone",
    **dict.fromkeys(
        ("data.prediction.read_predictions", "search", "training.batches", "training.losses"),
        "searches and losses that a program calls",
    ),
    **dict.fromkeys(
        ("deployed.forcing", "pipeline.predicting"), "how likely pairs are, which a program asks for"
    ),
    "deployed.serving.requests": "of HTTP, whose names these are",
    "pipeline.fitting._held_back": "of a training without development pairs, which commands always have",
    "training.learning_rate_finder": "bounds of rates, which commands leave as they are",
    "training.loop._expect_usable": "callbacks of a program",
    "training.run_log": "TensorBoard without a folder, which commands always have",
    "training.strategic_model.StrategicModel._expect_agreement": "objects of a program; commands make them",
    "teaching.plotting.plot_history": "a curve that no command draws",
    "pipeline.to_text.ToText.load": "says which class loads it; commands refuse folders of arrays before",
}
OTHER_WAY = re.compile(r"on the command line|in Python", re.I)  # the message says it itself
_CALL = re.compile(r"\b[A-Za-z_][\w.]*\(|\b[A-Z][a-z]\w*\.\w+|\{\}\.load\b")
_NAME = re.compile(r"(?<![\w./'\"{}-])(?:([a-z]\w*)=|([a-z]+(?:_[a-z]+)+)\b)")
_ENDING = re.compile(r"\{\}(_[a-z]+)")  # of a name whose beginning is filled in


def trouble(text):
    """What only Python can follow in a message; empty where there is nothing."""
    if OTHER_WAY.search(text):
        return set()
    names = {name for both in _NAME.findall(text) for name in both if name}
    endings = {ending for ending in _ENDING.findall(text) if any(name.endswith(ending) for name in KNOWN)}
    passed = {"pass"} if re.search(r"\b[Pp]ass\b", text) and not (names & KNOWN or endings) else set()
    return {*_CALL.findall(text), *(names - KNOWN), *passed}


def said():
    """Every message that a command may bring, by the imports of its module."""
    modules = reachable([f"s2s_lesson.commands.{command}" for command in COMMANDS])
    assert {"s2s_lesson.corpora.chats", "s2s_lesson.search.beam", "s2s_lesson.pipeline.to_text"} <= set(
        modules
    )
    return [message for module, path in modules.items() for message in messages(module, path)]


def test_what_an_error_advises_can_be_followed_on_the_command_line():
    told = said()
    assert len(told) > 300
    faults = {message: trouble(message.text) for message in told if trouble(message.text)}
    unexpected = [
        f"{message.place}: {sorted(names)} in {message.text!r}"
        for message, names in faults.items()
        if not message.place.startswith(tuple(OF_PROGRAMS))
    ]
    assert unexpected == []
    stale = [start for start in OF_PROGRAMS if not any(one.place.startswith(start) for one in faults)]
    assert stale == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Expected texts; received none. Shorten it, or pass truncate=True to cut it.", set()),
        ("Expected texts; received none. Raise max_vocab_size.", set()),
        ("Expected texts; received none. Pass target_paths=[...].", {"target_paths", "pass"}),
        ("Expected texts; received none. Pass a number.", {"pass"}),
        ("Expected texts; received none. Load it with TextToText.load.", {"TextToText.load"}),
        ("Expected texts; received none. Make pairs with zip(sources, targets).", {"zip("}),
        ("Expected texts; received none. Pass target_paths, on the command line --target-file.", set()),
        ("Expected the column {}, as {}_column says. Pass one of these.", set()),
        ("Expected the column {}, as {}_pillar says. Pass one of these.", {"pass"}),
    ],
)
def test_advice_that_only_python_can_follow_is_noticed(text, names):
    assert trouble(text) == names


def test_a_message_is_read_with_where_it_comes_from(tmp_path):
    (tmp_path / "module.py").write_text(
        "class One:\n    def two(self, name):\n"
        "        expect(name, 7, False, f'of at least {name}')\n"
        "        raise ValueError(f'Expected {name}. ' 'Pass seven.')\n",
        encoding="utf-8",
    )
    assert list(messages("s2s_lesson.module", tmp_path / "module.py")) == [
        Message("module.One.two", "of at least {}"),
        Message("module.One.two", "Expected {}. Pass seven."),
    ]


@pytest.mark.parametrize(
    ("command", "text", "line"),
    [
        ("predict", "Shorten it, or pass truncate=True to cut it.", "--truncate"),
        ("predict", "Expected n_best of at most beam_size=3; received 5.", "--n-best, --beam-size"),
        ("train", "Pass source_column and target_column.", "--source-column, --target-column"),
        ("train", "Leave such rows out with strict=False.", "no --strict"),
        ("train", "Pass header=False.", "--no-header"),
        ("train", "Pass header=True.", "--header"),
        ("train", "Make the pipeline with shared_vocab=True.", "--set texts.shared_vocab=true"),
        ("train", "Make it with shared_vocab=False.", "--set texts.shared_vocab=false"),
        ("train", "Raise max_output_length.", "--set texts.max_output_length=VALUE"),
        ("predict", "Raise max_output_length.", "train --set texts.max_output_length=VALUE"),
        ("predict", "Pass delimiter=..., what stands between them.", "--delimiter"),
    ],
)
def test_flags_are_added_to_what_a_message_names(command, text, line):
    assert with_flags(text, FLAGS[command]) == f"{text} On the command line: {line}."


@pytest.mark.parametrize(
    "text",
    [
        "Expected a file; received none. Check the name.",
        "Expected the best epoch to keep; received no output.",  # words that are names of options, too
        "Expected an option among max_vocab_size, min_count; received 'units'.",
        "Go on with that run (resume=True, on the command line --resume).",
        "Expected --max-vocab-size, which max_vocab_size is.",
        "New words are limited by from.min_count.",
        "Expected the file runs/max_vocab_size.json; received none.",
    ],
)
def test_nothing_is_added_to_other_messages(text):
    assert with_flags(text, FLAGS["train"]) == text


def test_a_message_becomes_one_line():
    assert (
        with_flags("Expected one;\n  received\n\ntwo.", {"one": Flag("--one")})
        == "Expected one; received two."
    )
