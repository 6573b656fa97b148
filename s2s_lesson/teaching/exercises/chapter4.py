"""Checks of the exercises of chapter 4, the decoder and the searches; ``chapter4b`` has more."""

import numpy as np
from scipy.special import log_softmax, softmax

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    compare,
    exercise,
    expect_function,
    number,
    numbers,
    parts,
    returned_parts,
    run,
    said,
)


@exercise("4.1", "your function `gnmt_scores(log_probabilities, lengths, penalty)`")
def _length_penalty(answer, generator):
    expect_function(answer)
    log_probabilities, lengths = -generator.uniform(1, 9, (3, 5)), generator.integers(2, 19, (3, 5))
    for penalty in generator.uniform([0.4, 1.2], [0.8, 1.8]).tolist():
        base = (5 + lengths) / 6
        mistakes = [
            (log_probabilities / (base * penalty), "The penalty is a power, and not a factor."),
            (
                log_probabilities / ((4 + lengths) / 6) ** penalty,
                "The end token is a token: take `lengths` as they are.",
            ),
            (
                log_probabilities / lengths**penalty,
                "This is the other formula, 'average'. GNMT's has a 5 and a 6.",
            ),
            (log_probabilities * base**penalty, "Divide by the power; you multiply."),
            (
                log_probabilities / ((5 + lengths) ** penalty / 6),
                "The power belongs to the whole fraction, the 6 included.",
            ),
            (log_probabilities / base, "The penalty is not in use."),
        ]
        right = log_probabilities / base**penalty
        compare(run(answer, log_probabilities, lengths, penalty), right, "the scores", mistakes)


@exercise("4.2", "a list of three dicts, each with one option of `sample`")
def _like_greedy(answer, generator):
    from s2s_lesson.search import greedy_search, sample

    settings = parts(answer, 3)
    if not all(isinstance(options, dict) and len(options) == 1 for options in settings):
        raise Unexpected("other entries than dicts with one option each")
    names = [next(iter(options)) for options in settings]
    unknown = [name for name in names if name not in ("temperature", "top_k", "top_p", "typical_p")]
    if unknown:
        raise Hint(
            f"`{unknown[0]}` does not change how a token is drawn. Look at temperature and the three cuts."
        )
    if len(set(names)) < 3:
        raise Hint("Two of the settings change the same option. There are three different ways.")
    # One model is sure of its tokens, and the other one hardly knows.
    logits = generator.normal(0, 1, (53, 53)) * np.array([0.3, 1e-3])[:, None, None]
    logits[:, 0, 2:5] += [2, 3, 3]  # here the most typical token is not the likeliest
    limits = {"bos_id": 0, "eos_id": 1, "max_output_length": 7, "compile_step": False}

    def step(token_ids, model):
        return logits[model[:, 0], np.asarray(token_ids)], model

    models = np.arange(6)[:, None] % 2
    greedy = greedy_search(step, models, **limits).sequences
    for name, options in zip(names, settings, strict=True):
        try:
            drawn = [sample(step, models, seed=seed, **options, **limits).sequences for seed in range(3)]
        except (TypeError, ValueError) as error:
            raise Hint(f"`sample` itself does not take {options!r}: {said(error)}.") from error
        if not all(np.array_equal(sequences, greedy) for sequences in drawn):
            raise Hint(
                {
                    "temperature": "This temperature leaves something to chance. Which one leaves nothing?",
                    "top_k": "With so many tokens to draw from, chance decides among them.",
                    "top_p": "Where the model is unsure, this p leaves more than one token.",
                    "typical_p": "The most typical token need not be the likeliest: "
                    "the page on sampling shows such a step.",
                }[name]
            )


@exercise("4.3", "your function `top_p_by_hand(logits, p)`, for one row of logits")
def _top_p(answer, generator):
    expect_function(answer)
    for p in generator.uniform([0.8, 0.4, 0.95], [0.95, 0.6, 0.99]).round(3).tolist():
        logits = generator.normal(0, 1, 23)
        probabilities = softmax(logits)
        order = np.argsort(-probabilities)
        through = probabilities[order].cumsum()

        def kept(which, probabilities=probabilities, order=order):
            cut = np.zeros_like(probabilities)
            cut[order[which]] = probabilities[order[which]]
            return cut / max(cut.sum(), 1e-9)

        first = through - probabilities[order] < p
        right = kept(first)
        mistakes = [
            (kept(through < p), "The token with which p is reached has to stay."),
            (np.where(right > 0, probabilities, 0), "What is left has to sum to 1 again."),
            (
                right[order],
                "The tokens are still sorted. Each probability has to stand at its token's place.",
            ),
            (probabilities, "The whole distribution comes back: nothing was left out."),
            (
                np.where(probabilities >= p, probabilities, 0),
                "p is compared with each probability by itself. Compare it with their sum so far.",
            ),
            (kept(~first), "These are the unlikeliest tokens. Begin with the likeliest."),
        ]
        compare(run(answer, logits, p), right, f"the probabilities for p = {p}", mistakes)


@exercise("4.4", "your function `beam_in_rows(step, state, beam_size, bos_id, eos_id, longest)`")
def _beam_in_rows(answer, generator):
    expect_function(answer)
    cases, answers = _telling_cases(generator), []
    for *model, beam_size in cases:
        tokens, log_prob = returned_parts(2, answer, *model, beam_size, *LIMITS)
        answers.append((numbers(tokens, "the tokens").ravel(), number(log_prob, "the log-probability")))
    right = [_plain_beam(*case) for case in cases]
    if not _agree(answers, right):
        for mistake, hint in BEAM_MISTAKES.items():
            if _agree(answers, [_plain_beam(*case, mistake) for case in cases]):
                raise Hint(hint)
    for (tokens, log_prob), (right_tokens, right_log_prob) in zip(answers, right, strict=True):
        mistakes = [
            ([LIMITS[0], *right_tokens], "The begin token is still in front."),
            (right_tokens[:-1], "The end token belongs to the output."),
        ]
        compare(tokens, np.array(right_tokens), "the tokens of the best output", mistakes)
        compare(log_prob, right_log_prob, "its log-probability")


LIMITS = 0, 1, 7  # begin token, end token, longest output
BEAM_MISTAKES = {
    "state": "Each hypothesis needs the state of the row that it goes on from: take its leaves by `parents`.",
    "remembered": "An output that ended may be pushed out of the beam, and still be the best: remember it.",
    "alike": "At the beginning all rows are alike. Only one may count, or all hypotheses are the same.",
    "sum": "Hypotheses are compared by their newest token. Add up all log-probabilities.",
}


def _telling_cases(generator):
    """Models and beam sizes, among them for each mistake one with which it gives another output."""
    cases = []
    for mistake in BEAM_MISTAKES:
        early_end = mistake == "remembered"
        for _ in range(200):
            beam_size = 2 if early_end else int(generator.integers(2, 4))
            case = (*_remembering_model(generator, early_end), beam_size)
            outputs = {name: _plain_beam(*case, name) for name in ("", *BEAM_MISTAKES)}
            all_end = all(np.isfinite(log_prob) for _, log_prob in outputs.values())
            if all_end and outputs[mistake][0] != outputs[""][0]:
                cases.append(case)
                break
    return cases


def _remembering_model(generator, early_end=False, vocab_size=6, places=17):
    """A step function that goes from place to place, and its state, one row: where it is.

    Args:
        generator: of NumPy.
        early_end: the end alone is the best output, though two others are likelier after two steps.
        vocab_size: int.
        places: int.
    """
    next_place = generator.integers(1, places, (places, vocab_size))
    logits = generator.normal(0, 0.1 if early_end else 1, (places, vocab_size))
    if early_end:  # pushed out of a beam of two, by outputs that come to nothing
        next_place[0], next_place[1:] = 1, np.maximum(next_place[1:], 2)
        logits[:2] = -9.0
        logits[0, [1, 2]], logits[1, generator.permutation(4)[:2] + 2] = [2.1, 3.0], 0.0
    logits[:, LIMITS[0]] = -30.0  # nothing begins anew
    log_probs = log_softmax(logits, axis=-1)

    def step(token_ids, state):
        token_ids, place = np.asarray(token_ids), np.asarray(state["place"])
        place = np.where(token_ids == LIMITS[0], 0, next_place[place, token_ids])
        return log_probs[place], {"place": place}

    return step, {"place": np.zeros(1, int)}


def _plain_beam(step, state, beam_size, mistake=""):
    """The best output that ended and its log-probability, one hypothesis at a time; or with a mistake."""
    bos_id, eos_id, longest = LIMITS
    beam = [(0.0, 0.0, [bos_id], state)] * (beam_size if mistake == "alike" else 1)
    ended = []
    for _ in range(longest):
        candidates, states = [], []
        for by, log_prob, tokens, before in beam:
            log_probs, after = step(np.array(tokens[-1:]), before)
            states.append(after)
            if tokens[-1] == eos_id:
                candidates.append((by, log_prob, tokens, after))
                continue
            for token, new in enumerate(log_probs[0].tolist()):
                by = new if mistake == "sum" else log_prob + new
                candidates.append((by, log_prob + new, [*tokens, token], after))
        beam = sorted(candidates, key=lambda one: -one[0])[:beam_size]
        if mistake == "state":  # the states stay where they are
            states = [states[min(row, len(states) - 1)] for row in range(len(beam))]
            beam = [(*one[:3], state) for one, state in zip(beam, states, strict=True)]
        ended = [] if mistake == "remembered" else ended
        ended += [one for one in beam if one[2][-1] == eos_id]
    _, log_prob, tokens, _ = max(ended, key=lambda one: one[1], default=(0.0, -np.inf, [bos_id], None))
    return tokens[1:], log_prob


def _agree(answers, right):
    return all(
        np.array_equal(tokens, expected) and (log_prob == of_right or abs(log_prob - of_right) < 1e-4)
        for (tokens, log_prob), (expected, of_right) in zip(answers, right, strict=True)
    )
