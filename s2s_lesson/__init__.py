"""Sequence-to-sequence learning with Keras 3: the package behind the book.

Importing ``s2s_lesson`` defines this docstring and a version, and does nothing else.
Import what you need from its modules, for example ``from s2s_lesson.search import beam_search``.
"""

__version__ = "0.1.0"
