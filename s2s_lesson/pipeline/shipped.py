"""Small trained models that come with the package."""

from importlib.resources import as_file, files

from s2s_lesson.pipeline.text_to_text import TextToText

WEIGHTS = files("s2s_lesson") / "weights"


def pretrained(name: str) -> TextToText:
    """Load a small trained model that comes with the package.

    Args:
        name: "pronunciations", from English spelling to sounds.

    Returns:
        ``TextToText``.

    Raises:
        ValueError: there is no such model.

    >>> pretrained("pronunciations").predict(["cat"])[0].text
    'K AE T'
    """
    known = sorted(folder.name for folder in WEIGHTS.iterdir())
    if name not in known:
        raise ValueError(f"Expected a model among {', '.join(known)}; received {name!r}.")
    with as_file(WEIGHTS / name) as folder:
        return TextToText.load(folder)
