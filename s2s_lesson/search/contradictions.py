"""Contradictions: constraints that ask for what cannot be, and what is said then."""

from typing import TYPE_CHECKING

import numpy as np

from s2s_lesson.data.expected import expect
from s2s_lesson.search.phrases import occurrences, overlap
from s2s_lesson.search.shortlist import LEAF

if TYPE_CHECKING:
    from s2s_lesson.search.allowed_tokens import AllowedTokens


def check_contradictions(allowed: "AllowedTokens") -> None:
    """Raise an error where constraints ask for what cannot be, whatever the vocabulary.

    Args:
        allowed: ``AllowedTokens``.

    Raises:
        ValueError: they do.
    """
    expect(
        "min_output_length",
        allowed.min_output_length,
        allowed.min_output_length <= allowed.max_output_length,
        f"from 1 to max_output_length={allowed.max_output_length}",
    )
    longest, room = allowed.prefix.shape[1], allowed.max_output_length - allowed.forced_end
    if longest > room:
        raise ValueError(
            f"Expected a prefix of at most max_output_length={allowed.max_output_length} tokens"
            f"{', one of them the forced end' if allowed.forced_end else ''}; received one of {longest}."
            " Shorten the prefix, or raise max_output_length."
        )
    if allowed.shortlist is not None:
        _check_shortlist(allowed)
    for sentence in allowed.different():
        forbidden = allowed.forbidden[sentence]
        if (allowed.eos_id,) in forbidden and allowed.forced_end:
            raise ValueError(
                "Expected the end token to be allowed with a forced end; it is forbidden."
                " Take it out of what is forbidden, or leave the forced end out."
            )
        if any(allowed.eos_id in run[:-1] or allowed.eos_id in run[1:] for run in forbidden):
            raise ValueError(
                f"Expected forbidden phrases without the end token {allowed.eos_id}; received it. Forbid "
                "it alone, or leave it out."
            )
        required = [phrase for phrase, _ in allowed.required.counted[sentence]]
        for name, runs in (("prefix", [allowed.prefix_of(sentence)]), ("required", required)):
            _check_runs(allowed, name, runs, forbidden)
        _check_repeats(allowed, sentence)
        _check_room(allowed, sentence)


def check_ids(allowed: "AllowedTokens", vocab_size: int, bos_id: int) -> None:
    """Raise an error where an id is not in the vocabulary.

    Args:
        allowed: ``AllowedTokens``.
        vocab_size: int.
        bos_id: int.

    Raises:
        ValueError: an id is out of range, or too few tokens are left to write an output with.
    """
    named = {"bos_id": [bos_id], "eos_id": [allowed.eos_id], "pad_id": allowed.never}
    named["forbidden"] = [token for each in dict.fromkeys(allowed.forbidden) for run in each for token in run]
    named["prefix"] = allowed.prefix[allowed.prefix >= 0].tolist()
    named["required"] = allowed.required.tokens[allowed.required.tokens >= 0].tolist()
    if allowed.shortlist is not None:
        named[LEAF] = [allowed.shortlist.ids.max(initial=0)]
    for name, ids in named.items():
        if wrong := [token for token in ids if not 0 <= token < vocab_size]:
            raise ValueError(
                f"Expected {name} to hold ids from 0 to {vocab_size - 1}, as step returns logits for "
                f"{vocab_size} tokens; received {int(wrong[0])}."
                " Give ids of the vocabulary that step writes."
            )
    _check_tokens_left(allowed, vocab_size)
    for sentence in allowed.different():
        _check_room(allowed, sentence, vocab_size)


def _check_tokens_left(allowed, vocab_size):
    """Raise an error where the tokens that are left make no output as long as it must be."""
    ruled_out, shortlist = allowed.ruled_out(vocab_size), allowed.shortlist
    can_end, possible = ~ruled_out[:, allowed.eos_id], np.ones(ruled_out.shape, bool)
    if shortlist is not None:
        shape = (len(shortlist.ids), vocab_size)
        ruled_out = np.take_along_axis(np.broadcast_to(ruled_out, shape), shortlist.ids, axis=1)
        can_end, possible = np.broadcast_to(can_end, len(ruled_out)), shortlist.real
    figures = (possible.sum(axis=1), (possible & ~ruled_out).sum(axis=1), can_end)
    for total, left, end in dict.fromkeys(zip(*(of.tolist() for of in figures), strict=True)):
        if not left:
            whole = "vocabulary" if shortlist is None else "shortlist"
            raise ValueError(
                f"Expected forbidden to leave a token; received the whole {whole}. Forbid fewer."
            )
        size, others = allowed.no_repeat_ngram, left - end
        least = allowed.min_output_length if end else allowed.max_output_length
        longest = others**size + size - 1 if 0 < size < least else least  # a de Bruijn sequence
        longest = longest * (others > 0) + end
        if longest < least and not allowed.prefix.size:
            raise ValueError(
                f"Expected constraints that leave outputs of at least {least} tokens; received "
                f"{total - left} forbidden tokens of {total} and no_repeat_ngram={size}, "
                f"which leave {longest} at most."
                " Forbid less, or lower min_output_length."
            )


def _check_shortlist(allowed):
    """Raise an error where what is to be written is not on the shortlist."""
    for name, tokens in (("prefix", allowed.prefix), ("required", allowed.required.tokens)):
        lacking = allowed.shortlist.lacks(tokens)
        if lacking.any():
            sentence, place = (int(of[0]) for of in np.nonzero(lacking))
            raise ValueError(
                f"Expected {name} to hold tokens of the shortlist alone, the leaf {LEAF!r}; received "
                f"{int(tokens[sentence, place])}, which is not on that of row {sentence}. Add it to the list."
            )


def _check_room(allowed, sentence, vocab_size=None):
    """Raise an error where nothing holds the prefix and all required phrases."""
    prefix = allowed.prefix_of(sentence)
    missing = allowed.required.missing_after(sentence, prefix)
    room = allowed.max_output_length - allowed.forced_end - len(prefix)
    needed = allowed.completion_for(sentence, vocab_size).needed(prefix, missing) if any(missing) else 0
    if needed > room:
        raise ValueError(
            f"Expected max_output_length={allowed.max_output_length} to hold the prefix and the required "
            "phrases; received more of them. Raise max_output_length, or forbid less."
        )


def _check_repeats(allowed, sentence):
    """Raise an error where required phrases hold what must not come twice once the prefix is over."""
    prefix, size = allowed.prefix_of(sentence), allowed.no_repeat_ngram
    missing = allowed.required.missing_after(sentence, prefix)
    for (phrase, _), count in zip(allowed.required.counted[sentence], missing, strict=True):
        runs = [phrase[start : start + size] for start in range(len(phrase) - size + 1)] if size else []
        written = range(max(overlap(prefix, phrase) + 1 - size, 0), len(runs))  # the prefix may begin it
        if (runs and count > 1) or (count and any(runs[place] in runs[:place] for place in written)):
            raise ValueError(
                f"Expected required phrases without repeats, as no_repeat_ngram={size}; received "
                f"{list(phrase)}, {count} times."
                " Raise no_repeat_ngram, or require the phrase once."
            )


def _check_runs(allowed, name, runs, forbidden):
    """Raise an error where what is to be written must not be written."""
    for run in runs:
        if allowed.eos_id in run:
            raise ValueError(
                f"Expected {name} without the end token {allowed.eos_id}; received it. "
                "Leave it out: a search ends outputs by itself."
            )
        if never := set(run) & set(allowed.never):
            raise ValueError(
                f"Expected {name} without padding and the begin token, which no output holds; received "
                f"{min(never)}. Leave it out: a search begins outputs by itself."
            )
        if both := [list(part) for part in sorted(forbidden) if occurrences(run, part)]:
            raise ValueError(
                f"Expected {name} to hold nothing forbidden; received {both[0]} in both."
                " Take it out of one of the two."
            )
