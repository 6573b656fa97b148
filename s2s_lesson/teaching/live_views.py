"""A view of a model at work: a stored example, and what the page needs to let its reader type another."""

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from keras import ops

from s2s_lesson.data.expected import checked
from s2s_lesson.data.prediction import without_end
from s2s_lesson.teaching.views import View, attention_view

if TYPE_CHECKING:
    from s2s_lesson.pipeline import TextToText

DIRECTIONS = ("forwards", "backwards")
TOP_P = 0.9  # of samples; the page draws with the same


@checked
def live_view(
    pipeline: "TextToText",
    text: str,
    name: str,
    *,
    label: str = "A text",
    plays: bool = False,
    search: Literal["beam", "sample"] = "beam",
) -> View:
    """Show how a model reads, attends and writes; in the book, whatever its reader types.

    The data holds ``model``, ``label``, ``text``, ``plays``, ``search`` and ``run``, what the model makes of
    the text: as of ``attention_view``, and ``text``, ``output_text``, ``unknown``, a list of str, and
    ``states``: of each direction its ``name``, whether it is ``backwards``, and ``vectors``, a list of one
    list for each source token, the states of the encoder's last layer, rounded to two decimals.

    Args:
        pipeline: ``TextToText`` with a recurrent decoder.
        text: str. The example.
        name: str. The model among those that ``tools/page_data.py`` makes for the page.
        label: str. What the reader is asked to type.
        plays: bool. The example begins to play by itself.
        search: "beam", of 5; or "sample", with ``top_p`` 0.9, for texts with many right answers: one button
            draws another, and one takes the best that the beam finds.

    Returns:
        ``View``.

    Raises:
        ValueError: the model can read nothing of the text, or has no recurrent decoder.
    """
    config = pipeline.model.config
    if config.decoder != "recurrent":
        raise ValueError(
            f"Expected a model with a recurrent decoder; received {config.decoder!r}."
            " Give a model that make_model made with a recurrent decoder."
        )
    write = pipeline.predict if search == "beam" else partial(pipeline.sample, top_p=TOP_P)
    [prediction] = write([text])
    still = attention_view(prediction)
    inputs = pipeline.source_inputs([without_end(prediction.source_tokens)])
    outputs = ops.convert_to_numpy(pipeline.encode(inputs)["values"])[0]  # (source_length, width)
    run = {
        **still.data,
        "text": text,
        "output_text": prediction.text,
        "unknown": list(prediction.unknown),
        "states": states_by_direction(outputs.astype("float64").round(2), config.bidirectional),
    }
    data = {"model": name, "label": label, "text": text, "plays": plays, "search": search, "run": run}
    return View("live", data, still.picture, still.alt)


def states_by_direction(outputs: np.ndarray, bidirectional: bool) -> list[dict[str, object]]:
    """The outputs of an encoder, float (source_length, width), by the direction in which it read."""
    parts = np.split(outputs, 2 if bidirectional else 1, axis=-1)
    return [
        {"name": name, "backwards": name == "backwards", "vectors": part.tolist()}
        for name, part in zip(DIRECTIONS, parts, strict=False)
    ]
