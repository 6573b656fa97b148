"""A view of exposure bias: what a decoder makes of the true past, and of its own."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops

from s2s_lesson.data.expected import checked
from s2s_lesson.data.padding import pad, shift_right
from s2s_lesson.teaching import fonts
from s2s_lesson.teaching.plotting import COLORS
from s2s_lesson.teaching.views import Json, View, svg
from s2s_lesson.training.pasts import choose_tokens, mixed_past

if TYPE_CHECKING:
    from s2s_lesson.pipeline import TextToText


@checked
def two_pasts_view(
    pipeline: "TextToText",
    pairs: Iterable[tuple[str, str]],
    name: str,
    *,
    label: str = "A word",
    target_label: str = "its sounds",
) -> View:
    """Show how likely each true token is, given the true past and the model's own; in the book, for any pair.

    The data holds ``model``, ``labels``, ``pairs`` and ``run``, what the model makes of the first pair:
    ``text``, ``truth``, its tokens with the end token, and for each of them ``forced``, its probability given
    the true past, ``own``, that given the model's own, and ``written``, what the model writes in its place.
    The model writes the likeliest token. Once that is the end token nothing follows, and ``own`` and
    ``written`` are shorter than the truth.

    Args:
        pipeline: ``TextToText``.
        pairs: (source, target) texts to choose from. The first one is the example.
        name: str. The model among those that ``tools/page_data.py`` makes for the page.
        label, target_label: str. What the reader is asked to type.

    Returns:
        ``View``.

    Raises:
        ValueError: there is no pair, the first one has nothing to read, or a token that the model never
            writes, or a probability is not finite.
    """
    pairs = pipeline.plain_pairs(pairs)
    if not pairs:
        raise ValueError("Expected one pair or more; received none. Give the pairs to show.")
    run = two_pasts(pipeline, *pairs[0])
    data = {
        "model": name,
        "labels": [label, target_label],
        "pairs": [list(pair) for pair in pairs],
        "run": run,
    }
    return View("pasts", data, svg(_plot(run)), _words(run))


def two_pasts(pipeline: "TextToText", source: str, target: str) -> Json:
    """The ``run`` of a ``two_pasts_view``."""
    read, truth = pipeline.source_side(source), pipeline.target_side(target)
    vocab, ids = pipeline.target_vocab, pipeline.target_vocab.encode(truth)
    if not read or not truth or vocab.unk_id in ids:
        raise ValueError(
            f"Expected a source and a target of the model's tokens; received {source!r} and {target!r}."
            " Give a pair in the words that the model has learned."
        )
    model, inputs = pipeline.model, pipeline.source_inputs([read])
    state, gold = model.encode_inputs(inputs), shift_right(pad([ids]))
    own = mixed_past(model, gold, state, 0.0, keras.random.SeedGenerator(0))
    forced_logits, own_logits = (model.decode(past, state)[0] for past in (gold, own))
    written = vocab.decode(ops.convert_to_numpy(choose_tokens(own_logits))[0])
    end = vocab.tokens[vocab.eos_id]
    written = [*written, end][: len(ids)]
    places = np.arange(len(ids))
    forced, given_own = (
        ops.convert_to_numpy(ops.softmax(logits))[0, places, ids].astype(float).round(4).tolist()
        for logits in (forced_logits, own_logits)
    )
    known = pipeline.source_vocab
    return {
        "text": source,
        "truth": [*truth, end],
        "forced": forced,
        "own": given_own[: len(written)],
        "written": written,
        "unknown": [token for token in read if known.encode([token])[0] == known.unk_id],
    }


def _words(run):
    places = zip(run["truth"], run["forced"], run["own"], strict=False)
    shares = ", ".join(f"{fonts.label(token)} {forced:.0%} and {own:.0%}" for token, forced, own in places)
    return (
        f"Bar chart: how likely the model finds each true token of {run['text']}, given the true past and "
        f"given its own: {shares}. It writes {' '.join(map(fonts.label, run['written']))}."
    )


def _plot(run):
    """Two bars for each true token, and below it what the model writes in its place."""
    places = np.arange(len(run["truth"]))
    _, ax = plt.subplots(figsize=(max(4.0, 0.6 * len(places) + 1.5), 2.8), layout="constrained")
    ax.bar(places - 0.19, run["forced"], 0.36, color=COLORS["state"], label="given the true past")
    own = {"color": "white", "edgecolor": COLORS["decoder"], "hatch": "///", "label": "given its own past"}
    ax.bar(places[: len(run["own"])] + 0.19, run["own"], 0.36, **own)
    truth, written = (list(map(fonts.label, run[name])) for name in ("truth", "written"))
    labels = [f"{true}\n{own}" for true, own in zip_longest(truth, written, fillvalue="")]
    ax.set_xticks(places, labels, fontfamily=fonts.families(truth + written), parse_math=False)
    ax.set(xlabel="true tokens, and below them what it writes", ylabel="probability", ylim=(0, 1))
    ax.figure.legend(loc="outside upper center", ncols=2, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
