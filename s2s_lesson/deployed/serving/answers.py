"""What the server answers with."""

import math
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field

from s2s_lesson.data.prediction import Prediction

DECIMALS = 6  # of figures: the model computes with as many


class Output(BaseModel):
    """One output for a text.

    >>> Output(text="ab", tokens=["a", "b", "</s>"], log_probability=-0.5, score=-0.5).attention is None
    True
    """

    text: str
    tokens: Annotated[list[str], Field(description="What was written, the end token included.")]
    log_probability: Annotated[float, Field(description="Of the tokens given the text, in nats.")]
    score: Annotated[float, Field(description="What outputs are ranked by.")]
    attention: Annotated[
        list[list[float]] | None, Field(description="A row for each token, a column for each source token.")
    ] = None


class TextAnswer(BaseModel):
    """The outputs for one text: the best first, or in the order drawn. Constraints may leave none.

    >>> TextAnswer(source_tokens=["a", "</s>"], unknown=[], outputs=[]).outputs
    []
    """

    source_tokens: Annotated[list[str], Field(description="What was read, the end token included.")]
    unknown: Annotated[list[str], Field(description="Of these, the tokens that the model does not know.")]
    outputs: list[Output]


class Answer(BaseModel):
    """An answer for each text of a request, in order.

    >>> Answer(predictions=[]).predictions
    []
    """

    predictions: list[TextAnswer]


class Refusal(BaseModel):
    """Why a request was not answered, in words.

    >>> Refusal(detail="Expected beam_size of at least 1; received 0.").detail[:8]
    'Expected'
    """

    detail: str


class Health(BaseModel):
    """Whether the server takes requests, and what it serves.

    >>> Health(ready=True, name="dates", max_source_length=30, max_output_length=11).ready
    True
    """

    ready: bool
    name: str | None = None
    licence: str | None = None
    attribution: str | None = None
    max_source_length: Annotated[int, Field(description="Of a text, in tokens.")]
    max_output_length: Annotated[int, Field(description="Of an output, in tokens.")]


def answer(predictions: Iterable[Prediction], attention: bool) -> Answer:
    """Write predictions as an answer.

    Args:
        predictions: iterable of ``Prediction``.
        attention: bool. Whether to tell the attention weights.

    Returns:
        ``Answer``.
    """
    return Answer(predictions=[_text_answer(prediction, attention) for prediction in predictions])


def _text_answer(prediction: Prediction, attention: bool) -> TextAnswer:
    outputs = [
        Output(
            text=one.text,
            tokens=list(one.tokens),
            log_probability=round(one.log_probability, DECIMALS),
            score=round(one.score, DECIMALS),
            attention=one.attention_weights.astype("float64").round(DECIMALS).tolist() if attention else None,
        )
        for one in (prediction, *prediction.alternatives)
        if one.log_probability > -math.inf
    ]
    return TextAnswer(
        source_tokens=list(prediction.source_tokens), unknown=list(prediction.unknown), outputs=outputs
    )
