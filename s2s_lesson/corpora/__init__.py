"""Corpora, each a module with ``load(...) -> Corpus``; here they are found by name."""

import importlib
from typing import Any

from s2s_lesson import _extras
from s2s_lesson.corpora._corpus import Corpus, Pair, group_references
from s2s_lesson.corpora._fetch import CorpusUnavailable

_TRANSLATIONS = ("spanish", "multi30k")
_TOY_TASKS = ("copy", "reverse", "sort")
CORPORA = ("dates", "pronunciations", "cornell", "chitchat", *_TRANSLATIONS, "appointments", *_TOY_TASKS)

__all__ = ["CORPORA", "Corpus", "CorpusUnavailable", "Pair", "group_references", "load"]


def load(name: str, **options: Any) -> Corpus:
    """Load a corpus by its name.

    Args:
        name: one of ``CORPORA``.
        **options: handed on to the ``load`` of the corpus's own module, which documents them.

    Returns:
        The corpus with its splits.

    Raises:
        ValueError: no corpus has this name.
    """
    if name not in CORPORA:
        raise ValueError(f"Expected the name of a corpus, one of {', '.join(CORPORA)}; received {name!r}.")
    module = name
    if name in _TOY_TASKS:
        module, options = "toy", {"task": name, **options}
    elif name in _TRANSLATIONS:
        module, options = "translations", {"name": name, **options}
    with _extras.named():
        loader = importlib.import_module(f"s2s_lesson.corpora.{module}")
    return loader.load(**options)
