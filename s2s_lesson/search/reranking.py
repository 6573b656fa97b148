"""Reranking: choose among finished outputs by something else than the model's probability."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from s2s_lesson.data.expected import FiniteFloat, Share, checked
from s2s_lesson.data.incoming import plain_list
from s2s_lesson.data.prediction import Prediction

if TYPE_CHECKING:
    from s2s_lesson.pipeline.text_to_text import TextToText

SAY_NOTHING = (".", "hello")  # sources that leave open what the reply is about


@checked
def minimum_bayes_risk(
    candidates: Sequence[Any],
    metric: Callable,
    *,
    references: Sequence[Any] | None = None,
    log_probabilities: Sequence[float] | None = None,
    lower_is_better: bool = False,
) -> tuple[list[int], list[float]]:
    """Rank candidates by how well they agree with what else the model could have said.

    expected(c) = sum over references r of weight(r) * metric(c, r)

    The likeliest output need not be typical of the model's outputs. This ranks by the expected metric, with
    the model's own outputs in the place of the unknown right answer: with samples as references every one
    counts alike, and a frequent one counts as often as it was drawn; n-best lists want ``log_probabilities``.

    Args:
        candidates: list of outputs of one source, texts or lists of tokens, as ``metric`` takes them.
        metric: ``metric(outputs, references)``, with a list of outputs and, for each, a list of right
            answers; any of ``s2s_lesson.data.scores``. Where it returns a pair, as ``bleu`` does, the first
            is the figure.
        references: list of outputs, or None for the candidates themselves.
        log_probabilities: list of float, one for each reference, whose softmax weighs them; None weighs all
            alike.
        lower_is_better: bool. True for error rates, such as ``edit_distance_rate``.

    Returns:
        order: list of int, places in ``candidates``, best first; of equals the one that stood first.
        expected: list of float, the expected metric of each candidate, in the order of ``candidates``.

    Raises:
        TypeError: the candidates or the references are one string.
        ValueError: there is no candidate, or no reference, or their log-probabilities differ in number or
            give no weights.

    Sources: Kumar and Byrne 2004, aclanthology.org/N04-1022; Eikema and Aziz 2020, arXiv:2005.10283
    (samples).
    """
    candidates = plain_list(candidates, "candidates")
    references = candidates if references is None else plain_list(references, "references")
    if not len(candidates) or not references:
        raise ValueError(
            f"Expected at least one candidate and one reference; received {len(candidates)} and "
            f"{len(references)}."
            " Give both."
        )
    weights = _weights(log_probabilities, len(references))
    weight_of: dict[Any, float] = {}
    first: dict[Any, Any] = {}  # equal references are compared with once
    for reference, weight in zip(references, weights, strict=True):
        first.setdefault(_key(reference), reference)
        weight_of[_key(reference)] = weight_of.get(_key(reference), 0.0) + weight
    expected_of = {}
    for candidate in candidates:
        if _key(candidate) not in expected_of:
            figures = {key: _figure(metric([candidate], [[other]])) for key, other in first.items()}
            expected_of[_key(candidate)] = float(sum(weight_of[key] * figures[key] for key in figures))
    expected = [expected_of[_key(candidate)] for candidate in candidates]
    order = np.argsort(expected if lower_is_better else -np.array(expected), kind="stable")
    return order.tolist(), expected


@checked
def maximum_mutual_information(
    log_probabilities: Sequence[float],
    *,
    backward: Sequence[float] | None = None,
    prior: Sequence[float] | None = None,
    weight: Share = 0.5,
    length_bonus: FiniteFloat = 0.0,
    lengths: Sequence[int] | None = None,
) -> tuple[list[int], list[float]]:
    """Rank candidates by what they have to do with their source, not by their probability alone.

    backward (MMI-bidi):  score(T) = (1 - weight) log p(T|S) + weight log p(S|T) + length_bonus length(T)
    prior (MMI-antiLM):   score(T) = log p(T|S) - weight log p(T) + length_bonus length(T)

    The likeliest reply to most utterances is one that fits them all. One from which the utterance could be
    guessed, or which is unlikely without it, says more. Both come from the mutual information of S and T,
    log p(S, T) - log p(S) - log p(T).

    Args:
        log_probabilities: list of float, log p(T|S) of each candidate, in nats.
        backward: list of float, log p(S|T), from a model of sources given targets.
        prior: list of float, log p(T), from a language model of targets. The authors count the first few
            tokens of each alone, since a prior of whole outputs favours ungrammatical ones.
        weight: float from 0 to 1; 0 ranks by ``log_probabilities``.
        length_bonus: float, in nats per token.
        lengths: list of int, of each candidate, in tokens; needed with a ``length_bonus``.

    Returns:
        order: list of int, places of the candidates, best first; of equals the one that stood first.
        scores: list of float, in nats, in the order of the candidates.

    Raises:
        ValueError: there is no candidate; not exactly one of ``backward`` and ``prior`` is given; a list
            differs in length or holds what is no finite number; ``weight`` is out of range; or lengths are
            missing.

    Source: Li et al. 2016, section 4, arXiv:1510.03055.
    """
    if (backward is None) == (prior is None):
        received = "neither" if backward is None else "both"
        raise ValueError(
            f"Expected exactly one of backward and prior; received {received}. Leave one out, or give one."
        )
    if length_bonus and lengths is None:
        raise ValueError(
            f"Expected lengths with a length_bonus; received {length_bonus} and no lengths."
            " Give the length of each candidate, or leave length_bonus out."
        )
    forward = _numbers("log_probabilities", log_probabilities, max(len(log_probabilities), 1))
    if backward is not None:
        scores = (1 - weight) * forward + weight * _numbers("backward", backward, len(forward))
    else:
        scores = forward - weight * _numbers("prior", prior, len(forward))
    if lengths is not None:
        scores = scores + length_bonus * _numbers("lengths", lengths, len(forward))
    return np.argsort(-scores, kind="stable").tolist(), scores.tolist()


@checked
def rerank_replies(
    predictions: Sequence[Prediction],
    pipeline: "TextToText",
    *,
    by: Literal["backward", "prior"] = "backward",
    weight: Share = 0.5,
    length_bonus: FiniteFloat = 0.0,
) -> list[Prediction]:
    """Put the replies to each text in the order of ``maximum_mutual_information``.

    Args:
        predictions: list of ``Prediction`` with ``alternatives``, as ``predict`` gives them with ``n_best``,
            or ``sample`` with ``n_samples``.
        pipeline: ``TextToText``, or any object with its ``accepts`` and ``log_probabilities``. By "backward"
            one that was trained on (reply, text) pairs, source and target changed over. By "prior" the one
            that wrote the replies: how likely each of them is anyhow is what it gives it after a full stop,
            or after "hello" where its cleaning takes full stops away.
        by: "backward" or "prior".
        weight: float from 0 to 1, of log p(text | reply), or of log p(reply).
        length_bonus: float, in nats per token of the reply.

    Returns:
        list of ``Prediction``, the best reply to each text; the others are among its ``alternatives``, best
        first, and ``score`` is what ranked them. Replies that the pipeline cannot take, since they or the
        text are blank or too long, come last, in their old order, with a score of -infinity.

    Raises:
        ValueError: as ``maximum_mutual_information``.

    Source: Li et al. 2016, section 4, arXiv:1510.03055; a prior after a fixed source stands in place of their
    language model.
    """
    lists = [[replace(best, alternatives=()), *best.alternatives] for best in predictions]
    pair_of: dict[tuple[str, str], tuple[str, str]] = {}
    for reply in (reply for replies in lists for reply in replies):
        pairs = (
            [(reply.text, reply.source)] if by == "backward" else [(text, reply.text) for text in SAY_NOTHING]
        )
        if readable := [pair for pair in pairs if pipeline.accepts(*pair)]:
            pair_of[reply.source, reply.text] = readable[0]
    pairs = list(dict.fromkeys(pair_of.values()))
    known = dict(zip(pairs, pipeline.log_probabilities(pairs), strict=True))
    ranked = []
    for replies in lists:
        scored = [reply for reply in replies if (reply.source, reply.text) in pair_of]
        rest = [replace(reply, score=-np.inf) for reply in replies if reply not in scored]
        if scored:
            judged = [known[pair_of[reply.source, reply.text]] for reply in scored]
            order, scores = maximum_mutual_information(
                [reply.log_probability for reply in scored],
                **{by: judged},
                weight=weight,
                length_bonus=length_bonus,
                lengths=[len(reply.tokens) for reply in scored],
            )
            scored = [replace(scored[place], score=scores[place]) for place in order]
        first, *others = scored + rest
        ranked.append(replace(first, alternatives=tuple(others)))
    return ranked


def _numbers(name, values, count):
    """float (count,)."""
    if len(values) != count:
        raise ValueError(
            f"Expected {name} of {count} candidates; received {len(values)}. Give one for each candidate."
        )
    values = np.asarray(values, "float64")
    if not np.isfinite(values).all():
        raise ValueError(
            f"Expected finite {name}; received {values[~np.isfinite(values)][0]}."
            " Leave candidates out that are impossible."
        )
    return values


def _weights(log_probabilities, count):
    """float (count,), summing to 1."""
    if log_probabilities is None:
        return np.full(count, 1 / count)
    if len(log_probabilities) != count:
        raise ValueError(
            f"Expected one log-probability for each of {count} references; received {len(log_probabilities)}."
            " Give one for each reference."
        )
    highest = np.max(log_probabilities)
    if not np.isfinite(highest):
        raise ValueError(
            f"Expected log-probabilities, not all of them -infinity; received {highest} as the highest."
            " Give references that are possible."
        )
    weights = np.exp(np.asarray(log_probabilities, "float64") - highest)
    return weights / weights.sum()


def _key(output):
    return output if isinstance(output, str) else tuple(output)


def _figure(value):
    return value[0] if isinstance(value, tuple) else value
