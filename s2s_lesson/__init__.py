"""Sequence-to-sequence learning with Keras 3: the package behind the book.

Importing ``s2s_lesson`` defines this docstring, a version and ``pretrained``, and does nothing else.
Import what you need from its modules, for example ``from s2s_lesson.search import beam_search``.
"""

__version__ = "0.2.0"


def pretrained(name):
    """Load a small trained model that comes with the package.

    Args:
        name: "pronunciations", from English spelling to sounds. ``benchmarks/pretrained.py`` made it.

    Returns:
        ``s2s_lesson.pipeline.TextToText``.

    Raises:
        ValueError: there is no such model.
    """
    from pathlib import Path

    from s2s_lesson.pipeline import TextToText

    weights = Path(__file__).parent / "weights"
    known = sorted(folder.name for folder in weights.iterdir())
    if name not in known:
        raise ValueError(f"Expected a model among {', '.join(known)}; received {name!r}.")
    return TextToText.load(weights / name)
