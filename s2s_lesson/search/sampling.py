"""Sampling: draw outputs at random, as likely as the model finds them, or nearly."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2s_lesson.data.expected import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    PositiveShare,
    Seed,
    checked,
)
from s2s_lesson.search.allowed_tokens import AllowedTokens
from s2s_lesson.search.constraints import Constraints
from s2s_lesson.search.ranking import check_usable, log_softmax
from s2s_lesson.search.results import SearchResult
from s2s_lesson.search.rows import Rows
from s2s_lesson.search.shortlist import Shortlist


@checked
def sample(
    step: Callable,
    initial_state: Any,
    *,
    bos_id: NonNegativeInt,
    eos_id: NonNegativeInt,
    pad_id: NonNegativeInt | None = None,
    max_output_length: PositiveInt,
    n_samples: PositiveInt = 1,
    seed: Seed | Sequence[Any] = 0,
    temperature: NonNegativeFloat = 1.0,
    top_k: PositiveInt | None = None,
    top_p: PositiveShare | None = None,
    typical_p: PositiveShare | None = None,
    constraints: Constraints | None = None,
    return_attention: bool = False,
    compile_step: bool | None = None,
    shared_leaves: Sequence[str] | None = None,
) -> SearchResult:
    """Draw outputs at random.

    Each token is drawn from the model's distribution, changed in this order: tokens that the constraints rule
    out are left out; logits are divided by ``temperature``; then ``top_k``, ``top_p`` and ``typical_p`` each
    leave out tokens of what is left. What remains is scaled to sum to 1.

    The random numbers come from NumPy, so all engines draw alike. Each sentence has its own, from ``seed``
    and its place in the batch; give a seed for each sentence where neither batch nor order may matter.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``.
        initial_state: nested structure of arrays, row axis first; one row a sentence.
        bos_id, eos_id, pad_id: int, as in ``beam_search``.
        max_output_length: int. An output that has not ended by then is cut, in tokens.
        n_samples: int. Outputs to draw for each sentence; the same one may be drawn more than once.
        seed: int, or list of int, one for each sentence.
        temperature: float, 0 or greater. Below 1 likely tokens become likelier; 0 takes the likeliest.
        top_k: int or None. Draw among so many of the likeliest tokens.
        top_p: float above 0, up to 1, or None. Draw among the fewest likeliest tokens that together have at
            least this probability.
        typical_p: float above 0, up to 1, or None. The same, but those tokens come first whose surprise,
            -log p, is nearest to the surprise expected.
        constraints, return_attention, compile_step, shared_leaves: as in ``beam_search``. Each output gets
            all required phrases, in the last steps if not before.

    Returns:
        ``SearchResult``; ``n_best`` is ``n_samples``, in the order drawn. Scores are the log-probabilities,
        and these are the model's own, at temperature 1 and with all tokens possible.

    Raises:
        ValueError: as ``beam_search``, or an option of sampling is out of range.

    Sources: Holtzman et al. 2020, arXiv:1904.09751 (top_p); Fan et al. 2018, arXiv:1805.04833 (top_k);
    Meister et al. 2023, arXiv:2202.00666 (typical_p).

    >>> import numpy as np
    >>> from s2s_lesson.search import sample
    >>> always_the_same = lambda token_ids, state: (np.log([[0.5, 0.2, 0.3]] * len(token_ids)), state)
    >>> state = {"nothing": np.zeros((1, 1))}
    >>> sample(always_the_same, state, bos_id=1, eos_id=2, max_output_length=4, seed=1).lengths.shape
    (1, 1)
    """
    rows = Rows(step, initial_state, n_samples, compile_step, shared_leaves, option="n_samples")
    constraints = constraints or Constraints()
    shortlist = None if rows.candidate_ids is None else Shortlist(rows.candidate_ids, eos_id)
    never = (bos_id, pad_id)
    allowed = AllowedTokens(constraints, rows.batch, eos_id, max_output_length, never, shortlist)
    generators = [np.random.default_rng(part) for part in _seeds(seed, rows.batch)]
    shape = (rows.batch, n_samples)
    tokens, lengths = np.full(shape, bos_id), np.zeros(shape, "int32")
    writing, lost = np.ones(shape, bool), np.zeros(shape, bool)  # lost: the constraints left no token
    sentences = np.arange(rows.batch)  # those that have rows
    sequences, token_log_probs = np.zeros((*shape, 0), "int32"), np.zeros((*shape, 0), "float32")
    attention = []

    for time in range(max_output_length if rows.batch else 0):
        logits = rows.one_row_a_slot(rows.step(tokens[sentences]))
        if time == 0:
            allowed.check_ids(logits.shape[-1], bos_id)
        open_rows = writing[sentences].reshape(-1)
        permitted = allowed.next_tokens(sequences[sentences], logits.shape[-1])
        if shortlist is not None:
            permitted = shortlist.look_up_allowed(permitted, len(open_rows))
            logits = shortlist.look_up(logits)
        log_probs, usable = log_softmax(logits)
        check_usable(usable, open_rows)
        possible = log_probs if permitted is None else np.where(permitted, log_probs, -np.inf)
        probabilities = sampling_probabilities(possible[open_rows], temperature, top_k, top_p, typical_p)
        numbers = np.concatenate([generators[sentence].random(n_samples) for sentence in sentences])
        drawn = _draw(probabilities, numbers[open_rows])

        tokens, step_log_probs = np.full(shape, eos_id), np.zeros(shape, "float32")
        step_log_probs[writing] = np.take_along_axis(log_probs[open_rows], drawn[:, None], axis=-1)[:, 0]
        if shortlist is not None:
            columns = np.zeros((len(open_rows), 1), int)
            columns[open_rows, 0] = drawn
            drawn = shortlist.ids_at(columns)[open_rows, 0]
        tokens[writing] = drawn
        lost[writing] = ~probabilities.any(axis=-1)
        lengths += writing
        sequences = np.concatenate([sequences, tokens[..., None].astype("int32")], axis=-1)
        token_log_probs = np.concatenate([token_log_probs, step_log_probs[..., None]], axis=-1)
        if return_attention:
            weights = rows.leaf("attention_weights", "return_attention")
            attention.append(np.zeros((*shape, weights.shape[-1]), "float32"))
            attention[-1][writing] = weights[open_rows]

        writing &= ~lost & (tokens != eos_id)
        if not writing.any():
            break
        places = rows.staying(np.logical_not(writing[sentences].any(axis=1)))
        rows.take(places, np.broadcast_to(np.arange(n_samples), (len(places), n_samples)))
        if len(places) < len(sentences):
            allowed.keep(places)
            sentences = sentences[places]

    lengths[lost], sequences[lost], token_log_probs[lost] = 0, eos_id, 0
    length = lengths.max(initial=0)
    log_probabilities = np.where(lost, -np.inf, token_log_probs.sum(axis=-1, dtype="float64")).astype(
        "float32"
    )
    return SearchResult(
        sequences[..., :length],
        lengths,
        log_probabilities,
        log_probabilities,
        token_log_probs[..., :length],
        np.where(lost[..., None, None], 0, np.stack(attention, axis=2))[:, :, :length] if attention else None,
    )


@checked
def sampling_probabilities(
    logits: Any,
    temperature: NonNegativeFloat = 1.0,
    top_k: PositiveInt | None = None,
    top_p: PositiveShare | None = None,
    typical_p: PositiveShare | None = None,
) -> np.ndarray:
    """Turn logits into the probabilities that tokens are drawn with.

    Args:
        logits: float (rows, vocab_size). -inf rules a token out.
        temperature, top_k, top_p, typical_p: as in ``sample``.

    Returns:
        float64 (rows, vocab_size). Rows sum to 1, or to 0 where every token is ruled out.
    """
    logits = np.asarray(logits, "float64")
    highest = logits.max(axis=-1, keepdims=True)
    if temperature == 0:
        likeliest = np.arange(logits.shape[-1]) == logits.argmax(axis=-1)[:, None]
        return (likeliest & np.isfinite(highest)).astype("float64")
    probabilities = np.exp((logits - np.where(np.isfinite(highest), highest, 0)) / temperature)
    probabilities = _scaled(probabilities)
    if top_k is not None:
        probabilities = _first(probabilities, -probabilities, lambda before, rank: rank < top_k)
    if top_p is not None:
        probabilities = _first(probabilities, -probabilities, lambda before, rank: before < top_p)
    if typical_p is not None:
        surprise = -np.log(probabilities, where=probabilities > 0, out=np.zeros_like(probabilities))
        expected = (probabilities * surprise).sum(axis=-1, keepdims=True)
        distance = np.where(probabilities > 0, np.abs(surprise - expected), np.inf)
        probabilities = _first(probabilities, distance, lambda before, rank: before < typical_p)
    return probabilities


def _first(probabilities, keys, wanted):
    """Keep the tokens with the smallest keys, as far as ``wanted`` says.

    Args:
        probabilities: float (rows, vocab_size).
        keys: float (rows, vocab_size). Of equal ones the smaller token id comes first.
        wanted: takes the probability of all tokens before one, and their number, arrays (rows, vocab_size).
    """
    order = np.argsort(keys, axis=-1, kind="stable")
    in_order = np.take_along_axis(probabilities, order, axis=-1)
    before = in_order.cumsum(axis=-1) - in_order
    kept = np.where(wanted(before, np.arange(in_order.shape[-1])[None]), in_order, 0)
    np.put_along_axis(probabilities, order, kept, axis=-1)
    return _scaled(probabilities)


def _scaled(probabilities):
    total = probabilities.sum(axis=-1, keepdims=True)
    return probabilities / np.where(total > 0, total, 1)


def _draw(probabilities, numbers):
    """Draw one token a row: float (rows, vocab_size) and numbers from 0 to below 1 (rows,) -> int (rows,)."""
    below = probabilities.cumsum(axis=-1)
    drawn = (below <= numbers[:, None] * below[:, -1:]).sum(axis=-1)
    return np.minimum(drawn, probabilities.shape[-1] - 1)


def _seeds(seed, batch):
    """One seed for each sentence."""
    if np.ndim(seed) == 0:
        return [[seed, sentence] for sentence in range(batch)]
    if len(seed) != batch:
        raise ValueError(
            f"Expected one seed, or one for each of {batch} sentences; received {len(seed)}."
            " Give one number, or as many as there are sentences."
        )
    return list(seed)
