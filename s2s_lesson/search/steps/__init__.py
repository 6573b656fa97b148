"""What lets searches, which need NumPy alone, run models of other libraries: one file for each."""

from s2s_lesson._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
