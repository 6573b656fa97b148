"""Which share of the tokens of some pairs a pipeline does not know, and a warning where it is large."""

import warnings

import numpy as np

from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.sides import Sides
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.training.batches import PairBatches

LARGE = 1 / 3


def unknown_shares(batches: PairBatches) -> dict[str, float]:
    """Tell which share of the tokens of each side has no id of its own, the end tokens not counted.

    Sources that are vectors have no ids. A model that copies can write a word that it cannot read: of its
    sources none is counted, and of its targets what stands neither in the vocabulary nor in the source.

    Args:
        batches: ``PairBatches``.

    Returns:
        dict of ``source``, where there are ids, and ``target``, float from 0 to 1.
    """
    sides = {"source": batches.source_ids if batches.copy_ids is None else batches.copy_ids}
    sides["target"] = batches.target_ids
    return {
        side: float(np.mean(id_lists.ids[~id_lists.are_last()] == Vocabulary.unk_id))
        for side, id_lists in sides.items()
        if isinstance(id_lists, IdLists)
    }


def warn_of_unknown(sides: Sides, batches: PairBatches) -> None:
    """Warn, for each side, where more than a third of the tokens of development pairs are unknown.

    Args:
        sides: ``Texts`` or ``Sequences``.
        batches: ``PairBatches`` of the development pairs.
    """
    means = {"source": "cannot tell them apart", "target": "can write none of them"}
    for side, share in unknown_shares(batches).items():
        if share > LARGE:
            vocab, tokens = getattr(sides, f"{side}_vocab"), getattr(sides, f"{side}_tokens")
            warnings.warn(
                f"{share:.0%} of the {side} tokens of the development pairs are not among the "
                f"{len(vocab)} of the vocabulary, by the tokenizer {tokens!r}: the model "
                f"{means[side]}. Where a language writes no blanks between words, a whole sentence is a "
                f'token: choose {side}_tokens="characters", "icu" (words, with the extra icu), or "bpe" with '
                "a max_vocab_size. Elsewhere, learn from more pairs, lower min_count or raise "
                "max_vocab_size.",
                stacklevel=3,
            )
