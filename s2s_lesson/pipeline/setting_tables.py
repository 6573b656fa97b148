"""The tables of a file of settings: what options there are, where each is declared, what is said of it."""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Literal, get_args, get_origin

from s2s_lesson.corpora import Name, chats, own
from s2s_lesson.corpora.files import Layout
from s2s_lesson.data.expected import PositiveInt, Seed, check, checked, expect, kinds_of, options_of
from s2s_lesson.data.noise import Noise
from s2s_lesson.data.text_sides import TextSides
from s2s_lesson.layers.config import Seq2SeqConfig
from s2s_lesson.pipeline import embeddings, fitting, growing
from s2s_lesson.pipeline.presets import PresetName
from s2s_lesson.pipeline.text_to_text import TextToText
from s2s_lesson.training import loop
from s2s_lesson.training.optimizers import Optimization

NOTHING = "none"  # how TOML, which has no None, says it
LISTS = (Sequence, tuple)


@checked
@dataclass(frozen=True)
class RunOptions:
    """What a run learns from, and how.

    Args:
        seed: int. The same seed on the same machine gives the same model.
        preset: "auto", which looks at the pairs first; or one of ``PRESETS``. None takes that of the corpus,
            and "auto" for files.
        corpus: one of ``CORPORA``, or None: the preset's, or the files of ``[data]``, or the ``[chat]``.
        corpus_options: dict or None. Options of the corpus's ``load``, in place of the preset's.
        context: int. Utterances that a source holds, at most: more than one of the corpus cornell and of
            chats alone.
        backward: bool. Turn all pairs round: the model reads targets and writes sources.

    >>> RunOptions(corpus="dates").seed
    0
    """

    seed: Seed = 0
    preset: PresetName | Literal["auto"] | None = None
    corpus: Name | None = None
    corpus_options: dict | None = None
    context: PositiveInt = 1
    backward: bool = False


@checked
@dataclass(frozen=True)
class FromOptions:
    """The trained run that training goes on from, on other pairs.

    Args:
        run: the folder of a trained run, or pipeline; it stays as it is. None begins with an untrained model.
        sha256: str or None, of the model in that folder. Another model is an error.
        old_dev: bool. Score the development pairs of that run as well, where they can still be read.

    >>> FromOptions("runs/mine").old_dev
    True
    """

    run: str | None = None
    sha256: str | None = None
    old_dev: bool = True


@dataclass(frozen=True)
class Table:
    """A table of the file: where its options are declared, and which parameters there are no settings.

    >>> Table((Layout,)).options()["header"].default is None
    True
    """

    declared: tuple[Callable, ...]
    apart: frozenset[str] = field(default_factory=frozenset)

    def options(self) -> dict[str, "Option"]:
        """Its options by name."""
        options: dict[str, Option] = {}
        for declared in self.declared:
            said = documented(declared)
            for name, parameter in inspect.signature(declared).parameters.items():
                named = parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
                if named and name not in self.apart:
                    default = None if parameter.default is parameter.empty else parameter.default
                    about = said.get(name, "")
                    if name in options and about.startswith("as in"):
                        about = options[name].about
                    options[name] = Option(declared, kinds_of(parameter.annotation), default, about)
        return options


@dataclass(frozen=True)
class Option:
    """An option of a table: the function that declares it, what it may be, its default, and what is said.

    >>> Option(Layout, (str, NoneType), None, "").read("none") is None
    True
    """

    declared: Callable
    kinds: tuple
    default: object
    about: str

    @property
    def may_be_nothing(self) -> bool:
        """Whether "none" means None: not where it is a name that the option may have."""
        names = [name for kind in self.kinds if get_origin(kind) is Literal for name in get_args(kind)]
        return NoneType in self.kinds and NOTHING not in names

    def read(self, value: object) -> object:
        """The value that a file's value means."""
        return None if value == NOTHING and self.may_be_nothing else value

    def expect(self, name: str, value: object) -> None:
        """Make sure that it may be a value, as a file of settings or the command line gives them.

        Args:
            name: str, of the option.
            value: what was read.

        Raises:
            ValueError: it may not.
        """
        if name in options_of(self.declared):
            check(self.declared, **{name: value})
        elif not any(_is_of(kind, value) for kind in self.kinds):
            kinds = dict.fromkeys(filter(None, map(_called, self.kinds)))
            expect(name, value, holds=False, what=f"as {' or '.join(kinds)}")


def _is_of(kind, value):
    """Whether a value is of a kind that nothing else looks at: a text, a path, a table, a list of paths."""
    if kind in (str, Path):
        return isinstance(value, str)
    if get_origin(kind) in LISTS:
        return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    if dict in (kind, get_origin(kind)):
        of_kind = (get_args(kind) or (object, object))[1]
        return isinstance(value, dict) and all(isinstance(one, of_kind) for one in value.values())
    return kind is NoneType and value is None


def _called(kind):
    """What an error calls such a kind; nothing for what no file holds."""
    if kind in (str, Path):
        return "a text"
    if get_origin(kind) in LISTS:
        return "a list of texts"
    if dict in (kind, get_origin(kind)):
        return "a table of true and false" if get_args(kind) else "a table"
    return f'"{NOTHING}"' if kind is NoneType else ""


TABLES = {
    "run": Table((RunOptions,)),
    "data": Table((own.read, Layout), frozenset({"layout", "progress"})),
    "chat": Table((chats.load,), frozenset({"context"})),
    "from": Table((FromOptions, growing.grown), frozenset({"pipeline", "pairs", "say"})),
    "texts": Table(
        (TextSides, TextToText.from_pairs),
        frozenset({"source_vocab", "target_vocab", "copies", "pairs", "progress"}),
    ),
    "model": Table(
        (Seq2SeqConfig,), frozenset({"source_vocab_size", "target_vocab_size", "source_features"})
    ),
    "embeddings": Table((embeddings.use_embeddings,), frozenset({"pipeline", "pairs"})),
    "training": Table(
        (loop.fit, fitting.fit),
        frozenset(
            {
                *("pipeline", "model", "pairs", "validation_data", "train_batches", "dev_batches", "weights"),
                *("old_validation_data", "old_dev_batches"),
                *("callbacks", "distribution", "folder", "resume", "progress", "seed", "strategies"),
                *("optimization", "learning_rate", "noise"),
            }
        ),
    ),
    "optimization": Table((Optimization,)),
    "noise": Table((Noise,)),
}


@cache
def options_in(table: str) -> dict[str, Option]:
    """The options of a table, by name."""
    return TABLES[table].options()


def defaults(*tables: str) -> dict[str, dict]:
    """The default of every option of some tables, table by table."""
    return {table: {name: option.default for name, option in options_in(table).items()} for table in tables}


def documented(declared: Callable) -> dict[str, str]:
    """What a docstring says of each argument, in one line.

    Args:
        declared: function or class.

    Returns:
        dict of str by argument.

    >>> documented(RunOptions)["backward"]
    'bool. Turn all pairs round: the model reads targets and writes sources.'
    """
    said: dict[str, str] = {}
    docstring = (inspect.getdoc(declared) or "") + "\n"
    arguments = re.search(r"^(?:Args|Attributes):\n((?:    .*\n|\n)*)", docstring, re.M)
    for entry in re.findall(r"^    (\S.*(?:\n     .*)*)", arguments[1] if arguments else "", re.M):
        names, _, text = entry.partition(": ")
        plain = " ".join(text.replace("``", "").split())
        said |= dict.fromkeys((name.strip(" *") for name in names.split(",")), plain)
    return said
