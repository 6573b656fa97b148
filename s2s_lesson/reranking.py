"""Reranking: choose among finished outputs by something else than the model's probability."""

import numpy as np


def minimum_bayes_risk(candidates, metric, *, references=None, log_probabilities=None, lower_is_better=False):
    """Rank candidates by how well they agree with what else the model could have said.

    expected(c) = sum over references r of weight(r) * metric(c, r)

    The likeliest output need not be typical of the model's outputs. This ranks by the expected metric, with
    the model's own outputs in the place of the unknown right answer: with samples as references every one
    counts alike, and a frequent one counts as often as it was drawn; n-best lists want ``log_probabilities``.

    Args:
        candidates: list of outputs of one source, texts or lists of tokens, as ``metric`` takes them.
        metric: ``metric(outputs, references)``, with a list of outputs and, for each, a list of right
            answers; any of ``s2s_lesson.metrics``. Where it returns a pair, as ``bleu`` does, the first is
            the figure.
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
    for name, outputs in (("candidates", candidates), ("references", references)):
        if isinstance(outputs, str):
            raise TypeError(f"Expected a list of {name}; received one string. Write [text].")
    references = list(candidates if references is None else references)
    if not len(candidates) or not references:
        raise ValueError(
            f"Expected at least one candidate and one reference; received {len(candidates)} and "
            f"{len(references)}."
        )
    weights = _weights(log_probabilities, len(references))
    weight_of, first = {}, {}  # equal references are compared with once
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


def _weights(log_probabilities, count):
    """float (count,), summing to 1."""
    if log_probabilities is None:
        return np.full(count, 1 / count)
    if len(log_probabilities) != count:
        raise ValueError(
            f"Expected one log-probability for each of {count} references; received {len(log_probabilities)}."
        )
    highest = np.max(log_probabilities)
    if not np.isfinite(highest):
        raise ValueError(
            f"Expected log-probabilities, not all of them -infinity; received {highest} as the highest."
        )
    weights = np.exp(np.asarray(log_probabilities, "float64") - highest)
    return weights / weights.sum()


def _key(output):
    return output if isinstance(output, str) else tuple(output)


def _figure(found):
    return found[0] if isinstance(found, tuple) else found
