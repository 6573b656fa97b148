"""Sequence-to-sequence learning with Keras 3: the package behind the book.

Importing ``s2s_lesson`` defines names and does nothing else: no download, no seed, no engine. What a name
needs is imported when the name is used, for example by ``from s2s_lesson import TextToText``.
"""

from s2s_lesson._lazy import lazy_names

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
