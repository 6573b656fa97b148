"""Checks of the exercises of chapter 4's deeper pages."""

import math
from collections import Counter

import numpy as np
from scipy.special import log_softmax, softmax

from s2s_lesson.teaching.exercises._checking import (
    Hint,
    Unexpected,
    compare,
    described,
    exercise,
    expect_function,
    number,
    numbers,
    returned_parts,
    run,
)


@exercise("4.6", "your function `with_syllables(step, is_vowel, eos_id, n)`, which returns a step function")
def _exactly_n_vowels(answer, generator):
    expect_function(answer)
    eos_id, n = 1, int(generator.integers(1, 4))
    is_vowel = np.isin(np.arange(9), 2 + generator.permutation(7)[:3])
    tables = generator.normal(size=(5, 11, 9)).astype("float32")  # (time, rows, vocab_size)
    fed = generator.integers(2, 9, (5, 11))
    fed[0] = 0

    def inner(token_ids, state):
        time = int(np.asarray(state["time"])[0])
        return tables[time].copy(), {"time": np.asarray(state["time"]) + 1}

    step = _new_step(answer, inner, is_vowel, eos_id, n)
    state, before = {"vowels": np.zeros(11, int), "model": {"time": np.zeros(11, int)}}, np.zeros(11, int)
    for time, token_ids in enumerate(fed):
        logits, state = returned_parts(2, step, token_ids, state, what="Your step function")
        vowels = before + is_vowel[token_ids]
        plain = tables[time]
        full, too_few = (vowels >= n)[:, None] & is_vowel, (vowels < n)[:, None] & (np.arange(9) == eos_id)
        late_full = (before >= n)[:, None] & is_vowel
        late_few = (before < n)[:, None] & (np.arange(9) == eos_id)
        right = np.where(full | too_few, -np.inf, plain)
        logits = numbers(logits, "the logits")
        if np.isfinite(logits).all() and np.array_equal(np.where(logits < -99, -np.inf, logits), right):
            raise Hint("A low logit makes a token unlikely, and does not rule it out. Write minus infinity.")
        mistakes = [
            (
                np.where(late_full | late_few, -np.inf, plain),
                "The count is one token behind: the token that comes in has been written, so count it first.",
            ),
            (np.where(full, -np.inf, plain), "An output may still end before it has n vowels."),
            (np.where(too_few, -np.inf, plain), "Once there are n vowels, another one must not follow."),
            (plain, "The logits are as they were: nothing is ruled out."),
        ]
        compare(logits, right, f"the logits of step {time + 1}", mistakes)
        if not isinstance(state, dict) or "vowels" not in state:
            raise Hint("The new state needs the leaf `vowels`, so that the search can carry it along.")
        hint = "The count in the new state is the old one: the next step begins from it."
        compare(state["vowels"], vowels, "the leaf `vowels`", [(before, hint)])
        before = vowels


@exercise("4.7", "your function `fused(step, language, weight)`, which returns a step function")
def _shallow_fusion(answer, generator):
    expect_function(answer)
    logits, (*token_ids, never, nor_this) = generator.normal(size=(5, 7)), generator.permutation(7)
    language, token_ids = np.log(softmax(generator.normal(0, 1, (7, 7)), axis=-1)), np.array(token_ids)
    language[token_ids[:2], [never, nor_this]] = -np.inf  # pairs that were never seen
    state, rarest = {"kept": np.arange(5)}, language[np.isfinite(language)].min()
    of_tokens = language[token_ids]
    seen = np.isfinite(of_tokens)

    def inner(ids, state):
        return logits.copy(), {"kept": state["kept"] + 1}

    for weight in (0.0, float(generator.uniform(0.1, 0.5))):
        step = _new_step(answer, inner, language, weight)
        their_logits, after = returned_parts(2, step, token_ids, state, what="Your step function")
        their_logits = numbers(their_logits, "the log-probabilities")
        if np.isnan(their_logits).any():
            raise Hint(
                "There is a NaN: 0 times minus infinity is no number. With a weight of 0 leave the table out."
            )
        by_model, added = log_softmax(logits, axis=-1), weight * np.where(seen, of_tokens, 0)
        mixed = (1 - weight) * by_model + added
        mistakes = [
            (logits + added, "The logits are added as they are. Turn them into log-probabilities first."),
            (softmax(logits, axis=-1) + added, "Probabilities are added. Add log-probabilities."),
            (of_tokens, "The language model alone is left."),
            (by_model, "The language model changes nothing. Add its log-probabilities, times the weight."),
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
        if weight and (unseen > weight * rarest + 1e-4).any():
            raise Hint(
                "A pair that the language model has never seen must become less likely than all others."
            )
        if not weight and abs(unseen).max() > 1e-4:
            raise Hint("With a weight of 0 the language model must change nothing.")
        if not isinstance(after, dict) or not np.array_equal(numbers(after.get("kept", 0)), np.arange(1, 6)):
            raise Hint("Return the new state that the model's step returned.")


@exercise(
    "4.5", "a table such as `PROBABILITIES`: a dict from each token to a dict of the next ones", rounds=1
)
def _beam_of_two_fails(answer, generator):
    if not isinstance(answer, dict):
        raise Unexpected(described(answer))
    if not all(isinstance(row, dict) for row in answer.values()):
        raise Unexpected("a dict with other entries than dicts")
    for token in (*answer, *(token for row in answer.values() for token in row)):
        if not isinstance(token, str):
            raise Hint(f"Expected texts as tokens; received {described(token)}.")
    tokens = sorted({"<s>", "</s>", *answer, *(token for row in answer.values() for token in row)})
    if "<s>" not in answer or len(tokens) > 7:
        raise Hint("The table needs a row for `<s>`, where an output begins, and at most five other tokens.")
    table = np.zeros((len(tokens), len(tokens)))
    for last, row in answer.items():
        for token, probability in row.items():
            probability = number(probability, f"the probability of `{token}` after `{last}`")
            table[tokens.index(last), tokens.index(token)] = probability
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


@exercise("4.8", "your function `bleu_of_several(outputs, references)`")
def _bleu(answer, generator):
    expect_function(answer)
    references = [*(_texts(generator) for _ in range(11)), [list("abcdefghij"), list("abcdefgh")]]
    for length in (0.8, 1.4):  # outputs that are too short, and such that are too long
        outputs = [_near(right, length, generator) for right in references[:-1]]
        outputs.append(list("abcdefgqq"))  # as near in length to the one reference as to the other
        right = _bleu_of(outputs, references)
        mistakes = [
            (
                _bleu_of(outputs, references, among=sum),
                "An n-gram counts as often as *one* reference has it.",
            ),
            (_bleu_of(outputs, [right[:1] for right in references]), "Only the first references count."),
            (
                _bleu_of(outputs, references, nearest=min),
                "`r` takes the reference nearest in length to the output, not the shortest.",
            ),
            (
                _bleu_of(outputs, references, nearest=max),
                "`r` takes the reference nearest in length to the output, not the longest.",
            ),
            (
                _bleu_of(outputs, references, of_equals=-1),
                "Where two references are as near in length, `r` takes the shorter one.",
            ),
            (_bleu_of(outputs, references, penalty=False), "The brevity penalty is missing."),
            (
                _bleu_of(outputs, references, clip=False),
                "An n-gram may count no more often than a reference has it.",
            ),
            (right / 100, "BLEU goes from 0 to 100."),
        ]
        compare(run(answer, outputs, references), right, "BLEU", mistakes)


def _texts(generator):
    """Two or three references of one sentence, lists of words, of different lengths."""
    first = generator.choice(list("abcdefg"), int(generator.integers(9, 13))).tolist()
    others = [[*first[: -int(generator.integers(1, 5))], "z"], [*first[2:], *"xyxy"]]
    return [first, *others[: int(generator.integers(1, 3))]]


def _near(right, length, generator):
    """An output much like one of the references: some words are others, and some stand twice."""
    words = list(right[int(generator.integers(len(right)))])
    words[int(generator.integers(len(words)))] = "q"
    words = [*words, *words[:4]] if length > 1 else words[: max(6, int(length * len(words)))]
    return words


def _bleu_of(outputs, references, among=max, nearest=None, of_equals=1, penalty=True, clip=True):
    """BLEU of lists of words, each with several references."""
    log_precision, written, wanted = 0.0, 0, 0
    for n in (1, 2, 3, 4):
        hits = total = 0
        for output, right in zip(outputs, references, strict=True):
            counts = _ngrams(output, n)
            of_right = [_ngrams(words, n) for words in right]
            for ngram, count in counts.items():
                most = among([one[ngram] for one in of_right])
                hits += min(count, most) if clip else count * (most > 0)
            total += sum(counts.values())
        log_precision += math.log(max(hits, 1e-9) / total) / 4
    for output, right in zip(outputs, references, strict=True):
        lengths = list(map(len, right))
        written += len(output)
        near = min(lengths, key=lambda one: (abs(one - len(output)), of_equals * one))
        wanted += nearest(lengths) if nearest else near
    return 100 * math.exp(log_precision) * (min(1, math.exp(1 - wanted / written)) if penalty else 1)


def _ngrams(words, n):
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def _new_step(function, *arguments):
    """The step function that the reader's function makes of another."""
    step = run(function, *arguments)
    if not callable(step):
        raise Hint("Your function has to return a step function, which takes `token_ids` and `state`.")
    return step
