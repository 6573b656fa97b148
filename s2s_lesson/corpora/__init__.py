"""Corpora, each a module with `load(...) -> Corpus`; here they are found by name."""

import importlib

from ._corpus import Corpus, Pair, group_references
from ._fetch import CorpusUnavailable

CORPORA = ("dates", "pronunciations", "cornell", "chitchat", "appointments", "copy", "reverse", "sort")
_TOY_TASKS = ("copy", "reverse", "sort")

__all__ = ["CORPORA", "Corpus", "CorpusUnavailable", "Pair", "group_references", "load"]


def load(name: str, **options) -> Corpus:
    """Load a corpus by its name.

    Args:
        name: one of `CORPORA`.
        **options: handed on to the `load` of the corpus's own module, which documents them.

    Returns:
        The corpus with its splits.

    Raises:
        ValueError: no corpus has this name.
    """
    if name not in CORPORA:
        raise ValueError(f"Expected the name of a corpus, one of {', '.join(CORPORA)}; received {name!r}.")
    if name in _TOY_TASKS:
        options = {"task": name, **options}
    module = importlib.import_module(f".{'toy' if name in _TOY_TASKS else name}", __name__)
    return module.load(**options)
