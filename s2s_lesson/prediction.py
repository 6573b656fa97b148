"""Prediction: one output of a pipeline, and how it came about."""

from dataclasses import dataclass

import numpy as np

from s2s_lesson.vocab import EOS


@dataclass(frozen=True, eq=False)
class Prediction:
    """One output, and how it came about.

    Attributes:
        source: the text that came in.
        source_tokens: what the encoder read; the last one is the end token. They label the columns of
            ``attention_weights``.
        text: the output.
        tokens: what the decoder wrote; the last one is the end token unless the output was cut. They label
            the rows of ``attention_weights``.
        log_probability: of the tokens given the source, in nats.
        score: ``log_probability`` over the length penalty.
        attention_weights: float32 (tokens, source_tokens); rows sum to 1.
        unknown: the source tokens that the vocabulary does not know.
        alternatives: the other ``n_best - 1`` outputs, best first.
    """

    source: str
    source_tokens: tuple[str, ...]
    text: str
    tokens: tuple[str, ...]
    log_probability: float
    score: float
    attention_weights: np.ndarray
    unknown: tuple[str, ...] = ()
    alternatives: tuple["Prediction", ...] = ()


def empty_prediction(text):
    """The answer to a blank text: nothing, for certain."""
    return Prediction(text, (), "", (), 0.0, 0.0, np.zeros((0, 0), "float32"))


def without_end(tokens):
    """Leave out the end token.

    Args:
        tokens: sequence of str.

    Returns:
        list of str.
    """
    return [token for token in tokens if token != EOS]
