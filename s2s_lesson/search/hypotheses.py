"""Hypotheses: those that a beam holds, and the best of those that ended."""

import numpy as np

from s2s_lesson.search.candidates import (
    Candidates,
    at,
    of_parents,
)
from s2s_lesson.search.results import (
    BeamTree,
    SearchResult,
    Trace,
)


class Beam:
    """The hypotheses of the sentences that are being searched: arrays (sentences, beam_size).

    Args:
        batch: int.
        beam_size: int.
        groups: int.
        bos_id: int.
        keep_sequences: bool. False where nobody reads ``sequences``: then they have their shape alone.

    >>> beam = Beam(batch=1, beam_size=3, groups=1, bos_id=2)
    >>> beam.tokens.tolist(), beam.open.tolist()
    ([[2, 2, 2]], [[True, False, False]])
    """

    def __init__(self, batch: int, beam_size: int, groups: int, bos_id: int, keep_sequences: bool = True):
        shape = (batch, beam_size)
        self.sentences = np.arange(batch)  # which of the batch they are
        self.done = np.zeros(batch, bool)
        self.tokens = np.full(shape, bos_id)  # chosen last
        self.log_probs = np.full(shape, -np.inf)  # -inf where there is no hypothesis
        self.log_probs[:, :: beam_size // groups] = 0.0  # at first all are alike: one a group is enough
        self.scores = self.log_probs
        self.lengths = np.zeros(shape, int)
        self.ended = np.zeros(shape, bool)
        self.sequences = np.zeros((*shape, 0), int)
        self._keep_sequences = keep_sequences
        self.coverage = np.zeros((*shape, 1), "float32")

    @property
    def closed(self) -> np.ndarray:
        """Whether a hypothesis stays as it is."""
        return self.ended | self.done[:, None]

    @property
    def open(self) -> np.ndarray:
        """Whether a hypothesis exists and can still grow."""
        return ~self.closed & np.isfinite(self.log_probs)

    def advance(
        self,
        candidates: Candidates,
        scores: np.ndarray,
        lengths: np.ndarray,
        coverage: np.ndarray | None,
        chosen: np.ndarray,
    ) -> None:
        """Put candidates in the place of hypotheses.

        Args:
            candidates: ``Candidates``.
            scores: float (sentences, beam_size, candidates).
            lengths: int (sentences, beam_size), of the candidates of each hypothesis.
            coverage: float (sentences, beam_size, source_length), likewise, or None.
            chosen: int (sentences, beam_size), from ``choose``.
        """
        parents = chosen // scores.shape[-1]
        self.tokens, self.scores = at(candidates.tokens, chosen), at(scores, chosen)
        self.log_probs = at(candidates.log_probs, chosen)
        self.lengths, self.ended = of_parents(lengths, parents), of_parents(self.ended, parents)
        if self._keep_sequences:
            before = of_parents(self.sequences, parents)
            self.sequences = np.concatenate([before, self.tokens[..., None]], axis=-1)
        else:
            self.sequences = np.broadcast_to(0, (*self.tokens.shape, self.sequences.shape[-1] + 1))
        if coverage is not None:
            self.coverage = of_parents(coverage, parents)

    def keep(self, sentences: np.ndarray) -> None:
        """Go on with some of the sentences: int (sentences,), places in the arrays."""
        for name, values in vars(self).items():
            if isinstance(values, np.ndarray):
                setattr(self, name, values[sentences])


class Finished:
    """The best hypotheses that ended: arrays (batch, places), best first.

    Args:
        batch: int.
        places: int.

    >>> Finished(batch=1, places=2).scores.tolist()
    [[-inf, -inf]]
    """

    def __init__(self, batch: int, places: int):
        shape = (batch, places)
        self.scores, self.log_probs = np.full(shape, -np.inf), np.full(shape, -np.inf)
        self.times, self.slots = np.full(shape, -1), np.zeros(shape, int)  # the step and slot of each end

    def add(self, time: int, beam: Beam, scores: np.ndarray, just_ended: np.ndarray) -> None:
        """Take in the hypotheses that ended in this step.

        Args:
            time: int.
            beam: ``Beam``.
            scores: float (sentences, beam_size).
            just_ended: bool (sentences, beam_size).
        """
        which = np.flatnonzero(just_ended.any(axis=1))
        if not len(which):
            return
        rows, just_ended = beam.sentences[which], just_ended[which]
        news = {
            "scores": np.where(just_ended, scores[which], -np.inf),
            "log_probs": np.where(just_ended, beam.log_probs[which], -np.inf),
            "times": np.where(just_ended, time, -1),
            "slots": np.broadcast_to(np.arange(just_ended.shape[1]), just_ended.shape),
        }
        both = {name: np.concatenate([getattr(self, name)[rows], new], axis=1) for name, new in news.items()}
        order = np.argsort(-both["scores"], axis=1, kind="stable")[:, : self.scores.shape[1]]
        for name, values in both.items():
            getattr(self, name)[rows] = at(values, order)

    def result(self, n_best: int, trace: Trace, tree: BeamTree | None) -> SearchResult:
        """Read back the ``n_best`` best, no two of which are alike.

        Args:
            n_best: int.
            trace: ``Trace``.
            tree: ``BeamTree`` or None.

        Returns:
            ``SearchResult``.
        """
        sequences, token_log_probs, attention = trace.read_back(self.times, self.slots)
        alike = (sequences[:, :, None] == sequences[:, None]).all(axis=-1)  # groups may find the same
        repeated = np.tril(alike, -1).any(axis=-1)
        best = np.argsort(repeated, axis=1, kind="stable")[:, :n_best]
        lengths = at(np.where(repeated, 0, self.times + 1), best).astype("int32")
        missing, length = lengths == 0, lengths.max(initial=0)
        sequences, token_log_probs = of_parents(sequences, best), of_parents(token_log_probs, best)
        sequences[missing], token_log_probs[missing] = trace.eos_id, 0
        if attention is not None:
            attention = of_parents(attention, best)[:, :, :length]
            attention[missing] = 0
        return SearchResult(
            sequences[..., :length],
            lengths,
            np.where(missing, -np.inf, at(self.scores, best)).astype("float32"),
            np.where(missing, -np.inf, at(self.log_probs, best)).astype("float32"),
            token_log_probs[..., :length],
            attention,
            tree,
        )
