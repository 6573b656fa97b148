"""What searches find, and how it is read back from the steps that were made."""

from typing import NamedTuple

import numpy as np

from s2s_lesson.data.expected import NonNegativeInt, checked
from s2s_lesson.data.text import Tokenizer, TokenizerName, detokenize
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.search.candidates import Candidates


class SearchResult(NamedTuple):
    """What a search found; from beam search best hypothesis first, from sampling in the order drawn.

    A hypothesis that does not exist, since fewer were found, has length 0 and score -inf.

    Attributes:
        sequences: int32 (batch, n_best, length). After a hypothesis' end, ``eos_id`` fills the row; length is
            that of the longest one.
        lengths: int32 (batch, n_best). Tokens, the end token included.
        scores: float32 (batch, n_best). What hypotheses were ranked by; see ``beam_search``.
        log_probabilities: float32 (batch, n_best), in nats, summed over the tokens, the end token included.
        token_log_probabilities: float32 (batch, n_best, length), of each token; 0 after the end.
        attention_weights: float32 (batch, n_best, length, source_length), of the step that wrote each token;
            0 after the end. None unless it was asked for.
        tree: ``BeamTree``. None unless it was asked for.

    >>> import numpy as np
    >>> from s2s_lesson.search import SearchResult
    >>> one = np.array([[-0.5]], "float32")
    >>> result = SearchResult(np.array([[[4, 3]]]), np.array([[2]]), one, one, np.array([[[-0.4, -0.1]]]))
    >>> result.sequences[0, 0, : result.lengths[0, 0]].tolist()
    [4, 3]
    """

    sequences: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    log_probabilities: np.ndarray
    token_log_probabilities: np.ndarray
    attention_weights: np.ndarray | None = None
    tree: "BeamTree | None" = None


class BeamNode(NamedTuple):
    """One candidate of a beam search: a hypothesis longer by one token than its parent.

    Attributes:
        time: int. Steps before this one; the first token has 0.
        parent: int or None. Index of the parent in the list of nodes; None for a first token.
        token: int. Id.
        token_log_probability: float, in nats.
        log_probability: float, in nats, summed from the first token to this one.
        score: float. What it was ranked by: the score of ``beam_search`` without the coverage penalty.
        kept: bool. False if the candidate was pruned.
        ended: bool. Whether the token is the end token.

    >>> from s2s_lesson.search import BeamNode
    >>> BeamNode(0, None, 4, -0.5, -0.5, -0.5, kept=True, ended=False).token
    4
    """

    time: int
    parent: int | None
    token: int
    token_log_probability: float
    log_probability: float
    score: float
    kept: bool
    ended: bool


class BeamTree:
    """All candidates that a beam search looked at, those it pruned included.

    Args:
        eos_id: int.

    >>> import numpy as np
    >>> from s2s_lesson.search import beam_search
    >>> always_the_same = lambda token_ids, state: (np.log([[0.5, 0.2, 0.3]] * len(token_ids)), state)
    >>> options = {"bos_id": 1, "eos_id": 2, "max_output_length": 1, "beam_size": 2, "return_tree": True}
    >>> tree = beam_search(always_the_same, np.zeros((1, 1)), **options).tree
    >>> [(node.token, round(node.token_log_probability, 1)) for node in tree.nodes(0)]
    [(0, -0.7), (2, -1.2)]
    """

    @checked
    def __init__(self, eos_id: NonNegativeInt):
        self.eos_id = eos_id
        self.steps: list[tuple] = []

    def add(
        self,
        sentences: np.ndarray,
        frozen: np.ndarray,
        candidates: Candidates,
        scores: np.ndarray,
        chosen: np.ndarray,
    ) -> None:
        """Note a step.

        Args:
            sentences: int (sentences,). Which of the batch take part.
            frozen: bool (sentences, beam_size). Hypotheses that had ended before.
            candidates: ``Candidates``.
            scores: float (sentences, beam_size, candidates).
            chosen: int (sentences, beam_size), as ``choose`` returns them.
        """
        kept_in = np.full(scores.shape, -1)  # the place that a candidate takes; -1 if it is pruned
        places = np.broadcast_to(np.arange(chosen.shape[1]), chosen.shape)
        np.put_along_axis(kept_in.reshape(len(scores), -1), chosen, places, axis=1)
        self.steps.append((sentences, frozen, candidates, scores, kept_in))

    def nodes(self, sentence: int) -> list[BeamNode]:
        """List the candidates of one sentence, in the order in which they were looked at.

        Args:
            sentence: int. Index in the batch.

        Returns:
            list of ``BeamNode``. For each open hypothesis and step there are the ``beam_size`` likeliest
            tokens, and where phrases are required their tokens and as many of the likeliest more.
        """
        nodes: list[BeamNode] = []
        node_of_slot: dict[int, int] = {}
        for time, (sentences, frozen, candidates, scores, kept_in) in enumerate(self.steps):
            row = np.flatnonzero(sentences == sentence)
            if not len(row):
                break
            row, next_node_of_slot = row[0], dict[int, int]()
            for slot, rank in np.ndindex(scores.shape[1:]):
                here = row, slot, rank
                if frozen[row, slot] or not np.isfinite(candidates.log_probs[here]):
                    continue
                token = int(candidates.tokens[here])
                if kept_in[here] >= 0:
                    next_node_of_slot[int(kept_in[here])] = len(nodes)
                node = BeamNode(
                    time,
                    node_of_slot.get(slot),
                    token,
                    float(candidates.token_log_probs[here]),
                    float(candidates.log_probs[here]),
                    float(scores[here]),
                    kept=bool(kept_in[here] >= 0),
                    ended=token == self.eos_id,
                )
                nodes.append(node)
            node_of_slot = next_node_of_slot
        return nodes


class Trace:
    """The steps of a search: for each the token of every slot, and the slot that it goes on from.

    Args:
        batch: int.
        eos_id: int. Fills sequences after their end.

    >>> trace = Trace(batch=1, eos_id=2)
    >>> trace.add(np.array([0]), np.array([[0, 0]]), np.array([[4, 5]]), np.array([[-0.1, -0.7]]))
    >>> trace.add(np.array([0]), np.array([[1, 0]]), np.array([[2, 2]]), np.array([[-0.2, -0.9]]))
    >>> trace.read_back(times=np.array([[1]]), slots=np.array([[0]]))[0].tolist()
    [[[5, 2]]]
    """

    def __init__(self, batch: int, eos_id: int):
        self.batch, self.eos_id = batch, eos_id
        self.steps: list[tuple] = []

    def add(
        self,
        sentences: np.ndarray,
        parents: np.ndarray,
        tokens: np.ndarray,
        log_probs: np.ndarray,
        attention: np.ndarray | None = None,
    ) -> None:
        """Note a step.

        Args:
            sentences: int (sentences,). Which of the batch take part.
            parents: int (sentences, slots). The slot, after the step before, that each goes on from.
            tokens: int (sentences, slots). What each has chosen.
            log_probs: float (sentences, slots), of these tokens.
            attention: float (sentences, slots, source_length) or None.
        """
        self.steps.append((sentences, parents, tokens, log_probs, attention))

    def read_back(
        self, times: np.ndarray, slots: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Read hypotheses back from their last token to their first.

        Args:
            times: int (batch, n_best). The step at which each ended; -1 where there is none.
            slots: int (batch, n_best). Its slot after that step.

        Returns:
            sequences: int32 (batch, n_best, length).
            token_log_probabilities: float32 (batch, n_best, length).
            attention_weights: float32 (batch, n_best, length, source_length), or None.
        """
        length = int(times.max(initial=-1)) + 1
        shape = (*times.shape, length)
        sequences = np.full(shape, self.eos_id, "int32")
        log_probs = np.zeros(shape, "float32")
        attention = None
        if self.steps and self.steps[0][-1] is not None:
            attention = np.zeros((*shape, self.steps[0][-1].shape[-1]), "float32")
        slots = slots.copy()
        row_of = np.full(self.batch, -1)
        for time in reversed(range(length)):
            sentences, parents, step_tokens, step_log_probs, step_attention = self.steps[time]
            row_of[sentences] = np.arange(len(sentences))
            sentence, rank = np.nonzero(times >= time)
            here = row_of[sentence], slots[sentence, rank]
            sequences[sentence, rank, time] = step_tokens[here]
            log_probs[sentence, rank, time] = step_log_probs[here]
            if attention is not None:
                attention[sentence, rank, time] = step_attention[here]
            slots[sentence, rank] = parents[here]
        return sequences, log_probs, attention


@checked
def to_texts(
    result: SearchResult, vocab: Vocabulary, tokens: TokenizerName | Tokenizer = "words"
) -> list[list[str]]:
    """Turn what a search found into texts.

    Args:
        result: ``SearchResult``.
        vocab: ``Vocabulary`` of the target side.
        tokens: the tokenizer whose tokens these are: its name in ``data.text``, or a ``Subwords``.

    Returns:
        list of lists of str: for each sentence its hypotheses that exist, in the order of the result.
    """
    return [
        [
            detokenize(vocab.decode(ids[:length]), tokens)
            for ids, length in zip(sequences, lengths, strict=True)
            if length
        ]
        for sequences, lengths in zip(result.sequences, result.lengths, strict=True)
    ]
