"""WritingEnsemble: several models that write one output together, whatever computes their logits."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol

import numpy as np

from s2s_lesson.data.expected import PositiveFloat, checked
from s2s_lesson.data.sides import Options, Side, Source
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.deployed import forcing, writing
from s2s_lesson.deployed.writing import Writer
from s2s_lesson.search.ensembles import Ensemble, Mean, State

LENGTHS = ("max_source_length", "max_output_length")


class Member(Writer[Source], Protocol[Source]):
    """A ``Writer`` that says how it prepares texts, as pipelines and exports do.

    >>> from s2s_lesson.data import TextSides, Vocabulary
    >>> sides = TextSides(Vocabulary("ab"), Vocabulary("c"), source_tokens="words", target_tokens="words")
    >>> [type(part).__name__ for part in sides.description()]
    ['Vocabulary', 'Vocabulary', 'dict']
    """

    def description(self) -> tuple[Vocabulary | None, Vocabulary, Options]:
        """Source and target vocabulary, and options: see ``data.sides.Sides``."""


class WritingEnsemble(Generic[Source]):
    """Pipelines of Keras, exports, or both, that write together: at each step the mean of all decides.

    It has ``predict``, ``sample``, ``accepts`` and ``log_probabilities`` of a ``TextToText``, with the same
    options. The attention weights of a ``Prediction`` are the mean of the members', weighed like
    these.

    Args:
        members: list of ``TextToText``, ``SequenceToText``, or what ``deployed.load`` gives. All have the
            same tokenizers, vocabularies, and what else prepares texts or arrays; words of the source are
            copied by all or by none. The shortest ``max_source_length`` and ``max_output_length`` hold.
        mean, weights: as in ``search.Ensemble``.

    Attributes:
        members: list.
        ensemble: ``search.Ensemble`` of their steps.

    Raises:
        ValueError: there is no member, members prepare sources or targets differently, or the weights are
            not as many.

    >>> from s2s_lesson.pipeline import TextToText
    >>> pairs, tokens = [("one", "1"), ("two", "2")], "characters"
    >>> one, other = (
    ...     TextToText.from_pairs(pairs, source_tokens=tokens, target_tokens=tokens, encoder_units=units)
    ...     for units in (5, 7)
    ... )
    >>> ensemble = WritingEnsemble([one, other])
    >>> [prediction.source for prediction in ensemble.predict(["two", "one"])]
    ['two', 'one']
    """

    @checked
    def __init__(
        self,
        members: Sequence[Member[Source]],
        mean: Mean = "probabilities",
        weights: Sequence[PositiveFloat] | None = None,
    ):
        self.members = list(members)
        self.ensemble = Ensemble([member.step for member in self.members], mean, weights)
        expect_alike(self.members)
        first = self.members[0]
        self.kind, self.parts, self.copies = first.kind, first.parts, first.copies
        self.source_vocab, self.target_vocab = first.source_vocab, first.target_vocab
        self.target_tokens = first.target_tokens
        self.max_source_length = min(member.max_source_length for member in self.members)
        self.max_output_length = min(member.max_output_length for member in self.members)

    predict = writing.predict
    sample = writing.sample
    accepts = forcing.accepts
    log_probabilities = forcing.log_probabilities

    @property
    def batches_at_once(self) -> int:
        """As many as each member decodes."""
        return min(member.batches_at_once for member in self.members)

    def start(self, inputs: dict[str, np.ndarray]) -> State:
        """Let each member encode a padded batch of sources: the state that decoding begins with."""
        return self.ensemble.start([member.start(inputs) for member in self.members])

    @property
    def step(self) -> Callable:
        """``step`` of the ``search.Ensemble``."""
        return self.ensemble.step

    # What a ``Writer`` has of ``data.sides.Sides``: the first member's, for all are alike.

    def target_side(self, text: str) -> list[str]:
        """The tokens of a target text."""
        return self.members[0].target_side(text)

    def plain_sources(self, sources: Iterable[Source]) -> list[Source]:
        """Put sources into a list, each of them checked."""
        return self.members[0].plain_sources(sources)

    def source_side(self, source: Source) -> Side:
        """What the members read of a source."""
        return self.members[0].source_side(source)

    def source_length(self, source: Source) -> int:
        """Count what the members read of a source, an end token not included."""
        return len(self.source_side(source))

    def source_words(self, side: Side) -> Sequence[str]:
        """What labels each position of a side."""
        return self.members[0].source_words(side)

    def source_inputs(self, sides: Sequence[Side]) -> dict[str, np.ndarray]:
        """Sides as padded arrays."""
        return self.members[0].source_inputs(sides)


def expect_alike(members: Sequence[Member[Source]]) -> None:
    """Raise an error unless all members prepare sources and targets alike, but for the lengths they accept.

    Args:
        members: list, one or more.

    Raises:
        ValueError: two differ; the error says in what.
    """
    first = _preparation(members[0])
    for place, member in enumerate(members):
        own = _preparation(member)
        names = [name for name in first | own if first.get(name) != own.get(name)]
        if names:
            name = names[0]
            raise ValueError(
                f"Expected members that prepare sources and targets alike; {name} of member {place}, counted "
                f"from 0, is {own.get(name)!r}, and {first.get(name)!r} of the first one. Train them on the "
                "same pairs with the same settings of texts."
            )


def _preparation(member):
    """All that turns sources into inputs and ids into texts, by name."""
    source_vocab, target_vocab, options = member.description()
    alike = {name: value for name, value in options.items() if name not in LENGTHS}
    vocabularies = {"source_vocab": source_vocab, "target_vocab": target_vocab}
    return {"kind": member.kind, **alike, **vocabularies, "copies": member.copies}
