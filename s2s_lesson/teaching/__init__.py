"""What the chapters of the book use: exercises and quizzes, plots, schematics and interactive views."""

from s2s_lesson._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
