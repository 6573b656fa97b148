"""What settings say to learn from: a corpus by its name, files of pairs, or a chat."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, fields

from s2s_lesson.corpora import Corpus, chats, expect_options, loader, own
from s2s_lesson.corpora.files import Layout
from s2s_lesson.corpora.files.unpacking import STANDARD_INPUT
from s2s_lesson.pipeline.presets import PRESETS, corpus_options, load_corpus
from s2s_lesson.pipeline.setting_tables import RunOptions, Table, defaults
from s2s_lesson.pipeline.settings import Settings

FILES = ("files", "target_files", "dev", "dev_target_files", "test", "test_target_files")


def corpus_of(
    settings: Settings, say: Callable[[str], object] = lambda text: None
) -> tuple[Corpus, Settings]:
    """Load what settings say to learn from.

    Args:
        settings: dict of dicts.
        say: function of a str, which hears what was read from files.

    Returns:
        corpus: ``Corpus``; with ``backward`` its pairs are turned round.
        loaded: dict of the tables "run", "data" and "chat", with all that was left open.

    Raises:
        OSError, ValueError, s2s_lesson.corpora.CorpusUnavailable: as ``recipe.prepare``.
    """
    options = RunOptions(**settings.get("run", {}))
    data, chat = settings.get("data", {}), settings.get("chat", {})
    named = {"corpus": options.corpus, "files": data.get("files"), "chat": chat.get("path")}
    given = {name: value for name, value in named.items() if value}
    if len(given) > 1:
        raise ValueError(
            f"Expected a corpus, files or a chat to learn from; received more: {given}. Keep one of them."
        )
    if "files" in given and options.context > 1:
        raise ValueError(
            f"Expected a context of 1 utterance with files of pairs; received {options.context}. Put what "
            "was said before into the sources, or learn from an exported chat (--chat) or the corpus cornell."
        )
    run = {**asdict(options), "preset": options.preset or "auto"}
    if "files" in given:
        corpus, data = _of_files(data, say)
    elif "chat" in given:
        chat = {**defaults("chat")["chat"], **chat, "path": os.path.abspath(chat["path"])}
        corpus = chats.load(**chat, context=options.context)
        say("\n".join(f"{name}: {count:,}" for name, count in corpus.notes.items()))
    else:
        corpus, run = _of_name(options)
    return corpus.reversed() if options.backward else corpus, {"run": run, "data": data, "chat": chat}


def _of_name(options):
    name = options.corpus if options.preset in (None, "auto") else options.preset
    if name is None:
        raise ValueError(
            "Expected what to learn from: --data FILE, --chat FILE, --corpus NAME or --preset NAME, or a "
            "file of settings that says so; received none."
            " Give one of them."
        )
    corpus_name = options.corpus or PRESETS[name].corpus_name or name
    loaded = options.corpus_options
    if loaded is None:
        loaded = corpus_options(name, corpus_name)
    expect_options(corpus_name, loaded)
    known = Table((loader(corpus_name),)).options()
    for option, value in loaded.items():
        known[option].expect(option, value)
    corpus = load_corpus(name, corpus_name, options.context, loaded)
    told = {"preset": options.preset or name, "corpus": corpus_name, "corpus_options": loaded}
    return corpus, {**asdict(options), **told}


def _of_files(data, say):
    laid_out = {field.name for field in fields(Layout)}
    layout = Layout(**{name: value for name, value in data.items() if name in laid_out})
    others = {name: value for name, value in data.items() if name not in laid_out}
    read = own.read(**others, layout=layout, progress=sys.stderr.isatty())
    say(read.read.report())
    named = {name: [_absolute(path) for path in own.listed(data.get(name))] or None for name in FILES}
    told = {**defaults("data")["data"], **data, **named, **asdict(read.read.layout), "sha256": read.sha256}
    return read.corpus, told


def _absolute(path):
    return str(path) if str(path) == STANDARD_INPUT else os.path.abspath(path)
