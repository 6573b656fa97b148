"""What is wrong with options, files and settings is said in one line, before anything is loaded."""

import io
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from untrained_run import PAIRS, untrained_run

from s2s_lesson import __main__ as command_line
from s2s_lesson import _extras, corpora, deployed
from s2s_lesson.corpora import CORPORA, Corpus
from s2s_lesson.pipeline import PRESETS, SequenceToText, TextToText, prepare
from s2s_lesson.pipeline import presets as loading

ROOT = Path(__file__).parents[3]
ON_TENSORFLOW = keras.config.backend() == "tensorflow"
SAVED_MODEL = f"Expected {'a folder that can be written to' if ON_TENSORFLOW else 'Keras on TensorFlow'}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with a run of one utterance, one of Python, one of arrays, an export's manifest, and pairs."""
    folder = tmp_path_factory.mktemp("runs")
    untrained_run(folder / "run", '[run]\ncorpus = "copy"\n')
    untrained_run(folder / "python")
    signals = [(np.ones((3, 2)), "a")]
    SequenceToText.from_pairs(signals, encoder_units=2, decoder_units=3).save(folder / "signals")
    (folder / "export").mkdir()
    (folder / "export" / "manifest.json").write_text("{}", encoding="utf-8")
    rows = "".join(f"{source}\t{target}\n" for source, target in PAIRS)
    (folder / "pairs.tsv").write_text(rows, encoding="utf-8")
    return folder


@pytest.fixture
def unloaded(runs, monkeypatch):
    """Nothing may be loaded: no model, no corpus, no file of pairs."""

    def load(*arguments, **options):
        raise AssertionError("it was loaded")

    monkeypatch.setattr(TextToText, "load", load)
    monkeypatch.setattr(deployed, "load", load)
    monkeypatch.setattr("s2s_lesson.pipeline.presets.load", load)
    monkeypatch.setattr("s2s_lesson.corpora.own.read_pairs", load)
    monkeypatch.chdir(runs)
    monkeypatch.setattr("sys.stdin", io.StringIO("a\n"))


def said(capsys, *arguments):
    """What a command says that ends in an error: one line."""
    try:
        code = command_line.main(list(map(str, arguments)))
    except SystemExit as ended:
        code = ended.code
    line = capsys.readouterr().err
    assert code in (1, 2) and line.count("\n") == 1 and "Traceback" not in line
    assert "not foreseen" not in line
    return line


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("chat run --search sample --top-p 2", "Expected top_p above 0 and up to 1"),
        ("chat run --search beam --top-p 0.5", "Expected --search information or sample with --top-p"),
        ("chat run --search beam --length-bonus 2", "Expected --search information with --length-bonus"),
        ("chat run --beam-size 2", "Expected --search beam with --beam-size; received --search information"),
        ("chat run --context 0", "Expected context of at least 1"),
        ("chat run --context 3", "Expected --context 1, with which run was trained; received 3."),
        ("chat run --backward none", "Expected model.keras in the folder none"),
        ("chat run --backward run", "Expected a run that was trained with --backward"),
        ("chat signals", "reads arrays. Use it in Python: SequenceToText.load."),
        ("chat export", "export holds an export, which predict and serve take"),
        ("evaluate run --metrics bleu nice", "Expected metrics with each one of"),
        ("evaluate run --bleu-tokenizer nice", "Expected bleu_tokenizer one of"),
        (
            "evaluate run --metrics chrf --bleu-tokenizer zh",
            'Expected bleu_tokenizer None, or metrics with "bleu"',
        ),
        ("evaluate run --with none", "Expected model.keras in the folder none"),
        ("evaluate run --header", "Expected --data with --header; received none."),
        ("plot run a --output map", "Name it map.png, for example."),
        ("plot run a --output map.docx", "Expected a file that ends with ."),
        ("plot run a --output pairs.tsv/map.png", "Expected a folder that can be written to"),
        ("plot none a --output map.png", "Expected model.keras in the folder none"),
        ("plot run \udcff --output map.png", "Expected a text; received bytes that are no text."),
        ("export run pairs.tsv", "Expected a folder; pairs.tsv is a file."),
        ("export run run", "Expected an empty folder, or one that holds an export"),
        ("export run new --texts none.txt", "Expected the file none.txt"),
        ("export run pairs.tsv/new", "Expected a folder that can be written to"),
        ("export run pairs.tsv --saved-model", SAVED_MODEL),
        ("serve export --host 192.0.2.1", "Expected a host of this machine and a free port"),
        ("serve export --batch-size 0", "Expected batch_size of at least 1"),
        ("distil run --output new --n-best 3 --beam-size 2", "Expected --n-best of at most --beam-size, 2"),
        ("distil run --output new --set model.units=2", "Expected an option of [model] in --set"),
        ("distil signals --output new --config run/run.toml", "reads arrays"),
        (
            "train --corpus copy --output new --freeze-embeddings",
            "on the command line --source-embeddings or",
        ),
        ("train --corpus copy --output new --source-embeddings none.vec", "/none.vec."),
        ("train --corpus copy --output new --set texts.cleaning={tidy=true}", "Expected cleaning of lower, "),
        ("train --corpus copy --output new --set noise.drop=2", "Expected drop"),
        (
            "train --corpus copy --output new --set run.corpus_options={size=3}",
            "Expected options of the corpus copy",
        ),
        ("train --corpus cornell --output new --set run.corpus_options={path=3}", "Expected path as a text"),
        ("train --data pairs.tsv --output new --dev none.tsv", "Expected the file none.tsv"),
        ("train --source-file pairs.tsv --output new", "received no --target-file."),
        (
            "train --source-file pairs.tsv --target-file pairs.tsv --data pairs.tsv --output new",
            "received --data",
        ),
        ("train --corpus copy --output new --set noise.drop=0.5\nfoo=3", "Expected drop as a number"),
        ("train --data pairs.tsv --output new --context 2", "Expected a context of 1 utterance with files"),
        ("train --data pairs.tsv --output new --corpus copy", "received more: {'corpus': 'copy', 'files'"),
        ("train --data pairs.tsv --output new --from none", "Expected model.keras in the folder /"),
        (
            "train --corpus copy --output=",
            "argument --output: Expected a path; received an empty text. Name a file or a folder. See",
        ),
        (
            "init ",
            "argument FILE: Expected a path; received an empty text. Name a file or a folder.",
        ),
        (
            "predict run a --beam-size 9999999999999999999",
            "Expected beam_size of at most 9223372036854775807",
        ),
        ("train --output", "argument --output: expected one argument. See s2s-lesson train --help."),
        ("train --corpus copy --output new --find-learning-rate --resume", "Expected no --resume with"),
        ("inspect pairs.tsv none.tsv", "Expected the file none.tsv"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_loaded(runs, unloaded, capsys, arguments, expected):
    assert expected in said(capsys, *arguments.split(" "))
    assert "Say something" not in capsys.readouterr().out


def test_a_backward_run_may_be_a_name_of_a_model(runs, unloaded, capsys):
    with pytest.raises(SystemExit):
        command_line.main(["chat", "--help"])
    assert "--context N" in capsys.readouterr().out
    assert "reads arrays" in said(capsys, "chat", "small-talk", "--backward", "signals")


@pytest.mark.parametrize(
    ("folder", "arguments", "context"),
    [
        ("python", [], 1),
        ("python", ["--context", "3"], 3),
        ("run", [], 1),
        ("run", ["--context", "1"], 1),
    ],
)
def test_the_context_of_a_run_from_python_is_an_option(runs, monkeypatch, folder, arguments, context):
    chats = []
    monkeypatch.setattr("s2s_lesson.pipeline.chat.talk", chats.append)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    assert command_line.main(["chat", str(runs / folder), *arguments]) == 0
    assert [chat.context for chat in chats] == [context]
    assert sys.stdin.errors == "surrogateescape"  # so that bytes that are no text end no chat


def test_bytes_that_are_no_text_end_no_chat(runs, monkeypatch, capsys, uncompiled):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a \xff\na b\n")))
    assert command_line.main(["chat", str(runs / "run"), "--search", "sample"]) == 0
    printed = capsys.readouterr()
    assert "note: that holds half a character, or bytes that are no text." in printed.err
    assert printed.out.count("bot: ") == 1


def test_a_plot_of_a_long_text_is_cut_if_that_is_wanted(runs, tmp_path, capsys, uncompiled):
    plot = ["plot", runs / "run", "a b c d a", "--output", tmp_path / "map.svg"]
    line = said(capsys, *plot)
    assert line.endswith("Shorten it, or pass truncate=True to cut it. On the command line: --truncate.\n")
    assert command_line.main([*map(str, plot), "--truncate"]) == 0
    assert (tmp_path / "map.svg").exists()


def test_a_chat_notes_a_picture_that_cannot_be_drawn(runs, monkeypatch, capsys, uncompiled):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a b\n/plot map\na\n")))
    assert command_line.main(["chat", str(runs / "run"), "--search", "sample"]) == 0
    printed = capsys.readouterr()
    assert "Expected a file that ends with" in printed.err and printed.out.count("bot: ") == 2


SETTINGS = [
    *((text, "Expected a table among run, data") for text in ("[foo]\na = 3",)),
    *(
        (text, "Expected tables [[strategies]] in")
        for text in (
            "strategies = 3",
            "strategies = [3]",
            "[[strategies]]\nname = 3",
            "[[strategies]]\nsteps = 3",
        )
    ),
    ("run = 3", "Expected the table [run] in"),
    ("[run]\nfoo = 3", "Expected an option of [run] in"),
    ("[run]\ncontext = 'x'", "Expected context as an int; received 'x'"),
    ("[run]\ncorpus_options = 3", 'Expected corpus_options as a table or "none"; received 3'),
    ("[data]\nfiles = 3", "Expected files as a text or a list of texts; received 3"),
    ("[data]\nfiles = [3]", "Expected files as a text or a list of texts; received [3]"),
    ("[data]\nencoding = 3", 'Expected encoding as a text or "none"; received 3'),
    ("[chat]\npath = 2020-01-01", "Expected path as a text; received datetime.date(2020, 1, 1)"),
    ("[from]\nrun = true", 'Expected run as a text or "none"; received True'),
    ("[texts]\ncleaning = {lower = 3}", "Expected cleaning as a table of true and false"),
    ("[embeddings]\nsource = 3", 'Expected source as a text or "none"; received 3'),
    ("[run", "Expected settings in TOML; received"),
]


@pytest.mark.parametrize(("text", "expected"), SETTINGS)
def test_settings_of_wrong_content_are_one_line_with_the_file_and_the_remedy(
    runs, unloaded, capsys, tmp_path, text, expected
):
    for path, arguments in {
        untrained_run(tmp_path / "run", text) / "run.toml": ["evaluate", tmp_path / "run"],
        tmp_path / "mine.toml": ["train", "--config", tmp_path / "mine.toml", "--output", tmp_path / "new"],
    }.items():
        path.write_text(text, encoding="utf-8")
        line = said(capsys, *arguments)
        assert expected in line and str(path) in line
        assert any(remedy in line for remedy in ("Take it out", "Mend it"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"[]",
            "Expected an object of JSON in {}, with the options of a run; received []. Mend it, or remove it",
        ),
        (b"null", "received None. Mend it"),
        (b"{bad", "received an error: Expecting property name"),
        (b"\xff", "received an error: 'utf-8' codec"),
        (
            b'{"context": "x"}',
            "Expected context as an int; received 'x'. Give another value. It stands in [run] in {}",
        ),
        (b'{"epochs": 3}', "Expected an option of [run] in {} among seed"),
        (b'{"precision": 3}', "Expected precision one of float32"),
    ],
)
def test_a_run_json_of_wrong_content_is_one_line_with_the_file_and_the_remedy(
    unloaded, capsys, tmp_path, content, expected
):
    path = untrained_run(tmp_path / "run") / "run.json"
    path.write_bytes(content)
    for command in ("evaluate", "chat"):
        assert expected.format(path) in said(capsys, command, tmp_path / "run")


def test_a_run_json_is_read_as_before(tmp_path, capsys, unloaded):
    folder = untrained_run(tmp_path / "run")
    told = {"preset": "copy", "corpus": "copy", "seed": 3, "context": 1, "backward": False, "precision": None}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    assert "Expected --context 1, with which" in said(capsys, "chat", folder, "--context", "2")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('name = "Guessing"', "Expected a strategy or schedule with the name TeacherForcing"),
        ('name = "ScheduledSampling"\nsteps = 3', "Expected options of ScheduledSampling among"),
        (
            'name = "ScheduledSampling"\nschedule = {name = "LinearDecay"}',
            "Expected all that LinearDecay needs",
        ),
        ('name = "ScheduledSampling"\nschedule = {name = ["x"]}', "Expected a strategy or schedule with"),
    ],
)
def test_a_strategy_that_cannot_be_made_is_found_before_anything_is_loaded(
    unloaded, capsys, tmp_path, table, expected
):
    config = tmp_path / "mine.toml"
    config.write_text(f'[run]\ncorpus = "copy"\n[[strategies]]\n{table}\n', encoding="utf-8")
    assert expected in said(capsys, "train", "--config", config, "--output", tmp_path / "new")


def few(name, **options):
    """A few pairs of each corpus, loaded with the options that it has."""
    strange = set(options) - set(corpora.options_of(name))
    assert not strange, f"{name} has no {strange}"
    tokens = {"pronunciations": ("characters", "whitespace"), "dates": ("characters", "characters")}
    source, target = ("9 mars", "8") if name == "dates" else ("dog bites man", "man bites dog")
    pairs = [(f"{source}{'.' * number}", target) for number in range(7)]
    return Corpus(name, {"train": pairs, "dev": pairs, "test": []}, *tokens.get(name, ("words", "words")))


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_runs_on_each_corpus_or_says_what_does_not_fit(preset, monkeypatch, capsys, tmp_path):
    """The models are not made: each takes a second."""
    monkeypatch.setattr(loading, "load", few)
    monkeypatch.setattr("s2s_lesson.pipeline.text_to_text.Seq2Seq", lambda config: NoModel(config))
    monkeypatch.setattr("s2s_lesson.pipeline.text_to_text.begin_with_frequencies", lambda *_: None)
    monkeypatch.setattr(TextToText, "_hold", lambda self, model: setattr(self, "model", model))
    refused = {}
    for corpus in CORPORA:
        for context in (1, 2) if corpus == "cornell" else (1,):
            try:
                recipe = prepare({"run": {"preset": preset, "corpus": corpus, "context": context}})
                assert len(recipe.pipeline.batches(recipe.corpus.train, progress=False))
            except ValueError as error:
                refused[corpus] = str(error)
    if not preset.startswith("article"):
        assert refused == {}
        return
    assert "received 7, none of them such: a side was empty" in refused.pop("dates")  # it deletes digits
    assert "shared_vocab=False" in refused.pop("pronunciations")  # its sides have two tokenizers
    assert refused == {}


class NoModel:
    """In place of a model of which nothing but its configuration is asked."""

    compiled = False

    def __init__(self, config):
        self.config = config


BACKENDS = """
import sys
for name in ("jax", "torch", "tensorflow", "openvino"):
    sys.modules[name] = None
from s2s_lesson.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (
            "theano",
            "ImportError: Expected the Keras backend to be tensorflow, jax or torch; received 'theano'.",
        ),
        ("TensorFlow", "ImportError: Expected the Keras backend to be tensorflow, jax or torch; received"),
        ("openvino", "ImportError: Expected the Keras backend to be tensorflow, jax or torch; received"),
        (
            "jax",
            "ModuleNotFoundError: Expected the package jax, for which KERAS_BACKEND asks; there is none.",
        ),
        (
            "torch",
            "ModuleNotFoundError: Expected the package torch, for which KERAS_BACKEND asks; there is none.",
        ),
    ],
)
@pytest.mark.parametrize(
    "arguments", [["predict", "dates", "a"], ["train", "--epochs", "3"]], ids=["predict", "train"]
)
def test_a_backend_that_is_not_there_is_one_line_that_names_the_extras(
    backend, expected, arguments, monkeypatch
):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    ended = subprocess.run(
        [sys.executable, "-c", BACKENDS, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(expected)
    extra = backend if backend in _extras.ENGINES else "tensorflow"
    assert f'"s2s-lesson[{extra}]"' in ended.stderr
