"""Prediction: one output of a pipeline, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from s2s_lesson.data.extended_vocabulary import ExtendedVocabulary
from s2s_lesson.data.text import Tokenizer, TokenizerName, detokenize
from s2s_lesson.data.vocabulary import (
    EOS,
    Vocabulary,
)

if TYPE_CHECKING:
    from s2s_lesson.search.results import BeamNode, SearchResult


@dataclass(frozen=True, eq=False)
class Prediction:
    """One output, and how it came about.

    Attributes:
        source: the text that came in, or the array of vectors.
        source_tokens: what the encoder read; the last one is the end token. Of vectors they are their places,
            "0", "1" and so on, and there is no end token. They label the columns of ``attention_weights``.
        text: the output.
        tokens: what the decoder wrote; the last one is the end token unless the output was cut. They label
            the rows of ``attention_weights``.
        log_probability: of the tokens given the source, in nats.
        score: what ranked it: ``log_probability`` over the length penalty, or what ``reranking`` result.
        attention_weights: float32 (tokens, source_tokens); rows sum to 1.
        unknown: the source tokens that the vocabulary does not know: the model reads them all alike. The text
            of a special token, such as a typed "</s>", is one of them.
        alternatives: the other ``n_best - 1`` outputs, best first.
        token_log_probabilities: of each token, in nats; they sum to ``log_probability``.
        tree: list of ``BeamNode``, all that the search looked at for this source, the alternatives' included;
            None unless it was asked for, and of alternatives.

    >>> import numpy as np
    >>> from s2s_lesson.data import Prediction
    >>> weights = np.array([[0.9, 0.1], [0.2, 0.8]], "float32")
    >>> prediction = Prediction("one", ("one", "</s>"), "1", ("1", "</s>"), -0.1, -0.1, weights)
    >>> prediction.source_tokens[prediction.attention_weights[0].argmax()]
    'one'
    >>> prediction
    Prediction('one' -> '1', log_probability=-0.100)
    """

    source: Any
    source_tokens: tuple[str, ...]
    text: str
    tokens: tuple[str, ...]
    log_probability: float
    score: float
    attention_weights: np.ndarray
    unknown: tuple[str, ...] = ()
    alternatives: tuple["Prediction", ...] = ()
    token_log_probabilities: tuple[float, ...] = ()
    tree: "list[BeamNode] | None" = None

    def __repr__(self):
        unknown = f", unknown={self.unknown!r}" if self.unknown else ""
        others = f", {len(self.alternatives)} alternatives" if self.alternatives else ""
        figure = f"log_probability={self.log_probability:.3f}"
        source = repr(self.source) if isinstance(self.source, str) else f"array of {np.shape(self.source)}"
        return f"Prediction({source} -> {self.text!r}, {figure}{unknown}{others})"


def empty_prediction(source: object) -> Prediction:
    """The answer to a blank source: nothing, for certain."""
    return Prediction(source, (), "", (), 0.0, 0.0, np.zeros((0, 0), "float32"))


def read_predictions(
    result: "SearchResult",
    sources: Sequence[object],
    words: Sequence[ExtendedVocabulary],
    source_vocab: Vocabulary | None,
    target_tokens: TokenizerName | Tokenizer,
) -> list[Prediction]:
    """Turn what a search found into predictions.

    Args:
        result: ``SearchResult`` with attention weights.
        sources: list of str or of arrays. What came in, one for each sentence.
        words: list of ``ExtendedVocabulary``, likewise; they hold the source tokens, or the places of
            vectors.
        source_vocab: ``Vocabulary``; None where the sources are vectors.
        target_tokens: name of a tokenizer in ``s2s_lesson.data.text``, or a ``Subwords``.

    Returns:
        list of ``Prediction``, the best of each sentence; the others are among its ``alternatives``.
    """
    predictions, weights = [], result.attention_weights
    if weights is None:
        raise ValueError(
            "Expected attention weights; received a result without. Search with return_attention=True."
        )
    for row, (source, extended) in enumerate(zip(sources, words, strict=True)):
        source_tokens: tuple[str, ...] = tuple(extended.source_tokens)
        unknown: tuple[str, ...] = ()
        if source_vocab is not None:
            unknown = tuple(token for token in source_tokens if token not in source_vocab)
            source_tokens = (*source_tokens, EOS)
        ranked = []
        for rank in range(result.lengths.shape[1]):
            length = result.lengths[row, rank]
            token_log_probs = result.token_log_probabilities[row, rank, :length].tolist()
            ids = result.sequences[row, rank, :length]
            output = tuple(extended.token(index) for index in ids)
            written = output[:-1] if length and ids[-1] == Vocabulary.eos_id else output
            ranked.append(
                Prediction(
                    source=source,
                    source_tokens=source_tokens,
                    text=detokenize(written, target_tokens),
                    tokens=output,
                    log_probability=float(result.log_probabilities[row, rank]),
                    score=float(result.scores[row, rank]),
                    attention_weights=weights[row, rank, :length, : len(source_tokens)],
                    unknown=unknown,
                    token_log_probabilities=tuple(token_log_probs),
                )
            )
        best, *others = ranked
        existing = tuple(other for other in others if other.score > -np.inf)
        tree = None if result.tree is None else result.tree.nodes(row)
        predictions.append(replace(best, alternatives=existing, tree=tree))
    return predictions


def without_end(tokens: Sequence[str]) -> list[str]:
    """Leave out the end token.

    Args:
        tokens: sequence of str, as ``Prediction`` has them. Before the last place its text is a word that was
            copied.

    Returns:
        list of str.
    """
    return list(tokens[:-1] if tokens and tokens[-1] == EOS else tokens)


def note_unknown(prediction: Prediction, noted: set[str]) -> str | None:
    """Say which words of a source the vocabulary does not know.

    Args:
        prediction: ``Prediction``.
        noted: set of str, the words not to name again; those named now are added.

    Returns:
        str, or None where there is no word to name.
    """
    unknown = [word for word in dict.fromkeys(prediction.unknown) if word not in noted]
    noted.update(unknown)
    return f"note: not in the vocabulary, read as unknown: {', '.join(unknown)}" if unknown else None
