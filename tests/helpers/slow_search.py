"""Searches once more, written from the docstrings: one sentence, lists and tuples, no early stop."""

import functools
import itertools

import numpy as np
from scripted import EOS

LONGEST = 5  # of phrases, in tokens


def score(script, sequence, total, *, length_penalty=0.0, length_formula="gnmt", coverage_penalty=0.0):
    """What a sequence is ranked by.

    Args:
        script: has ``log_probs(prefix)`` and, for a coverage penalty, ``attention(prefix)``.
        sequence: tuple of int.
        total: float, its log-probability.
        length_penalty, length_formula, coverage_penalty: as in ``beam_search``.
    """
    length = (5 + len(sequence)) / 6 if length_formula == "gnmt" else len(sequence)
    penalty = 0.0
    if coverage_penalty:
        attended = sum(script.attention(sequence[:place]) for place in range(len(sequence)))
        penalty = coverage_penalty * sum(np.log(np.clip(weight, 1e-6, 1.0)) for weight in attended)
    return total / length**length_penalty + penalty


def every_output(vocab_size, max_output_length):
    """Every sequence that a search could return: ended by EOS, or cut."""
    others = [token for token in range(vocab_size) if token != EOS]
    ended = [
        (*prefix, EOS)
        for length in range(max_output_length)
        for prefix in itertools.product(others, repeat=length)
    ]
    return ended + list(itertools.product(others, repeat=max_output_length))


def places(output, phrase):
    """How often a phrase occurs."""
    size = len(phrase)
    return [output[start : start + size] for start in range(len(output))].count(tuple(phrase))


def missing(output, required):
    """Phrases that are still to come, one that is listed several times as often as it is missing."""
    required = [tuple(phrase) for phrase in required]
    return [
        phrase for phrase in set(required) for _ in range(required.count(phrase) - places(output, phrase))
    ]


def never(options):
    """Tokens that no output holds."""
    return {options.get("bos_id"), options.get("pad_id")} - {None, options.get("eos_id", EOS)}


def meets(output, **options):
    """Whether a whole output is as the constraints want it.

    Args:
        output: tuple of int.
        **options: the fields of ``Constraints``, phrases as lists, and ``bos_id``, ``eos_id``, ``pad_id``.
    """
    prefix, eos_id = tuple(options.get("prefix", ())), options.get("eos_id", EOS)
    if output[: len(prefix)] != prefix or set(output) & never(options):
        return False
    if any(places(output, phrase) for phrase in options.get("forbidden", ())):
        return False
    if missing(output, options.get("required", ())):
        return False
    if eos_id in output and len(output) < options.get("min_output_length", 1):
        return False
    if options.get("forced_end") and eos_id not in output:
        return False
    size = options.get("no_repeat_ngram", 0)
    runs = [output[end - size : end] for end in range(size, len(output) + 1)] if size else []
    after_prefix = range(max(len(prefix) + 1 - size, 0), len(runs))
    return not any(runs[place] in runs[:place] for place in after_prefix)


def may_come_next(sequence, token, options):
    """Whether a hypothesis may take a token, given what its output must still hold."""
    prefix, longer = options.get("prefix", ()), (*sequence, token)
    if len(sequence) < len(prefix):
        return token == prefix[len(sequence)]
    required, eos_id = options.get("required", ()), options.get("eos_id", EOS)
    to_come = missing(longer, required)
    if token == eos_id and (to_come or len(longer) < options.get("min_output_length", 1)):
        return False
    without = {name: options[name] for name in options if name not in ("required", "forced_end")}
    if not meets(longer, **without):
        return False
    room = options["max_output_length"] - len(longer)
    if options.get("forced_end") and token != eos_id:
        room -= 1
    if not to_come:
        return room >= 0
    others = [other for other in range(options["vocab_size"]) if other not in {eos_id, *never(options)}]
    forbidden = tuple(map(tuple, options.get("forbidden", ())))
    return can_complete(longer[-LONGEST:], tuple(sorted(to_come)), room, tuple(others), forbidden)


@functools.cache
def can_complete(latest, to_come, room, tokens, forbidden):
    """Whether phrases still to come can be written with so many tokens, whichever they are."""
    if not to_come or room <= 0:
        return not to_come
    for token in tokens:
        longer = (*latest, token)
        if any(longer[-len(phrase) :] == phrase for phrase in forbidden):
            continue
        left = list(to_come)
        for phrase in set(to_come):
            if longer[-len(phrase) :] == phrase:
                left.remove(phrase)
        if can_complete(longer[-LONGEST:], tuple(left), room - 1, tokens, forbidden):
            return True
    return False


def tokens_held(sequence, required):
    """How many tokens of required phrases a hypothesis holds: those written whole, and one begun."""
    to_come = missing(sequence, required)
    begun = [
        size
        for phrase in to_come
        for size in range(1, len(phrase))
        if sequence[-size:] == tuple(phrase[:size])
    ]
    return sum(map(len, required)) - sum(map(len, to_come)) + max(begun, default=0)


def beam_search(
    script,
    *,
    max_output_length,
    beam_size,
    eos_id=EOS,
    n_best=1,
    groups=1,
    diversity_penalty=0.0,
    scoring=None,
    **options,
):
    """Beam search that goes on until all hypotheses have ended.

    Args:
        script: has ``log_probs(prefix)`` and, for a coverage penalty, ``attention(prefix)``.
        scoring: dict of the options of ``score``.
        eos_id: int. Ends an output.
        **options: constraints; the others are as in the package's ``beam_search``.

    Returns:
        outputs: list of (score, log_probability, sequence), best first.
        closest: float, the smallest difference between two scores that were compared. Where it is tiny,
            rounding decides.
    """
    options |= {"max_output_length": max_output_length, "eos_id": eos_id}
    options["vocab_size"] = len(script.log_probs(()))
    scoring = scoring or {}
    choosing = {name: value for name, value in scoring.items() if name != "coverage_penalty"}
    width, required = beam_size // groups, options.get("required", ())
    beams = [[(0.0, 0.0, ())] for _ in range(groups)]
    finished, closest = {}, np.inf
    for time in range(max_output_length):
        taken, last = [], time + 1 == max_output_length
        for index, beam in enumerate(beams):
            candidates = []  # (what to choose by, hypothesis)
            for hypothesis in beam:
                _, total, sequence = hypothesis
                if sequence[-1:] == (eos_id,):
                    candidates.append((hypothesis[0], hypothesis))
                    continue
                for token, log_prob in enumerate(script.log_probs(sequence)):
                    if may_come_next(sequence, token, options) and log_prob > -np.inf:
                        longer = (*sequence, token)
                        of_longer = score(script, longer, total + log_prob, **choosing)
                        lowered = of_longer - diversity_penalty * taken.count(token)
                        candidates.append((lowered, (of_longer, total + log_prob, longer)))
            candidates.sort(key=lambda candidate: -candidate[0])
            closest = min(closest, smallest_gap(candidates))
            open_before = {sequence for _, _, sequence in beam if sequence[-1:] != (eos_id,)}
            beam = choose([hypothesis for _, hypothesis in candidates], width, required)
            taken += [sequence[-1] for _, _, sequence in beam if sequence[:-1] in open_before]
            ended = [kept for kept in beam if last or kept[2][-1:] == (eos_id,)]
            finished |= {
                sequence: (score(script, sequence, total, **scoring), total, sequence)
                for _, total, sequence in ended
            }
            beams[index] = beam
    outputs = sorted(finished.values(), key=lambda output: -output[0])
    return outputs[:n_best], min(closest, smallest_gap([(output[0], output) for output in outputs]))


def choose(hypotheses, width, required):
    """Keep ``width`` of the hypotheses, best first: by turns one of each number of required tokens held."""
    banks = {}
    for hypothesis in hypotheses:
        banks.setdefault(tokens_held(hypothesis[2], required), []).append(hypothesis[2])
    kept = set()
    while len(kept) < width and any(banks.values()):
        for held in sorted(banks, reverse=True):
            if banks[held] and len(kept) < width:
                kept.add(banks[held].pop(0))
    return [hypothesis for hypothesis in hypotheses if hypothesis[2] in kept]


def smallest_gap(candidates):
    likely = [by for by, (_, total, _) in candidates if total > -60]  # others are as good as ruled out
    gaps = [higher - lower for higher, lower in itertools.pairwise(likely)]
    return min(gaps, default=np.inf)


def tokens_to_draw_from(probabilities, temperature=1.0, top_k=None, top_p=None, typical_p=None):
    """The probabilities of one step's tokens that sampling draws with, token by token.

    Args:
        probabilities: list of float that sum to 1.
        temperature, top_k, top_p, typical_p: as in ``sample``.

    Returns:
        list of float that sum to 1.
    """
    ids = range(len(probabilities))
    if temperature == 0:
        likeliest = max(ids, key=lambda token: (probabilities[token], -token))
        return [float(token == likeliest) for token in ids]
    left = _scaled({token: probabilities[token] ** (1 / temperature) for token in ids})
    by_probability = sorted(left, key=lambda token: (-left[token], token))
    if top_k is not None:
        left = _scaled({token: left[token] for token in by_probability[:top_k]})
    if top_p is not None:
        left = _smallest_set([token for token in by_probability if token in left], left, top_p)
    if typical_p is not None:
        left = {token: probability for token, probability in left.items() if probability > 0}
        entropy = -sum(probability * np.log(probability) for probability in left.values())
        typical = sorted(left, key=lambda token: (abs(-np.log(left[token]) - entropy), token))
        left = _smallest_set(typical, left, typical_p)
    return [left.get(token, 0.0) for token in ids]


def _smallest_set(ordered, probabilities, share):
    """The first tokens that together have at least ``share``."""
    for count in range(1, len(ordered) + 1):
        if sum(probabilities[token] for token in ordered[:count]) >= share - 1e-12:
            break
    return _scaled({token: probabilities[token] for token in ordered[:count]})


def _scaled(probabilities):
    total = sum(probabilities.values())
    return {token: probability / total for token, probability in probabilities.items()}
