"""Corpora, each a module with ``load(...) -> Corpus``; here they are found by name."""

import importlib
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
        ValueError: no corpus has this name.
    """
    module: str = name
    if name in get_args(Task):
        module, options = "toy", {"task": name, **options}
    elif name in get_args(Translation):
        module, options = "translations", {"name": name, **options}
    with _extras.named():
        loader = importlib.import_module(f"s2s_lesson.corpora.{module}")
    return loader.load(**options)
