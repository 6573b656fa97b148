"""Checks of the exercises of chapter 4, the decoder and the searches."""

import numpy as np
from scipy.special import log_softmax, softmax

from s2s_lesson.teaching.exercises._checking import Hint, Unexpected, compare, exercise, numbers, parts, run


@exercise("4.1", "your function `gnmt_scores(log_probabilities, lengths, penalty)`")
def _length_penalty(answer):
    generator = np.random.default_rng(1)
    log_probabilities, lengths = -generator.uniform(1, 9, (3, 5)), generator.integers(2, 19, (3, 5))
    for penalty in (0.8, 1.3):
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
def _like_greedy(answer):
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
    logits = np.random.default_rng(2).normal(0, 0.3, (53, 53))
    logits[0, :3] = 2, 3, 3  # here the most typical token is not the likeliest
    limits = {"bos_id": 0, "eos_id": 1, "max_output_length": 7, "compile_step": False}

    def step(token_ids, state):
        return logits[np.asarray(token_ids)], state

    state = np.zeros((5, 1))
    greedy = greedy_search(step, state, **limits).sequences
    for name, options in zip(names, settings, strict=True):
        if all(
            np.array_equal(sample(step, state, seed=seed, **options, **limits).sequences, greedy)
            for seed in (0, 17)
        ):
            continue
        raise Hint(
            {
                "temperature": "This temperature leaves something to chance. Which one leaves nothing?",
                "top_k": "With so many tokens to draw from, chance decides among them.",
                "top_p": "Where the model is unsure, this p leaves more than one token.",
                "typical_p": "The most typical token need not be the likeliest: chapter 4 shows such a step.",
            }[name]
        )


@exercise("4.3", "your function `top_p_by_hand(logits, p)`, for one row of logits")
def _top_p(answer):
    generator = np.random.default_rng(3)
    for p in (0.9, 0.5, 0.99):
        logits = generator.normal(0, 2, 23)
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


@exercise("4.4", "a table such as `PROBABILITIES`: a dict from each token to a dict of the next ones")
def _beam_of_two_fails(answer):
    if not isinstance(answer, dict) or not all(isinstance(row, dict) for row in answer.values()):
        raise Unexpected("something else")
    tokens = sorted({"<s>", "</s>", *answer, *(token for row in answer.values() for token in row)})
    if "<s>" not in answer or len(tokens) > 7:
        raise Hint("The table needs a row for `<s>`, where an output begins, and at most five other tokens.")
    table = np.zeros((len(tokens), len(tokens)))
    for last, row in answer.items():
        for token, probability in row.items():
            table[tokens.index(last), tokens.index(token)] = float(probability)
    for token in set(tokens) - {"</s>"}:
        row = table[tokens.index(token)]
        if (row < 0).any() or not np.isclose(row.sum(), 1):
            raise Hint(f"The probabilities after `{token}` must sum to 1; they sum to {row.sum():.3f}.")
    best = {beam_size: _best_that_ends(table, tokens, beam_size) for beam_size in (1, 2, 3, 1000)}
    if best[2] > best[1000] - 1e-6:
        raise Hint(
            "A beam of two finds the best output of this table as well. Hide it in the third-best beginning."
        )
    if best[3] < best[1000] - 1e-6:
        raise Hint("A beam of three misses the best output, too: its beginning is not among the best three.")


def _best_that_ends(table, tokens, beam_size):
    """Log-probability of the likeliest output of up to four tokens that a beam finds."""
    from s2s_lesson.search import beam_search

    with np.errstate(divide="ignore"):
        logits = np.log(table)
    end = tokens.index("</s>")
    logits[end] = 0  # nobody reads what follows the end

    def step(token_ids, state):
        return logits[np.asarray(token_ids)], state

    ids = {"bos_id": tokens.index("<s>"), "eos_id": end}
    options = {"beam_size": beam_size, "n_best": beam_size, "stopping": "never", "compile_step": False}
    result = beam_search(step, np.zeros((1, 1)), max_output_length=4, **ids, **options)
    hypotheses = zip(result.sequences[0], result.lengths[0], result.log_probabilities[0], strict=True)
    return max(
        (float(log_prob) for row, length, log_prob in hypotheses if length and row[length - 1] == end),
        default=-np.inf,
    )


@exercise("4.5", "your function `with_syllables(step, is_vowel, eos_id, n)`, which returns a step function")
def _exactly_n_vowels(answer):
    generator = np.random.default_rng(5)
    is_vowel = np.array([False, False, True, True, False, False, True])
    tables = generator.normal(size=(3, 3, 7)).astype("float32")  # (time, rows, vocab_size)
    eos_id, n, fed = 1, 2, np.array([[0, 0, 0], [2, 4, 3], [6, 4, 5]])

    def inner(token_ids, state):
        time = int(np.asarray(state["time"])[0])
        return tables[time].copy(), {"time": np.asarray(state["time"]) + 1}

    step = run(answer, inner, is_vowel, eos_id, n)
    if not callable(step):
        raise Hint("Your function has to return a step function, which takes `token_ids` and `state`.")
    state, before = {"vowels": np.zeros(3, int), "model": {"time": np.zeros(3, int)}}, np.zeros(3, int)
    for time, token_ids in enumerate(fed):
        logits, state = parts(run(step, token_ids, state), 2)
        vowels = before + is_vowel[token_ids]
        plain = tables[time]
        full, too_few = (vowels >= n)[:, None] & is_vowel, (vowels < n)[:, None] & (np.arange(7) == eos_id)
        late_full = (before >= n)[:, None] & is_vowel
        late_few = (before < n)[:, None] & (np.arange(7) == eos_id)
        mistakes = [
            (
                np.where(late_full | late_few, -np.inf, plain),
                "The count is one token behind: the token that comes in has been written, so count it first.",
            ),
            (np.where(full, -np.inf, plain), "An output may still end before it has n vowels."),
            (np.where(too_few, -np.inf, plain), "Once there are n vowels, another one must not follow."),
            (plain, "The logits are as they were: nothing is ruled out."),
        ]
        compare(logits, np.where(full | too_few, -np.inf, plain), f"the logits of step {time + 1}", mistakes)
        if not isinstance(state, dict) or "vowels" not in state:
            raise Hint("The new state needs the leaf `vowels`, so that the search can carry it along.")
        hint = "The count in the new state is the old one: the next step begins from it."
        compare(state["vowels"], vowels, "the leaf `vowels`", [(before, hint)])
        before = vowels


@exercise("4.6", "your function `fused(step, language, weight)`, which returns a step function")
def _shallow_fusion(answer):
    generator = np.random.default_rng(6)
    logits = generator.normal(size=(5, 7))
    language = np.log(softmax(generator.normal(0, 2, (7, 7)), axis=-1))
    language[3, 4] = language[6, 2] = -np.inf  # never seen
    token_ids, state = np.array([3, 6, 1, 5, 3]), {"kept": np.arange(5)}
    of_tokens = language[token_ids]
    seen = np.isfinite(of_tokens)
    for weight in (0.0, 0.3):
        step = run(answer, lambda ids, state: (logits.copy(), {"kept": state["kept"] + 1}), language, weight)
        if not callable(step):
            raise Hint("Your function has to return a step function, which takes `token_ids` and `state`.")
        their_logits, after = parts(run(step, token_ids, state), 2)
        their_logits = numbers(their_logits)
        if np.isnan(their_logits).any():
            raise Hint(
                "There is a NaN: 0 times minus infinity is no number. Pairs never seen need a finite value."
            )
        by_model, added = log_softmax(logits, axis=-1), weight * np.where(seen, of_tokens, 0)
        mixed = (1 - weight) * by_model + added
        mistakes = [
            (logits + added, "The logits are added as they are. Turn them into log-probabilities first."),
            (softmax(logits, axis=-1) + added, "Probabilities are added. Add log-probabilities."),
            (of_tokens, "The language model alone is left."),
            (mixed, "The model's part keeps its full weight; only the language model's part gets one."),
            (
                by_model
                + weight * np.where(seen, np.where(np.isfinite(language), language, 0)[:, token_ids].T, 0),
                "The language model is read the wrong way round: rows are the token before.",
            ),
        ]
        mistakes = [(np.where(seen, wrong, 0), hint) for wrong, hint in mistakes]
        if their_logits.shape != by_model.shape:
            raise Hint(f"Expected logits of shape {by_model.shape}; received {their_logits.shape}.")
        compare(
            np.where(seen, their_logits, 0),
            np.where(seen, by_model + added, 0),
            "the log-probabilities",
            mistakes,
        )
        unseen = (their_logits - by_model)[~seen]
        if weight and (unseen > -3).any():
            raise Hint(
                "A pair of tokens that the language model has never seen has to become far less likely."
            )
        if not weight and abs(unseen).max() > 1e-4:
            raise Hint("With a weight of 0 the language model must change nothing.")
        if not isinstance(after, dict) or not np.array_equal(numbers(after.get("kept", 0)), np.arange(1, 6)):
            raise Hint("Return the new state that the model's step returned.")
