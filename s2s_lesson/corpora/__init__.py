"""Corpora, each a module with ``load(...) -> Corpus``; here they are found by name."""

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias, get_args

from s2s_lesson import _extras
from s2s_lesson.corpora._corpus import Corpus, Pair, group_references
from s2s_lesson.corpora._fetch import CorpusUnavailable
from s2s_lesson.corpora.toy import Task
from s2s_lesson.corpora.translations import Translation
from s2s_lesson.data.expected import checked

Name: TypeAlias = Literal["dates", "pronunciations", "cornell", "chitchat", Translation, "appointments", Task]
CORPORA = get_args(Name)

__all__ = ["CORPORA", "Corpus", "CorpusUnavailable", "Pair", "group_references", "load"]


@checked
def load(name: Name, **options: Any) -> Corpus:
    """Load a corpus by its name.

    Args:
        name: one of ``CORPORA``.
        **options: handed on to the ``load`` of the corpus's own module, which documents them.

    Returns:
        The corpus with its splits.

    Raises:
        ValueError: no corpus has this name, or it has no such option.
    """
    expect_options(name, options)
    return loader(name)(**_chosen(name), **options)


def options_of(name: Name) -> list[str]:
    """The options of a corpus.

    Args:
        name: one of ``CORPORA``.

    Returns:
        list of str.

    >>> options_of("chitchat")
    ['path', 'max_words']
    """
    return [option for option in inspect.signature(loader(name)).parameters if option not in _chosen(name)]


def expect_options(name: Name, options: Iterable[str]) -> None:
    """Make sure that a corpus has options of these names.

    Args:
        name: one of ``CORPORA``.
        options: their names.

    Raises:
        ValueError: it lacks one.
    """
    known = options_of(name)
    if strange := [option for option in options if option not in known]:
        raise ValueError(
            f"Expected options of the corpus {name} among {', '.join(known)}; received {', '.join(strange)}. "
            "Leave out what it does not have."
        )


def _chosen(name: str) -> dict[str, str]:
    """What tells a corpus from others of its module."""
    if name in get_args(Task):
        return {"task": name}
    return {"name": name} if name in get_args(Translation) else {}


def loader(name: str) -> Callable[..., Corpus]:
    """The function that loads a corpus: str, one of ``CORPORA`` -> the ``load`` of its module."""
    module = "toy" if name in get_args(Task) else "translations" if name in get_args(Translation) else name
    with _extras.named():
        return importlib.import_module(f"s2s_lesson.corpora.{module}").load
