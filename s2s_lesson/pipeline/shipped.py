"""Small trained models that come with the package."""

from s2s_lesson.pipeline.cards import shipped_folder
from s2s_lesson.pipeline.text_to_text import TextToText


def pretrained(name: str) -> TextToText:
    """Load a small trained model that comes with the package.

    Args:
        name: "dates", from dates as people of many languages write them to the international form;
            "pronunciations", from English spelling to sounds; "spanish", from Spanish sentences to English
            ones; or "small-talk", from what somebody says to what another might answer.
            ``s2s-lesson models`` tells of each.

    Returns:
        ``TextToText``.

    Raises:
        ValueError: there is no such model.

    >>> pretrained("pronunciations").predict(["cat"])[0].text
    'K AE T'
    """
    return TextToText.load(shipped_folder(name))
